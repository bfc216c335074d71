"""Safe repairs of covers: embed the picture in the folder, or a downloaded one."""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import structs

from mediakeep.lookups.gallery import SUFFIXES
from mediakeep.music.checks import covers, groups
from mediakeep.music.model import Album, Artist, FrontCover, ImageFile, Track
from mediakeep.music.repairs import repair
from mediakeep.music.repairs.repair import Embed, Put, Repair

LARGEST = 5 << 20  # bytes; an embedded picture is stored in every track
SMALLEST = 300  # pixels of the shorter side; a smaller one would only prevent a better one

_KIND = "external-cover-not-embedded"
_EMBED = f"{_KIND}: it lies in the folder only"
# Common file names of front covers, and of other pictures.
_FRONT = re.compile("cover|folder|front|album ?art", re.IGNORECASE)
_OTHER = re.compile(
    r"(?<![^\W\d_])(?:back|rear|inlay|inside|inner|booklet|tray|spine|obi|matrix|disc|disk|cd|label"
    r"|artist|band|logo|photo|small|thumb|thumbnail)(?![^\W\d_])|albumartsmall",
    re.IGNORECASE,
)


def external_cover_not_embedded(artist: Artist) -> Iterator[Repair]:
    """Embed the front cover in the folder into the tracks without a picture."""
    for album in artist.albums:
        if covers.external_cover_not_embedded(album) is None or len(groups.albums(album)) != 1:
            continue
        for track in album.readable:
            has_no_picture = not any(picture.size for picture in track.tags.pictures)
            if has_no_picture and repair.is_writable(track) and (image := _beside(track, album)):
                embed = Embed(image.place, _EMBED)
                yield Repair(place=track.place, kinds=(_KIND,), change=embed)


def missing_cover(artist: Artist) -> Iterator[Repair]:
    """Use the cover that was downloaded for an album without any."""
    for album, cover in _bare(artist):
        if covers.cover_not_image(album) is None:
            yield from _given(album, cover, "missing-cover")


def cover_not_image(artist: Artist) -> Iterator[Repair]:
    """Use the cover that was downloaded for an album whose only covers are not pictures."""
    for album, cover in _bare(artist):
        if covers.cover_not_image(album) is not None:
            yield from _given(album, cover, "cover-not-image")


def cover_too_small(artist: Artist) -> Iterator[Repair]:
    """Replace a cover that looks blurred with a larger one that was downloaded."""
    for album, cover in _fetched(artist):
        if covers.cover_too_small(album) is not None:
            yield from _enlarged(album, cover, "cover-too-small")


def cover_upgrade(artist: Artist) -> Iterator[Repair]:
    """Replace a small front cover with a larger one that was downloaded."""
    for album, cover in _fetched(artist):
        if covers.cover_too_small(album) is None:
            yield from _enlarged(album, cover, "cover-upgrade")


def _fetched(artist: Artist) -> Iterator[tuple[Album, FrontCover]]:
    """Yield the albums for which a front cover of sufficient size was downloaded."""
    for album in artist.albums:
        cover = artist.covers.get(album.place)
        if cover and min(cover.image.width, cover.image.height) >= SMALLEST:
            yield album, cover


def _bare(artist: Artist) -> Iterator[tuple[Album, FrontCover]]:
    return (entry for entry in _fetched(artist) if covers.is_bare(entry[0]))


def _given(album: Album, cover: FrontCover, kind: str) -> Iterator[Repair]:
    """Add a cover to an album; the file comes first, so that a killed run can be resumed."""
    reason, image = f"{kind}: front cover of the {cover.of}", cover.image.place
    place = f"{album.place}/cover{SUFFIXES[cover.image.mime]}".lstrip("/")
    if cover.beside and all(file.place != place for file in album.images):
        yield Repair(place=place, kinds=(kind,), change=Put(image, reason))
    for track in album.readable if cover.embed else ():
        if repair.is_writable(track):
            yield Repair(place=track.place, kinds=(kind,), change=Embed(image, reason))


def _enlarged(album: Album, cover: FrontCover, kind: str) -> Iterator[Repair]:
    """Replace small front covers with one that is larger in both dimensions."""
    reason, new = f"{kind}: front cover of the {cover.of}", (cover.image.width, cover.image.height)
    for track in album.readable if cover.embed else ():
        front = covers.front(track)
        if front is None or not repair.is_writable(track):
            continue
        old = front.width, front.height
        larger = old[0] < new[0] and old[1] < new[1]
        if all(old) and min(old) < covers.SHARP and larger:
            change = Embed(cover.image.place, reason)
            yield Repair(place=track.place, kinds=(kind,), change=change)


def unfinished(artist: Artist) -> frozenset[str]:
    """Return the tracks of albums in which a killed run may have left tracks without a cover."""
    albums = (
        album
        for album in artist.albums
        if len({bool(track.tags.pictures) for track in album.readable}) > 1
    )
    return frozenset(track.place for album in albums for track in album.tracks)


def without(artist: Artist, places: frozenset[str]) -> Artist:
    """Return the artist as if these tracks contained no picture."""

    def bare(track: Track) -> Track:
        if track.place not in places:
            return track
        return structs.replace(track, tags=structs.replace(track.tags, pictures=()))

    albums = (
        structs.replace(album, tracks=tuple(map(bare, album.tracks))) for album in artist.albums
    )
    return structs.replace(artist, albums=tuple(albums))


def _beside(track: Track, album: Album) -> ImageFile | None:
    """Return the front cover in a track's folder, else that in the folder above."""
    folder = track.place
    while folder:
        folder = folder.rpartition("/")[0]
        candidates = [
            image
            for image in album.images
            if image.mime and image.place.rpartition("/")[0] == folder
        ]
        if candidates:
            return _front(candidates)
    if album.sibling_folders:  # the cover may be only in the folder of the first disc
        candidates = [
            image
            for image in album.images
            if image.mime and image.place.startswith(f"{album.place}/")
        ]
        return _front(candidates) if candidates else None
    return None


def _front(images: list[ImageFile]) -> ImageFile | None:
    """Return the picture that can only be the front cover: by its name, or as the only one."""
    by_name = [image for image in images if _is_named(image) and _fits(image)]
    if by_name:
        return by_name[0]
    is_only_one = len(images) == 1 and _fits(images[0]) and not _OTHER.search(_name(images[0]))
    return images[0] if is_only_one else None


def _is_named(image: ImageFile) -> bool:
    return bool(_FRONT.search(_name(image))) and not _OTHER.search(_name(image))


def _fits(image: ImageFile) -> bool:
    """Return whether a picture is suitable for embedding; unknown dimensions are accepted."""
    small = 0 < min(image.width, image.height) < SMALLEST
    return image.mime in SUFFIXES and image.size <= LARGEST and not small


def _name(image: ImageFile) -> str:
    return image.place.rpartition("/")[2].rpartition(".")[0]
