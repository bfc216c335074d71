"""The covers of an item: pictures in its folders, and those embedded in its audio files.

What a file contains is found out from its content, never from its name; only pictures that a
browser shows without running anything count, so no SVG.
"""

from __future__ import annotations

import contextlib
import functools
import itertools
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec
from msgspec import structs

from mediakeep import path_text
from mediakeep.errors import MediakeepError, Unreadable
from mediakeep.media import file_errors, folder_listing, ignore_rules, open_file, pictures
from mediakeep.media.audio import embedded_pictures, tags
from mediakeep.media.audio.model import EmbeddedPicture
from mediakeep.media.bounded_file import InMemoryFile
from mediakeep.media.folder_listing import ListedFile, ListedFolder
from mediakeep.media.mutagen_tags import adapter
from mediakeep.media.pictures import PictureInfo
from mediakeep.movies.scan import match_sidecars

SHOWN_TYPES = frozenset({"image/jpeg", "image/png", "image/webp", "image/gif"})
MAX_BYTES = 16 << 20  # of a picture; no format of tags has larger ones in practice
_MAX_PIXELS = 100_000_000  # a browser needs four bytes for each
_MAX_COVERS, _MAX_FOLDERS = 60, 500
_TRIED_FILES = 3  # of a folder, until one has an embedded picture
_MAX_CACHED = 20_000  # files whose pictures are known, since pages are read again at each event

_Stamp = tuple[int, int, int, int]  # inode, size, times of change


class ItemCover(msgspec.Struct, frozen=True):
    """A cover: the escaped path of its file, its type, and its size in pixels and bytes.

    `is_embedded` is True if the file is an audio file.
    """

    path: str
    is_embedded: bool
    mime: str
    width: int
    height: int
    size: int


def list_covers(places: Iterable[Path]) -> list[ItemCover]:
    """Return the first covers in files and folders; what cannot be read has none.

    Links that lead elsewhere are left out.
    """
    found = itertools.chain.from_iterable(map(_iter_covers, places))
    return list({cover.path: cover for cover in itertools.islice(found, _MAX_COVERS)}.values())


def is_cover(path: str, places: Iterable[Path]) -> bool:
    """Return whether an escaped path in files and folders is a cover; no other file is read."""
    file = path_text.to_path(path)
    with contextlib.suppress(OSError, ValueError, MediakeepError):
        listed = folder_listing.get_listed_file(str(file.parent), file.name)
        if listed and any(_includes(place, file, listed) for place in places):
            return any(_list_folder(ListedFolder(str(file.parent), "", files=(listed,))))
    return False


def read_cover(path: Path) -> tuple[str, bytes]:
    """Return MIME type and content of a picture, or of an audio file's; raise Unreadable."""
    with contextlib.suppress(Unreadable), open_file.open_regular_file(path) as handle:
        with open_file.translate_errors(path):
            data = handle.read(MAX_BYTES + 1)
        if mime := _check(pictures.identify_picture(InMemoryFile(data).read), len(data)):
            return mime, data
    for info, data in _read_embedded(path):
        if mime := _check(info, len(data)):
            return mime, data
    reason = "it has no picture that pages show"
    raise Unreadable(path_text.escape_path(path), reason, "Open it with another program.")


def _iter_covers(place: Path) -> Iterator[ItemCover]:
    if place.is_dir():
        top = place.resolve()
        folders = folder_listing.walk_tree(top)
        for folder in itertools.islice(folders, _MAX_FOLDERS):
            if Path(folder.path).resolve().is_relative_to(top):
                yield from _list_folder(folder)
    elif place.is_file():
        with contextlib.suppress(OSError):
            folder = folder_listing.list_folder(place.parent)
            own = tuple(file for file in folder.files if _belongs_to(file, place))
            yield from _list_folder(structs.replace(folder, files=own))


def _includes(place: Path, file: Path, listed: ListedFile) -> bool:
    """Return whether `list_covers` looks at a file, which was listed, for a place."""
    if not place.is_dir():
        return place.is_file() and file.parent == place.parent and _belongs_to(listed, place)
    top, folder = place.resolve(), file.parent
    if folder != folder.resolve() or not folder.is_relative_to(top):
        return False
    names = folder.relative_to(top).parts
    is_hidden = folder_listing.is_hidden(file.name, False)
    is_hidden = is_hidden or any(folder_listing.is_hidden(name, True) for name in names)
    return not is_hidden and not ignore_rules.is_ignored(file, top)


def _belongs_to(file: ListedFile, item: Path) -> bool:
    """Return whether a file is an item of one file, or a picture named like it."""
    names = match_sidecars.parse_possible_names(file)
    return file.name == item.name or any(it.stem == item.stem for it in names if it.role)


def _list_folder(folder: ListedFolder) -> Iterator[ItemCover]:
    for image in folder.images:
        path = Path(folder.path, image.name)
        with contextlib.suppress(Unreadable):
            if not image.is_link:
                info = _read_picture(path, _get_stamp(image))
                if _check(info, image.size):
                    yield ItemCover(path_text.escape_path(path), False, *info, image.size)
    files = [file for file in folder.audio_candidates if not file.is_link]
    for file in files[:_TRIED_FILES]:
        path = Path(folder.path, file.name)
        with contextlib.suppress(MediakeepError):  # such as damaged, or a video
            if front := _choose_front(_read_embedded_infos(path, _get_stamp(file))):
                info = front.seen, front.width, front.height
                yield ItemCover(path_text.escape_path(path), True, *info, front.size)
                return


def _get_stamp(file: ListedFile) -> _Stamp | None:
    return file.stat and (file.stat.st_ino, file.size, file.stat.st_mtime_ns, file.stat.st_ctime_ns)


@functools.lru_cache(_MAX_CACHED)
def _read_picture(path: Path, _stamp: _Stamp | None) -> PictureInfo:
    return pictures.read_picture_info(path)


@functools.lru_cache(_MAX_CACHED)
def _read_embedded_infos(path: Path, _stamp: _Stamp | None) -> tuple[EmbeddedPicture, ...]:
    return tags.read(path).tags.pictures


def _choose_front(found: Iterable[EmbeddedPicture]) -> EmbeddedPicture | None:
    """Return the front cover, or the first picture that is shown."""
    shown = [it for it in found if _check((it.seen, it.width, it.height), it.size)]
    fronts = (it for it in shown if it.type == embedded_pictures.FRONT_COVER_TYPE)
    return next(fronts, shown[0] if shown else None)


def _read_embedded(path: Path) -> list[tuple[PictureInfo, bytes]]:
    """Return types and contents of the pictures in an audio file, front covers first."""
    with file_errors.wrap_file_errors(path):
        _, stored = adapter.read_items(path, tags.read(path).facts.format)
    ordered = sorted(stored, key=lambda it: it.type != embedded_pictures.FRONT_COVER_TYPE)
    return [(pictures.identify_picture(InMemoryFile(it.data).read), it.data) for it in ordered]


def _check(info: PictureInfo, size: int) -> str:
    """Return the type of a picture, "" if it is not shown."""
    mime, width, height = info
    is_shown = mime in SHOWN_TYPES and size <= MAX_BYTES and width * height <= _MAX_PIXELS
    return mime if is_shown else ""
