"""Where a kind of item meets its subject: how a library is scanned, how a worker is opened.

Each part of a subject is imported when it is asked for: a batch needs next to nothing of it in its
own process, and --help nothing at all.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from mediakeep import files, kinds
from mediakeep.issue import Issue
from mediakeep.item import Found, Item
from mediakeep.kinds import Kind
from mediakeep.outcome import Opening, Worker
from mediakeep.policy import HANDS_OFF, Policy

if TYPE_CHECKING:
    from mediakeep.views.review import Entries


class Manner(msgspec.Struct, frozen=True):
    """How a worker shall go about it: whether it writes, and what it is asked for besides.

    `policy` is about the library's own files; `by_hand` is set where a person's command has
    changed them, and the worker only takes note.
    """

    write: bool
    deep: bool = False
    accept_sound: bool = False
    policy: Policy = HANDS_OFF
    by_hand: bool = False


class Subject(msgspec.Struct, frozen=True):
    """What the engine needs of a subject."""

    kind: Kind
    scan: Callable[[Path], Iterator[Found]]
    left_out: Callable[[Path], int]  # files in the library's root that belong to no item
    opening: Callable[[Path, Manner], Opening]  # for a home
    outputs: Callable[[Item], list[str]]  # what a completed item has on disk, below the home
    entries: Callable[[Path], Entries]  # of a home: what waits for a person
    issues: Callable[[Path, Item], list[Issue] | None]  # in a home; None: nothing written yet
    told: Callable[[Mapping[str, Any]], list[str]]  # what a dry run would change, of its facts
    accepting: Callable[[Path, str], str]  # in a home: the command that accepts a kind's proposals
    advice: Callable[[str], str]  # what to do about a kind of issue


def _music() -> Subject:
    def found(root: Path) -> Iterator[Found]:
        from mediakeep.music import scan

        return scan.library(root)

    def loose(root: Path) -> int:
        from mediakeep.music import scan

        return scan.loose(root)

    def opening(home: Path, manner: Manner) -> Opening:
        from mediakeep.music import process
        from mediakeep.music.tools import Places

        sound = manner.accept_sound
        policy = manner.policy
        places = Places(home, manner.write, manner.deep, sound, policy, manner.by_hand)
        return functools.partial(process.opened, places)

    def outputs(item: Item) -> list[str]:
        stem = f"outputs/{item.output_name}_audit"
        return [item.report, f"{stem}.json", f"{stem}.csv"]

    def entries(home: Path) -> Entries:
        def read(item: Item) -> list[dict[str, str]]:
            path = home / f"outputs/{item.output_name}_audit.json"
            if not (item.manual_reviews and path.exists()):
                return []
            from mediakeep.music import audit

            return audit.reviews(path, home)

        return read

    def issues(home: Path, item: Item) -> list[Issue] | None:
        from mediakeep.music import audit

        path = home / f"outputs/{item.output_name}_audit.json"
        return audit.issues(path) if path.exists() else None

    def told(facts: Mapping[str, Any]) -> list[str]:
        if "due" not in facts:
            return []
        from mediakeep.music import plans

        return plans.listed(facts["due"], facts["path"])

    def accepting(home: Path, kind: str) -> str:
        from mediakeep.music import cures

        return cures.accept_all(home, kind)

    def advice(kind: str) -> str:
        from mediakeep.music import kinds as table

        return next((one.cure for one in table.KINDS if one.name == kind), "")

    return Subject(
        kind=kinds.MUSIC,
        scan=found,
        left_out=loose,
        opening=opening,
        outputs=outputs,
        entries=entries,
        issues=issues,
        told=told,
        accepting=accepting,
        advice=advice,
    )


_SUBJECTS: Mapping[str, Callable[[], Subject]] = {"music": _music}


def of(kind: Kind) -> Subject:
    """Return the subject of a kind."""
    return _SUBJECTS[kind.name]()


def opening(kind: Kind, home: Path, manner: Manner) -> Opening:
    """Give what opens a kind's worker; its subject is imported in the process that works."""
    return functools.partial(_opened, kind.name, home, manner)


def _opened(name: str, home: Path, manner: Manner) -> AbstractContextManager[Worker]:
    return _SUBJECTS[name]().opening(home, manner)()


def folder(home: Path, kind: Kind) -> Path:
    """Return where a kind's queue lies."""
    return home / "status" / kind.name


def library_text(path: Path) -> str:
    """Write a library's path as the queue stores it: absolute, without links, escaped."""
    return files.escape(path.resolve())
