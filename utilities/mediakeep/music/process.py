"""Process one artist for the queue: read the folder, diagnose, repair and report it."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from msgspec import structs

from mediakeep import ignored_issues, path_text
from mediakeep.media import library_items, temp_copies
from mediakeep.media.audio import essence
from mediakeep.media.undo.record import ChangeRecord
from mediakeep.music import diagnose, duplicate_audio, outcome, scan, worker_context
from mediakeep.music.artist_lookup import lookup as artist_lookup_lookup
from mediakeep.music.artist_lookup.collection import MissingReason
from mediakeep.music.artist_lookup.lookup import NOT_LOOKED_UP, ArtistLookup
from mediakeep.music.deep_scan import full_decode
from mediakeep.music.model import Artist, Track
from mediakeep.music.outcome import ArtistResult
from mediakeep.music.repairs import apply, fetch_covers, history, preview
from mediakeep.music.repairs.apply import RepairResult
from mediakeep.music.repairs.fetch_covers import FetchedCovers
from mediakeep.music.repairs.history import RepairHistory
from mediakeep.music.worker_context import MusicWorkerConfig, MusicWorkerContext
from mediakeep.outcome import NO_PROGRESS, Outcome, Progress, Work, Worker


@contextmanager
def open_worker(config: MusicWorkerConfig) -> Iterator[Worker]:
    """Yield a function that processes artists, with its resources open during the `with` block."""
    with worker_context.open_context(config) as context:
        yield functools.partial(process_artist, config=config, context=context)


def process_artist(
    work: Work, progress: Progress, config: MusicWorkerConfig, context: MusicWorkerContext
) -> Outcome:
    """Read, look up, diagnose, repair and report one artist; return the outcome for the queue.

    The outcome is "skipped" if the folder has vanished or is ignored. Raise LibraryMissing if the
    whole library has vanished. Raise Unreadable if the folder or a folder below it cannot be read.
    Processing an unchanged artist again writes nothing.
    """
    path = Path(path_text.unescape_path(work.item.path))
    if skipped := library_items.skip_unavailable(
        path, path.parent, config.ignored, "the folder has vanished", is_folder=True
    ):
        return skipped
    key = work.stamp.key
    try:
        artist, accepted = _read_artist(path, key, progress, config, context)
        lookup = _look_up_artist(artist, config.lookup_key or key, progress, context)
        artist = _with_lookup(artist, lookup)
        issues = diagnose.find_issues(artist, key)
        coverless = apply.artist_before_embedding_covers(artist, work, context) or artist
        coverless = apply.with_repaired_mbids(coverless, issues, work, context)
        covers = fetch_covers.fetch_covers_for_artist(coverless, context, progress)
        covered = artist  # the same object, as it remembers what was computed from it
        if covers.covers:
            covered = structs.replace(artist, fetched_covers=covers.covers)
        result = apply.apply_repairs(covered, issues, work, context, progress)
        if result.written or result.expected:
            artist = (
                _reread_after_repairs(artist, path, context, result)
                if config.write
                else _preview_dry_run(covered, result)
            )
            lookup = artist_lookup_lookup.recompute_after_repairs(
                lookup,
                artist,
                config.lookup_key or key,
                context.lookups,
                is_answered=not result.has_concurrent_change,
            )
            artist = _with_lookup(artist, lookup)
            issues = diagnose.find_issues(artist, key)
    finally:  # facts about files stay true even if the artist fails
        context.reader.commit()
    lookup = _mark_lookup_pending(lookup, covers)
    if config.write:
        _clean_up(artist, covers, result, context)
    records = apply.undo_records(work, context)
    artist_result = ArtistResult(
        artist=artist,
        issues=ignored_issues.mark(
            config.home, apply.annotate_issues(artist, issues, result, context)
        ),
        repairs=_repair_history(records, artist, result),
        new_repairs=history.summarize_records(apply.new_records(records, work), artist.path),
        lookup=lookup,
    )
    if config.write:
        outcome.write_outputs(artist_result, work, config.home)
    artist_outcome = outcome.build_outcome(artist_result, work, result, config)
    facts = context.lookups.stats.take_facts(lookup.reason, has_failed=lookup.service_failed)
    facts |= {"accepted": accepted} if accepted else {}
    trace = "\n".join(result.tracebacks)
    return structs.replace(artist_outcome, facts=artist_outcome.facts | facts, traceback=trace)


def _read_artist(
    path: Path, key: str, progress: Progress, config: MusicWorkerConfig, context: MusicWorkerContext
) -> tuple[Artist, list[str]]:
    """Read an artist, and hash the audio of possible duplicates; a deep scan decodes every file.

    Return the artist, and the places of files whose changed audio was accepted.
    """
    accepted: list[str] = []
    # Reading is fast compared to decoding and writing, which report progress.
    artist = scan.read_artist(
        path, NO_PROGRESS if config.deep else progress, context.reader, config.ignored
    )
    if config.deep:
        artist, accepted = full_decode.deep_scan_artist(artist, key, config, context, progress)
    else:
        artist = full_decode.add_cached_findings(artist, key, context.essence_db)
    hash_function = functools.partial(context.reader.get_essence, made=essence.compute_audio_hash)
    return duplicate_audio.add_essence_hashes(artist, hash_function), accepted


def _look_up_artist(
    artist: Artist, key: str, progress: Progress, context: MusicWorkerContext
) -> ArtistLookup:
    """Look up an artist; without readable tracks, no request is sent."""
    if not any(album.readable_tracks for album in artist.albums):
        return NOT_LOOKED_UP
    context.lookups.progress = progress
    try:
        return artist_lookup_lookup.look_up(artist, key, context.lookups)
    finally:
        context.lookups.progress = NO_PROGRESS


def _with_lookup(artist: Artist, lookup: ArtistLookup) -> Artist:
    """Return the artist with the results of the lookup added."""
    unowned = tuple(
        missing.group.title
        for missing in lookup.collection.missing
        if missing.reason is MissingReason.NOT_OWNED and not missing.track
    )
    return structs.replace(
        artist, resolved=lookup.resolved, matches=lookup.matches, missing_album_titles=unowned
    )


def _mark_lookup_pending(lookup: ArtistLookup, covers: FetchedCovers) -> ArtistLookup:
    """Return the lookup as pending if covers could not be fetched, so that it is repeated."""
    if not covers.why or lookup.reason:
        return lookup
    return structs.replace(lookup, state="pending", reason=covers.why, service_failed=covers.failed)


def _repair_history(
    records: Sequence[ChangeRecord], artist: Artist, result: RepairResult
) -> RepairHistory:
    repairs = history.summarize_records(records, artist.path)
    return structs.replace(repairs, refused=tuple(result.not_written.items()))


def _clean_up(
    artist: Artist, covers: FetchedCovers, result: RepairResult, context: MusicWorkerContext
) -> None:
    """Remove cached covers that were written, and temporary files that killed processes left.

    Recent temporary files are kept, as another process may still need them.
    """
    if not result.not_written:
        fetch_covers.release_unused_covers(covers.covers, artist, context)
    if not context.has_changed_files:
        return
    path = Path(path_text.unescape_path(artist.path))
    folders = {(path / path_text.unescape_path(track.place)).parent for track in artist.tracks}
    for folder in folders | {
        path / path_text.unescape_path(album.place) for album in artist.albums
    }:
        with contextlib.suppress(OSError):
            temp_copies.remove_stale(folder)


def _reread_after_repairs(
    before: Artist, path: Path, context: MusicWorkerContext, result: RepairResult
) -> Artist:
    """Read an artist again after repairs; results about the audio are kept, as it is unchanged.

    After a concurrent change the fingerprint is kept, too, so that the next scan sees the change.
    """
    old_tracks = {track.place: track for track in before.tracks}

    def with_old_essence(track: Track) -> Track:
        old = old_tracks.get(track.place)
        if not (old and old.facts and track.facts and old.facts.payload == track.facts.payload):
            return track
        unchanged = {name: getattr(old, name) for name in ("essence", "damage", "change")}
        return structs.replace(track, **unchanged)

    artist = full_decode.map_tracks(_rescan(path, context), with_old_essence)
    artist = structs.replace(
        artist,
        resolved=before.resolved,
        fingerprint=(before if result.has_concurrent_change else artist).fingerprint,
    )
    return duplicate_audio.add_essence_hashes(
        artist, functools.partial(context.reader.get_essence, made=essence.compute_audio_hash)
    )


def _rescan(path: Path, context: MusicWorkerContext) -> Artist:
    return scan.read_artist(path, NO_PROGRESS, context.reader, context.config.ignored)


def _preview_dry_run(artist: Artist, result: RepairResult) -> Artist:
    """Return the artist as it would be after the repairs that a dry run plans."""
    previewed = preview.predict_artist_after_repairs(artist, result.expected)
    return structs.replace(previewed, fingerprint=artist.fingerprint, fetched_covers={})
