"""Predict how an artist will be read after repairs, without writing anything."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from msgspec import structs

from mediakeep.media.audio import formats, tag_edits
from mediakeep.media.audio.model import EmbeddedPicture, SecondaryTags
from mediakeep.media.audio.tag_edits import CopyToNativeTags, SetField, TargetTags
from mediakeep.music.model import Album, Artist, ImageFile, Track
from mediakeep.music.repairs.repair import Repair, SaveCoverFile

_FRONT_TYPE = 3
_NATIVE_TAGS = {
    formats.FLAC.name: "Vorbis comment",
    **{kind.name: "APEv2" for kind in (formats.MONKEYS, formats.WAVPACK, formats.MUSEPACK)},
}
_DEFAULT_TAGS = "ID3v2.4"
_NUMBER_FIELDS = (
    "tracknumber",
    "track",
)  # fields of Vorbis comments, which may contain the total, too


def predict_artist_after_repairs(artist: Artist, repairs: Iterable[Repair]) -> Artist:
    """Return the artist as it will be after repairs; unchanged parts are the same objects."""
    by_place: dict[str, list[Repair]] = {}
    for repair in repairs:
        by_place.setdefault(repair.place, []).append(repair)
    downloaded = [cover.image for cover in artist.fetched_covers.values()]
    albums = tuple(_preview_album(album, by_place, downloaded) for album in artist.albums)
    return structs.replace(artist, albums=albums)


def _preview_album(
    album: Album, by_place: dict[str, list[Repair]], downloaded: list[ImageFile]
) -> Album:
    if added := tuple(_added_cover_files(album, by_place, downloaded)):
        album = structs.replace(album, images=(*album.images, *added))
    if by_place.keys().isdisjoint(track.place for track in album.tracks):
        return album
    images = [*album.images, *downloaded]
    tracks = tuple(
        _preview_track(track, by_place.get(track.place, ()), images) for track in album.tracks
    )
    return structs.replace(album, tracks=tracks)


def _added_cover_files(
    album: Album, by_place: dict[str, list[Repair]], downloaded: list[ImageFile]
) -> Iterator[ImageFile]:
    """Yield the pictures that are added to an album's folder."""
    for place, (repair, *_) in by_place.items():
        if isinstance(repair.change, SaveCoverFile) and place.rpartition("/")[0] == album.place:
            yield structs.replace(_find_image(repair.change.image, downloaded), place=place)


def _preview_track(track: Track, repairs: Iterable[Repair], images: list[ImageFile]) -> Track:
    for repair in repairs:
        change = repair.change
        if isinstance(change, SetField):
            track = _preview_edit(track, change)
        elif isinstance(change, CopyToNativeTags):
            track = _preview_native_tags(track)
        else:
            track = _preview_cover(track, _find_image(change.image, images))
    return track


def _preview_edit(track: Track, edit: SetField) -> Track:
    texts = TargetTags({edit.field: edit.values})
    expected_tags = tag_edits.expected_tags(track.tags, texts)
    tags = structs.replace(expected_tags, pictures=track.tags.pictures)
    raw = track.raw
    if edit.field == "track":
        raw = {
            name: [*edit.values] if name in _NUMBER_FIELDS else values
            for name, values in raw.items()
        }
    return structs.replace(track, tags=tags, raw=raw)


def _preview_native_tags(track: Track) -> Track:
    kind = track.facts.format if track.facts else ""
    others = (SecondaryTags(name=track.container, tags=track.tags), *track.other_tags)
    return structs.replace(
        track, container=_NATIVE_TAGS.get(kind, _DEFAULT_TAGS), other_tags=others
    )


def _find_image(place: str, images: Iterable[ImageFile]) -> ImageFile:
    return next(image for image in images if image.place == place)


def _preview_cover(track: Track, file: ImageFile) -> Track:
    """Return a track with a front cover that replaces the one it contains."""
    facts: dict[str, Any] = {"width": file.width, "height": file.height, "size": file.size}
    cover = EmbeddedPicture(type=_FRONT_TYPE, mime=file.mime, seen=file.mime, **facts)
    pictures = list(track.tags.pictures)
    index = next(
        (number for number, picture in enumerate(pictures) if picture.type == _FRONT_TYPE),
        len(pictures),
    )
    pictures[index : index + 1] = [cover]
    tags = structs.replace(track.tags, pictures=tuple(pictures))
    return structs.replace(track, tags=tags)
