"""Disc folders: the movie of a DVD, which has several files, or of a Blu-ray."""

from __future__ import annotations

import itertools
import os
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from msgspec import structs

from mediakeep import files
from mediakeep.errors import Unreadable
from mediakeep.media import access
from mediakeep.media.video.facts import VideoFacts
from mediakeep.media.video.probe import probe

_MOST = 5_000  # files per folder; a disc has some hundred
_TITLE = re.compile(r"VTS_(\d\d)_([1-9])\.VOB", re.IGNORECASE)
_STREAM = re.compile(r"\d{5}\.(m2ts|mts)", re.IGNORECASE)
_NONE = "it contains no DVD or Blu-ray movie"
_CURE = "Copy the disc again, or move the folder out of the library."


def probe_disc(folder: Path, read: Callable[[Path], VideoFacts] = probe) -> VideoFacts:
    """Return the info on the movie in a disc folder or in a folder that contains one.

    The movie is the largest stream of a Blu-ray, or the largest title set of a DVD, whose parts are
    combined. Raises Unreadable if there is none or a folder cannot be read.
    """
    parts = _film(folder)
    if not parts:
        raise Unreadable(files.escape(folder), _NONE, _CURE)
    infos = [read(path) for path in parts]
    return structs.replace(
        infos[0],
        duration=round(sum(info.duration for info in infos), 3),
        size=sum(info.size for info in infos),
        truncated=next((info.truncated for info in infos if info.truncated), ""),
    )


def _film(folder: Path) -> Sequence[Path]:
    """Return the files of the movie in playing order."""
    for parent in (folder, *_named(folder, "VIDEO_TS")):
        if titles := _titles(parent):
            return titles
    for top in (folder, *_named(folder, "BDMV")):
        for parent in (top, *_named(top, "STREAM")):
            if streams := [entry for entry in _entries(parent) if _STREAM.fullmatch(entry.name)]:
                return [Path(max(streams, key=_weight).path)]
    return ()


def _titles(folder: Path) -> Sequence[Path]:
    """Return the parts of the largest title set of a DVD."""
    sets: dict[str, list[os.DirEntry[str]]] = {}
    for entry in _entries(folder):
        if match := _TITLE.fullmatch(entry.name):
            sets.setdefault(match[1], []).append(entry)
    largest = max(
        sets.values(), key=lambda parts: sum(_weight(part)[0] for part in parts), default=[]
    )
    return [Path(entry.path) for entry in sorted(largest, key=lambda part: part.name.upper())]


def _weight(entry: os.DirEntry[str]) -> tuple[int, str]:
    """Return the size and name of a file; the name makes the choice among equals stable."""
    try:
        return entry.stat().st_size, entry.name
    except OSError as error:
        raise access.refusal(entry.path, error) from error


def _named(folder: Path, name: str) -> Iterator[Path]:
    return (Path(entry.path) for entry in _entries(folder) if entry.name.upper() == name)


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return list(itertools.islice(entries, _MOST))
    except NotADirectoryError:
        return []
    except OSError as error:
        raise access.refusal(folder, error) from error
