"""Checks for duplicate music."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Hashable, Iterator

from mediakeep.music import copies
from mediakeep.music.checks import groups, letters, positions
from mediakeep.music.copies import Tie
from mediakeep.music.model import Album, Artist, Track

_ANY: Tie = None
_PAUSE, _PAUSES = 15.0, 3  # seconds and count: pieces of silence before a hidden track
_NEAR = 1.0  # seconds between the lengths of possibly equal recordings
_COPY = re.compile(
    r"\(\d\)\.\w+$|[\s_-](?:copy|kopie|copie|copia)(?:[\s_]?\(?\d*\)?)\.\w+$"
    r"|(?:^|/)(?:copy|copies|duplicates?|dupes|backups?)(?: \d+)?/",
    re.IGNORECASE,
)
_NO_TITLES = frozenset({"silence", "untitled", "blank", "pause"})  # titles that many tracks share


def duplicate_track(artist: Artist) -> dict[str, str]:
    """The same audio again where it is superfluous; the detail names the first file."""
    firsts: dict[tuple[Hashable, Tie], tuple[int, str]] = {}
    details = {}
    for number, (album, track, proof) in enumerate(_with_essence(artist)):
        scopes = copies.ties(album, track)
        keys = [(proof, scope) for scope in scopes or (_ANY,)]
        if earlier := [firsts[key] for key in keys if key in firsts]:
            details[track.place] = f"same audio as {letters.quoted(min(earlier)[1])}"
        for scope in (*scopes, _ANY):
            firsts.setdefault((proof, scope), (number, track.place))
    return details


def similar_track(album: Album) -> dict[str, str]:
    """The same title and artist again on a disc, with nearly the same length but other audio."""
    details = {}
    for group in groups.of(album):
        firsts: dict[tuple[str, str], list[Track]] = {}
        for track in group.tracks:
            title = letters.loose(letters.first(track.tags.title))
            if not title or title in _NO_TITLES or not _length(track):
                continue
            earlier = firsts.setdefault(
                (title, letters.loose(letters.first(track.tags.artist))), []
            )
            twin = next((other for other in earlier if _near(other, track)), None)
            if twin:
                details[track.place] = f"similar to {letters.quoted(twin.place)}"
            earlier.append(track)
    return details


def _near(first: Track, second: Track) -> bool:
    """Return whether the lengths are similar and the audio is not known to be the same."""
    is_copy = first.proof and first.proof == second.proof
    return not is_copy and abs(_length(first) - _length(second)) <= _NEAR


def _with_essence(artist: Artist) -> Iterator[tuple[Album, Track, Hashable]]:
    """Yield tracks with proof of their identity, those that look like copies last."""
    tracks = [
        (album, track, proof)
        for album in artist.albums
        for track, proof in album.once(proofs).values()
        if proof
    ]
    yield from sorted(tracks, key=lambda row: (not row[0].place, _is_copy(row[1].place)))


def proofs(album: Album) -> dict[str, tuple[Track, Hashable]]:
    """Map each place to its track and a value that is equal for duplicates.

    The value is the hash of the audio, or "" if unknown. Several short tracks with the same audio
    may be pauses: for them the tags and the folder must be the same, too, and include a number or a
    title.
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
    """Return whether a path looks like a copy: "Song (1).mp3", "Song - Copy.mp3", "Backup/"."""
    return _COPY.search(place) is not None


def _length(track: Track) -> float:
    return track.facts.duration if track.facts else 0.0
