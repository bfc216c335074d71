"""An artist as it will be read once repairs are made, so that the next can build upon them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from msgspec import structs

from mediakeep.media import formats
from mediakeep.media.edits import changes
from mediakeep.media.edits.changes import Edit, Lift, Wanted
from mediakeep.media.reading import Container, Picture
from mediakeep.music.model import Album, Artist, Track
from mediakeep.music.repairs.repair import Repair

_FRONT = 3
_LIFTED = {formats.FLAC.name: "Vorbis comment"}
_USUAL = "ID3v2.4"
_NUMBER = ("tracknumber", "track")  # of Vorbis, where the total may stand with it


def artist(artist: Artist, repairs: Iterable[Repair]) -> Artist:
    """Return an artist after repairs; what they do not touch is the same object as before."""
    by_place: dict[str, list[Repair]] = {}
    for repair in repairs:
        by_place.setdefault(repair.place, []).append(repair)
    albums = tuple(_album(album, by_place) for album in artist.albums)
    return structs.replace(artist, albums=albums)


def _album(album: Album, by_place: dict[str, list[Repair]]) -> Album:
    if by_place.keys().isdisjoint(track.place for track in album.tracks):
        return album
    tracks = tuple(_track(track, by_place.get(track.place, ()), album) for track in album.tracks)
    return structs.replace(album, tracks=tracks)


def _track(track: Track, repairs: Iterable[Repair], album: Album) -> Track:
    for repair in repairs:
        change = repair.change
        if isinstance(change, Edit):
            track = _edited(track, change)
        elif isinstance(change, Lift):
            track = _lifted(track)
        else:
            track = _pictured(track, change.image, album)
    return track


def _edited(track: Track, edit: Edit) -> Track:
    texts = Wanted({edit.field: edit.values})
    told = changes.expected(track.tags, texts)
    tags = structs.replace(told, pictures=track.tags.pictures)
    raw = track.raw
    if edit.field == "track":
        raw = {name: [*edit.values] if name in _NUMBER else held for name, held in raw.items()}
    return structs.replace(track, tags=tags, raw=raw)


def _lifted(track: Track) -> Track:
    kind = track.facts.format if track.facts else ""
    others = (Container(name=track.container, tags=track.tags), *track.others)
    return structs.replace(track, container=_LIFTED.get(kind, _USUAL), others=others)


def _pictured(track: Track, image: str, album: Album) -> Track:
    file = next(one for one in album.images if one.place == image)
    known: dict[str, Any] = {"width": file.width, "height": file.height, "size": file.size}
    front = Picture(type=_FRONT, mime=file.mime, seen=file.mime, **known)
    tags = structs.replace(track.tags, pictures=(*track.tags.pictures, front))
    return structs.replace(track, tags=tags)
