"""Proposals for tags that are not there, from the album's other tracks and from names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from mediakeep.media.edits.changes import Values
from mediakeep.music import placeholders
from mediakeep.music.checks import groups, letters, positions, presence
from mediakeep.music.checks.groups import Group
from mediakeep.music.model import Album, Artist, Track
from mediakeep.music.repairs import albumartists, names, numbers, repair, usual
from mediakeep.music.repairs.repair import Repair

_VARIOUS = "Various Artists"
_CREDIT = "it is the album artist"
_MOST = "it fits most tracks of the album"
_OTHERS = "the other tracks of the album bear it"
_FILE = "the file name tells it"
_FOLDER = "the folder's name tells it"


def missing_title(artist: Artist) -> Iterator[Repair]:
    """The title that the file's name tells."""
    for album, group, tracks in _lacking(artist, presence.missing_title):
        told = album.once(_numbers) if group else {}
        name, _ = names.of_folders(artist.name, album)
        for track in tracks:
            tags = track.tags
            known = (*tags.artist, *tags.albumartist, *tags.album, name)
            number = positions.number(track) or told.get(track.place) or _number_alone(track)
            if text := names.title(track, number, known):
                yield from repair.edits(track, "title", (text,), "missing-title", _FILE)


def missing_track_number(artist: Artist) -> Iterator[Repair]:
    """The number at the beginning of the file's name, written as those of the other tracks."""
    for album, group, tracks in _lacking(artist, presence.missing_track_number):
        told = album.once(_numbers) if group else {}
        for track in tracks:
            number = told.get(track.place) if group else _number_alone(track)
            if number:
                text = numbers.written(number, group.tracks if group else ())
                yield from repair.edits(track, "track", (text,), "missing-track-number", _FILE)


def missing_artist(artist: Artist) -> Iterator[Repair]:
    """The artist of the album's other tracks, else its album artist, else the artist's folder."""
    for album, group, tracks in _lacking(artist, presence.missing_artist):
        whole = group.tracks if group else ()
        if groups.is_compilation(whole):
            continue
        others = any(letters.first(track.tags.artist) for track in whole)
        shared, why = (usual.held(whole, "artist"), _OTHERS) if others else ((), _FOLDER)
        name, _ = names.of_folders(artist.name, album)
        if not others and (text := _spelt(names.artist(name), artist)):
            shared = (text,)
        for track in tracks:
            own = () if others else usual.mended(track, "albumartist")
            values, told = (own, _CREDIT) if own else (shared, why)
            if values and all(map(albumartists.is_certain, values)):
                yield from repair.edits(track, "artist", values, "missing-artist", told)


def missing_album(artist: Artist) -> Iterator[Repair]:
    """The album of the other tracks in the folder, else what its name tells."""
    for album, group, tracks in _lacking(artist, presence.missing_album):
        if not group or len(groups.albums(album)) > 1:
            continue
        values, why = usual.held(group.tracks, "album"), _OTHERS
        if not any(letters.first(track.tags.album) for track in group.tracks):
            known = {name for track in group.tracks for name in track.tags.artist}
            name, place = names.of_folders(artist.name, album)
            text = names.album(place, (*known, name))
            values, why = ((text,) if text else ()), _FOLDER
        for track in tracks if not any(map(placeholders.is_album, values)) else ():
            if values:
                yield from repair.edits(track, "album", values, "missing-album", why)


def missing_albumartist(artist: Artist) -> Iterator[Repair]:
    """The album artist that most tracks bear or are by; "Various Artists" for a compilation."""
    for _, group, tracks in _lacking(artist, presence.missing_albumartist):
        values = _albumartist(group, artist) if group else ()
        for track in tracks if values else ():
            yield from repair.edits(track, "albumartist", values, "missing-albumartist", _MOST)


def _lacking(
    artist: Artist, check: Callable[[Track], str | None]
) -> Iterator[tuple[Album, Group | None, list[Track]]]:
    """Give the tracks of each album that lack something and can be written; loose ones as none."""
    for album in artist.albums:
        wholes: Sequence[Group | None] = groups.albums(album) or (None,)
        for group in wholes:
            tracks = group.tracks if group else album.tracks
            lacking = [one for one in tracks if check(one) is not None and repair.is_writable(one)]
            if lacking:
                yield album, group, lacking


def _numbers(album: Album) -> dict[str, int]:
    told = map(names.numbers, groups.of(album))
    return {place: number for numbers in told for place, number in numbers.items()}


def _number_alone(track: Track) -> int | None:
    """Return the number that a name tells by itself, without those of other tracks."""
    told = positions.in_name(track.name, track.tags.disc)
    return min(told) if len(told) == 1 and names.is_numbered(track) else None


def _spelt(name: str, artist: Artist) -> str:
    """Spell the name of a folder, which cannot hold every letter, as its tracks do."""
    core = letters.loose(name)
    texts = (letters.neat(text) for track in artist.tracks for text in track.tags.artist)
    counts = Counter(text for text in texts if letters.loose(text) == core)
    return counts.most_common(1)[0][0] if name and counts else name


def _albumartist(group: Group, artist: Artist) -> Values:
    tracks = group.tracks
    if any(letters.first(track.tags.albumartist) for track in tracks):
        found = usual.held(tracks, "albumartist")
        return () if any(map(placeholders.is_artist, found)) else found
    if groups.is_compilation(tracks):
        return (_VARIOUS,)
    counts = Counter(text for track in tracks for text in usual.mended(track, "artist")[:1])
    if not counts:
        return ()
    name = counts.most_common(1)[0][0]
    by_it = sum(albumartists.is_by(track, name) for track in tracks)
    several = by_it < len(tracks) or albumartists.is_various(name)
    if several and albumartists.is_various(names.artist(artist.name)):
        return (_VARIOUS,)
    home = by_it == len(tracks) or letters.loose(name) == letters.loose(artist.name)
    likely = home and 3 * by_it >= 2 * len(tracks) and albumartists.is_certain(name)
    return (name,) if likely else ()
