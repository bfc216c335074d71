"""Change the names of audio files in cue sheets and M3U playlists."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import PurePosixPath

from mediakeep import path_text

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
