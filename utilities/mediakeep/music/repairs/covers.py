"""Safe repairs of covers: the picture in the folder embedded into the tracks, or a fetched one."""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import structs

from mediakeep.lookups.gallery import SUFFIXES
from mediakeep.music.checks import covers, groups
from mediakeep.music.model import Album, Artist, FrontCover, ImageFile, Track
from mediakeep.music.repairs import repair
from mediakeep.music.repairs.repair import Embed, Put, Repair

LARGEST = 5 << 20  # bytes of a picture that is embedded: each track holds it anew
SMALLEST = 300  # pixels of its shorter side: a smaller one would only be in the way of a better one

_KIND = "external-cover-not-embedded"
_EMBED = f"{_KIND}: it lies in the folder only"
# What people and programs call a front cover, and pictures that are none.
_FRONT = re.compile("cover|folder|front|album ?art", re.IGNORECASE)
_OTHER = re.compile(
    r"(?<![^\W\d_])(?:back|rear|inlay|inside|inner|booklet|tray|spine|obi|matrix|disc|disk|cd|label"
    r"|artist|band|logo|photo|small|thumb|thumbnail)(?![^\W\d_])|albumartsmall",
    re.IGNORECASE,
)


def external_cover_not_embedded(artist: Artist) -> Iterator[Repair]:
    """The front cover in the folder, embedded into the tracks that hold no picture."""
    for album in artist.albums:
        if covers.external_cover_not_embedded(album) is None or len(groups.albums(album)) != 1:
            continue
        for track in album.readable:
            bare = not any(picture.size for picture in track.tags.pictures)
            if bare and repair.is_writable(track) and (image := _beside(track, album)):
                embed = Embed(image.place, _EMBED)
                yield Repair(place=track.place, kinds=(_KIND,), change=embed)


def missing_cover(artist: Artist) -> Iterator[Repair]:
    """The front cover that was fetched for an album without any."""
    for album, cover in _bare(artist):
        if covers.cover_not_image(album) is None:
            yield from _given(album, cover, "missing-cover")


def cover_not_image(artist: Artist) -> Iterator[Repair]:
    """The front cover that was fetched for an album whose only covers are no pictures."""
    for album, cover in _bare(artist):
        if covers.cover_not_image(album) is not None:
            yield from _given(album, cover, "cover-not-image")


def cover_too_small(artist: Artist) -> Iterator[Repair]:
    """A larger front cover that was fetched, in the place of one that looks blurred."""
    for album, cover in _fetched(artist):
        if covers.cover_too_small(album) is not None:
            yield from _enlarged(album, cover, "cover-too-small")


def cover_upgrade(artist: Artist) -> Iterator[Repair]:
    """A larger front cover that was fetched, in the place of a small one."""
    for album, cover in _fetched(artist):
        if covers.cover_too_small(album) is None:
            yield from _enlarged(album, cover, "cover-upgrade")


def _fetched(artist: Artist) -> Iterator[tuple[Album, FrontCover]]:
    """Give the albums that a front cover of some use was fetched for."""
    for album in artist.albums:
        cover = artist.covers.get(album.place)
        if cover and min(cover.image.width, cover.image.height) >= SMALLEST:
            yield album, cover


def _bare(artist: Artist) -> Iterator[tuple[Album, FrontCover]]:
    return (one for one in _fetched(artist) if covers.is_bare(one[0]))


def _given(album: Album, cover: FrontCover, kind: str) -> Iterator[Repair]:
    """Give an album its cover; that in the folder first, for a kill behind it to be mended by."""
    reason, image = f"{kind}: front cover of the {cover.of}", cover.image.place
    place = f"{album.place}/cover{SUFFIXES[cover.image.mime]}".lstrip("/")
    if cover.beside and all(one.place != place for one in album.images):
        yield Repair(place=place, kinds=(kind,), change=Put(image, reason))
    for track in album.readable if cover.embed else ():
        if repair.is_writable(track):
            yield Repair(place=track.place, kinds=(kind,), change=Embed(image, reason))


def _enlarged(album: Album, cover: FrontCover, kind: str) -> Iterator[Repair]:
    """Replace front covers that are small by one that is larger in both directions."""
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
    """Return the tracks of albums of which a killed run may have left some without their cover."""
    halfway = (
        album
        for album in artist.albums
        if len({bool(track.tags.pictures) for track in album.readable}) > 1
    )
    return frozenset(track.place for album in halfway for track in album.tracks)


def without(artist: Artist, places: frozenset[str]) -> Artist:
    """Show an artist as if these tracks held no picture."""

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
        here = [one for one in album.images if one.mime and one.place.rpartition("/")[0] == folder]
        if here:
            return _front(here)
    if album.sibling_folders:  # the cover may be in the folder of the first disc alone
        here = [one for one in album.images if one.mime and one.place.startswith(f"{album.place}/")]
        return _front(here) if here else None
    return None


def _front(images: list[ImageFile]) -> ImageFile | None:
    """Return the picture that can only be the front cover: by its name, or as the only one."""
    named = [image for image in images if _is_named(image) and _fits(image)]
    if named:
        return named[0]
    alone = len(images) == 1 and _fits(images[0]) and not _OTHER.search(_name(images[0]))
    return images[0] if alone else None


def _is_named(image: ImageFile) -> bool:
    return bool(_FRONT.search(_name(image))) and not _OTHER.search(_name(image))


def _fits(image: ImageFile) -> bool:
    """Tell whether a picture is of a use in each track; one of unknown measures may be."""
    small = 0 < min(image.width, image.height) < SMALLEST
    return image.mime in SUFFIXES and image.size <= LARGEST and not small


def _name(image: ImageFile) -> str:
    return image.place.rpartition("/")[2].rpartition(".")[0]
