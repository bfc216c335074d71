"""The interface of a subject: what batches and managers need, and the options of its worker."""

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
    """The options of a worker.

    `policy` is about files of the library. `by_hand` is set if a command of the user has changed
    them, and the worker only takes note. `access` names the services, or None for none.
    `lookup_key` is the cache key of a lookup if it is not the item's key. `choose` asks the user to
    identify an item. `force` replaces existing images. `ignored` are patterns of files to skip.
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
    """The requests that lookups of items would need; `seconds` if each waits for the rate limit.

    The number of requests is between `low` and `high`, or None if too little is known.
    """

    items: int
    known: int  # of these: already looked up
    requests: int
    seconds: float
    low: int | None = None
    high: int | None = None


class LeftOut(msgspec.Struct, frozen=True):
    """The files in a library that belong to no item, and sidecars without a video.

    `named` are the escaped paths of these files, if the subject lists them.
    """

    files: int = 0
    sidecars: tuple[str, ...] = ()  # by their places, escaped
    named: tuple[str, ...] = ()


class Subject(msgspec.Struct, frozen=True):
    """The functions of a subject."""

    kind: Kind
    # Both take the library's folder and the user's ignore patterns.
    scan: Callable[[Path, tuple[str, ...]], Iterator[Found]]
    left_out: Callable[[Path, tuple[str, ...]], LeftOut]
    opening: Callable[[Path, Manner], Opening]  # takes the home
    outputs: Callable[[Item], list[str]]  # a completed item's outputs, relative to the home
    entries: Callable[[Path], Entries]  # takes the home; returns pending reviews
    issues: Callable[[Path, Item], list[Issue] | None]  # takes the home; None if not written yet
    told: Callable[[Mapping[str, Any]], list[str]]  # lines on the changes in a dry run's facts
    advice: Callable[[str], str]  # what to do about an issue kind
    # Called before a batch with its home, services and items: checks caches, returns warnings.
    ready: Callable[[Path, Access, Mapping[str, Item]], list[str]]
    views: Callable[[Path, State], list[str]]  # takes the home; returns warnings
    estimate: Callable[[Path, Access, Mapping[str, Item]], Estimate]  # takes the home
    # Fingerprints of an item's media, independent of file names: recorded in its outputs, and
    # measured on disk without ignored files.
    known_media: Callable[[Path, Item], Counter[Hashable]]
    media_at: Callable[[Found, tuple[str, ...]], Counter[Hashable]]
    # Takes the home, and new key and path by old key: renames entries in caches and databases.
    renamed: Callable[[Path, Mapping[str, tuple[str, str]]], None]
    # Takes an item, its old and its new path; yields sidecars that were renamed with it.
    renamed_files: Callable[[Item, str, str], Iterable[tuple[str, str]]] = lambda *_: ()
    # Takes the home and an issue kind; returns the command that accepts all its proposals, or "".
    accepting: Callable[[Path, str], str] = lambda *_: ""
    # Takes all items; returns the keys of those whose reports are outdated.
    stale: Callable[[Mapping[str, Item]], list[str]] = lambda _: []
