"""Find tracks that may contain the same audio, and copies of tracks that are not needed."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterator, Sequence
from pathlib import Path

import msgspec

from mediakeep import path_text
from mediakeep.errors import Unreadable
from mediakeep.music import album_grouping
from mediakeep.music.model import Album, Artist, Track
from mediakeep.music.text import compare_text

HashFunction = Callable[[Path], str]
DuplicateScope = Hashable

_YEAR = re.compile(r"\d{4}")


def add_essence_hashes(artist: Artist, hash_function: HashFunction) -> Artist:
    """Return the artist with a hash of the audio for each track that may be a duplicate.

    `hash_function` reads a whole file; if it raises Unreadable, the track gets no hash. Other files
    are not read, and existing hashes are kept.
    """
    candidate_places = find_possible_duplicates(artist)
    if not candidate_places:
        return artist
    artist_folder = Path(path_text.unescape_path(artist.path))
    albums = tuple(
        _hash_album(album, candidate_places, artist_folder, hash_function)
        for album in artist.albums
    )
    return msgspec.structs.replace(artist, albums=albums)


def find_possible_duplicates(artist: Artist) -> set[str]:
    """Return the places of tracks that may be duplicates: format, size and length agree.

    Only copies that are not needed count. Truncated files are left out, because equal beginnings
    prove nothing.
    """
    by_facts: dict[Hashable, list[tuple[Album, Track]]] = defaultdict(list)
    for album in artist.albums:
        for track in album.tracks:
            if (facts := track.facts) and facts.payload and not facts.truncated:
                key = facts.format, facts.payload, round(facts.duration, 1)
                by_facts[key].append((album, track))
    return {
        place
        for similar in by_facts.values()
        if len(similar) > 1
        for place in _find_in_same_scope(similar)
    }


def duplicate_scopes(album: Album, track: Track) -> list[DuplicateScope]:
    """Return the scopes of a track: a copy in the same scope is not needed.

    The scopes are the album in its folder (a folder can hold several editions), and the album tag
    with its year. A loose track has no scopes: any copy of it is not needed.
    """
    if album.is_loose:
        return []
    title = "".join(track.tags.album[:1])
    dates = (*track.tags.date, *track.tags.originaldate)
    years = (match[0] for date in dates if (match := _YEAR.search(date)))
    by_tag = (
        [(compare_text.comparison_key(title) or title, next(years, ""))]
        if compare_text.has_text(title)
        else []
    )
    return [(album.place, album.cached_call(_edition_numbers).get(track.place)), *by_tag]


def _edition_numbers(album: Album) -> dict[str, int]:
    """Return the number of each track's album within its folder, by the track's place."""
    return {
        track.place: group.order
        for group in album_grouping.group_by_album(album)
        for track in group.tracks
    }


def _find_in_same_scope(similar: Sequence[tuple[Album, Track]]) -> Iterator[str]:
    if any(album.is_loose for album, _ in similar):
        yield from (track.place for _, track in similar)
        return
    scopes_by_place = [(track.place, duplicate_scopes(album, track)) for album, track in similar]
    counts = Counter(scope for _, scopes in scopes_by_place for scope in scopes)
    yield from (
        place for place, scopes in scopes_by_place if any(counts[scope] > 1 for scope in scopes)
    )


def _hash_album(
    album: Album, candidate_places: set[str], artist_folder: Path, hash_function: HashFunction
) -> Album:
    if candidate_places.isdisjoint(track.place for track in album.tracks):
        return album
    tracks = tuple(
        _hash_track(track, artist_folder, hash_function)
        if track.place in candidate_places and not track.essence
        else track
        for track in album.tracks
    )
    return msgspec.structs.replace(album, tracks=tracks)


def _hash_track(track: Track, artist_folder: Path, hash_function: HashFunction) -> Track:
    try:
        return msgspec.structs.replace(
            track, essence=hash_function(artist_folder / path_text.unescape_path(track.place))
        )
    except Unreadable:
        return track
