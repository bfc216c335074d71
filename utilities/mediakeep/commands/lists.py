"""Input files that list what to edit: read and checked as a whole before anything is written."""

from __future__ import annotations

import contextlib
import json
import os
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from mediakeep import files
from mediakeep.errors import MediakeepError, UsageFailed

T = TypeVar("T")

_SHOWN = 20  # errors that are listed
_BETWEEN = re.compile(r"[\s,]*")


@dataclass
class Faults:
    """The errors in a list; all are reported at once, and nothing is changed."""

    name: str  # of the file, for display
    found: list[str] = field(default_factory=list)

    @contextlib.contextmanager
    def at(self, where: str) -> Iterator[None]:
        """Collect errors that are raised within the block, with their location."""
        try:
            yield
        except MediakeepError as error:
            self.found.append(f"{where}: {error}")

    def refuse(self) -> None:
        """Raise UsageError if there are errors."""
        if not self.found:
            return
        shown = [f"  {fault}" for fault in self.found[:_SHOWN]]
        if len(self.found) > _SHOWN:
            shown.append(f"  and {len(self.found) - _SHOWN:,} more")
        raise UsageFailed("\n".join([f"Invalid list {self.name}; nothing was changed:", *shown]))


def text(path: Path) -> str:
    """Read a text file in UTF-8; raise UsageError if that fails."""
    name = files.escape(path)
    try:
        return path.expanduser().read_text(encoding="utf-8-sig")
    except OSError as error:
        raise UsageFailed(f"{name}: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise UsageFailed(f"{name} is not UTF-8. Save it as UTF-8.") from error


def lines(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the paths in a file, one per line, with their line numbers; "-" is the standard input.

    The bytes need not be UTF-8; empty lines are skipped. Raise UsageError if the file cannot be
    read.
    """
    try:
        content = sys.stdin.buffer.read() if str(path) == "-" else path.expanduser().read_bytes()
    except OSError as error:
        raise UsageFailed(f"{files.display_path(path)}: {error.strerror}.") from error
    for number, line in enumerate(os.fsdecode(content).split("\n"), 1):
        if line.strip():
            yield number, line.removesuffix("\r")


def entries(path: Path, kind: type[T], errors: Faults) -> Iterator[tuple[str, T]]:
    """Yield the entries of a JSON list, converted to `kind`, each with its location.

    Collect invalid entries in `errors`. Raise UsageError if the file is not a list.
    """
    for where, entry in _parsed(text(path), errors.name):
        try:
            yield where, msgspec.convert(entry, kind)
        except msgspec.ValidationError as error:
            errors.found.append(f"{where}: {error}.")


def _parsed(content: str, name: str) -> Iterator[tuple[str, Any]]:
    try:
        whole = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise UsageFailed(f"{name} is not valid JSON: {error}.") from error
    if not isinstance(whole, list):
        raise UsageFailed(f"{name} is not a JSON list: it must begin with [.")
    decoder, line, at = json.JSONDecoder(), 1, 0
    after = content.index("[") + 1
    for number, entry in enumerate(whole, 1):
        start = _skipped(content, after)
        line, at = line + content.count("\n", at, start), start
        _, after = decoder.raw_decode(content, start)
        yield f"line {line}, entry {number}", entry


def _skipped(content: str, at: int) -> int:
    separator = _BETWEEN.match(content, at)
    assert separator
    return separator.end()
