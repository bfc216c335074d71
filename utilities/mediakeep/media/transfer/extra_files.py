"""Decide which files of an album folder go with the converted tracks, and copy them.

Lyrics, cue sheets, playlists, logs, booklets and pictures are copied. Cue sheets and M3U playlists
get the names of the new tracks. All other files are listed with a reason.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path, PurePosixPath

import msgspec

from mediakeep import atomic_files, path_text
from mediakeep.media import folder_listing, open_file
from mediakeep.media.audio import formats

_LYRICS = frozenset({".lrc", ".txt", ".srt", ".elrc"})
_BOOKLETS = frozenset({".pdf", ".nfo", ".htm", ".html", ".rtf", ".md", ".docx", ".epub"})
_PICTURES = folder_listing.IMAGE_SUFFIXES | {".bmp", ".tif", ".tiff", ".avif", ".jxl"}
_COPIED = _LYRICS | _BOOKLETS | _PICTURES | {".log"}
_CHECKSUMS = frozenset({".md5", ".sfv", ".ffp", ".sha1", ".sha256", ".st5", ".par2", ".accurip"})
_SYSTEM_FILES = frozenset({"thumbs.db", "desktop.ini"})
SUFFIXES = frozenset({".cue", ".m3u", ".m3u8"})

_UTF_16_MARKS = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}
_FILE_LINE = re.compile(
    r'^(?P<head>[\ufeff \t]*FILE[ \t]+)(?:"(?P<quoted>[^"\r\n]*)"|(?P<plain>\S+))'
    r"(?P<space>[ \t]+)(?P<type>\S+)",
    re.IGNORECASE | re.MULTILINE,
)
_PLAYLIST_LINE = re.compile(r"^(?P<name>[^#\s\ufeff][^\r\n]*?)(?=[ \t]*\r?$)", re.MULTILINE)
_AUDIO_TYPES = frozenset({"WAVE", "MP3", "AIFF"})
_TYPES_BY_SUFFIX = {".mp3": "MP3", ".aiff": "AIFF", ".aif": "AIFF"}  # others are called WAVE


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
    for listed in folder_listing.walk_readable_tree(folder):
        yield from (listed.relative_path_of(file.name) for file in listed.files)


def _skip_reason(path: PurePosixPath) -> str:
    """Return a clause that says why a file is not copied, or ""."""
    suffix = path.suffix.lower()
    if suffix in _COPIED or suffix in SUFFIXES:
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
    if PurePosixPath(relative).suffix.lower() not in SUFFIXES:
        return ExtraFile(source, target), ()
    data = _read_bytes(source)
    content, unknown = replace_names(data, relative, relative_names(relative, target, tracks))
    return ExtraFile(source, target, content), unknown


def _read_bytes(path: Path) -> bytes:
    with open_file.open_regular_file(path) as handle, open_file.translate_errors(path):
        return handle.read()


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


def relative_names(path: str, target: str, tracks: Mapping[str, str]) -> dict[str, str]:
    """Return the names of tracks as a list at `path` refers to them, each with its new name.

    `target` is the new path of the list. A name is in the form of `normalize_name`.
    """
    old_folder, new_folder = (str(PurePosixPath(one).parent) for one in (path, target))
    return {
        path_text.normalize_name(os.path.relpath(old, old_folder)): os.path.relpath(new, new_folder)
        for old, new in tracks.items()
    }


def replace_names(
    data: bytes, path: str, names: Mapping[str, str]
) -> tuple[bytes, tuple[str, ...]]:
    """Return a list with the new names of tracks, and the names in it that are of no track.

    `names` are from `relative_names`. A name also fits a track with another extension: a cue sheet
    often names the WAV file of which the track was made. The encoding stays, if it can represent
    the new names; otherwise it becomes UTF-8.
    """
    encoding, text = _decode(data)
    finder = _NameFinder(names)
    if path.lower().endswith(".cue"):
        changed = _FILE_LINE.sub(finder.replace_file_line, text)
    else:
        changed = _PLAYLIST_LINE.sub(finder.replace_playlist_line, text)
    try:
        return changed.encode(encoding), tuple(finder.unknown)
    except UnicodeEncodeError:
        return changed.encode("utf-8-sig", "surrogateescape"), tuple(finder.unknown)


class _NameFinder:
    """Find the new names of tracks, and collect the names that are of none."""

    def __init__(self, names: Mapping[str, str]) -> None:
        self._names = names
        self._stems = {name.rpartition(".")[0]: new for name, new in names.items()}
        self.unknown: list[str] = []

    def replace_file_line(self, match: re.Match[str]) -> str:
        old = match["quoted"] if match["quoted"] is not None else match["plain"]
        if match["type"].upper() not in _AUDIO_TYPES:
            return match[0]
        new = self._find(old)
        if not new:
            return match[0]
        kind = _TYPES_BY_SUFFIX.get(PurePosixPath(new).suffix.lower(), "WAVE")
        return f'{match["head"]}"{new}"{match["space"]}{kind}'

    def replace_playlist_line(self, match: re.Match[str]) -> str:
        name = match["name"]
        return name if "://" in name else self._find(name) or name

    def _find(self, name: str) -> str:
        """Return the new name of a track, with the separator of the old one, or ""."""
        wanted = path_text.normalize_name(os.path.normpath(name.replace("\\", "/")))
        new = self._names.get(wanted) or self._stems.get(wanted.rpartition(".")[0])
        if not new:
            self.unknown.append(name)
            return ""
        return new.replace("/", "\\") if "\\" in name else new


def _decode(data: bytes) -> tuple[str, str]:
    """Return the encoding and the text of a list; Latin-1 fits any bytes and stays reversible."""
    for encoding in (_UTF_16_MARKS.get(data[:2], "utf-8"), "utf-8", "cp1252"):
        try:
            return encoding, data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return "latin-1", data.decode("latin-1")
