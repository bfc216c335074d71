"""Safe repairs of covers: embed the picture in the album's folder, or a downloaded one."""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import structs

from mediakeep.lookups.coverart.cover_cache import SUFFIX_BY_MIME_TYPE
from mediakeep.music import album_grouping
from mediakeep.music.checks import covers
from mediakeep.music.model import Album, Artist, FetchedCover, ImageFile, Track
from mediakeep.music.repairs import repair
from mediakeep.music.repairs.repair import EmbedCover, Repair, SaveCoverFile

MAX_EMBEDDED_BYTES = 5 << 20  # bytes; an embedded picture is stored in every track
MIN_PIXELS = 300  # pixels of the shorter side; a smaller one would only prevent a better one

_EXTERNAL_COVER_KIND = "external-cover-not-embedded"
_EMBED_REASON = f"{_EXTERNAL_COVER_KIND}: it lies in the folder only"
# Common file names of front covers, and of other pictures.
_FRONT_NAME = re.compile("cover|folder|front|album ?art", re.IGNORECASE)
_OTHER_NAME = re.compile(
    r"(?<![^\W\d_])(?:back|rear|inlay|inside|inner|booklet|tray|spine|obi|matrix|disc|disk|cd|label"
    r"|artist|band|logo|photo|small|thumb|thumbnail)(?![^\W\d_])|albumartsmall",
    re.IGNORECASE,
)


def repair_external_cover_not_embedded(artist: Artist) -> Iterator[Repair]:
    """Embed the front cover in the folder into the tracks without a picture."""
    for album in artist.albums:
        if (
            covers.external_cover_not_embedded(album) is None
            or len(album_grouping.group_by_album(album)) != 1
        ):
            continue
        for track in album.readable_tracks:
            has_no_picture = not any(picture.size for picture in track.tags.pictures)
            if (
                has_no_picture
                and repair.is_writable(track)
                and (image := _cover_in_folder(track, album))
            ):
                embed = EmbedCover(image.place, _EMBED_REASON)
                yield Repair(place=track.place, kinds=(_EXTERNAL_COVER_KIND,), change=embed)


def repair_missing_cover(artist: Artist) -> Iterator[Repair]:
    """Use the cover that was downloaded for an album without any."""
    for album, cover in _albums_without_cover(artist):
        if covers.cover_not_image(album) is None:
            yield from _add_cover(album, cover, "missing-cover")


def repair_cover_not_image(artist: Artist) -> Iterator[Repair]:
    """Use the cover that was downloaded for an album whose only covers are not pictures."""
    for album, cover in _albums_without_cover(artist):
        if covers.cover_not_image(album) is not None:
            yield from _add_cover(album, cover, "cover-not-image")


def repair_cover_too_small(artist: Artist) -> Iterator[Repair]:
    """Replace a cover that looks blurred with a larger one that was downloaded."""
    for album, cover in _albums_with_fetched_cover(artist):
        if covers.cover_too_small(album) is not None:
            yield from _replace_small_covers(album, cover, "cover-too-small")


def repair_cover_upgrade(artist: Artist) -> Iterator[Repair]:
    """Replace a small front cover with a larger one that was downloaded."""
    for album, cover in _albums_with_fetched_cover(artist):
        if covers.cover_too_small(album) is None:
            yield from _replace_small_covers(album, cover, "cover-upgrade")


def _albums_with_fetched_cover(artist: Artist) -> Iterator[tuple[Album, FetchedCover]]:
    """Yield the albums for which a front cover of sufficient size was downloaded."""
    for album in artist.albums:
        cover = artist.fetched_covers.get(album.place)
        if cover and min(cover.image.width, cover.image.height) >= MIN_PIXELS:
            yield album, cover


def _albums_without_cover(artist: Artist) -> Iterator[tuple[Album, FetchedCover]]:
    return (
        entry for entry in _albums_with_fetched_cover(artist) if covers.has_no_picture(entry[0])
    )


def _add_cover(album: Album, cover: FetchedCover, kind: str) -> Iterator[Repair]:
    """Add a cover to an album; the file comes first, so that a killed run can be resumed."""
    reason, image = f"{kind}: front cover of the {cover.source_name}", cover.image.place
    place = f"{album.place}/cover{SUFFIX_BY_MIME_TYPE[cover.image.mime]}".lstrip("/")
    if cover.save_file and all(file.place != place for file in album.images):
        yield Repair(place=place, kinds=(kind,), change=SaveCoverFile(image, reason))
    for track in album.readable_tracks if cover.embed else ():
        if repair.is_writable(track):
            yield Repair(place=track.place, kinds=(kind,), change=EmbedCover(image, reason))


def _replace_small_covers(album: Album, cover: FetchedCover, kind: str) -> Iterator[Repair]:
    """Replace small front covers with one that is larger in both dimensions."""
    reason, new = (
        f"{kind}: front cover of the {cover.source_name}",
        (cover.image.width, cover.image.height),
    )
    for track in album.readable_tracks if cover.embed else ():
        front = covers.front_picture(track)
        if front is None or not repair.is_writable(track):
            continue
        old = front.width, front.height
        larger = old[0] < new[0] and old[1] < new[1]
        if all(old) and min(old) < covers.SHARP_PIXELS and larger:
            change = EmbedCover(cover.image.place, reason)
            yield Repair(place=track.place, kinds=(kind,), change=change)


def find_half_embedded(artist: Artist) -> frozenset[str]:
    """Return the places of tracks in albums that a killed process may have left half-written.

    In such an album, only some tracks have got the cover.
    """
    albums = (
        album
        for album in artist.albums
        if len({bool(track.tags.pictures) for track in album.readable_tracks}) > 1
    )
    return frozenset(track.place for album in albums for track in album.tracks)


def without_pictures(artist: Artist, places: frozenset[str]) -> Artist:
    """Return the artist as if the tracks at these places contained no picture."""

    def bare(track: Track) -> Track:
        if track.place not in places:
            return track
        return structs.replace(track, tags=structs.replace(track.tags, pictures=()))

    albums = (
        structs.replace(album, tracks=tuple(map(bare, album.tracks))) for album in artist.albums
    )
    return structs.replace(artist, albums=tuple(albums))


def _cover_in_folder(track: Track, album: Album) -> ImageFile | None:
    """Return the front cover in a track's folder, else in the folder above, or None."""
    folder = track.place
    while folder:
        folder = folder.rpartition("/")[0]
        candidates = [
            image
            for image in album.images
            if image.mime and image.place.rpartition("/")[0] == folder
        ]
        if candidates:
            return _choose_front(candidates)
    if album.sibling_folders:  # the cover may be only in the folder of the first disc
        candidates = [
            image
            for image in album.images
            if image.mime and image.place.startswith(f"{album.place}/")
        ]
        return _choose_front(candidates) if candidates else None
    return None


def _choose_front(images: list[ImageFile]) -> ImageFile | None:
    """Return the picture that must be the front cover: by its name, or as the only one."""
    by_name = [image for image in images if _has_cover_name(image) and _is_embeddable(image)]
    if by_name:
        return by_name[0]
    is_only_one = (
        len(images) == 1
        and _is_embeddable(images[0])
        and not _OTHER_NAME.search(_picture_stem(images[0]))
    )
    return images[0] if is_only_one else None


def _has_cover_name(image: ImageFile) -> bool:
    return bool(_FRONT_NAME.search(_picture_stem(image))) and not _OTHER_NAME.search(
        _picture_stem(image)
    )


def _is_embeddable(image: ImageFile) -> bool:
    """Return whether a picture is suitable for embedding; unknown dimensions are accepted."""
    small = 0 < min(image.width, image.height) < MIN_PIXELS
    return image.mime in SUFFIX_BY_MIME_TYPE and image.size <= MAX_EMBEDDED_BYTES and not small


def _picture_stem(image: ImageFile) -> str:
    return image.place.rpartition("/")[2].rpartition(".")[0]
