"""Music as a subject of the engine; each part of it is imported when it is asked for."""

from __future__ import annotations

import contextlib
import functools
from collections import Counter
from collections.abc import Hashable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mediakeep import config, files, kinds
from mediakeep.commands.subject import Estimate, LeftOut, Manner, Subject
from mediakeep.errors import NoCache, Unreadable
from mediakeep.issue import Issue
from mediakeep.item import Found, Item, MusicItem
from mediakeep.lookups.access import Access
from mediakeep.lookups.desk import CLOSED
from mediakeep.outcome import Opening
from mediakeep.queue.state import State

if TYPE_CHECKING:
    from mediakeep.views.review import Entries


def _library(root: Path, ignored: tuple[str, ...]) -> Iterator[Found]:
    from mediakeep.music import scan

    return scan.library(root, ignored)


def _left_out(root: Path, ignored: tuple[str, ...]) -> LeftOut:
    from mediakeep.music import scan

    return LeftOut(scan.loose(root, ignored))


def _opening(home: Path, manner: Manner) -> Opening:
    from mediakeep.music import process
    from mediakeep.music.tools import Places

    sound, policy = manner.accept_sound, manner.policy
    by_hand, access, key = manner.by_hand, manner.access or CLOSED, manner.lookup_key
    places = Places(
        home, manner.write, manner.deep, sound, policy, by_hand, access, key, manner.ignored
    )
    return functools.partial(process.opened, places)


def _outputs(item: Item) -> list[str]:
    stem = f"outputs/{item.output_name}_audit"
    return [item.report, f"{stem}.json", f"{stem}.csv"]


def _audit(home: Path, item: Item) -> Path | None:
    """Return where an artist's audit lies; None before it is written."""
    path = home / f"outputs/{item.output_name}_audit.json"
    return path if path.exists() else None


def _entries(home: Path) -> Entries:
    return functools.partial(_reviews, home)


def _reviews(home: Path, item: Item) -> list[dict[str, str]]:
    path = _audit(home, item) if item.manual_reviews else None
    if path is None:
        return []
    from mediakeep.music import audit

    return audit.reviews(path, home, item.path)


def _issues(home: Path, item: Item) -> list[Issue] | None:
    path = _audit(home, item)
    if path is None:
        return None
    from mediakeep.music import audit

    return audit.issues(path)


def _known_media(home: Path, item: Item) -> Counter[Hashable]:
    path = _audit(home, item)
    if path is None:
        return Counter()
    from mediakeep.music import audit

    return Counter(audit.payloads(path))


def _media_at(found: Found, ignored: tuple[str, ...]) -> Counter[Hashable]:
    """Measure the audio of an artist's tracks, which no tag and no name changes."""
    from mediakeep.music import scan

    try:
        tracks = scan.artist(Path(files.unescape(found.path)), ignored=ignored).tracks
    except Unreadable:
        return Counter()
    return Counter(one.facts.payload for one in tracks if one.facts and one.facts.payload)


def _renamed(home: Path, names: Mapping[str, tuple[str, str]]) -> None:
    """Have the sounds that a deep scan heard follow, and what was looked up."""
    from mediakeep.lookups.desk import Desk
    from mediakeep.media import ledger

    keys = {old: new for old, (new, _) in names.items()}
    with contextlib.closing(
        ledger.Ledger.open(home / "status" / kinds.MUSIC.name / ledger.FILE, write=False)
    ) as sounds:
        sounds.rename(keys)
    desk = Desk(home / "status" / "cache", CLOSED)
    with contextlib.suppress(NoCache), contextlib.closing(desk):  # what is lost is asked again
        if desk.has_file:
            desk.known.rename(keys)


def _lacking(home: Path, item: Item) -> list[dict[str, Any]]:
    path = _audit(home, item)
    if path is None:
        return []
    from mediakeep.music import audit

    return audit.lacking(path)


def _ready(home: Path, access: Access, _items: Mapping[str, Item]) -> list[str]:
    """Look after what look-ups are kept in; NoCache where they cannot be kept."""
    from mediakeep.lookups import record
    from mediakeep.lookups.desk import Desk
    from mediakeep.lookups.gallery import Gallery

    desk = Desk(home / "status" / "cache", access)
    if desk.is_empty:
        return []
    Gallery(desk.folder).sweep()
    with contextlib.closing(desk):
        told = record.check(desk.folder, desk.known)
        if access.is_open:
            told += record.settle(desk.known, access.catalogue.host)
        return [*told, *desk.known.notes]


def _views(home: Path, state: State) -> list[str]:
    """Bring the record and the table up to date; a damaged audit costs its own rows alone."""
    from mediakeep.lookups import record
    from mediakeep.lookups.desk import Desk
    from mediakeep.lookups.gallery import Gallery
    from mediakeep.music.discography import missing as table
    from mediakeep.views import missing, review

    desk = Desk(home / "status" / "cache", CLOSED)
    if desk.is_empty:
        return []
    Gallery(desk.folder).sweep()
    with contextlib.closing(desk):
        record.export(desk.folder, desk.known)
    troubles: list[str] = []
    rows = review.careful(functools.partial(_lacking, home), troubles)
    folder = home / "status" / kinds.MUSIC.name
    missing.update(home, folder, state, table.COLUMNS, rows)
    return troubles


def _told(facts: Mapping[str, Any]) -> list[str]:
    if "due" not in facts:
        return []
    from mediakeep.music import listing

    return listing.of(facts["due"], facts["path"])


def _accepting(home: Path, kind: str) -> str:
    from mediakeep.music import cures

    return cures.accept_all(home, kind)


def _advice(kind: str) -> str:
    from mediakeep.music import kinds as table

    cure = next((one.cure for one in table.KINDS if one.name == kind), "")
    return config.with_commands(cure)


def _estimate(home: Path, access: Access, items: Mapping[str, Item]) -> Estimate:
    """Reckon the requests of artists by how many albums each has here."""
    from mediakeep.lookups.desk import Desk
    from mediakeep.music.discography import estimate

    albums = {key: one.album_count for key, one in items.items() if isinstance(one, MusicItem)}
    with contextlib.closing(Desk(home / "status" / "cache", access)) as desk:
        known = None if access.fresh or not desk.has_file else desk.known
        found = estimate.of(albums, known, access.catalogue.interval)
    return Estimate(
        found.artists, found.known, found.requests, found.seconds, found.low, found.high
    )


MUSIC = Subject(
    kind=kinds.MUSIC,
    scan=_library,
    left_out=_left_out,
    opening=_opening,
    outputs=_outputs,
    entries=_entries,
    issues=_issues,
    told=_told,
    accepting=_accepting,
    advice=_advice,
    ready=_ready,
    views=_views,
    estimate=_estimate,
    known_media=_known_media,
    media_at=_media_at,
    renamed=_renamed,
)
