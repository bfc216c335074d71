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

from mediakeep import path_text
from mediakeep.errors import MediakeepError, UsageError

T = TypeVar("T")

_MAX_SHOWN_ERRORS = 20  # errors that are listed
_SEPARATOR = re.compile(r"[\s,]*")


@dataclass
class InputErrors:
    """The errors in a list; all are reported at once, and nothing is changed."""

    name: str  # of the file, for display
    messages: list[str] = field(default_factory=list)

    @contextlib.contextmanager
    def collect_at(self, where: str) -> Iterator[None]:
        """Collect errors that are raised within the block, with their location."""
        try:
            yield
        except MediakeepError as error:
            self.messages.append(f"{where}: {error}")

    def raise_if_any(self) -> None:
        """Raise UsageError if there are errors."""
        if not self.messages:
            return
        shown = [f"  {fault}" for fault in self.messages[:_MAX_SHOWN_ERRORS]]
        if len(self.messages) > _MAX_SHOWN_ERRORS:
            shown.append(f"  and {len(self.messages) - _MAX_SHOWN_ERRORS:,} more")
        raise UsageError("\n".join([f"Invalid list {self.name}; nothing was changed:", *shown]))


def read_text(path: Path) -> str:
    """Read a text file in UTF-8; raise UsageError if that fails."""
    name = path_text.escape_path(path)
    try:
        return path.expanduser().read_text(encoding="utf-8-sig")
    except OSError as error:
        raise UsageError(f"{name}: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{name} is not UTF-8. Save it as UTF-8.") from error


def read_lines(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the paths in a file, one per line, with their line numbers; "-" is the standard input.

    The bytes need not be UTF-8; empty lines are skipped. Raise UsageError if the file cannot be
    read.
    """
    try:
        content = sys.stdin.buffer.read() if str(path) == "-" else path.expanduser().read_bytes()
    except OSError as error:
        raise UsageError(f"{path_text.display_path(path)}: {error.strerror}.") from error
    for number, line in enumerate(os.fsdecode(content).split("\n"), 1):
        if line.strip():
            yield number, line.removesuffix("\r")


def read_json_entries(path: Path, kind: type[T], errors: InputErrors) -> Iterator[tuple[str, T]]:
    """Yield the entries of a JSON list, converted to `kind`, each with its location.

    Collect invalid entries in `errors`. Raise UsageError if the file is not a list.
    """
    for where, entry in _parse_json_list(read_text(path), errors.name):
        try:
            yield where, msgspec.convert(entry, kind)
        except msgspec.ValidationError as error:
            errors.messages.append(f"{where}: {error}.")


def _parse_json_list(content: str, name: str) -> Iterator[tuple[str, Any]]:
    try:
        whole = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{name} is not valid JSON: {error}.") from error
    if not isinstance(whole, list):
        raise UsageError(f"{name} is not a JSON list: it must begin with [.")
    decoder, line, at = json.JSONDecoder(), 1, 0
    after = content.index("[") + 1
    for number, entry in enumerate(whole, 1):
        start = _skip_separator(content, after)
        line, at = line + content.count("\n", at, start), start
        _, after = decoder.raw_decode(content, start)
        yield f"line {line}, entry {number}", entry


def _skip_separator(content: str, at: int) -> int:
    separator = _SEPARATOR.match(content, at)
    assert separator
    return separator.end()
