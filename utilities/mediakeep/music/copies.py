"""Find tracks that may contain the same audio, and where a copy is superfluous."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterator, Sequence
from pathlib import Path

import msgspec

from mediakeep import files
from mediakeep.errors import Unreadable
from mediakeep.music.checks import groups, letters
from mediakeep.music.model import Album, Artist, Track

Hash = Callable[[Path], str]
Tie = Hashable

_YEAR = re.compile(r"\d{4}")


def compared(artist: Artist, hash_of: Hash) -> Artist:
    """Return the artist with the hash of the audio of each track that may be a duplicate.

    `hash_of` reads a whole file; a track for which it raises Unreadable gets no hash. Other tracks
    are not read, and existing hashes are kept.
    """
    candidate_places = candidates(artist)
    if not candidate_places:
        return artist
    top = Path(files.unescape(artist.path))
    albums = tuple(_hashed(album, candidate_places, top, hash_of) for album in artist.albums)
    return msgspec.structs.replace(artist, albums=albums)


def candidates(artist: Artist) -> set[str]:
    """Return the places of tracks that agree in format, size and duration of their audio.

    Only tracks that would be superfluous as copies. Truncated files are left out: equal beginnings
    prove nothing.
    """
    by_facts: dict[Hashable, list[tuple[Album, Track]]] = defaultdict(list)
    for album in artist.albums:
        for track in album.tracks:
            if (facts := track.facts) and facts.payload and not facts.truncated:
                key = facts.format, facts.payload, round(facts.duration, 1)
                by_facts[key].append((album, track))
    return {place for similar in by_facts.values() if len(similar) > 1 for place in _tied(similar)}


def ties(album: Album, track: Track) -> list[Tie]:
    """Return the scopes within which a copy of the track is superfluous; one in common is enough.

    They are the album in its folder (a folder can hold several editions) and the album tag with its
    year. A loose track has no scopes: any copy of it is superfluous.
    """
    if album.is_loose:
        return []
    title = "".join(track.tags.album[:1])
    dates = (*track.tags.date, *track.tags.originaldate)
    years = (match[0] for date in dates if (match := _YEAR.search(date)))
    by_tag = [(letters.loose(title) or title, next(years, ""))] if letters.holds(title) else []
    return [(album.place, album.once(_editions).get(track.place)), *by_tag]


def _editions(album: Album) -> dict[str, int]:
    """Number the albums of a folder, by the places of their tracks."""
    return {track.place: group.order for group in groups.albums(album) for track in group.tracks}


def _tied(similar: Sequence[tuple[Album, Track]]) -> Iterator[str]:
    if any(album.is_loose for album, _ in similar):
        yield from (track.place for _, track in similar)
        return
    scopes_by_place = [(track.place, ties(album, track)) for album, track in similar]
    counts = Counter(scope for _, scopes in scopes_by_place for scope in scopes)
    yield from (
        place for place, scopes in scopes_by_place if any(counts[scope] > 1 for scope in scopes)
    )


def _hashed(album: Album, candidate_places: set[str], top: Path, hash_of: Hash) -> Album:
    if candidate_places.isdisjoint(track.place for track in album.tracks):
        return album
    tracks = tuple(
        _with_hash(track, top, hash_of)
        if track.place in candidate_places and not track.essence
        else track
        for track in album.tracks
    )
    return msgspec.structs.replace(album, tracks=tracks)


def _with_hash(track: Track, top: Path, hash_of: Hash) -> Track:
    try:
        return msgspec.structs.replace(track, essence=hash_of(top / files.unescape(track.place)))
    except Unreadable:
        return track
