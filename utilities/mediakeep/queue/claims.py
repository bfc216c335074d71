"""Who gets which item next, and what becomes of the items of the dead.

Last of all, where a batch makes look-ups, come completed items that lack theirs; they are given
back as completed.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable
from math import inf
from typing import Any

import msgspec
from msgspec import structs

from mediakeep import clock
from mediakeep.item import Item, Status, awaits_lookup
from mediakeep.queue import sessions
from mediakeep.queue.rewrite import Place
from mediakeep.queue.state import State

FRESH, DUE, OUTDATED = range(3)  # the order in which items are taken


class Claim(msgspec.Struct, frozen=True):
    """An item that a session may work on, and the number that proves it."""

    key: str
    item: Item
    seq: int


def turn(item: Item) -> int | None:
    """Return an item's place in the order: new, then retries, then outdated; None: not now."""
    if item.status is not Status.PENDING:
        return None
    if item.outdated:
        return OUTDATED
    return DUE if item.error_message else FRESH


class Line:
    """The waiting line over a state: who is next costs no look at the others."""

    def __init__(self, state: State) -> None:
        self.state = state
        self._ready: list[tuple[int, int, str]] = []  # -priority, turn, key
        self._waiting: list[tuple[str, str]] = []  # not before, key
        self._completed: list[
            tuple[int, int, str]
        ] = []  # -priority, settled, key: lacks its look-up
        for key, item in state.items.items():
            self._put(key, item, list.append)
        heapq.heapify(self._ready)
        heapq.heapify(self._waiting)
        heapq.heapify(self._completed)
        state.watch = self._note

    def _note(self, key: str, _: Item | None, item: Item | None) -> None:
        if item:
            self._put(key, item, heapq.heappush)

    def _put(self, key: str, item: Item, add: Callable[[list[Any], Any], None]) -> None:
        place = turn(item)
        if place is not None:
            add(self._ready, (-item.priority, place, key))
        elif item.status is Status.ERROR and item.not_before:
            add(self._waiting, (item.not_before, key))
        elif item.status is Status.COMPLETED and awaits_lookup(item):
            add(self._completed, (-item.priority, item.settled, key))

    def due(self, now: str) -> list[str]:
        """Return the failed items whose time has come; each is told once."""
        keys = []
        while self._waiting and self._waiting[0][0] <= now:
            not_before, key = heapq.heappop(self._waiting)
            item = self.state.items.get(key)
            if item and item.status is Status.ERROR and item.not_before == not_before:
                keys.append(key)
        return keys

    def take(self, count: int, *, lookups: bool = False, settled_by: float = inf) -> list[str]:
        """Take the next keys out of the line, at most `count`.

        With `lookups` also, after all others, those of items that lack nothing but their look-up,
        if they were settled at the seq `settled_by` or before.
        """
        later = []
        taken: dict[str, None] = {}
        while self._ready and len(taken) < count:
            priority, place, key = heapq.heappop(self._ready)
            item = self.state.items.get(key)
            if item and turn(item) == place and -item.priority == priority:
                taken[key] = None
        while lookups and self._completed and len(taken) < count:
            priority, settled, key = heapq.heappop(self._completed)
            item = self.state.items.get(key)
            if item is None:
                continue
            is_free = item.status is Status.COMPLETED and awaits_lookup(item)
            if is_free and (-item.priority, item.settled) == (priority, settled):
                if settled > settled_by:
                    later.append(key)
                else:
                    taken[key] = None
        for key in later:
            self._put(key, self.state.items[key], heapq.heappush)
        return list(taken)

    def peek(self, count: int, *, lookups: bool = False) -> list[str]:
        """Return the next keys and leave them in the line."""
        keys = self.take(count, lookups=lookups)
        for key in keys:
            self._put(key, self.state.items[key], heapq.heappush)
        return keys


def claimed(session: str, seq: int, now: str, item: Item) -> dict[str, Any]:
    """Return what a claim changes in an item; a completed one is taken for its look-up alone."""
    completed = item.status is Status.COMPLETED
    return {
        "status": Status.IN_PROGRESS,
        "session": session,
        "claim": seq,
        "first_claim": item.first_claim or seq,
        "started_date": now,
        "not_before": None,
        **({"for_lookup": completed or None} if completed is not item.for_lookup else {}),
    }


def released(item: Item, *, suspect: bool) -> dict[str, Any]:
    """Return what giving an item back changes in it; its attempts stay as they were.

    It is pending; one that was taken for its look-up alone is completed and still lacks it.
    """
    changes: dict[str, Any] = {"status": Status.PENDING, "session": None, "claim": None}
    if item.for_lookup:
        changes = {"status": Status.COMPLETED, "claim": None, "for_lookup": None}
    return {**changes, "suspect": True} if suspect else changes


def undone(item: Item) -> Item:
    """Return an item that was taken for its look-up alone as if it had not been; others as is."""
    if not item.for_lookup:
        return item
    return structs.replace(item, status=Status.COMPLETED, claim=0, for_lookup=False)


def orphans(state: State, place: Place, dead: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Return the items of dead owners, as given back; what was begun is a suspect."""
    changes = {}
    for session in dead:
        known = sessions.read_live(place.folder, session)
        begun = known.begun if known else {}
        for key in sorted(state.held[session]):
            changes[key] = released(state.items[key], suspect=key in begun)
    return changes


def rehearse(state: State, place: Place) -> None:
    """Do in memory what a batch does before its first claim: take back, and call what is due."""
    dead = [one for one in state.held if not sessions.alive(place, one)]
    items = orphans(state, place, dead)
    for key in Line(state).due(clock.text(place.now())):
        items[key] = {"status": Status.PENDING, "not_before": None}
    for key, item in state.preview(items).items():
        state.put(key, item)
