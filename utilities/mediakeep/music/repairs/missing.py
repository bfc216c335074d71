"""Proposals for missing tags, from the album's other tracks and from file and folder names."""

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
_OTHERS = "the other tracks of the album have it"
_FILE = "from the file name"
_FOLDER = "from the folder's name"


def missing_title(artist: Artist) -> Iterator[Repair]:
    """Propose the title in the file's name."""
    for album, group, tracks in _lacking(artist, presence.missing_title):
        numbers_by_place = album.once(_numbers) if group else {}
        name, _ = names.of_folders(artist.name, album)
        for track in tracks:
            tags = track.tags
            known = (*tags.artist, *tags.albumartist, *tags.album, name)
            number = (
                positions.number(track) or numbers_by_place.get(track.place) or _number_alone(track)
            )
            if text := names.title(track, number, known):
                yield from repair.edits(track, "title", (text,), "missing-title", _FILE)


def missing_track_number(artist: Artist) -> Iterator[Repair]:
    """Propose the number in the file's name, formatted like those of the other tracks."""
    for album, group, tracks in _lacking(artist, presence.missing_track_number):
        numbers_by_place = album.once(_numbers) if group else {}
        for track in tracks:
            number = numbers_by_place.get(track.place) if group else _number_alone(track)
            if number:
                text = numbers.written(number, group.tracks if group else ())
                yield from repair.edits(track, "track", (text,), "missing-track-number", _FILE)


def missing_artist(artist: Artist) -> Iterator[Repair]:
    """Propose the artist of the other tracks, else the album artist, else the folder's name."""
    for album, group, tracks in _lacking(artist, presence.missing_artist):
        all_tracks = group.tracks if group else ()
        if groups.is_compilation(all_tracks):
            continue
        others = any(letters.first(track.tags.artist) for track in all_tracks)
        shared, shared_reason = (
            (usual.held(all_tracks, "artist"), _OTHERS) if others else ((), _FOLDER)
        )
        name, _ = names.of_folders(artist.name, album)
        if not others and (text := _spelt(names.artist(name), artist)):
            shared = (text,)
        for track in tracks:
            credit = () if others else usual.mended(track, "albumartist")
            values, reason = (credit, _CREDIT) if credit else (shared, shared_reason)
            if values and all(map(albumartists.is_certain, values)):
                yield from repair.edits(track, "artist", values, "missing-artist", reason)


def missing_album(artist: Artist) -> Iterator[Repair]:
    """Propose the album of the other tracks in the folder, else the folder's name."""
    for album, group, tracks in _lacking(artist, presence.missing_album):
        if not group or len(groups.albums(album)) > 1:
            continue
        values, reason = usual.held(group.tracks, "album"), _OTHERS
        if not any(letters.first(track.tags.album) for track in group.tracks):
            known = {name for track in group.tracks for name in track.tags.artist}
            name, place = names.of_folders(artist.name, album)
            text = names.album(place, (*known, name))
            values, reason = ((text,) if text else ()), _FOLDER
        for track in tracks if not any(map(placeholders.is_album, values)) else ():
            if values:
                yield from repair.edits(track, "album", values, "missing-album", reason)


def missing_albumartist(artist: Artist) -> Iterator[Repair]:
    """Propose the album artist that fits most tracks; "Various Artists" for a compilation."""
    for _, group, tracks in _lacking(artist, presence.missing_albumartist):
        values = _albumartist(group, artist) if group else ()
        for track in tracks if values else ():
            yield from repair.edits(track, "albumartist", values, "missing-albumartist", _MOST)


def _lacking(
    artist: Artist, check: Callable[[Track], str | None]
) -> Iterator[tuple[Album, Group | None, list[Track]]]:
    """Yield the writable tracks of each album that fail a check; loose tracks have no group."""
    for album in artist.albums:
        album_groups: Sequence[Group | None] = groups.albums(album) or (None,)
        for group in album_groups:
            tracks = group.tracks if group else album.tracks
            incomplete = [
                track for track in tracks if check(track) is not None and repair.is_writable(track)
            ]
            if incomplete:
                yield album, group, incomplete


def _numbers(album: Album) -> dict[str, int]:
    by_disc = map(names.numbers, groups.of(album))
    return {place: number for numbers in by_disc for place, number in numbers.items()}


def _number_alone(track: Track) -> int | None:
    """Return the number in a file's name, regardless of other tracks."""
    candidates = positions.in_name(track.name, track.tags.disc)
    return min(candidates) if len(candidates) == 1 and names.is_numbered(track) else None


def _spelt(name: str, artist: Artist) -> str:
    """Spell a folder's name as the tracks do, since it cannot contain every character."""
    key = letters.loose(name)
    texts = (letters.neat(text) for track in artist.tracks for text in track.tags.artist)
    counts = Counter(text for text in texts if letters.loose(text) == key)
    return counts.most_common(1)[0][0] if name and counts else name


def _albumartist(group: Group, artist: Artist) -> Values:
    tracks = group.tracks
    if any(letters.first(track.tags.albumartist) for track in tracks):
        values = usual.held(tracks, "albumartist")
        return () if any(map(placeholders.is_artist, values)) else values
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
    is_plausible = by_it == len(tracks) or letters.loose(name) == letters.loose(artist.name)
    likely = is_plausible and 3 * by_it >= 2 * len(tracks) and albumartists.is_certain(name)
    return (name,) if likely else ()
