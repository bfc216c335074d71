"""Decide which files of an album folder go with the converted tracks, and copy them.

Lyrics, cue sheets, playlists, logs, booklets and pictures are copied. Cue sheets and playlists get
the names of the new tracks. All other files are listed with a reason.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path, PurePosixPath

import msgspec

from mediakeep import atomic_files, path_text
from mediakeep.media import folder_listing, open_file
from mediakeep.media.audio import formats
from mediakeep.media.transfer import track_lists

_LYRICS = frozenset({".lrc", ".txt", ".srt", ".elrc"})
_BOOKLETS = frozenset({".pdf", ".nfo", ".htm", ".html", ".rtf", ".md", ".docx", ".epub"})
_PICTURES = folder_listing.IMAGE_SUFFIXES | {".bmp", ".tif", ".tiff", ".avif", ".jxl"}
_COPIED = _LYRICS | _BOOKLETS | _PICTURES | {".log"}
_CHECKSUMS = frozenset({".md5", ".sfv", ".ffp", ".sha1", ".sha256", ".st5", ".par2", ".accurip"})
_SYSTEM_FILES = frozenset({"thumbs.db", "desktop.ini"})


class ExtraFile(msgspec.Struct, frozen=True):
    """A file to copy: its path, and its path below the output folder.

    `content` is the changed content, or None to copy the file unchanged.
    """

    source: Path
    target: str
    content: bytes | None = None


class FileNotCopied(msgspec.Struct, frozen=True):
    """A file that is not copied, or a line of it that is not changed, with the reason."""

    path: str
    reason: str


class ExtraFilesPlan(msgspec.Struct, frozen=True):
    """The extra files of an album, sorted by path."""

    copied: tuple[ExtraFile, ...] = ()
    listed: tuple[FileNotCopied, ...] = ()


def plan_extra_files(
    folder: Path, tracks: Mapping[str, str], is_ignored: Callable[[str], bool] = lambda _: False
) -> ExtraFilesPlan:
    """Return which files of an album folder to copy; raise Unreadable.

    `tracks` are the paths of the audio files below the folder, with the paths of the new files
    below the output folder. Files that the user ignores are left out.
    """
    copied, listed = dict[str, ExtraFile](), list[FileNotCopied]()
    for relative in sorted(_find_files(folder)):
        if relative in tracks or is_ignored(relative):
            continue
        shown = path_text.escape_path(relative)
        if reason := _skip_reason(PurePosixPath(relative)):
            listed.append(FileNotCopied(shown, reason))
            continue
        file, unknown = _plan_file(folder, relative, tracks)
        if file.target in copied or file.target in tracks.values():
            name = path_text.escape_path(file.target)
            listed.append(FileNotCopied(shown, f"another file is named {name}"))
            continue
        copied[file.target] = file
        listed += (
            FileNotCopied(shown, f"the line of {path_text.escape_path(name)} names no track")
            for name in unknown
        )
    return ExtraFilesPlan(tuple(copied.values()), tuple(listed))


def copy_extra_files(plan: ExtraFilesPlan, output: Path) -> list[Path]:
    """Copy the planned files into an output folder, each atomically, and return their paths.

    Files of an earlier copy are replaced. Raises Unreadable for a file that cannot be read, and
    OSError for one that cannot be written.
    """
    return [_copy_file(file, output / file.target) for file in plan.copied]


def _find_files(folder: Path) -> Iterator[str]:
    for listed in folder_listing.walk_tree(folder):
        if listed.error:
            raise open_file.to_unreadable(listed.path, listed.error)
        yield from (listed.relative_path_of(file.name) for file in listed.files)


def _skip_reason(path: PurePosixPath) -> str:
    """Return a clause that says why a file is not copied, or ""."""
    suffix = path.suffix.lower()
    if suffix in _COPIED or suffix in track_lists.SUFFIXES:
        return ""
    if suffix in formats.AUDIO_SUFFIXES or suffix in formats.UNSUPPORTED_SUFFIXES:
        return "it is audio that is not converted"
    if suffix in _CHECKSUMS:
        return "it has checksums of the source files"
    if path.name.lower() in _SYSTEM_FILES:
        return "it is a file of the operating system"
    return "it is not a kind of file that goes with converted tracks"


def _plan_file(
    folder: Path, relative: str, tracks: Mapping[str, str]
) -> tuple[ExtraFile, tuple[str, ...]]:
    """Return a file to copy, and the names in it that are of no track."""
    source = folder / relative
    target = _rename_like_track(PurePosixPath(relative), tracks)
    if PurePosixPath(relative).suffix.lower() not in track_lists.SUFFIXES:
        return ExtraFile(source, target), ()
    data = _read_bytes(source)
    content, unknown = track_lists.replace_names(
        data, relative, track_lists.relative_names(relative, target, tracks)
    )
    return ExtraFile(source, target, content), unknown


def _read_bytes(path: Path) -> bytes:
    with open_file.open_regular_file(path) as handle:
        try:
            return handle.read()
        except OSError as error:
            raise open_file.to_unreadable(path, error) from error


def _rename_like_track(path: PurePosixPath, tracks: Mapping[str, str]) -> str:
    """Return the output path of a file; one named like a track is named like the new one."""
    for old, new in tracks.items():
        if PurePosixPath(old).with_suffix("") == path.with_suffix(""):
            return str(PurePosixPath(new).with_suffix("")) + path.suffix
    return str(path)


def _copy_file(file: ExtraFile, target: Path) -> Path:
    if file.content is not None:
        atomic_files.write_atomic(target, file.content)
        return target
    atomic_files.make_folder(target.parent)
    temporary = target.parent / f".{os.urandom(6).hex()}.tmp"
    try:
        with open_file.open_regular_file(file.source) as source, temporary.open("xb") as copy:
            shutil.copyfileobj(source, copy)
            copy.flush()
            atomic_files.sync_data(copy.fileno())
        shutil.copystat(file.source, temporary)
        temporary.replace(target)
    finally:
        with contextlib.suppress(FileNotFoundError):
            temporary.unlink()
    atomic_files.sync_folder(target.parent)
    return target
