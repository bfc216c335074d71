"""A JSON object in a file, with one line for each key, of which single lines are replaced in place.

    {
     "first": {"stage":"published","title":"First"}
    ,"second": {"stage":"downloading","title":"Second"}
    }

A line ends with spaces, so that a value which becomes a little longer fits. The file is for other
programs: it is not synced, and written again if it was damaged.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from mediakeep import atomic_files
from mediakeep.untrusted_files import read_json

_SPARE = 16  # bytes at the end of a new line
_END = b"\n}\n"
_MOST_IN_PLACE = 50  # lines; for more, the whole file is written


def write(path: Path, values: Mapping[str, Any]) -> None:
    """Write the whole file, atomically."""
    lines = b"\n,".join(_encode(name, value) + b" " * _SPARE for name, value in values.items())
    atomic_files.write_atomic(path, b"{\n %b%b" % (lines, _END), sync=False)


def check(path: Path, values: Mapping[str, Any]) -> None:
    """Write the file if it does not have these values."""
    if read_json(path, dict[str, Any]) != msgspec.to_builtins(values):
        write(path, values)


def update(
    path: Path, changed: Mapping[str, Any], list_all: Callable[[], Mapping[str, Any]]
) -> None:
    """Replace the lines of changed values, and append new ones.

    The whole file is written if it is missing, if a value does not fit, or if many have changed.
    """
    try:
        if len(changed) > _MOST_IN_PLACE:
            raise ValueError
        with path.open("r+b", buffering=0) as stream:
            for name, value in changed.items():
                stream.seek(0)
                _put_line(stream.fileno(), stream.read(), _encode(name, value))
    except (FileNotFoundError, ValueError):
        write(path, list_all())


def _encode(name: str, value: Any) -> bytes:
    return b"%b: %b" % (msgspec.json.encode(name), msgspec.json.encode(value))


def _put_line(handle: int, data: bytes, line: bytes) -> None:
    """Replace a line, or append it; raise ValueError if that is not possible."""
    name = line[: line.index(b": ") + 2]
    if (start := max(data.find(b"\n%b%b" % (mark, name)) for mark in (b" ", b","))) < 0:
        if not data.endswith(b" " + _END) or data.endswith(b"{\n " + _END):
            raise ValueError
        os.pwrite(handle, b"\n,%b%b%b" % (line, b" " * _SPARE, _END), len(data) - len(_END))
        return
    start += 2
    size = data.index(b"\n", start) - start
    if len(line) > size:
        raise ValueError
    os.pwrite(handle, line.ljust(size), start)
