"""Movies as a subject of the engine; each part of it is imported when it is asked for."""

from __future__ import annotations

import contextlib
import functools
import os
from collections import Counter
from collections.abc import Hashable, Iterator, Mapping
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

from mediakeep import config, files, kinds
from mediakeep.commands.subject import Estimate, LeftOut, Manner, Subject
from mediakeep.errors import NewerFormat, NoCache, Unreadable
from mediakeep.issue import Issue
from mediakeep.item import Found, Item, MovieItem, Status
from mediakeep.lookups.access import Access
from mediakeep.outcome import Opening
from mediakeep.queue.state import State

if TYPE_CHECKING:
    from mediakeep.lookups.tmdb.known import Resolved
    from mediakeep.views.review import Entries


def _library(root: Path, ignored: tuple[str, ...]) -> Iterator[Found]:
    from mediakeep.movies import scan

    return scan.library(root, ignored)


def _left_out(root: Path, ignored: tuple[str, ...]) -> LeftOut:
    from mediakeep.movies import scan

    videos, sidecars = scan.left_out(root, ignored)
    return LeftOut(len(videos), sidecars, videos)


def _opening(home: Path, manner: Manner) -> Opening:
    from mediakeep.lookups.tmdb import before
    from mediakeep.movies import process
    from mediakeep.movies.tools import Places

    places = Places(
        home,
        manner.write,
        policy=manner.policy,
        access=manner.access or before.closed(home / "status" / "cache"),
        choose=manner.choose,
        force=manner.force,
        by_hand=manner.by_hand,
        at_home=manner.by_hand or manner.choose is not None,
        ignored=manner.ignored,
    )
    return functools.partial(process.opened, places)


def _record(home: Path, item: Item) -> Path:
    """Return where a movie's record lies, once it is written."""
    return home / "outputs" / "movies" / f"{item.output_name}.json"


def _outputs(item: Item) -> list[str]:
    return [item.report, f"outputs/movies/{item.output_name}.json"]


def _entries(home: Path) -> Entries:
    return functools.partial(_reviews, home)


def _reviews(home: Path, item: Item) -> list[dict[str, str]]:
    path = _record(home, item)
    if not (item.manual_reviews and path.exists()):
        return []
    from mediakeep.movies.outputs import record

    return record.reviews(path, home, item.path)


def _known_media(home: Path, item: Item) -> Counter[Hashable]:
    """Give the sizes and times of a movie's videos, which no name changes."""
    from mediakeep.movies.outputs import record

    try:
        videos = record.read(_record(home, item)).videos
    except (Unreadable, NewerFormat):
        return Counter()
    return Counter((one.size, one.mtime_ns) for one in videos if one.size and one.mtime_ns)


def _media_at(found: Found, ignored: tuple[str, ...]) -> Counter[Hashable]:
    from mediakeep.movies import model, scan

    path = Path(files.unescape(found.path))
    try:
        videos = scan.movie(path, found.key, model.library(path, found.key), ignored).videos
    except Unreadable:
        return Counter()
    return Counter((one.size, one.mtime_ns) for one in videos if one.size and one.mtime_ns)


def _renamed(home: Path, names: Mapping[str, tuple[str, str]]) -> None:
    """Have what was looked up follow."""
    from mediakeep.lookups.tmdb.desk import CLOSED, Desk

    desk = Desk(home / "status" / "cache", CLOSED)
    with contextlib.suppress(NoCache), contextlib.closing(desk):  # what is lost is asked again
        if desk.has_file:
            desk.known.rename(names)


def _renamed_files(item: Item, old: str, new: str) -> Iterator[tuple[str, str]]:
    """Give the sidecars that we made of a video among others, where they were renamed with it."""
    if not isinstance(item, MovieItem) or Path(files.unescape(new)).is_dir():
        return
    above, below = old.rpartition("/")[0], new.rpartition("/")[0]
    stem, fresh = PurePath(old).stem, PurePath(new).stem
    for place in item.metadata_files:
        if place.startswith(stem):
            was, now = f"{above}/{place}", f"{below}/{fresh}{place[len(stem) :]}"
            if _exists(now) and not _exists(was):
                yield was, now


def _exists(path: str) -> bool:
    return os.path.lexists(files.unescape(path))


def _issues(home: Path, item: Item) -> list[Issue] | None:
    path = _record(home, item)
    if not path.exists():
        return None
    from mediakeep.movies.outputs import record

    return record.issues(path)


def _told(facts: Mapping[str, Any]) -> list[str]:
    return [_due(one) for one in facts.get("due", ())]


def _due(one: Mapping[str, Any]) -> str:
    told = {
        "replaces": one.get("replaces", ()),
        "what was there is kept as": one.get("set_aside", ()),
    }
    more = "; ".join(f"{what} {', '.join(places)}" for what, places in told.items() if places)
    return f"{one['role']}: {one['place']}" + (f" ({more})" if more else "")


def _advice(kind: str) -> str:
    from mediakeep.movies import kinds as table

    cure = next((one.cure for one in table.KINDS if one.name == kind), "")
    return config.with_commands(cure)


def _ready(home: Path, access: Access, items: Mapping[str, Item]) -> list[str]:
    """Tell what videos are read without; look after what look-ups are kept in, or NoCache."""
    from mediakeep.media.video import probe

    lacking = [] if probe.is_there() else [probe.NO_MEDIAINFO]
    return [*lacking, *_kept(home, access, items)]


def _kept(home: Path, access: Access, items: Mapping[str, Item]) -> list[str]:
    """Look after what look-ups are kept in; NoCache where they cannot be kept.

    Where it was deleted, the queue still knows which movies there are: for their collections, and
    for those that are here twice.
    """
    from mediakeep.lookups.tmdb import before, record
    from mediakeep.lookups.tmdb.desk import Desk

    desk = Desk(home / "status" / "cache", access)
    if desk.is_empty:
        return []
    with contextlib.closing(desk):
        told = record.check(desk.folder, desk.known)
        if access.is_open:
            told += record.settle(desk.known, access.catalogue.host)
        before.note(desk.known, access)
        if desk.known.is_bare:
            desk.known.adopt(_remembered(items))
        return [*told, *desk.known.notes]


def _remembered(items: Mapping[str, Item]) -> Iterator[Resolved]:
    """Give what the queue knows of its movies; none of it answers a question."""
    from mediakeep.lookups.tmdb.known import Resolved

    for key, one in items.items():
        if isinstance(one, MovieItem) and one.status is Status.COMPLETED and one.tmdb_id:
            yield Resolved(
                key=key,
                question="",
                match=one.match,
                tmdb_id=one.tmdb_id,
                imdb_id=one.imdb_id,
                title=one.title,
                year=one.year,
                edition=one.edition,
                path=one.path,
                collection_id=one.collection_id,
                confidence=one.confidence,
            )


def _views(home: Path, state: State) -> list[str]:
    """Bring the record of look-ups and the tables up to date."""
    from mediakeep.lookups.tmdb import record
    from mediakeep.lookups.tmdb.desk import CLOSED, Desk
    from mediakeep.movies.outputs import tables

    desk = Desk(home / "status" / "cache", CLOSED)
    if not desk.is_empty:
        with contextlib.closing(desk):
            record.export(desk.folder, desk.known)
    return tables.update(home, state.items)


def _estimate(home: Path, access: Access, items: Mapping[str, Item]) -> Estimate:
    """Reckon the requests of movies by whether their ids are known."""
    from mediakeep.lookups.tmdb.desk import Desk
    from mediakeep.movies import estimate

    movies = {key: one for key, one in items.items() if isinstance(one, MovieItem)}
    with contextlib.closing(Desk(home / "status" / "cache", access)) as desk:
        asked = access.fresh or not desk.has_file
        known = set() if asked else {key for key in movies if desk.known.resolved(key)}
    requests = estimate.of(movies, known)
    return Estimate(len(movies), len(known), requests, requests * access.catalogue.interval)


def _stale(items: Mapping[str, Item]) -> list[str]:
    from mediakeep.movies import kin

    return kin.stale({k: one for k, one in items.items() if isinstance(one, MovieItem)})


MOVIES = Subject(
    kind=kinds.MOVIES,
    scan=_library,
    left_out=_left_out,
    opening=_opening,
    outputs=_outputs,
    entries=_entries,
    issues=_issues,
    told=_told,
    advice=_advice,
    ready=_ready,
    views=_views,
    estimate=_estimate,
    known_media=_known_media,
    media_at=_media_at,
    renamed=_renamed,
    renamed_files=_renamed_files,
    stale=_stale,
)
