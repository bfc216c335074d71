"""What the engine needs of a subject, and how it tells a worker to go about its work."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from mediakeep.issue import Issue
from mediakeep.item import Found, Item
from mediakeep.kinds import Kind
from mediakeep.lookups.access import Access
from mediakeep.outcome import Opening
from mediakeep.policy import HANDS_OFF, Policy
from mediakeep.queue.state import State

if TYPE_CHECKING:
    from mediakeep.views.review import Entries


class Manner(msgspec.Struct, frozen=True):
    """How a worker shall go about it: whether it writes, and what it is asked for besides.

    `policy` is about the library's own files; `by_hand` is set where a person's command has
    changed them, and the worker only takes note. `access` is about the services that may be asked,
    None for none, and `lookup_key` is under what a look-up is kept, where that is not the key of
    the item. `choose` has a person decide what an item is, in the terms of its subject, and `force`
    replaces pictures that are there. `ignored` are patterns of files that are passed over.
    """

    write: bool
    deep: bool = False
    accept_sound: bool = False
    policy: Policy = HANDS_OFF
    by_hand: bool = False
    access: Access | None = None
    lookup_key: str = ""
    choose: Any = None
    force: bool = False
    ignored: tuple[str, ...] = ()


class Estimate(msgspec.Struct, frozen=True):
    """What look-ups of items would need; `seconds` where every request waits for its turn.

    The requests lie between `low` and `high`, None where too little is known for that.
    """

    items: int
    known: int  # of these: looked up before
    requests: int
    seconds: float
    low: int | None = None
    high: int | None = None


class LeftOut(msgspec.Struct, frozen=True):
    """What in a library belongs to no item: how many files, and the sidecars that fit none.

    `named` are the places of these files, escaped, if the subject names them.
    """

    files: int = 0
    sidecars: tuple[str, ...] = ()  # by their places, escaped
    named: tuple[str, ...] = ()


class Subject(msgspec.Struct, frozen=True):
    """What the engine needs of a subject."""

    kind: Kind
    # Of a library, but for what the user's patterns ignore.
    scan: Callable[[Path, tuple[str, ...]], Iterator[Found]]
    left_out: Callable[[Path, tuple[str, ...]], LeftOut]
    opening: Callable[[Path, Manner], Opening]  # for a home
    outputs: Callable[[Item], list[str]]  # what a completed item has on disk, below the home
    entries: Callable[[Path], Entries]  # of a home: what waits for a person
    issues: Callable[[Path, Item], list[Issue] | None]  # in a home; None: nothing written yet
    told: Callable[[Mapping[str, Any]], list[str]]  # what a dry run would change, of its facts
    advice: Callable[[str], str]  # what to do about a kind of issue
    # Before a batch of a home, with the items of its queue: looks after what is kept; warnings.
    ready: Callable[[Path, Access, Mapping[str, Item]], list[str]]
    views: Callable[[Path, State], list[str]]  # of a home: writes them; warnings
    estimate: Callable[[Path, Access, Mapping[str, Item]], Estimate]  # of look-ups, in a home
    # What tells the media of an item, whatever their names: as its outputs in a home know them, and
    # as they lie there, but for ignored ones.
    known_media: Callable[[Path, Item], Counter[Hashable]]
    media_at: Callable[[Found, tuple[str, ...]], Counter[Hashable]]
    # In a home, items by their old keys, with the key and the path that they have by now: has what
    # is kept beside the queue follow.
    renamed: Callable[[Path, Mapping[str, tuple[str, str]]], None]
    # Of an item, its old path and its new one: the files beside it that were renamed with it.
    renamed_files: Callable[[Item, str, str], Iterable[tuple[str, str]]] = lambda *_: ()
    # In a home: the command that accepts all proposals for a kind of issue, "" for none.
    accepting: Callable[[Path, str], str] = lambda *_: ""
    # Of all items: those whose reports say what is no longer true.
    stale: Callable[[Mapping[str, Item]], list[str]] = lambda _: []
