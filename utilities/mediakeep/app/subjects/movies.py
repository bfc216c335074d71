"""The movies subject; each part is imported when it is needed."""

from __future__ import annotations

import contextlib
import functools
import os
from collections import Counter
from collections.abc import Hashable, Iterator, Mapping
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

from mediakeep import path_text
from mediakeep.app.subjects import reviewed
from mediakeep.app.subjects.interface import (
    ReviewedSubject,
    Subject,
    UnassignedFiles,
    WorkerOptions,
)
from mediakeep.app.subjects.reviewed import RecordFiles
from mediakeep.errors import NewerFormat, NoCache, Unreadable
from mediakeep.item import Item, ScannedItem, Status
from mediakeep.kinds import import_later
from mediakeep.lookups.service_config import LookupEstimate, ServiceConfig
from mediakeep.lookups.tmdb import cache_json, last_settings
from mediakeep.lookups.tmdb.context import DISABLED, TmdbContext
from mediakeep.media import ignore_rules
from mediakeep.movies.item import MOVIES, MovieItem
from mediakeep.outcome import WorkerFactory
from mediakeep.queue.state import QueueState

if TYPE_CHECKING:
    from mediakeep.lookups.tmdb.lookup_store import ResolvedMovie


_RECORDS = RecordFiles("outputs/movies/{}.json", "mediakeep.movies.outputs.movie_record")


def _build_worker_factory(home: Path, options: WorkerOptions) -> WorkerFactory:
    from mediakeep.movies import process
    from mediakeep.movies.worker_context import MovieWorkerConfig

    review = options.review
    places = MovieWorkerConfig(
        home,
        options.write,
        policy=review.policy,
        services=review.access or last_settings.load_disabled_config(home / "status" / "cache"),
        choose=review.choose,
        force=review.force,
        is_manual_run=review.by_hand,
        in_process=review.by_hand or review.choose is not None,
        ignored=options.ignored,
    )
    return functools.partial(process.open_worker, places)


def _recorded_media(home: Path, item: Item) -> Counter[Hashable]:
    """Return sizes and times of a movie's videos, which a rename does not change."""
    from mediakeep.movies.outputs import movie_record

    try:
        videos = movie_record.read(home / _RECORDS.find_place(item)).videos
    except (Unreadable, NewerFormat):
        return Counter()
    return Counter(
        (video.size, video.mtime_ns) for video in videos if video.size and video.mtime_ns
    )


def _measure_media(item: ScannedItem, ignored: ignore_rules.IgnoreSettings) -> Counter[Hashable]:
    from mediakeep.movies import model
    from mediakeep.movies.scan import library_scan

    path = Path(path_text.unescape_path(item.path))
    try:
        videos = library_scan.read_movie(
            path, item.key, model.library_root(path, item.key), ignored
        ).videos
    except Unreadable:
        return Counter()
    return Counter(
        (video.size, video.mtime_ns) for video in videos if video.size and video.mtime_ns
    )


def _follow_renames(home: Path, names: Mapping[str, tuple[str, str]]) -> None:
    """Rename cached lookups."""
    context = TmdbContext(home / "status" / "cache", DISABLED)
    with contextlib.suppress(NoCache), contextlib.closing(context):  # lost data is requested again
        if context.has_cache_file:
            context.store.rename_keys(names)


def _find_renamed_files(item: Item, old: str, new: str) -> Iterator[tuple[str, str]]:
    """Yield old and new paths of generated sidecars that were renamed with their video."""
    if not isinstance(item, MovieItem) or Path(path_text.unescape_path(new)).is_dir():
        return
    above, below = old.rpartition("/")[0], new.rpartition("/")[0]
    stem, fresh = PurePath(old).stem, PurePath(new).stem
    for place in item.metadata_files:
        if place.startswith(stem):
            was, now = f"{above}/{place}", f"{below}/{fresh}{place[len(stem) :]}"
            if _path_exists(now) and not _path_exists(was):
                yield was, now


def _path_exists(path: str) -> bool:
    return os.path.lexists(path_text.unescape_path(path))


def _format_dry_run(facts: Mapping[str, Any]) -> list[str]:
    return [_format_pending_file(pending) for pending in facts.get("due", ())]


def _format_pending_file(pending: Mapping[str, Any]) -> str:
    notes = {
        "replaces": pending.get("replaces", ()),
        "the previous file is kept as": pending.get("set_aside", ()),
    }
    more = "; ".join(f"{what} {', '.join(places)}" for what, places in notes.items() if places)
    return f"{pending['role']}: {pending['place']}" + (f" ({more})" if more else "")


def _before_batch(home: Path, options: WorkerOptions, items: Mapping[str, Item]) -> list[str]:
    """Warn if MediaInfo is missing, and check the lookup cache; raise NoCache if it is unusable."""
    from mediakeep.media.video import probe

    missing = [] if probe.is_mediainfo_available() else [probe.NO_MEDIAINFO]
    access = options.review.access or DISABLED
    return [*missing, *_check_lookup_cache(home, access, items)]


def _check_lookup_cache(home: Path, access: ServiceConfig, items: Mapping[str, Item]) -> list[str]:
    """Check the lookup cache; raise NoCache if it is unusable.

    If it was deleted, the queue still has the movies' identities, which collections and the
    detection of duplicates need.
    """
    context = TmdbContext(home / "status" / "cache", access)
    if context.is_unavailable:
        return []
    with contextlib.closing(context):
        warnings = cache_json.check_file(context.folder, context.store)
        if access.is_enabled:
            warnings += cache_json.set_host(context.store, access.catalogue.host)
        last_settings.save(context.store, access)
        if context.store.has_no_movies:
            context.store.import_resolved(_identities_from_queue(items))
        return [*warnings, *context.store.damage_notes]


def _identities_from_queue(items: Mapping[str, Item]) -> Iterator[ResolvedMovie]:
    """Yield the identities that the queue has; none of them answers a query."""
    from mediakeep.lookups.tmdb.lookup_store import ResolvedMovie

    for key, item in items.items():
        if isinstance(item, MovieItem) and item.status is Status.COMPLETED and item.tmdb_id:
            yield ResolvedMovie(
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


def _write_exports(home: Path, state: QueueState) -> list[str]:
    """Update the lookup export and the tables."""
    from mediakeep.movies.outputs import csv_tables

    context = TmdbContext(home / "status" / "cache", DISABLED)
    if not context.is_unavailable:
        with contextlib.closing(context):
            cache_json.export(context.folder, context.store)
    return csv_tables.update_tables(home, state.items)


def _estimate_lookups(
    home: Path, access: ServiceConfig, items: Mapping[str, Item]
) -> LookupEstimate:
    """Estimate the requests for movies by whether their ids are known."""
    from mediakeep.movies import request_estimate

    movies = {key: item for key, item in items.items() if isinstance(item, MovieItem)}
    with contextlib.closing(TmdbContext(home / "status" / "cache", access)) as context:
        is_uncached = access.fresh or not context.has_cache_file
        cached_keys = (
            set() if is_uncached else {key for key in movies if context.store.get_resolved(key)}
        )
    requests = request_estimate.estimate_requests(movies, cached_keys)
    return LookupEstimate(
        len(movies), len(cached_keys), requests, requests * access.catalogue.interval
    )


SUBJECT = Subject(
    kind=MOVIES,
    scan_library=import_later("mediakeep.movies.scan.library_scan:find_movies"),
    unassigned_files=lambda root, ignored: UnassignedFiles(
        *import_later("mediakeep.movies.scan.library_scan:find_unassigned_files")(root, ignored)
    ),
    worker_factory=_build_worker_factory,
    list_outputs=lambda item: [item.report, _RECORDS.find_place(item)],
    before_batch=_before_batch,
    reviewed=ReviewedSubject(
        read_reviews=_RECORDS.read_reviews,
        read_issues=functools.partial(_RECORDS.read, "read_issues"),
        format_dry_run=_format_dry_run,
        fix_hint=reviewed.build_cure_finder("mediakeep.movies.issue_kinds:ISSUE_KINDS"),
        write_exports=_write_exports,
        estimate_lookups=_estimate_lookups,
        recorded_media=_recorded_media,
        measure_media=_measure_media,
        follow_renames=_follow_renames,
        find_renamed_files=_find_renamed_files,
        outdated_items=import_later("mediakeep.movies.stale_reports:find_stale_reports"),
    ),
)
