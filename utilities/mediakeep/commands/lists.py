"""Lists of what is wanted, as files that a person or a program wrote: checked whole, then used."""

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

_SHOWN = 20  # faults that are told one by one
_BETWEEN = re.compile(r"[\s,]*")


@dataclass
class Faults:
    """What is wrong with a list; all of it is told at once, and nothing is done."""

    name: str  # of the file, as it is shown
    found: list[str] = field(default_factory=list)

    @contextlib.contextmanager
    def at(self, where: str) -> Iterator[None]:
        """Note what is raised within the block as a fault of that place."""
        try:
            yield
        except MediakeepError as error:
            self.found.append(f"{where}: {error}")

    def refuse(self) -> None:
        """Raise UsageFailed where anything is wrong."""
        if not self.found:
            return
        shown = [f"  {fault}" for fault in self.found[:_SHOWN]]
        if len(self.found) > _SHOWN:
            shown.append(f"  and {len(self.found) - _SHOWN:,} more")
        raise UsageFailed("\n".join([f"{self.name} is no good, and nothing was changed:", *shown]))


def text(path: Path) -> str:
    """Read a list in UTF-8; UsageFailed where that cannot be."""
    name = files.escape(path)
    try:
        return path.expanduser().read_text(encoding="utf-8-sig")
    except OSError as error:
        raise UsageFailed(f"{name}: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise UsageFailed(f"{name} is not in UTF-8. Save it so.") from error


def lines(path: Path) -> Iterator[tuple[int, str]]:
    """Read a list of paths, one a line, of which the bytes need not be UTF-8; "-" is the input.

    Give those that are not empty, each with its number; UsageFailed where they cannot be read.
    """
    try:
        content = sys.stdin.buffer.read() if str(path) == "-" else path.expanduser().read_bytes()
    except OSError as error:
        raise UsageFailed(f"{files.display_path(path)}: {error.strerror}.") from error
    for number, line in enumerate(os.fsdecode(content).split("\n"), 1):
        if line.strip():
            yield number, line.removesuffix("\r")


def entries(path: Path, kind: type[T], faults: Faults) -> Iterator[tuple[str, T]]:
    """Give the entries of a kind of a JSON list, each with the place where it stands.

    What is no such entry becomes a fault; UsageFailed where the file is no list.
    """
    for where, entry in _parsed(text(path), faults.name):
        try:
            yield where, msgspec.convert(entry, kind)
        except msgspec.ValidationError as error:
            faults.found.append(f"{where}: {error}.")


def _parsed(content: str, name: str) -> Iterator[tuple[str, Any]]:
    try:
        whole = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise UsageFailed(f"{name} is no JSON: {error}.") from error
    if not isinstance(whole, list):
        raise UsageFailed(f"{name} is no list in JSON: it must begin with [.")
    decoder, line, at = json.JSONDecoder(), 1, 0
    after = content.index("[") + 1
    for number, entry in enumerate(whole, 1):
        start = _skipped(content, after)
        line, at = line + content.count("\n", at, start), start
        _, after = decoder.raw_decode(content, start)
        yield f"line {line}, entry {number}", entry


def _skipped(content: str, at: int) -> int:
    found = _BETWEEN.match(content, at)
    assert found
    return found.end()
