"""Probe the movie of a disc folder: a DVD, which has several files, or a Blu-ray."""

from __future__ import annotations

import contextlib
import itertools
import os
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from msgspec import structs

from mediakeep import path_text
from mediakeep.errors import Unreadable
from mediakeep.media import open_file
from mediakeep.media.video.model import VideoInfo
from mediakeep.media.video.probe import probe_video

_MAX_FILES = 5_000  # files per folder; a disc has some hundred
_DVD_TITLE_FILE = re.compile(r"VTS_(\d\d)_([1-9])\.VOB", re.IGNORECASE)
_BLURAY_STREAM_FILE = re.compile(r"\d{5}\.(m2ts|mts)", re.IGNORECASE)
_NO_FILM = "it contains no DVD or Blu-ray movie"
_FIX_HINT = "Copy the disc again, or move the folder out of the library."


def probe_disc(folder: Path, read: Callable[[Path], VideoInfo] = probe_video) -> VideoInfo:
    """Return the video info on the movie of a disc, given the disc folder or its parent.

    The movie is the largest stream of a Blu-ray, or the largest title set of a DVD, whose parts are
    combined. Raises Unreadable if there is none or a folder cannot be read.
    """
    parts = _find_film_files(folder)
    if not parts:
        raise Unreadable(path_text.escape_path(folder), _NO_FILM, _FIX_HINT)
    infos = [read(path) for path in parts]
    return structs.replace(
        infos[0],
        duration=round(sum(info.duration for info in infos), 3),
        size=sum(info.size for info in infos),
        truncated=next((info.truncated for info in infos if info.truncated), ""),
    )


def _find_film_files(folder: Path) -> Sequence[Path]:
    """Return the video files of the movie in a disc folder, in playing order."""
    for parent in (folder, *_find_subfolders(folder, "VIDEO_TS")):
        if titles := _find_dvd_title_files(parent):
            return titles
    for top in (folder, *_find_subfolders(folder, "BDMV")):
        for parent in (top, *_find_subfolders(top, "STREAM")):
            if streams := [
                entry
                for entry in _list_entries(parent)
                if _BLURAY_STREAM_FILE.fullmatch(entry.name)
            ]:
                return [Path(max(streams, key=_size_and_name).path)]
    return ()


def _find_dvd_title_files(folder: Path) -> Sequence[Path]:
    """Return the video files of the largest title set of a DVD."""
    sets: dict[str, list[os.DirEntry[str]]] = {}
    for entry in _list_entries(folder):
        if match := _DVD_TITLE_FILE.fullmatch(entry.name):
            sets.setdefault(match[1], []).append(entry)
    largest = max(
        sets.values(), key=lambda parts: sum(_size_and_name(part)[0] for part in parts), default=[]
    )
    return [Path(entry.path) for entry in sorted(largest, key=lambda part: part.name.upper())]


def _size_and_name(entry: os.DirEntry[str]) -> tuple[int, str]:
    """Return the size and name of a file as a sort key.

    The name makes the choice between files of equal size stable.
    """
    with open_file.translate_errors(entry.path):
        return entry.stat().st_size, entry.name


def _find_subfolders(folder: Path, name: str) -> Iterator[Path]:
    return (Path(entry.path) for entry in _list_entries(folder) if entry.name.upper() == name)


def _list_entries(folder: Path) -> list[os.DirEntry[str]]:
    with (
        open_file.translate_errors(folder),
        contextlib.suppress(NotADirectoryError),
        os.scandir(folder) as entries,
    ):
        return list(itertools.islice(entries, _MAX_FILES))
    return []
