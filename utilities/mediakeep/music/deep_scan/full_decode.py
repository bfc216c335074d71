"""Decode every file of an artist, and compare its audio with that of earlier deep scans.

The findings are stored. Until the next deep scan, other scans report them for files that have not
changed since.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterable
from pathlib import Path

import msgspec

from mediakeep import clock, path_text
from mediakeep.errors import NotAudio, UnexpectedError, Unreadable
from mediakeep.media import file_errors
from mediakeep.media.audio import essence, essence_db
from mediakeep.media.audio.essence_db import DeepScanFinding, DeepScanResult, EssenceDatabase
from mediakeep.media.cache.caching_reader import CachingReader
from mediakeep.music.deep_scan import compare_essence
from mediakeep.music.deep_scan.compare_essence import MeasuredAudio
from mediakeep.music.model import Artist, Track
from mediakeep.music.worker_context import MusicWorkerConfig, MusicWorkerContext
from mediakeep.outcome import Progress


class _DecodeResults(msgspec.Struct):
    """The results of decoding an artist's files so far, by place."""

    tracks: dict[str, Track] = {}
    measured: dict[str, MeasuredAudio] = {}
    file_states: dict[str, os.stat_result] = {}

    def add(self, track: Track, facts: os.stat_result, *, damage: str, essence: str = "") -> None:
        """Add the result of decoding a file; `facts` are its size and times when it was read.

        `damage` is a text on decoding errors, `essence` the hash of the audio; both may be "".
        """
        noted = msgspec.structs.replace(track, damage=damage, essence=essence)
        self.tracks[track.place], self.file_states[track.place] = noted, facts
        if essence and track.facts:
            size, mtime_ns, _ = essence_db.size_and_times(facts)
            self.measured[track.place] = MeasuredAudio(essence, track.facts.payload, size, mtime_ns)


def deep_scan_artist(
    artist: Artist,
    key: str,
    config: MusicWorkerConfig,
    context: MusicWorkerContext,
    progress: Progress,
) -> tuple[Artist, list[str]]:
    """Decode every readable file of an artist, and compare its audio with the database.

    Return the artist with the findings, and the places of files whose audio was accepted. The
    database is only written if the configuration allows it; new files are added to it.
    """
    results, artist_folder = _DecodeResults(), Path(path_text.unescape_path(artist.path))
    tracks = list(artist.tracks)
    for done, track in enumerate(tracks, 1):
        if not track.fault:
            _decode_track(
                results, track, artist_folder / path_text.unescape_path(track.place), context.reader
            )
        progress(done, len(tracks))
    today = clock.now().date().isoformat()
    # A file that exists but could not be decoded has neither vanished nor changed.
    not_decoded = {track.place for track in tracks} - results.measured.keys()
    known = context.essence_db.load_essences(key)
    known = {place: sound for place, sound in known.items() if place not in not_decoded}
    diff = compare_essence.compare_audio_with_database(known, results.measured, today)
    accepted = _find_acceptable(results, diff.changes) if config.accept_sound else []
    if config.write:
        compare_essence.accept_changes(diff, results.measured, accepted, today)
    for place, change in diff.changes.items():
        track = results.tracks[place]
        results.tracks[place] = msgspec.structs.replace(track, change=change)
    if config.write:
        findings = _collect_findings(results)
        context.essence_db.save_scan(
            key, DeepScanResult(diff.essences, diff.vacated, findings, results.file_states)
        )
    return map_tracks(artist, lambda track: results.tracks.get(track.place, track)), accepted


def add_cached_findings(artist: Artist, key: str, database: EssenceDatabase) -> Artist:
    """Return the artist with the findings of the last deep scan for files unchanged since then."""
    findings, artist_folder = (
        database.load_findings(key),
        Path(path_text.unescape_path(artist.path)),
    )

    def with_finding(track: Track) -> Track:
        finding = findings.get(track.place)
        if finding is None or track.fault:
            return track
        with contextlib.suppress(OSError):
            if finding.matches((artist_folder / path_text.unescape_path(track.place)).stat()):
                return msgspec.structs.replace(track, damage=finding.damage, change=finding.change)
        return track

    return map_tracks(artist, with_finding) if findings else artist


def _decode_track(results: _DecodeResults, track: Track, path: Path, index: CachingReader) -> None:
    """Decode one file and add the result; a file being written at the moment is skipped."""
    from mediakeep.media.audio.decode import damage  # imported late: most scans decode nothing

    assert track.facts is not None
    try:
        before = path.stat()
        essence_hash = index.store_essence(path, essence.compute_audio_hash(path))
        with file_errors.wrap_file_errors(path):
            damage_text = damage.find_damage(path, track.facts)
        unchanged = _is_unchanged(path, before)
    except NotAudio:
        # A file may hold tags only. But if it contained audio before, it is damaged.
        if track.facts.payload and _is_unchanged(path, before):
            results.add(track, before, damage="its beginning is damaged: no audio found")
    except UnexpectedError as error:
        results.add(track, before, damage=f"decoding failed: {error.args[1]}")
    except Unreadable as error:
        if path.exists():  # else it has just vanished, which the next scan reports
            refused = f"a part of it cannot be read: {error.args[1]}"
            results.add(track, before, damage=refused)
    except OSError:
        return
    else:
        if unchanged:
            results.add(track, before, damage=damage_text, essence=essence_hash)


def _is_unchanged(path: Path, before: os.stat_result) -> bool:
    return path.exists() and essence_db.size_and_times(before) == essence_db.size_and_times(
        path.stat()
    )


def _find_acceptable(results: _DecodeResults, places: Iterable[str]) -> list[str]:
    """Return the places whose changed audio may be accepted: the file is complete and undamaged."""

    def is_whole(track: Track) -> bool:
        return not track.damage and track.facts is not None and not track.facts.truncated

    return [place for place in places if is_whole(results.tracks[place])]


def _collect_findings(results: _DecodeResults) -> dict[str, DeepScanFinding]:
    findings = {}
    for place, state in results.file_states.items():
        track = results.tracks[place]
        if track.damage or track.change:
            findings[place] = DeepScanFinding(
                *essence_db.size_and_times(state), track.damage, track.change
            )
    return findings


def map_tracks(artist: Artist, change: Callable[[Track], Track]) -> Artist:
    """Return the artist with each track replaced by the result of a function."""
    albums = tuple(
        msgspec.structs.replace(album, tracks=tuple(map(change, album.tracks)))
        for album in artist.albums
    )
    return msgspec.structs.replace(artist, albums=albums)
