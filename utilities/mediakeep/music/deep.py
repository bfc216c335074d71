"""The deep scan of an artist: every file heard from beginning to end, and held against the ledger.

What it finds is remembered: until the next deep scan, other scans tell it of files that have not
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
    """What was heard so far, by place."""

    tracks: dict[str, Track] = {}
    heard: dict[str, Heard] = {}
    states: dict[str, os.stat_result] = {}

    def note(self, track: Track, facts: os.stat_result, *, damage: str, essence: str = "") -> None:
        """Note what was found in a file that is in this state."""
        noted = msgspec.structs.replace(track, damage=damage, essence=essence)
        self.tracks[track.place], self.states[track.place] = noted, facts
        if essence and track.facts:
            size, mtime_ns, _ = ledger.state(facts)
            self.heard[track.place] = Heard(essence, track.facts.payload, size, mtime_ns)


def scanned(
    found: Artist, key: str, places: Places, tools: Tools, progress: Progress
) -> tuple[Artist, list[str]]:
    """Decode every readable file, and compare its sound with the ledger, which learns new ones.

    Return the artist with what was found, and the places of the sounds that were accepted, or
    would be if the ledger were to be written.
    """
    hearing, top = _Hearing(), Path(files.unescape(found.path))
    tracks = list(found.tracks)
    for done, track in enumerate(tracks, 1):
        if not track.fault:
            _listen(hearing, track, top / files.unescape(track.place), tools.index)
        progress(done, len(tracks))
    today = clock.now().date().isoformat()
    # A file that is there and could not be heard has neither vanished nor changed.
    unheard = {track.place for track in tracks} - hearing.heard.keys()
    known = tools.ledger.sounds(key)
    known = {place: sound for place, sound in known.items() if place not in unheard}
    judged = sounds.compare(known, hearing.heard, today)
    accepted = _acceptable(hearing, judged.changes) if places.accept else []
    if places.write:
        sounds.accept(judged, hearing.heard, accepted, today)
    for place, change in judged.changes.items():
        track = hearing.tracks[place]
        hearing.tracks[place] = msgspec.structs.replace(track, change=change)
    if places.write:
        findings = _findings(hearing)
        tools.ledger.record(key, Entries(judged.sounds, judged.left, findings, hearing.states))
    return changed(found, lambda track: hearing.tracks.get(track.place, track)), accepted


def recalled(found: Artist, key: str, known: Ledger) -> Artist:
    """Add what the last deep scan found wrong with files that are still as they were then."""
    findings, top = known.findings(key), Path(files.unescape(found.path))

    def remembered(track: Track) -> Track:
        finding = findings.get(track.place)
        if finding is None or track.fault:
            return track
        with contextlib.suppress(OSError):
            if finding.fits((top / files.unescape(track.place)).stat()):
                return msgspec.structs.replace(track, damage=finding.damage, change=finding.change)
        return track

    return changed(found, remembered) if findings else found


def _listen(hearing: _Hearing, track: Track, path: Path, index: Index) -> None:
    """Hear one file; one that is being written at this moment is left for the next time."""
    from mediakeep.media.decoding import damage  # most scans decode nothing

    assert track.facts is not None
    try:
        before = path.stat()
        heard = index.remember(path, essence.of(path))
        with file_errors.as_file_error(path):
            found = damage.find(path, track.facts)
        unchanged = _is_still(path, before)
    except NotAudio:
        # Tags may stand without a sound. But where there was one, silent damage took it.
        if track.facts.payload and _is_still(path, before):
            hearing.note(track, before, damage="its beginning is damaged: no sound is found in it")
    except Unexpected as error:
        hearing.note(track, before, damage=f"it could not be decoded: {error.args[1]}")
    except Unreadable as error:
        if path.exists():  # else it has just vanished, of which the next scan will tell
            refused = f"the system refuses a part of it: {error.args[1]}"
            hearing.note(track, before, damage=refused)
    except OSError:
        return
    else:
        if unchanged:
            hearing.note(track, before, damage=found, essence=heard)


def _is_still(path: Path, before: os.stat_result) -> bool:
    return path.exists() and ledger.state(before) == ledger.state(path.stat())


def _acceptable(hearing: _Hearing, places: Iterable[str]) -> list[str]:
    """Choose the sounds that may become the true ones: those that are whole and undamaged."""

    def is_whole(track: Track) -> bool:
        return not track.damage and track.facts is not None and not track.facts.truncated

    return [place for place in places if is_whole(hearing.tracks[place])]


def _findings(hearing: _Hearing) -> dict[str, Finding]:
    found = {}
    for place, state in hearing.states.items():
        track = hearing.tracks[place]
        if track.damage or track.change:
            found[place] = Finding(*ledger.state(state), track.damage, track.change)
    return found


def changed(found: Artist, change: Callable[[Track], Track]) -> Artist:
    """Return an artist with every track changed by a function."""
    albums = tuple(
        msgspec.structs.replace(album, tracks=tuple(map(change, album.tracks)))
        for album in found.albums
    )
    return msgspec.structs.replace(found, albums=albums)
