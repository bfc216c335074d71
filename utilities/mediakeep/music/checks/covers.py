"""Checks of covers: picture files in an album's folders, and pictures embedded in its tracks."""

from __future__ import annotations

from collections.abc import Iterator

from mediakeep.media.audio.tags import EmbeddedPicture
from mediakeep.music.matching import archive_covers
from mediakeep.music.model import Album, Artist, ImageFile, Track
from mediakeep.music.text import compare_text
from mediakeep.size_text import format_count

_MIN_PIXELS, SHARP_PIXELS = 300, 500  # pixels of the shorter side
_FRONT_TYPE = 3  # picture type of ID3


def missing_cover(album: Album) -> str | None:
    """Check whether an album has no cover: neither in its tracks nor as a readable picture file."""
    has_file = any(not image.reason for image in album.images)
    if has_file or not album.readable_tracks or any(True for _ in _embedded_pictures(album)):
        return None
    return "; ".join(
        f"{_quoted_name(image)} cannot be read: {image.reason}" for image in album.images
    )


def cover_not_image(album: Album) -> str | None:
    """Find picture files and embedded pictures that do not contain a picture."""
    invalid = [_quoted_name(image) for image in album.images if not (image.mime or image.reason)]
    if count := sum(not picture.seen for picture in _embedded_pictures(album)):
        invalid.append(format_count(count, "embedded picture"))
    return ", ".join(invalid) if invalid else None


def cover_too_small(album: Album) -> str | None:
    """Check whether all covers of an album are too small for displays; ignore unknown sizes."""
    sizes = [
        (picture.width, picture.height) for picture in _embedded_pictures(album) if picture.seen
    ]
    sizes += [(picture.width, picture.height) for picture in album.images if picture.mime]
    if not sizes or any(min(size) >= _MIN_PIXELS or not min(size) for size in sizes):
        return None
    width, height = max(sizes, key=min)
    return f"the largest has {width} x {height} pixels"


def cover_upgrade(artist: Artist) -> dict[str, str]:
    """Find albums with a small front cover for which the Cover Art Archive has a larger one."""
    details = {}
    for album in artist.albums:
        cover = archive_covers.find_cover_for_match(artist.matches.get(album.place))
        size = smallest_cover_size(album) if cover else None
        if size and min(size) < SHARP_PIXELS and cover_too_small(album) is None:
            details[album.place] = f"{size[0]} x {size[1]} pixels; there is one of the {cover}"
    return details


def has_no_picture(album: Album) -> bool:
    """Return whether an album has no picture at all, not even a file that may be one."""
    has_file = any(image.mime or image.reason for image in album.images)
    return (
        bool(album.readable_tracks)
        and not has_file
        and not any(picture.seen for picture in _embedded_pictures(album))
    )


def front_picture(track: Track) -> EmbeddedPicture | None:
    """Return the front cover embedded in a track, or None if there is no valid one."""
    front_covers = (picture for picture in track.tags.pictures if picture.type == _FRONT_TYPE)
    return next((picture for picture in front_covers if picture.size and picture.seen), None)


def smallest_cover_size(album: Album) -> tuple[int, int] | None:
    """Return width and height in pixels of the smallest front cover embedded in the tracks.

    If none is embedded, take the largest picture file. Return None if no size is known.
    """
    front_covers = [picture for track in album.readable_tracks if (picture := front_picture(track))]
    sizes = [(picture.width, picture.height) for picture in front_covers]
    if sizes or any(picture.seen for picture in _embedded_pictures(album)):
        return min(filter(all, sizes), key=min, default=None)
    file_sizes = [(picture.width, picture.height) for picture in album.images if picture.mime]
    return max(filter(all, file_sizes), key=min, default=None)


def external_cover_not_embedded(album: Album) -> str | None:
    """Check whether an album's folder contains a valid picture, but no track does."""
    file = next((image for image in album.images if image.mime), None)
    if (
        not file
        or not album.readable_tracks
        or any(picture.seen for picture in _embedded_pictures(album))
    ):
        return None
    return _quoted_name(file)


def _embedded_pictures(album: Album) -> Iterator[EmbeddedPicture]:
    """Yield the pictures embedded in all tracks of an album, except empty ones."""
    return (
        picture
        for track in album.readable_tracks
        for picture in track.tags.pictures
        if picture.size
    )


def _quoted_name(image: ImageFile) -> str:
    return compare_text.quote(image.place.rpartition("/")[2])
