"""Objects of other distributions, which declare them as entry points of a group.

One that cannot be used is left out: its problem is kept, for a warning or a list.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from mediakeep import path_text

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint


class Plugin(msgspec.Struct, frozen=True):
    """An entry point: its name and distribution, such as "gain 1.0", and its object.

    The object is None if there is a `problem`.
    """

    name: str
    distribution: str
    value: Any = None
    problem: str = ""


def load_plugins(group: str, check: Callable[[str, Any], None]) -> Iterator[Plugin]:
    """Yield the plugins of a group, in the order of the folders that Python imports from.

    `check` takes the name of the entry point and its object, and raises an error if the object
    cannot be used.
    """
    for point in _find_entry_points(group):
        value, problem = None, ""
        try:
            value = point.load()
            check(point.name, value)
        except Exception as error:  # noqa: BLE001 - the code of others may fail in any way
            value, problem = None, path_text.to_printable(str(error) or type(error).__name__)
        except SystemExit as error:
            value, problem = None, path_text.to_printable(f"it ends Python ({error})")
        origin = f"{point.dist.name} {point.dist.version}" if point.dist else ""
        yield Plugin(point.name, origin, value, problem)


def check_interface(interface: int, ours: int) -> None:
    """Raise ValueError if a plugin was written for another interface."""
    if interface != ours:
        raise ValueError(f"it has interface {interface}, and mediakeep has {ours}")


def warn_left_out(noun: str, name: str, problem: str) -> None:
    """Log a warning that a plugin, or what it depends on, is left out."""
    import logging  # here, as few commands need it

    text = path_text.to_printable(f'Warning: {noun} "{name}" left out: {problem}')
    logging.getLogger("mediakeep").warning("%s", text)


def _find_entry_points(group: str) -> Iterable[EntryPoint]:
    """Return the entry points of a group.

    To import `importlib.metadata` takes longer than a look at the files that it would read.
    """
    files = (path for text in sys.path for path in Path(text).glob("*.*-info/entry_points.txt"))
    readable = (path for path in files if os.access(path, os.R_OK))
    if not any(f"[{group}]".encode() in path.read_bytes() for path in readable):
        return ()
    from importlib import metadata

    return metadata.entry_points(group=group)
