"""Where a kind of item meets its subject: how a library is scanned, how a worker is opened."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from mediakeep import files, kinds
from mediakeep.issue import Issue
from mediakeep.item import Found, Item
from mediakeep.kinds import Kind
from mediakeep.outcome import Opening
from mediakeep.views.review import Entries


@dataclass(frozen=True)
class Manner:
    """How a worker shall go about it: whether it writes, and what it is asked for besides."""

    write: bool
    deep: bool = False
    accept_sound: bool = False


@dataclass(frozen=True)
class Subject:
    """What the engine needs of a subject."""

    kind: Kind
    scan: Callable[[Path], Iterator[Found]]
    left_out: Callable[[Path], int]  # files in the library's root that belong to no item
    opening: Callable[[Path, Manner], Opening]  # for a home
    outputs: Callable[[Item], list[str]]  # what a completed item has on disk, below the home
    entries: Callable[[Path], Entries]  # of a home: what waits for a person
    issues: Callable[[Path, Item], list[Issue] | None]  # in a home; None: nothing written yet


def _music() -> Subject:
    from mediakeep.music import audit, process, scan
    from mediakeep.music.tools import Places

    def opening(home: Path, manner: Manner) -> Opening:
        places = Places(home, manner.write, manner.deep, manner.accept_sound)
        return functools.partial(process.opened, places)

    def outputs(item: Item) -> list[str]:
        stem = f"outputs/{item.output_name}_audit"
        return [item.report, f"{stem}.json", f"{stem}.csv"]

    def entries(home: Path) -> Entries:
        def read(item: Item) -> list[dict[str, str]]:
            path = home / f"outputs/{item.output_name}_audit.json"
            return audit.reviews(path) if path.exists() else []

        return read

    def issues(home: Path, item: Item) -> list[Issue] | None:
        path = home / f"outputs/{item.output_name}_audit.json"
        return audit.issues(path) if path.exists() else None

    return Subject(kinds.MUSIC, scan.library, scan.loose, opening, outputs, entries, issues)


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
