"""Deep scan of an artist: decode every file and compare its audio with the essence database.

The findings are stored: until the next deep scan, other scans report them for files that have not
changed since.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterable
from pathlib import Path

import msgspec

from mediakeep import clock, files
from mediakeep.errors import NotAudio, Unexpected, Unreadable
from mediakeep.media import essence, file_errors, ledger
from mediakeep.media.ledger import Entries, Finding, Ledger
from mediakeep.media.seen import Index
from mediakeep.music import sounds
from mediakeep.music.model import Artist, Track
from mediakeep.music.sounds import Heard
from mediakeep.music.tools import Places, Tools
from mediakeep.outcome import Progress


class _Hearing(msgspec.Struct):
    """The results so far, by place."""

    tracks: dict[str, Track] = {}
    heard: dict[str, Heard] = {}
    states: dict[str, os.stat_result] = {}

    def note(self, track: Track, facts: os.stat_result, *, damage: str, essence: str = "") -> None:
        """Add the result for a file in this state."""
        noted = msgspec.structs.replace(track, damage=damage, essence=essence)
        self.tracks[track.place], self.states[track.place] = noted, facts
        if essence and track.facts:
            size, mtime_ns, _ = ledger.state(facts)
            self.heard[track.place] = Heard(essence, track.facts.payload, size, mtime_ns)


def scanned(
    artist: Artist, key: str, config: Places, context: Tools, progress: Progress
) -> tuple[Artist, list[str]]:
    """Decode every readable file and compare its audio with the database, which stores new files.

    Return the artist with the findings, and the places whose audio was accepted, or would be
    accepted if the database were written.
    """
    results, top = _Hearing(), Path(files.unescape(artist.path))
    tracks = list(artist.tracks)
    for done, track in enumerate(tracks, 1):
        if not track.fault:
            _listen(results, track, top / files.unescape(track.place), context.index)
        progress(done, len(tracks))
    today = clock.now().date().isoformat()
    # A file that exists but could not be decoded has neither vanished nor changed.
    not_decoded = {track.place for track in tracks} - results.heard.keys()
    known = context.ledger.sounds(key)
    known = {place: sound for place, sound in known.items() if place not in not_decoded}
    diff = sounds.compare(known, results.heard, today)
    accepted = _acceptable(results, diff.changes) if config.accept else []
    if config.write:
        sounds.accept(diff, results.heard, accepted, today)
    for place, change in diff.changes.items():
        track = results.tracks[place]
        results.tracks[place] = msgspec.structs.replace(track, change=change)
    if config.write:
        findings = _findings(results)
        context.ledger.record(key, Entries(diff.sounds, diff.left, findings, results.states))
    return changed(artist, lambda track: results.tracks.get(track.place, track)), accepted


def recalled(artist: Artist, key: str, database: Ledger) -> Artist:
    """Add the findings of the last deep scan to files that have not changed since."""
    findings, top = database.findings(key), Path(files.unescape(artist.path))

    def with_finding(track: Track) -> Track:
        finding = findings.get(track.place)
        if finding is None or track.fault:
            return track
        with contextlib.suppress(OSError):
            if finding.fits((top / files.unescape(track.place)).stat()):
                return msgspec.structs.replace(track, damage=finding.damage, change=finding.change)
        return track

    return changed(artist, with_finding) if findings else artist


def _listen(results: _Hearing, track: Track, path: Path, index: Index) -> None:
    """Decode one file; a file that is being written at the moment is left for the next scan."""
    from mediakeep.media.decoding import damage  # imported late: most scans decode nothing

    assert track.facts is not None
    try:
        before = path.stat()
        essence_hash = index.remember(path, essence.of(path))
        with file_errors.as_file_error(path):
            damage_text = damage.find(path, track.facts)
        unchanged = _is_still(path, before)
    except NotAudio:
        # A file may hold tags only. But if it contained audio before, it is damaged.
        if track.facts.payload and _is_still(path, before):
            results.note(track, before, damage="its beginning is damaged: no audio found")
    except Unexpected as error:
        results.note(track, before, damage=f"decoding failed: {error.args[1]}")
    except Unreadable as error:
        if path.exists():  # else it has just vanished, which the next scan reports
            refused = f"a part of it cannot be read: {error.args[1]}"
            results.note(track, before, damage=refused)
    except OSError:
        return
    else:
        if unchanged:
            results.note(track, before, damage=damage_text, essence=essence_hash)


def _is_still(path: Path, before: os.stat_result) -> bool:
    return path.exists() and ledger.state(before) == ledger.state(path.stat())


def _acceptable(results: _Hearing, places: Iterable[str]) -> list[str]:
    """Choose the places whose new audio may be accepted: complete and undamaged files."""

    def is_whole(track: Track) -> bool:
        return not track.damage and track.facts is not None and not track.facts.truncated

    return [place for place in places if is_whole(results.tracks[place])]


def _findings(results: _Hearing) -> dict[str, Finding]:
    findings = {}
    for place, state in results.states.items():
        track = results.tracks[place]
        if track.damage or track.change:
            findings[place] = Finding(*ledger.state(state), track.damage, track.change)
    return findings


def changed(artist: Artist, change: Callable[[Track], Track]) -> Artist:
    """Return the artist with a function applied to every track."""
    albums = tuple(
        msgspec.structs.replace(album, tracks=tuple(map(change, album.tracks)))
        for album in artist.albums
    )
    return msgspec.structs.replace(artist, albums=albums)
