"""Where a kind of item meets its subject: how a library is scanned, how a worker is opened."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from mediakeep import files, kinds
from mediakeep.item import Found, Item
from mediakeep.kinds import Kind
from mediakeep.outcome import Opening
from mediakeep.views.review import Entries


@dataclass(frozen=True)
class Subject:
    """What the engine needs of a subject."""

    kind: Kind
    scan: Callable[[Path], Iterator[Found]]
    left_out: Callable[[Path], int]  # files in the library's root that belong to no item
    opening: Callable[[Path, bool], Opening]  # home, whether to write
    outputs: Callable[[Item], list[str]]  # what a completed item has on disk, below the home
    entries: Callable[[Path], Entries]  # of a home: what waits for a person


def _music() -> Subject:
    from mediakeep.music import audit, process, scan

    def opening(home: Path, write: bool) -> Opening:
        return functools.partial(process.opened, process.Places(home, write))

    def outputs(item: Item) -> list[str]:
        stem = f"outputs/{item.output_name}_audit"
        return [item.report, f"{stem}.json", f"{stem}.csv"]

    def entries(home: Path) -> Entries:
        def read(item: Item) -> list[dict[str, str]]:
            path = home / f"outputs/{item.output_name}_audit.json"
            return audit.reviews(path) if path.exists() else []

        return read

    return Subject(kinds.MUSIC, scan.library, scan.loose, opening, outputs, entries)


_SUBJECTS: Mapping[str, Callable[[], Subject]] = {"music": _music}


def of(kind: Kind) -> Subject:
    """Return the subject of a kind; imported only now, so that --help stays quick."""
    return _SUBJECTS[kind.name]()


def folder(home: Path, kind: Kind) -> Path:
    """Return where a kind's queue lies."""
    return home / "status" / kind.name


def library_text(path: Path) -> str:
    """Write a library's path as the queue stores it: absolute, without links, escaped."""
    return files.escape(path.resolve())
