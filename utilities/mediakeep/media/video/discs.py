"""Copies of discs as they lie in folders: the film on a DVD, in several files, or on a Blu-ray."""

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

_MOST = 5_000  # files of a folder that are looked at; a disc has some hundred
_TITLE = re.compile(r"VTS_(\d\d)_([1-9])\.VOB", re.IGNORECASE)
_STREAM = re.compile(r"\d{5}\.(m2ts|mts)", re.IGNORECASE)
_NONE = "it holds no film of a DVD or a Blu-ray"
_CURE = "Copy the disc again, or move the folder out of the library."


def probe_disc(folder: Path, read: Callable[[Path], VideoFacts] = probe) -> VideoFacts:
    """Tell what the film of a disc's copy holds, where `folder` is it or holds it.

    That is the largest stream of a Blu-ray, and the largest titles of a DVD, whose parts are told
    as one. Unreadable where there is none, or a folder refuses.
    """
    parts = _film(folder)
    if not parts:
        raise Unreadable(files.escape(folder), _NONE, _CURE)
    found = [read(path) for path in parts]
    return structs.replace(
        found[0],
        duration=round(sum(one.duration for one in found), 3),
        size=sum(one.size for one in found),
        truncated=next((one.truncated for one in found if one.truncated), ""),
    )


def _film(folder: Path) -> Sequence[Path]:
    """Return the files of the film, in order."""
    for place in (folder, *_named(folder, "VIDEO_TS")):
        if titles := _titles(place):
            return titles
    for top in (folder, *_named(folder, "BDMV")):
        for place in (top, *_named(top, "STREAM")):
            if found := [entry for entry in _entries(place) if _STREAM.fullmatch(entry.name)]:
                return [Path(max(found, key=_weight).path)]
    return ()


def _titles(folder: Path) -> Sequence[Path]:
    """Return the parts of the largest titles of a DVD."""
    sets: dict[str, list[os.DirEntry[str]]] = {}
    for entry in _entries(folder):
        if named := _TITLE.fullmatch(entry.name):
            sets.setdefault(named[1], []).append(entry)
    largest = max(
        sets.values(), key=lambda parts: sum(_weight(one)[0] for one in parts), default=[]
    )
    return [Path(entry.path) for entry in sorted(largest, key=lambda one: one.name.upper())]


def _weight(entry: os.DirEntry[str]) -> tuple[int, str]:
    """Return the size of a file, and its name, so that of two the same is taken each time."""
    try:
        return entry.stat().st_size, entry.name
    except OSError as error:
        raise access.refusal(entry.path, error) from error


def _named(folder: Path, name: str) -> Iterator[Path]:
    return (Path(one.path) for one in _entries(folder) if one.name.upper() == name)


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as found:
            return list(itertools.islice(found, _MOST))
    except NotADirectoryError:
        return []
    except OSError as error:
        raise access.refusal(folder, error) from error
