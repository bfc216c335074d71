"""Where a kind of item meets its subject: how a library is scanned, how a worker is opened.

Each part of a subject is imported when it is asked for: a batch needs next to nothing of it in its
own process, and --help nothing at all.
"""

from __future__ import annotations

import contextlib
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
from mediakeep.lookups.access import Access
from mediakeep.lookups.desk import CLOSED
from mediakeep.outcome import Opening, Worker
from mediakeep.policy import HANDS_OFF, Policy
from mediakeep.queue.state import State

if TYPE_CHECKING:
    from mediakeep.views.review import Entries


class Manner(msgspec.Struct, frozen=True):
    """How a worker shall go about it: whether it writes, and what it is asked for besides.

    `policy` is about the library's own files; `by_hand` is set where a person's command has
    changed them, and the worker only takes note. `access` is about the services that may be asked,
    and `lookup_key` is under what a look-up is kept, where that is not the key of the item.
    """

    write: bool
    deep: bool = False
    accept_sound: bool = False
    policy: Policy = HANDS_OFF
    by_hand: bool = False
    access: Access = CLOSED
    lookup_key: str = ""


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
    ready: Callable[[Path, Access], list[str]]  # before a batch of a home; warnings
    views: Callable[[Path, Path, State], list[str]]  # of a home and a queue: writes them; warnings


def _music_library(root: Path) -> Iterator[Found]:
    from mediakeep.music import scan

    return scan.library(root)


def _music_left_out(root: Path) -> int:
    from mediakeep.music import scan

    return scan.loose(root)


def _music_opening(home: Path, manner: Manner) -> Opening:
    from mediakeep.music import process
    from mediakeep.music.tools import Places

    sound, policy = manner.accept_sound, manner.policy
    by_hand, access, key = manner.by_hand, manner.access, manner.lookup_key
    places = Places(home, manner.write, manner.deep, sound, policy, by_hand, access, key)
    return functools.partial(process.opened, places)


def _music_outputs(item: Item) -> list[str]:
    stem = f"outputs/{item.output_name}_audit"
    return [item.report, f"{stem}.json", f"{stem}.csv"]


def _music_audit(home: Path, item: Item) -> Path | None:
    """Return where an artist's audit lies; None before it is written."""
    path = home / f"outputs/{item.output_name}_audit.json"
    return path if path.exists() else None


def _music_entries(home: Path) -> Entries:
    return functools.partial(_music_reviews, home)


def _music_reviews(home: Path, item: Item) -> list[dict[str, str]]:
    path = _music_audit(home, item) if item.manual_reviews else None
    if path is None:
        return []
    from mediakeep.music import audit

    return audit.reviews(path, home)


def _music_issues(home: Path, item: Item) -> list[Issue] | None:
    path = _music_audit(home, item)
    if path is None:
        return None
    from mediakeep.music import audit

    return audit.issues(path)


def _music_lacking(home: Path, item: Item) -> list[dict[str, Any]]:
    path = _music_audit(home, item)
    if path is None:
        return []
    from mediakeep.music import audit

    return audit.lacking(path)


def _music_ready(home: Path, access: Access) -> list[str]:
    """Look after what look-ups are kept in; NoCache where they cannot be kept."""
    from mediakeep.lookups import record
    from mediakeep.lookups.desk import Desk
    from mediakeep.lookups.gallery import Gallery

    desk = Desk(home / "status" / "cache", access)
    if desk.is_empty:
        return []
    Gallery(desk.folder).sweep()
    with contextlib.closing(desk):
        told = record.check(desk.folder, desk.known)
        if access.is_open:
            told += record.settle(desk.known, access.catalogue.host)
        return [*told, *desk.known.notes]


def _music_views(home: Path, folder: Path, state: State) -> list[str]:
    """Bring the record and the table up to date; a damaged audit costs its own rows alone."""
    from mediakeep.lookups import record
    from mediakeep.lookups.desk import Desk
    from mediakeep.lookups.gallery import Gallery
    from mediakeep.music.discography import missing as table
    from mediakeep.views import missing, review

    desk = Desk(home / "status" / "cache", CLOSED)
    if desk.is_empty:
        return []
    Gallery(desk.folder).sweep()
    with contextlib.closing(desk):
        record.export(desk.folder, desk.known)
    troubles: list[str] = []
    rows = review.careful(functools.partial(_music_lacking, home), troubles)
    missing.update(home, folder, state, table.COLUMNS, rows)
    return troubles


def _music_told(facts: Mapping[str, Any]) -> list[str]:
    if "due" not in facts:
        return []
    from mediakeep.music import listing

    return listing.of(facts["due"], facts["path"])


def _music_accepting(home: Path, kind: str) -> str:
    from mediakeep.music import cures

    return cures.accept_all(home, kind)


def _music_advice(kind: str) -> str:
    from mediakeep.music import kinds as table

    return next((one.cure for one in table.KINDS if one.name == kind), "")


_MUSIC = Subject(
    kind=kinds.MUSIC,
    scan=_music_library,
    left_out=_music_left_out,
    opening=_music_opening,
    outputs=_music_outputs,
    entries=_music_entries,
    issues=_music_issues,
    told=_music_told,
    accepting=_music_accepting,
    advice=_music_advice,
    ready=_music_ready,
    views=_music_views,
)
_SUBJECTS: Mapping[str, Subject] = {one.kind.name: one for one in (_MUSIC,)}


def of(kind: Kind) -> Subject:
    """Return the subject of a kind."""
    return _SUBJECTS[kind.name]


def opening(kind: Kind, home: Path, manner: Manner) -> Opening:
    """Give what opens a kind's worker; its subject is imported in the process that works."""
    return functools.partial(_opened, kind.name, home, manner)


def _opened(name: str, home: Path, manner: Manner) -> AbstractContextManager[Worker]:
    return _SUBJECTS[name].opening(home, manner)()


def folder(home: Path, kind: Kind) -> Path:
    """Return where a kind's queue lies."""
    return home / "status" / kind.name


def library_text(path: Path) -> str:
    """Write a library's path as the queue stores it: absolute, without links, escaped."""
    return files.escape(path.resolve())
