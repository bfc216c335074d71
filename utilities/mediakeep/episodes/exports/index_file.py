"""index.json: stage, date, title and YAML file of each episode by its id, one line each.

    {
     "first-show": {"stage":"published","date":"2021-03-04","title":"First","file":"processed/..."},
    ,"second-show": {...}
    }

A line is padded with spaces to the length that it has in the longest stage, so that it is replaced
in place, and nothing else is written for a change.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from mediakeep import atomic_files
from mediakeep.episodes.exports import document
from mediakeep.episodes.item import EpisodeItem, get_state
from mediakeep.episodes.states import ProcessingStage

FILE = "index.json"
_LONGEST = max(map(len, ProcessingStage))
_END = b"\n}\n"
_MOST_IN_PLACE = 50  # episodes; more are written with a new file


def _build_line(item: EpisodeItem) -> bytes:
    """Return the line of an episode without its comma."""
    stage = get_state(item)
    entry = {"stage": stage, "date": item.date, "title": item.title, "file": document.locate(item)}
    name, text = msgspec.json.encode(item.output_name), msgspec.json.encode(entry)
    return b"%b: %b%b" % (name, text, b" " * (_LONGEST - len(stage)))


def build(items: Iterable[EpisodeItem]) -> bytes:
    """Return the whole file."""
    lines = b"\n,".join(map(_build_line, items))
    return b"{\n %b%b" % (lines, _END)


def update(path: Path, changed: Sequence[EpisodeItem], items: Iterable[EpisodeItem]) -> None:
    """Bring the lines of changed episodes up to date.

    The whole file is written if it is missing, if a line does not fit, or if many have changed.
    """
    try:
        if len(changed) > _MOST_IN_PLACE:
            raise ValueError
        with path.open("r+b", buffering=0) as stream:
            for item in changed:
                stream.seek(0)
                _put_line(stream.fileno(), stream.read(), _build_line(item))
    except (FileNotFoundError, ValueError):
        atomic_files.write_atomic(path, build(items), sync=False)


def check(path: Path, items: Iterable[EpisodeItem]) -> None:
    """Write the file if it is missing, or is not that of the queue."""
    wanted = build(items)
    if not path.exists() or path.read_bytes() != wanted:
        atomic_files.write_atomic(path, wanted, sync=False)


def _put_line(handle: int, data: bytes, line: bytes) -> None:
    """Replace the line of an episode, or append it; raise ValueError if that is not possible."""
    name = line[: line.index(b": ") + 2]
    if (start := max(data.find(b"\n%b%b" % (mark, name)) for mark in (b" ", b","))) < 0:
        if not data.endswith(b"}" + _END) and not data.endswith(b" " + _END):
            raise ValueError
        os.pwrite(handle, b"\n," + line + _END, len(data) - len(_END))
        return
    start += 2
    if data.index(b"\n", start) - start != len(line):
        raise ValueError
    os.pwrite(handle, line, start)
