"""The music subject; each part is imported when it is needed."""

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


def _opening(home: Path, options: Manner) -> Opening:
    from mediakeep.music import process
    from mediakeep.music.tools import Places

    accept_audio, policy = options.accept_sound, options.policy
    by_hand, access, key = options.by_hand, options.access or CLOSED, options.lookup_key
    places = Places(
        home,
        options.write,
        options.deep,
        accept_audio,
        policy,
        by_hand,
        access,
        key,
        options.ignored,
    )
    return functools.partial(process.opened, places)


def _outputs(item: Item) -> list[str]:
    stem = f"outputs/{item.output_name}_audit"
    return [item.report, f"{stem}.json", f"{stem}.csv"]


def _audit(home: Path, item: Item) -> Path | None:
    """Return the path of an artist's audit, or None if it does not exist."""
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


def _media_at(item: Found, ignored: tuple[str, ...]) -> Counter[Hashable]:
    """Return fingerprints of the tracks' audio, which no tag or rename changes."""
    from mediakeep.music import scan

    try:
        tracks = scan.artist(Path(files.unescape(item.path)), ignored=ignored).tracks
    except Unreadable:
        return Counter()
    return Counter(track.facts.payload for track in tracks if track.facts and track.facts.payload)


def _renamed(home: Path, names: Mapping[str, tuple[str, str]]) -> None:
    """Rename entries of the essence database and cached lookups."""
    from mediakeep.lookups.desk import Desk
    from mediakeep.media import ledger

    keys = {old: new for old, (new, _) in names.items()}
    with contextlib.closing(
        ledger.Ledger.open(home / "status" / kinds.MUSIC.name / ledger.FILE, write=False)
    ) as essence_db:
        essence_db.rename(keys)
    context = Desk(home / "status" / "cache", CLOSED)
    with contextlib.suppress(NoCache), contextlib.closing(context):  # lost data is requested again
        if context.has_file:
            context.known.rename(keys)


def _lacking(home: Path, item: Item) -> list[dict[str, Any]]:
    path = _audit(home, item)
    if path is None:
        return []
    from mediakeep.music import audit

    return audit.lacking(path)


def _ready(home: Path, access: Access, _items: Mapping[str, Item]) -> list[str]:
    """Check the lookup cache; raise NoCache if it is unusable."""
    from mediakeep.lookups import record
    from mediakeep.lookups.desk import Desk
    from mediakeep.lookups.gallery import Gallery

    context = Desk(home / "status" / "cache", access)
    if context.is_empty:
        return []
    Gallery(context.folder).sweep()
    with contextlib.closing(context):
        warnings = record.check(context.folder, context.known)
        if access.is_open:
            warnings += record.settle(context.known, access.catalogue.host)
        return [*warnings, *context.known.notes]


def _views(home: Path, state: State) -> list[str]:
    """Update the lookup export and the missing albums; a damaged audit loses only its own rows."""
    from mediakeep.lookups import record
    from mediakeep.lookups.desk import Desk
    from mediakeep.lookups.gallery import Gallery
    from mediakeep.music.discography import missing as table
    from mediakeep.views import missing, review

    context = Desk(home / "status" / "cache", CLOSED)
    if context.is_empty:
        return []
    Gallery(context.folder).sweep()
    with contextlib.closing(context):
        record.export(context.folder, context.known)
    warnings: list[str] = []
    rows = review.careful(functools.partial(_lacking, home), warnings)
    folder = home / "status" / kinds.MUSIC.name
    missing.update(home, folder, state, table.COLUMNS, rows)
    return warnings


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

    hint = next((issue_kind.cure for issue_kind in table.KINDS if issue_kind.name == kind), "")
    return config.with_commands(hint)


def _estimate(home: Path, access: Access, items: Mapping[str, Item]) -> Estimate:
    """Estimate the requests for artists by their number of albums."""
    from mediakeep.lookups.desk import Desk
    from mediakeep.music.discography import estimate

    albums = {key: item.album_count for key, item in items.items() if isinstance(item, MusicItem)}
    with contextlib.closing(Desk(home / "status" / "cache", access)) as context:
        cache = None if access.fresh or not context.has_file else context.known
        estimated = estimate.of(albums, cache, access.catalogue.interval)
    return Estimate(
        estimated.artists,
        estimated.known,
        estimated.requests,
        estimated.seconds,
        estimated.low,
        estimated.high,
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
