"""Checks of covers: picture files in the album's folders, and pictures embedded in its tracks."""

from __future__ import annotations

from collections.abc import Iterator

from mediakeep.media.tags import Picture
from mediakeep.music import fronts
from mediakeep.music.checks import letters
from mediakeep.music.model import Album, Artist, ImageFile, Track
from mediakeep.pages import page

_LEAST, SHARP = 300, 500  # pixels of the shorter side
_FRONT = 3  # as ID3 counts the types of pictures


def missing_cover(album: Album) -> str | None:
    """No track holds a picture, and no picture file lies in the folder that can be read."""
    lying = any(not image.reason for image in album.images)
    if lying or not album.readable or any(True for _ in _embedded(album)):
        return None
    return "; ".join(f"{_name(one)} cannot be read: {one.reason}" for one in album.images)


def cover_not_image(album: Album) -> str | None:
    """A picture file, or an embedded picture, of which the bytes are no picture."""
    false = [_name(image) for image in album.images if not (image.mime or image.reason)]
    if count := sum(not picture.seen for picture in _embedded(album)):
        false.append(page.counted(count, "embedded picture"))
    return ", ".join(false) if false else None


def cover_too_small(album: Album) -> str | None:
    """All pictures are smaller than a screen shows them; one of unknown size is not judged."""
    sizes = [(one.width, one.height) for one in _embedded(album) if one.seen]
    sizes += [(one.width, one.height) for one in album.images if one.mime]
    if not sizes or any(min(size) >= _LEAST or not min(size) for size in sizes):
        return None
    width, height = max(sizes, key=min)
    return f"the largest has {width} x {height} pixels"


def cover_upgrade(artist: Artist) -> dict[str, str]:
    """The front cover is small, and the Cover Art Archive has that of the release."""
    found = {}
    for album in artist.albums:
        front = fronts.of(artist.matches.get(album.place))
        size = smallest(album) if front else None
        if size and min(size) < SHARP and cover_too_small(album) is None:
            found[album.place] = f"{size[0]} x {size[1]} pixels; there is one of the {front}"
    return found


def is_bare(album: Album) -> bool:
    """Tell whether neither the tracks nor the folder hold a picture, or what may be one."""
    lying = any(image.mime or image.reason for image in album.images)
    return bool(album.readable) and not lying and not any(one.seen for one in _embedded(album))


def front(track: Track) -> Picture | None:
    """Return the front cover that a track holds, if it is a picture."""
    held = (one for one in track.tags.pictures if one.type == _FRONT)
    return next((one for one in held if one.size and one.seen), None)


def smallest(album: Album) -> tuple[int, int] | None:
    """Return the size of the smallest front cover in the tracks, else of the largest beside them.

    None where there is none, or where none tells its size.
    """
    fronts_here = [one for track in album.readable if (one := front(track))]
    sizes = [(one.width, one.height) for one in fronts_here]
    if sizes or any(one.seen for one in _embedded(album)):
        return min(filter(all, sizes), key=min, default=None)
    lying = [(one.width, one.height) for one in album.images if one.mime]
    return max(filter(all, lying), key=min, default=None)


def external_cover_not_embedded(album: Album) -> str | None:
    """A real picture lies in the folder, and no track holds one."""
    lying = next((image for image in album.images if image.mime), None)
    if not lying or not album.readable or any(picture.seen for picture in _embedded(album)):
        return None
    return _name(lying)


def _embedded(album: Album) -> Iterator[Picture]:
    """Give the pictures with any content of all tracks."""
    return (one for track in album.readable for one in track.tags.pictures if one.size)


def _name(image: ImageFile) -> str:
    return letters.quoted(image.place.rpartition("/")[2])
