"""Which tracks may hold the same audio, and where it would be superfluous."""

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
    """Return an artist with the hash of the audio of those tracks that may be copies.

    `hash_of` reads a file whole; one that it finds Unreadable is left without. Other tracks are
    not read, and those that have their hash keep it.
    """
    chosen = candidates(artist)
    if not chosen:
        return artist
    top = Path(files.unescape(artist.path))
    albums = tuple(_hashed(album, chosen, top, hash_of) for album in artist.albums)
    return msgspec.structs.replace(artist, albums=albums)


def candidates(artist: Artist) -> set[str]:
    """Find the places of tracks that are alike in format, size and length of their audio.

    Only those whose being copies would be superfluous. Beginnings that are alike prove nothing,
    so files that are cut off are left out.
    """
    alike: dict[Hashable, list[tuple[Album, Track]]] = defaultdict(list)
    for album in artist.albums:
        for track in album.tracks:
            if (facts := track.facts) and facts.payload and not facts.truncated:
                key = facts.format, facts.payload, round(facts.duration, 1)
                alike[key].append((album, track))
    return {place for some in alike.values() if len(some) > 1 for place in _tied(some)}


def ties(album: Album, track: Track) -> list[Tie]:
    """Tell what the same audio must share with a track's to be superfluous, any one of these.

    The album in its folder (which may hold several editions), or the album tag with its year.
    Whatever a loose track copies is enough, so it has no ties.
    """
    if album.is_loose:
        return []
    title = "".join(track.tags.album[:1])
    dates = (*track.tags.date, *track.tags.originaldate)
    years = (found[0] for date in dates if (found := _YEAR.search(date)))
    named = [(letters.loose(title) or title, next(years, ""))] if letters.holds(title) else []
    return [(album.place, album.once(_editions).get(track.place)), *named]


def _editions(album: Album) -> dict[str, int]:
    """Tell the albums of a folder apart, by the places of their tracks."""
    return {track.place: group.order for group in groups.albums(album) for track in group.tracks}


def _tied(some: Sequence[tuple[Album, Track]]) -> Iterator[str]:
    if any(album.is_loose for album, _ in some):
        yield from (track.place for _, track in some)
        return
    bound = [(track.place, ties(album, track)) for album, track in some]
    shared = Counter(tie for _, own in bound for tie in own)
    yield from (place for place, own in bound if any(shared[tie] > 1 for tie in own))


def _hashed(album: Album, chosen: set[str], top: Path, hash_of: Hash) -> Album:
    if chosen.isdisjoint(track.place for track in album.tracks):
        return album
    tracks = tuple(
        _with_hash(track, top, hash_of) if track.place in chosen and not track.essence else track
        for track in album.tracks
    )
    return msgspec.structs.replace(album, tracks=tracks)


def _with_hash(track: Track, top: Path, hash_of: Hash) -> Track:
    try:
        return msgspec.structs.replace(track, essence=hash_of(top / files.unescape(track.place)))
    except Unreadable:
        return track
