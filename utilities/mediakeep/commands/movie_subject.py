"""The movies subject; each part is imported when it is needed."""

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


def _opening(home: Path, options: Manner) -> Opening:
    from mediakeep.lookups.tmdb import before
    from mediakeep.movies import process
    from mediakeep.movies.tools import Places

    places = Places(
        home,
        options.write,
        policy=options.policy,
        access=options.access or before.closed(home / "status" / "cache"),
        choose=options.choose,
        force=options.force,
        by_hand=options.by_hand,
        at_home=options.by_hand or options.choose is not None,
        ignored=options.ignored,
    )
    return functools.partial(process.opened, places)


def _record(home: Path, item: Item) -> Path:
    """Return the path of a movie's record."""
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
    """Return sizes and times of a movie's videos, which a rename does not change."""
    from mediakeep.movies.outputs import record

    try:
        videos = record.read(_record(home, item)).videos
    except (Unreadable, NewerFormat):
        return Counter()
    return Counter(
        (video.size, video.mtime_ns) for video in videos if video.size and video.mtime_ns
    )


def _media_at(item: Found, ignored: tuple[str, ...]) -> Counter[Hashable]:
    from mediakeep.movies import model, scan

    path = Path(files.unescape(item.path))
    try:
        videos = scan.movie(path, item.key, model.library(path, item.key), ignored).videos
    except Unreadable:
        return Counter()
    return Counter(
        (video.size, video.mtime_ns) for video in videos if video.size and video.mtime_ns
    )


def _renamed(home: Path, names: Mapping[str, tuple[str, str]]) -> None:
    """Rename cached lookups."""
    from mediakeep.lookups.tmdb.desk import CLOSED, Desk

    context = Desk(home / "status" / "cache", CLOSED)
    with contextlib.suppress(NoCache), contextlib.closing(context):  # lost data is requested again
        if context.has_file:
            context.known.rename(names)


def _renamed_files(item: Item, old: str, new: str) -> Iterator[tuple[str, str]]:
    """Yield old and new paths of generated sidecars that were renamed with their video."""
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
    return [_due(pending) for pending in facts.get("due", ())]


def _due(pending: Mapping[str, Any]) -> str:
    notes = {
        "replaces": pending.get("replaces", ()),
        "the previous file is kept as": pending.get("set_aside", ()),
    }
    more = "; ".join(f"{what} {', '.join(places)}" for what, places in notes.items() if places)
    return f"{pending['role']}: {pending['place']}" + (f" ({more})" if more else "")


def _advice(kind: str) -> str:
    from mediakeep.movies import kinds as table

    hint = next((issue_kind.cure for issue_kind in table.KINDS if issue_kind.name == kind), "")
    return config.with_commands(hint)


def _ready(home: Path, access: Access, items: Mapping[str, Item]) -> list[str]:
    """Warn if MediaInfo is missing, and check the lookup cache; raise NoCache if it is unusable."""
    from mediakeep.media.video import probe

    missing = [] if probe.is_there() else [probe.NO_MEDIAINFO]
    return [*missing, *_kept(home, access, items)]


def _kept(home: Path, access: Access, items: Mapping[str, Item]) -> list[str]:
    """Check the lookup cache; raise NoCache if it is unusable.

    If it was deleted, the queue still has the movies' identities, which collections and the
    detection of duplicates need.
    """
    from mediakeep.lookups.tmdb import before, record
    from mediakeep.lookups.tmdb.desk import Desk

    context = Desk(home / "status" / "cache", access)
    if context.is_empty:
        return []
    with contextlib.closing(context):
        warnings = record.check(context.folder, context.known)
        if access.is_open:
            warnings += record.settle(context.known, access.catalogue.host)
        before.note(context.known, access)
        if context.known.is_bare:
            context.known.adopt(_remembered(items))
        return [*warnings, *context.known.notes]


def _remembered(items: Mapping[str, Item]) -> Iterator[Resolved]:
    """Yield the identities that the queue has; none of them answers a query."""
    from mediakeep.lookups.tmdb.known import Resolved

    for key, item in items.items():
        if isinstance(item, MovieItem) and item.status is Status.COMPLETED and item.tmdb_id:
            yield Resolved(
                key=key,
                question="",
                match=item.match,
                tmdb_id=item.tmdb_id,
                imdb_id=item.imdb_id,
                title=item.title,
                year=item.year,
                edition=item.edition,
                path=item.path,
                collection_id=item.collection_id,
                confidence=item.confidence,
            )


def _views(home: Path, state: State) -> list[str]:
    """Update the lookup export and the tables."""
    from mediakeep.lookups.tmdb import record
    from mediakeep.lookups.tmdb.desk import CLOSED, Desk
    from mediakeep.movies.outputs import tables

    context = Desk(home / "status" / "cache", CLOSED)
    if not context.is_empty:
        with contextlib.closing(context):
            record.export(context.folder, context.known)
    return tables.update(home, state.items)


def _estimate(home: Path, access: Access, items: Mapping[str, Item]) -> Estimate:
    """Estimate the requests for movies by whether their ids are known."""
    from mediakeep.lookups.tmdb.desk import Desk
    from mediakeep.movies import estimate

    movies = {key: item for key, item in items.items() if isinstance(item, MovieItem)}
    with contextlib.closing(Desk(home / "status" / "cache", access)) as context:
        is_uncached = access.fresh or not context.has_file
        cached_keys = (
            set() if is_uncached else {key for key in movies if context.known.resolved(key)}
        )
    requests = estimate.of(movies, cached_keys)
    return Estimate(len(movies), len(cached_keys), requests, requests * access.catalogue.interval)


def _stale(items: Mapping[str, Item]) -> list[str]:
    from mediakeep.movies import kin

    return kin.stale({k: item for k, item in items.items() if isinstance(item, MovieItem)})


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
