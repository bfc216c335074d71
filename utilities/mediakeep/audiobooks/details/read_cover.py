"""Find the cover of a book: a picture file of its folders, or one embedded in its audio files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from mediakeep import path_text
from mediakeep.errors import ItemFailed, UsageError
from mediakeep.media import (
    folder_listing,
    open_file,
    picture_conversion,
    pictures,
    truncated_pictures,
)
from mediakeep.media.mutagen_tags.tag_items import TagPicture

_COVER_NAMES = ("cover", "folder", "front")  # the preferred one first
_SUFFIXES = folder_listing.IMAGE_SUFFIXES | {".bmp", ".tif", ".tiff"}
_MAX_SIZE = 10 * 1024 * 1024  # bytes
_KEPT_TYPES = ("image/jpeg", "image/png")


class FoundCover(msgspec.Struct, frozen=True):
    """A cover as JPEG or PNG, b"" if there is none; where it is from; and pictures not used."""

    data: bytes = b""
    origin: str = ""
    warnings: tuple[str, ...] = ()


def read_given_cover(path: Path) -> bytes:
    """Read the picture that the user chose; raise UsageError if it is not usable."""
    try:
        return _read_picture(path)
    except ValueError as error:
        raise UsageError(
            f"Cover {path_text.display_path(path)} not used: {error}. Choose another picture."
        ) from error


def find_cover(
    folders: Sequence[Path], embedded: Sequence[TagPicture], ignored: tuple[str, ...] = ()
) -> FoundCover:
    """Return the cover among the pictures of a book.

    Files in its folders are first: those named cover, folder or front, then the only other one.
    `ignored` are patterns of files to skip.
    """
    warnings: list[str] = []
    for path in _list_candidates(folders, ignored):
        try:
            return FoundCover(_read_picture(path), path.name, tuple(warnings))
        except ValueError as error:
            warnings.append(f"{path_text.display_path(path)} not used: {error}.")
    for picture in embedded:
        try:
            return FoundCover(convert_cover(picture.data), "tags", tuple(warnings))
        except ValueError as error:
            warnings.append(f"Embedded cover not used: {error}.")
    return FoundCover(warnings=tuple(warnings))


def convert_cover(data: bytes) -> bytes:
    """Return a picture as JPEG or PNG; raise ValueError with the cause if it cannot be used."""
    mime, _, _ = pictures.identify_picture(lambda offset, size: data[offset : offset + size])
    if not mime:
        raise ValueError("it is not a picture")
    if mime not in _KEPT_TYPES:
        try:
            data = picture_conversion.convert_to_jpeg(data)
        except ItemFailed as error:
            raise ValueError(str(error.args[-1])) from error
    if len(data) > _MAX_SIZE:
        raise ValueError("it is larger than 10 MB")
    return data


def _list_candidates(folders: Sequence[Path], ignored: tuple[str, ...]) -> Iterator[Path]:
    """Yield the pictures of the folders that may be the cover, the most likely first."""
    for folder in folders:
        files = folder_listing.list_folder(folder, ignored).files
        found = [folder / file.name for file in files if file.suffix in _SUFFIXES and file.size > 0]
        by_rank = sorted(found, key=lambda path: (_rank(path), path.name))
        named = [path for path in by_rank if _rank(path) < len(_COVER_NAMES)]
        yield from named or (found if len(found) == 1 else ())


def _rank(path: Path) -> int:
    stem = path.stem.lower()
    return _COVER_NAMES.index(stem) if stem in _COVER_NAMES else len(_COVER_NAMES)


def _read_picture(path: Path) -> bytes:
    try:
        mime, _, _ = pictures.read_picture_info(path)
        if truncated_pictures.is_truncated(path, mime):
            raise ValueError("it is truncated")
        with open_file.open_regular_file(path) as file:
            return convert_cover(file.read(4 * _MAX_SIZE))
    except ItemFailed as error:
        raise ValueError(str(error.args[1])) from error
    except OSError as error:
        raise ValueError(error.strerror or str(error)) from error
