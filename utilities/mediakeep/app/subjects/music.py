"""The music subject; each part is imported when it is needed."""

from __future__ import annotations

import contextlib
import functools
from collections import Counter
from collections.abc import Hashable, Iterator, Mapping
from pathlib import Path
from typing import Any

from mediakeep import path_text
from mediakeep.app.subjects import reviewed
from mediakeep.app.subjects.interface import (
    ReviewedSubject,
    Subject,
    UnassignedFiles,
    WorkerOptions,
    WriteHook,
)
from mediakeep.app.subjects.reviewed import RecordFiles
from mediakeep.errors import NoCache, Unreadable
from mediakeep.item import Item, ScannedItem
from mediakeep.kinds import import_later
from mediakeep.lookups.musicbrainz.context import DISABLED, MusicBrainzContext
from mediakeep.lookups.service_config import LookupEstimate, ServiceConfig
from mediakeep.media import ignore_rules
from mediakeep.media.audio import essence_db as audio_essence_db
from mediakeep.music.item import MUSIC, MusicItem
from mediakeep.outcome import WorkerFactory
from mediakeep.queue.state import QueueState

_AUDITS = RecordFiles("outputs/{}_audit.json", "mediakeep.music.reports.audit_files")


def _build_worker_factory(home: Path, options: WorkerOptions) -> WorkerFactory:
    from mediakeep.music import process
    from mediakeep.music.worker_context import MusicWorkerConfig

    review = options.review
    places = MusicWorkerConfig(
        home,
        options.write,
        review.deep,
        review.accept_audio_change,
        review.policy,
        review.by_hand,
        review.access or DISABLED,
        review.lookup_key,
        options.ignored,
    )
    return functools.partial(process.open_worker, places)


def _list_outputs(item: Item) -> list[str]:
    audit = _AUDITS.find_place(item)
    return [item.report, audit, f"{audit.removesuffix('json')}csv"]


def _recorded_media(home: Path, item: Item) -> Counter[Hashable]:
    return Counter(_AUDITS.read("read_payload_sizes", home, item))


def _measure_media(item: ScannedItem, ignored: ignore_rules.IgnoreSettings) -> Counter[Hashable]:
    """Return fingerprints of the tracks' audio, which no tag or rename changes."""
    from mediakeep.music import scan

    try:
        tracks = scan.read_artist(Path(path_text.unescape_path(item.path)), ignored=ignored).tracks
    except Unreadable:
        return Counter()
    return Counter(track.facts.payload for track in tracks if track.facts and track.facts.payload)


def _follow_renames(home: Path, names: Mapping[str, tuple[str, str]]) -> None:
    """Rename entries of the essence database and cached lookups."""
    keys = {old: new for old, (new, _) in names.items()}
    with contextlib.closing(
        audio_essence_db.EssenceDatabase.open(
            home / "status" / MUSIC.name / audio_essence_db.FILE_NAME, write=False
        )
    ) as essence_db:
        essence_db.rename_artists(keys)
    context = MusicBrainzContext(home / "status" / "cache", DISABLED)
    with contextlib.suppress(NoCache), contextlib.closing(context):  # lost data is requested again
        if context.has_cache_file:
            context.store.rename_keys(keys)


@contextlib.contextmanager
def _open_write_hook(folder: Path) -> Iterator[WriteHook]:
    """Open the essence database, whose rows of a file stay valid across a write of its tags."""
    path = folder / audio_essence_db.FILE_NAME
    with contextlib.closing(audio_essence_db.EssenceDatabase.open(path, write=False)) as database:
        yield database.keep_rows_valid_across_write


def _missing_albums(home: Path, item: Item) -> list[dict[str, Any]]:
    return _AUDITS.read("read_missing_albums", home, item) or []


def _before_batch(home: Path, options: WorkerOptions, _items: Mapping[str, Item]) -> list[str]:
    """Check the lookup cache; raise NoCache if it is unusable."""
    from mediakeep.app.music import lookup_cache

    return lookup_cache.check_cache(home, options.review.access or DISABLED)


def _write_exports(home: Path, state: QueueState) -> list[str]:
    """Update the lookup export and the missing albums; a damaged audit loses only its own rows."""
    from mediakeep.lookups.coverart.cover_cache import CoverCache
    from mediakeep.lookups.musicbrainz import cache_json
    from mediakeep.music.artist_lookup import missing_table as table
    from mediakeep.views import missing_albums_csv, review

    context = MusicBrainzContext(home / "status" / "cache", DISABLED)
    if context.is_unavailable:
        return []
    CoverCache(context.folder).remove_expired()
    with contextlib.closing(context):
        cache_json.export(context.folder, context.store)
    warnings: list[str] = []
    rows = review.skip_items_with_errors(functools.partial(_missing_albums, home), warnings)
    folder = home / "status" / MUSIC.name
    missing_albums_csv.update_missing_albums_table(home, folder, state, table.COLUMNS, rows)
    return warnings


def _format_dry_run(facts: Mapping[str, Any]) -> list[str]:
    if "due" not in facts:
        return []
    from mediakeep.music.reports import dry_run_text

    return dry_run_text.format_planned_changes(facts["due"], facts["path"])


def _estimate_lookups(
    home: Path, access: ServiceConfig, items: Mapping[str, Item]
) -> LookupEstimate:
    """Estimate the requests for artists by their number of albums."""
    from mediakeep.music.artist_lookup import request_estimate

    albums = {key: item.album_count for key, item in items.items() if isinstance(item, MusicItem)}
    with contextlib.closing(MusicBrainzContext(home / "status" / "cache", access)) as context:
        cache = None if access.fresh or not context.has_cache_file else context.store
        return request_estimate.estimate_requests(albums, cache, access.catalogue.interval)


SUBJECT = Subject(
    kind=MUSIC,
    scan_library=import_later("mediakeep.music.scan:find_artists"),
    unassigned_files=lambda root, ignored: UnassignedFiles(
        import_later("mediakeep.music.scan:find_loose_tracks")(root, ignored)
    ),
    worker_factory=_build_worker_factory,
    list_outputs=_list_outputs,
    before_batch=_before_batch,
    reviewed=ReviewedSubject(
        read_reviews=_AUDITS.read_reviews,
        read_issues=functools.partial(_AUDITS.read, "read_issues"),
        format_dry_run=_format_dry_run,
        accept_command=import_later("mediakeep.music.reports.fix_commands:accept_kind_command"),
        fix_hint=reviewed.build_cure_finder("mediakeep.music.issue_kinds:ISSUE_KINDS"),
        write_exports=_write_exports,
        estimate_lookups=_estimate_lookups,
        recorded_media=_recorded_media,
        measure_media=_measure_media,
        follow_renames=_follow_renames,
        open_write_hook=_open_write_hook,
    ),
)
