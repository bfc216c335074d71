"""Decode every file of an artist, and compare its audio with that of earlier deep scans.

The findings are stored. Until the next deep scan, other scans report them for files that have not
changed since.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import msgspec

from mediakeep import clock, path_text
from mediakeep.errors import NotAudio, UnexpectedError, Unreadable
from mediakeep.media import file_errors
from mediakeep.media.audio import essence, essence_db
from mediakeep.media.audio.essence_db import (
    DeepScanFinding,
    DeepScanResult,
    EssenceDatabase,
    KnownEssence,
)
from mediakeep.media.cache.caching_reader import CachingReader
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
    diff = compare_audio_with_database(known, results.measured, today)
    accepted = _find_acceptable(results, diff.changes) if config.accept_sound else []
    if config.write:
        accept_changes(diff, results.measured, accepted, today)
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


class MeasuredAudio(NamedTuple):
    """The current audio of a file, measured by decoding, and the file's size and time."""

    essence: str
    payload: int
    size: int
    mtime_ns: int


class EssenceDiff(msgspec.Struct):
    """The result of a comparison: database entries to write, and the files whose audio differs.

    Each of these files has a sentence that describes the difference.
    """

    essences: dict[str, KnownEssence] = {}
    vacated: set[str] = set()  # places whose audio is elsewhere now
    changes: dict[str, str] = {}


def compare_audio_with_database(
    known: Mapping[str, KnownEssence], measured: Mapping[str, MeasuredAudio], today: str
) -> EssenceDiff:
    """Compare the current audio of files with the database, by their places.

    A file that was moved or renamed within the artist is recognized by its audio. If it was also
    changed, it is recognized by its name and its number of bytes of audio. The database entry of a
    changed file is kept, so that the change is reported until it is accepted. A vanished file stays
    in the database, since it may come back.
    """
    diff = EssenceDiff()
    moved = _find_moved(known, measured)
    damaged = _find_damaged(known, measured, set(moved.values()))
    moved_essences = {known[origin].essence for origin in moved.values()}
    diff.vacated = {origin for origin in moved.values() if origin not in measured}
    diff.vacated.update(damaged.values())
    for place, current in measured.items():
        previous = known.get(place)
        if previous and previous.essence == current.essence:
            diff.essences[place] = KnownEssence(*current, previous.first, today)
        elif origin := moved.get(place):
            diff.essences[place] = KnownEssence(*current, known[origin].first, today)
        elif origin := damaged.get(place):
            diff.essences[place] = known[origin]
            diff.changes[place] = _format_difference(known[origin], current)
        elif previous is None or (
            previous.essence in moved_essences and not _has_same_stat(previous, current)
        ):
            diff.essences[place] = KnownEssence(*current, today, today)
        else:
            diff.changes[place] = _format_difference(previous, current)
    return diff


def accept_changes(
    diff: EssenceDiff, measured: Mapping[str, MeasuredAudio], places: Iterable[str], today: str
) -> None:
    """Make the current audio of the files at `places` the right one in the database."""
    for place in places:
        diff.essences[place] = KnownEssence(*measured[place], today, today)
        del diff.changes[place]


def _find_moved(
    known: Mapping[str, KnownEssence], measured: Mapping[str, MeasuredAudio]
) -> dict[str, str]:
    """Return the old place of each moved file, by its new place."""
    origins: dict[str, list[str]] = {}
    for place, sound in known.items():
        if place not in measured or measured[place].essence != sound.essence:
            origins.setdefault(sound.essence, []).append(place)
    present = {current.essence for current in measured.values()}
    moved = {}
    for place, current in measured.items():
        previous, candidates = known.get(place), origins.get(current.essence)
        if not candidates or (previous and previous.essence == current.essence):
            continue
        is_lost = previous is not None and previous.essence not in present
        if not (is_lost and _has_come_back(known, place, candidates[0])):
            moved[place] = candidates.pop(0)
    return moved


def _has_come_back(known: Mapping[str, KnownEssence], place: str, origin: str) -> bool:
    """Return whether a file that had been moved is back at its place with unchanged audio.

    `origin` is where it was meanwhile. The audio measured there must not replace the right one.
    """
    return _file_name(place) == _file_name(origin) and known[origin].first > known[place].last


def _find_damaged(
    known: Mapping[str, KnownEssence],
    measured: Mapping[str, MeasuredAudio],
    taken_places: Collection[str],
) -> dict[str, str]:
    """Return the old place of each file that changed while it was moved, by its new place."""
    vanished: dict[tuple[str, int], list[str]] = {}
    for place, sound in known.items():
        if place not in measured and place not in taken_places:
            vanished.setdefault((_file_name(place), sound.payload), []).append(place)
    essences = {sound.essence for sound in known.values()}
    damaged = {}
    for place, current in measured.items():
        origins = vanished.get((_file_name(place), current.payload))
        if origins and place not in known and current.essence not in essences:
            damaged[place] = origins.pop(0)
    return damaged


def _file_name(place: str) -> str:
    return place.rpartition("/")[2]


def _has_same_stat(previous: KnownEssence, current: MeasuredAudio) -> bool:
    return (previous.size, previous.mtime_ns) == (current.size, current.mtime_ns)


def _format_difference(previous: KnownEssence, current: MeasuredAudio) -> str:
    """Return since when the audio differs, and what the file's size and time say on the cause."""
    differs = f"the audio differs from that of {previous.last}"
    if _has_same_stat(previous, current):
        reason = "size and time of the file are unchanged, so disk or memory damaged it"
    elif previous.mtime_ns == current.mtime_ns:
        reason = "the size of the file changed, but not its time"
    elif previous.mtime_ns < current.mtime_ns:
        reason = f"the file was modified on {_format_day(current.mtime_ns)}"
    else:
        reason = f"it is another file, modified on {_format_day(current.mtime_ns)}"
    return f"{differs}; {reason}"


def _format_day(mtime_ns: int) -> str:
    try:
        return datetime.fromtimestamp(mtime_ns / 1e9, UTC).date().isoformat()
    except (ValueError, OverflowError, OSError):  # a time beyond the year 9999
        return "an invalid date"
