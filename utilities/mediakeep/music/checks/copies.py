"""Checks of the same music twice."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Hashable, Iterator

from mediakeep.music import copies
from mediakeep.music.checks import groups, letters, positions
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
    firsts: dict[tuple[Hashable, Tie], tuple[int, str]] = {}
    found = {}
    for number, (album, track, proof) in enumerate(_with_essence(artist)):
        own = copies.ties(album, track)
        keys = [(proof, tie) for tie in own or (_ANY,)]
        if known := [firsts[key] for key in keys if key in firsts]:
            found[track.place] = f"the same as {letters.quoted(min(known)[1])}"
        for tie in (*own, _ANY):
            firsts.setdefault((proof, tie), (number, track.place))
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


def _with_essence(artist: Artist) -> Iterator[tuple[Album, Track, Hashable]]:
    """Give the tracks that may be copies, with what proves it; last those that look like copies."""
    found = [
        (album, track, proof)
        for album in artist.albums
        for track, proof in album.once(proofs).values()
        if proof
    ]
    yield from sorted(found, key=lambda row: (not row[0].place, _is_copy(row[1].place)))


def proofs(album: Album) -> dict[str, tuple[Track, Hashable]]:
    """Return each track, by its place, with what proves it a copy of another that has the same.

    That is the hash of its audio, or "" if unknown. Several short tracks that sound alike may be
    pauses: of those the tags and the folder must be the same too, and tell a number or a title.
    """
    short = Counter(track.proof for track in album.tracks if _length(track) < _PAUSE)
    return {
        track.place: (
            track,
            track.proof
            if short[track.proof] < _PAUSES or not track.proof
            else _proof_of_short(track),
        )
        for track in album.tracks
    }


def _proof_of_short(track: Track) -> Hashable:
    tags = track.tags
    number = tags.track or positions.in_name(track.name, tags.disc)
    title = letters.loose(letters.first(tags.title))
    if not number and title in ("", *_NO_TITLES):
        return ""
    return track.proof, track.place.rpartition("/")[0], number, tags


def _is_copy(place: str) -> bool:
    """Tell whether a name says that it is a copy: "Song (1).mp3", "Song - Copy.mp3", "Backup/"."""
    return _COPY.search(place) is not None


def _length(track: Track) -> float:
    return track.facts.duration if track.facts else 0.0
