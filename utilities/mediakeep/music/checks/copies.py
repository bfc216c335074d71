"""Checks of the same music twice."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from mediakeep.music import copies
from mediakeep.music.checks import groups, letters
from mediakeep.music.copies import Tie
from mediakeep.music.model import Album, Artist, Track

_ANY: Tie = None
_PAUSE, _PAUSES = 15.0, 3  # seconds, and how often: silence before a hidden track
_NEAR = 1.0  # seconds between the lengths of what may be one recording
_COPY = re.compile(
    r"\(\d\)\.\w+$|[\s_-](?:copy|kopie|copie|copia)(?:[\s_]?\(?\d*\)?)\.\w+$"
    r"|(?:^|/)(?:copy|copies|duplicates?|dupes|backups?)(?: \d+)?/",
    re.IGNORECASE,
)
_NO_TITLES = frozenset({"silence", "untitled", "blank", "pause"})  # of many tracks at once


def duplicate_track(artist: Artist) -> dict[str, str]:
    """The same audio once more, where that is superfluous; the detail names the first of both."""
    firsts: dict[tuple[str, Tie], tuple[int, str]] = {}
    found = {}
    for number, (album, track) in enumerate(_with_essence(artist)):
        own = copies.ties(album, track)
        keys = [(track.proof, tie) for tie in own or (_ANY,)]
        if known := [firsts[key] for key in keys if key in firsts]:
            found[track.place] = f"the same as {letters.quoted(min(known)[1])}"
        for tie in (*own, _ANY):
            firsts.setdefault((track.proof, tie), (number, track.place))
    return found


def similar_track(album: Album) -> dict[str, str]:
    """The same title and artist once more on a disc, nearly as long, but with other audio."""
    found = {}
    for group in groups.of(album):
        firsts: dict[tuple[str, str], list[Track]] = {}
        for track in group.tracks:
            title = letters.loose(letters.first(track.tags.title))
            if not title or title in _NO_TITLES or not _length(track):
                continue
            before = firsts.setdefault((title, letters.loose(letters.first(track.tags.artist))), [])
            twin = next((one for one in before if _near(one, track)), None)
            if twin:
                found[track.place] = f"much like {letters.quoted(twin.place)}"
            before.append(track)
    return found


def _near(one: Track, other: Track) -> bool:
    """Tell whether two lengths are alike, while the audio is not known to be the same."""
    copied = one.proof and one.proof == other.proof
    return not copied and abs(_length(one) - _length(other)) <= _NEAR


def _with_essence(artist: Artist) -> Iterator[tuple[Album, Track]]:
    """Give the tracks of which the hash is known; last those that look like the copies."""
    found = []
    for album in artist.albums:
        tracks = [track for track in album.tracks if track.proof]
        short = Counter(track.proof for track in tracks if _length(track) < _PAUSE)
        found += [(album, track) for track in tracks if short[track.proof] < _PAUSES]
    yield from sorted(found, key=lambda pair: (not pair[0].place, _is_copy(pair[1].place)))


def _is_copy(place: str) -> bool:
    """Tell whether a name says that it is a copy: "Song (1).mp3", "Song - Copy.mp3", "Backup/"."""
    return _COPY.search(place) is not None


def _length(track: Track) -> float:
    return track.facts.duration if track.facts else 0.0
