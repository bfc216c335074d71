"""Preview repairs: return an artist as it will be read after them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from msgspec import structs

from mediakeep.media import formats
from mediakeep.media.edits import changes
from mediakeep.media.edits.changes import Edit, Lift, Wanted
from mediakeep.media.reading import Container, Picture
from mediakeep.music.model import Album, Artist, ImageFile, Track
from mediakeep.music.repairs.repair import Put, Repair

_FRONT = 3
_LIFTED = {formats.FLAC.name: "Vorbis comment"}
_USUAL = "ID3v2.4"
_NUMBER = ("tracknumber", "track")  # fields of Vorbis comments, which may contain the total, too


def artist(artist: Artist, repairs: Iterable[Repair]) -> Artist:
    """Return an artist after repairs; unchanged parts are the same objects as before."""
    by_place: dict[str, list[Repair]] = {}
    for repair in repairs:
        by_place.setdefault(repair.place, []).append(repair)
    downloaded = [cover.image for cover in artist.covers.values()]
    albums = tuple(_album(album, by_place, downloaded) for album in artist.albums)
    return structs.replace(artist, albums=albums)


def _album(album: Album, by_place: dict[str, list[Repair]], downloaded: list[ImageFile]) -> Album:
    if added := tuple(_put(album, by_place, downloaded)):
        album = structs.replace(album, images=(*album.images, *added))
    if by_place.keys().isdisjoint(track.place for track in album.tracks):
        return album
    images = [*album.images, *downloaded]
    tracks = tuple(_track(track, by_place.get(track.place, ()), images) for track in album.tracks)
    return structs.replace(album, tracks=tracks)


def _put(
    album: Album, by_place: dict[str, list[Repair]], downloaded: list[ImageFile]
) -> Iterator[ImageFile]:
    """Yield the pictures that are added to an album's folder."""
    for place, (repair, *_) in by_place.items():
        if isinstance(repair.change, Put) and place.rpartition("/")[0] == album.place:
            yield structs.replace(_found(repair.change.image, downloaded), place=place)


def _track(track: Track, repairs: Iterable[Repair], images: list[ImageFile]) -> Track:
    for repair in repairs:
        change = repair.change
        if isinstance(change, Edit):
            track = _edited(track, change)
        elif isinstance(change, Lift):
            track = _lifted(track)
        else:
            track = _pictured(track, _found(change.image, images))
    return track


def _edited(track: Track, edit: Edit) -> Track:
    texts = Wanted({edit.field: edit.values})
    expected_tags = changes.expected(track.tags, texts)
    tags = structs.replace(expected_tags, pictures=track.tags.pictures)
    raw = track.raw
    if edit.field == "track":
        raw = {name: [*edit.values] if name in _NUMBER else values for name, values in raw.items()}
    return structs.replace(track, tags=tags, raw=raw)


def _lifted(track: Track) -> Track:
    kind = track.facts.format if track.facts else ""
    others = (Container(name=track.container, tags=track.tags), *track.others)
    return structs.replace(track, container=_LIFTED.get(kind, _USUAL), others=others)


def _found(place: str, images: Iterable[ImageFile]) -> ImageFile:
    return next(image for image in images if image.place == place)


def _pictured(track: Track, file: ImageFile) -> Track:
    """Return a track with a front cover that replaces the one it contains."""
    facts: dict[str, Any] = {"width": file.width, "height": file.height, "size": file.size}
    front = Picture(type=_FRONT, mime=file.mime, seen=file.mime, **facts)
    pictures = list(track.tags.pictures)
    index = next(
        (number for number, picture in enumerate(pictures) if picture.type == _FRONT), len(pictures)
    )
    pictures[index : index + 1] = [front]
    tags = structs.replace(track.tags, pictures=tuple(pictures))
    return structs.replace(track, tags=tags)
