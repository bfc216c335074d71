"""The order in which queue items are claimed, and the release of items whose session died.

A claim reserves an item for one session. If a batch makes lookups at web services, items that are
completed except for their lookup come last.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable
from math import inf
from typing import Any

import msgspec
from msgspec import structs

from mediakeep import clock
from mediakeep.item import Item, Status, needs_lookup
from mediakeep.queue import sessions
from mediakeep.queue.compaction import QueueLocation
from mediakeep.queue.state import QueueState
from mediakeep.stages import StageTable

FRESH, DUE, OUTDATED = range(3)  # the order in which items are claimed


class Claim(msgspec.Struct, frozen=True):
    """A claimed item, and the number (seq) of the change that claimed it."""

    key: str
    item: Item
    seq: int


def get_claim_rank(item: Item) -> int | None:
    """Return the rank of an item in the order of claims, or None if it cannot be claimed now.

    New items come first, then failed items that are tried again, then outdated ones.
    """
    if item.status is not Status.PENDING:
        return None
    if item.outdated:
        return OUTDATED
    return DUE if item.error_message else FRESH


class PendingQueue:
    """The items of a queue that can be claimed, in heaps, so that no claim scans all items."""

    def __init__(self, state: QueueState) -> None:
        self.state = state
        self._parked: list[tuple[str, str]] = []  # not before, key
        self._ready: list[tuple[int, int, str, str]] = []  # -priority, rank, order, key
        self._retries: list[tuple[str, str]] = []  # not before, key
        # -priority, settled, key: lacks its lookup
        self._completed: list[tuple[int, int, str]] = []
        for key, item in state.items.items():
            self._add_item(key, item, list.append)
        heapq.heapify(self._parked)
        heapq.heapify(self._ready)
        heapq.heapify(self._retries)
        heapq.heapify(self._completed)
        state.listener = self._on_item_changed

    def _on_item_changed(self, key: str, _: Item | None, item: Item | None) -> None:
        if item:
            self._add_item(key, item, heapq.heappush)

    def _add_item(self, key: str, item: Item, add: Callable[[list[Any], Any], None]) -> None:
        rank = get_claim_rank(item)
        if rank is not None and item.not_before:
            add(self._parked, (item.not_before, key))
        elif rank is not None:
            add(self._ready, self._build_entry(key, item, rank))
        elif item.status is Status.ERROR and item.not_before:
            add(self._retries, (item.not_before, key))
        elif item.status is Status.COMPLETED and needs_lookup(item):
            add(self._completed, (-item.priority, item.settled, key))

    def _build_entry(self, key: str, item: Item, rank: int) -> tuple[int, int, str, str]:
        find_order = self.state.kind.claim_order
        return -item.priority, rank, find_order(item) if find_order else "", key

    def take_due_retries(self, now: str) -> list[str]:
        """Return the keys of failed items that may be tried again at the time `now`.

        Each key is returned only once.
        """
        keys = []
        while self._retries and self._retries[0][0] <= now:
            not_before, key = heapq.heappop(self._retries)
            item = self.state.items.get(key)
            if item and item.status is Status.ERROR and item.not_before == not_before:
                keys.append(key)
        return keys

    def take_keys(
        self,
        count: int,
        now: str = "",
        *,
        shares: int = 1,
        lookups: bool = False,
        settled_by: float = inf,
    ) -> list[str]:
        """Remove and return the keys of the next items to claim, at most `count`.

        They are also at most one of `shares` equal shares of the items that can be claimed now.

        Parked items are returned only if they are due at the time `now`, none without it. With
        `lookups`, items that are completed except for their lookup follow after all others. Of
        these, only items settled by change number `settled_by` or earlier are returned.
        """
        self._make_due_ready(now)
        taken: dict[str, None] = {}
        while self._ready and len(taken) < count:
            priority, rank, _, key = heapq.heappop(self._ready)
            item = self.state.items.get(key)
            is_free = item and item.not_before <= now and get_claim_rank(item) == rank
            if item and is_free and -item.priority == priority:
                if shares > 1 and not taken:  # what others have claimed was before it
                    count = min(count, 1 + len(self._ready) // shares)
                taken[key] = None
        if lookups:
            if shares > 1 and not taken:
                count = min(count, -(-len(self._completed) // shares))
            self._take_completed(taken, count, settled_by)
        return list(taken)

    def _make_due_ready(self, now: str) -> None:
        """Move the parked items that are due to the heap of those that can be claimed."""
        while self._parked and self._parked[0][0] <= now:
            not_before, key = heapq.heappop(self._parked)
            item = self.state.items.get(key)
            rank = get_claim_rank(item) if item else None
            if item and rank is not None and item.not_before == not_before:
                heapq.heappush(self._ready, self._build_entry(key, item, rank))

    def _take_completed(self, taken: dict[str, None], count: int, settled_by: float) -> None:
        """Add the items that are completed except for their lookup, until `count` are taken."""
        later = []
        while self._completed and len(taken) < count:
            priority, settled, key = heapq.heappop(self._completed)
            item = self.state.items.get(key)
            if item is None:
                continue
            is_free = item.status is Status.COMPLETED and needs_lookup(item)
            if is_free and (-item.priority, item.settled) == (priority, settled):
                if settled > settled_by:
                    later.append(key)
                else:
                    taken[key] = None
        for key in later:
            self._add_item(key, self.state.items[key], heapq.heappush)

    def peek_keys(self, count: int, now: str = "", *, lookups: bool = False) -> list[str]:
        """Return the keys of the next items to claim, at most `count`, without removing them."""
        keys = self.take_keys(count, now, lookups=lookups)
        for key in keys:
            self._add_item(key, self.state.items[key], heapq.heappush)
        return keys


def build_claim_patch(
    session: str, seq: int, now: str, item: Item, table: StageTable
) -> dict[str, Any]:
    """Return the field changes (JSON merge patch) that claim an item for a session.

    `seq` is the number of the change. A completed item is claimed only for its lookup. The stage of
    a failed attempt is begun again, unless its cleanup is due.
    """
    completed = item.status is Status.COMPLETED
    return {
        "status": Status.IN_PROGRESS,
        "session": session,
        "claim": seq,
        "first_claim": item.first_claim or seq,
        "started_date": now,
        "not_before": None,
        **({"parked": None, "out_of_space": None} if item.parked else {}),
        **({"for_lookup": completed or None} if completed is not item.for_lookup else {}),
        **_build_stage_patch(item, table),
    }


def _build_stage_patch(item: Item, table: StageTable) -> dict[str, Any]:
    """Return the changes that replace a failure code by the stage that is tried again."""
    stage = table.find_stage(item.resume_stage or item.processing_stage, item.failed_stage)
    if item.cleanup_stage or stage is None:
        return {}
    resumed = {name: None for name in ("resume_stage", "failed_stage") if getattr(item, name)}
    if stage.name == item.processing_stage:
        return resumed
    return {**resumed, "processing_stage": stage.name}


def build_release_patch(item: Item, *, suspect: bool) -> dict[str, Any]:
    """Return the field changes (JSON merge patch) that end the claim of an unfinished item.

    The item becomes pending, or completed if it was claimed only for its lookup. The number of
    attempts does not change. With `suspect`, the item runs alone next time.
    """
    changes: dict[str, Any] = {"status": Status.PENDING, "session": None, "claim": None}
    if item.for_lookup:
        changes = {"status": Status.COMPLETED, "claim": None, "for_lookup": None}
    return {**changes, "suspect": True} if suspect else changes


def without_claim(item: Item) -> Item:
    """Return an item as it would be after the release of its claim; it may have none."""
    if item.status is not Status.IN_PROGRESS:
        return item
    if item.for_lookup:
        return structs.replace(item, status=Status.COMPLETED, claim=0, for_lookup=False)
    return structs.replace(item, status=Status.PENDING, session="", claim=0)


def build_orphan_patches(
    state: QueueState, location: QueueLocation, dead: Iterable[str]
) -> dict[str, dict[str, Any]]:
    """Return the field changes that release the items of dead sessions: item key -> merge patch.

    Items whose processing had started in the process of the session become suspects, which run
    alone next time.
    """
    changes = {}
    for session in dead:
        live = sessions.read_live_status(location.folder, session)
        begun = live.begun if live and not live.isolated else {}
        for key in sorted(state.claimed_keys[session]):
            changes[key] = build_release_patch(state.items[key], suspect=key in begun)
    return changes


def simulate_recovery(state: QueueState, location: QueueLocation) -> None:
    """Release the items of dead sessions, and those that waited until now, as a batch would.

    This is done in memory only.
    """
    for key, changed in build_recovered_items(state, location).items():
        state.put_item(key, changed)


def build_recovered_items(state: QueueState, location: QueueLocation) -> dict[str, Item | None]:
    """Return the items that `simulate_recovery` changes, without storing them."""
    dead = [session for session in state.claimed_keys if not sessions.is_alive(location, session)]
    items = build_orphan_patches(state, location, dead)
    now = clock.format_iso(location.now())
    for key, item in state.items.items():
        if item.status is Status.PENDING and "" < item.not_before <= now:
            items[key] = dict.fromkeys(("not_before", "parked", "out_of_space"))
    for key in PendingQueue(state).take_due_retries(now):
        items[key] = {"status": Status.PENDING, "not_before": None}
    return state.build_changed_items(items)
