"""The queue: claim items, settle or release them, start and end sessions.

Each method that changes the queue makes one commit, which survives a power loss once it returns.
"""

from __future__ import annotations

import contextlib
import platform
from collections.abc import Callable, Iterable, Mapping
from math import inf
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from msgspec import structs

from mediakeep import clock, files
from mediakeep.errors import SnapshotDamaged, UsageFailed
from mediakeep.item import Found, Item, Status, awaits_lookup
from mediakeep.kinds import Kind
from mediakeep.queue import (
    actions,
    adoption,
    checkpoints,
    claims,
    history,
    reading,
    replay,
    sessions,
    settling,
    survey,
)
from mediakeep.queue.claims import Claim, Line
from mediakeep.queue.journal import Record
from mediakeep.queue.replay import Replay
from mediakeep.queue.rewrite import Place
from mediakeep.queue.sessions import Session
from mediakeep.queue.settling import Ending
from mediakeep.queue.snapshot import Head
from mediakeep.queue.state import State
from mediakeep.queue.store import Change, Decide, Store

T = TypeVar("T")


def this_host() -> str:
    """Return a unique name of this machine."""
    with contextlib.suppress(OSError):
        return Path("/etc/machine-id").read_text().strip() or platform.node()
    return platform.node()


def place(
    folder: Path,
    now: clock.Clock = clock.now,
    host: str = "",
    notice: Callable[[str], object] | None = None,
) -> Place:
    """Return the location of a queue; the clock and the host are arguments for tests and clusters.

    `notice` is called with messages that the user should see at once.
    """
    location = Place(folder, now, host or this_host())
    return structs.replace(location, notice=notice) if notice else location


class Queue:
    """The queue of one kind, open for changes."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._line: Line | None = None
        self.session: Session | None = None
        self.taken_back: list[str] = []  # keys of items of dead sessions, released on opening

    @classmethod
    def open(cls, where: Place, kind: Kind) -> Self:
        """Open a queue and release the items of dead sessions; raise NoQueue if there is none."""
        if not checkpoints.remains(where.folder):
            raise reading.missing(where.folder, kind)
        store = Store(where, kind, adoption.adopt)
        with store.locked():
            store.follow()
        queue = cls(store)
        queue.taken_back = queue.take_back()
        return queue

    @classmethod
    def create(cls, where: Place, kind: Kind, library: str, scanned: Iterable[Found]) -> Self:
        """Create a queue from the items of a scan; raise UsageFailed if there is one already."""
        files.make_folder(where.folder)
        for folder in (where.folder.parent, where.folder.parent.parent):
            files.sync_folder(folder)
        store = Store(where, kind, adoption.adopt)
        with store.locked():
            if store.path.exists():
                raise UsageFailed(f"{store.path} already exists.")
            if checkpoints.remains(where.folder):
                raise SnapshotDamaged(
                    store.path, "it is gone", checkpoints.cure(where.folder, kind)
                )
            before = history.last_seq(where.folder)
            head = Head(
                kind=kind.name,
                generation=0,
                snapshot_id="",
                seq=before,
                library_path=library,
                created=clock.text(where.now()),
            )
            items = survey.fresh(scanned, kind.item, set())
            store.install(State(kind, head, items), None)
        if before:  # changes of an earlier queue in this folder, none of which count in this one
            store.commit(lambda _: Change("scan", {}, {"anew": True, "known": len(items)}))
        return cls(store)

    @property
    def state(self) -> State:
        """The queue as last read by this process."""
        return self._store.state

    @property
    def where(self) -> Place:
        """The location of the queue."""
        return self._store.place

    @property
    def kind(self) -> Kind:
        """The kind of its items."""
        return self._store.kind

    def warnings(self) -> list[str]:
        """Return the warnings for the user since the last call."""
        warnings, self._store.warnings = self._store.warnings, []
        return warnings

    def begin(self, **facts: Any) -> Session:
        """Start a session, with a log, a lock and an event in the history."""
        with self._store.locked():
            self._store.follow()
            sessions.sweep(self.where, self.state.held)
        self.session = Session(self.where)
        self._store.session = self.session.id
        self._store.commit(
            lambda state: Change(
                "start", facts={"host": self.where.host, "known": len(state.items), **facts}
            )
        )
        return self.session

    def end(self, **facts: Any) -> None:
        """End the session."""
        if self.session:
            end_facts = {**facts, **self.session.log_digest()}
            self._store.commit(lambda _: Change("end", facts=end_facts))
            self.session.close()
            self.session, self._store.session = None, ""

    def change(self, decide: Decide) -> Record | None:
        """Commit the change that a function returns for the newest state; None if there is none."""
        return self._store.commit(decide)

    def take_back(self) -> list[str]:
        """Release the items of dead sessions and return their keys."""

        dead: list[str] = []

        def decide(state: State) -> Change | None:
            dead.extend(key for key in state.held if not sessions.alive(self.where, key))
            items = claims.orphans(state, self.where, dead)
            return Change("release", items, {"why": "owner dead"}) if items else None

        if not self.state.held:
            return []
        record = self._store.commit(decide)
        for session in dead:
            sessions.bury(self.where.folder, session)
        return list(record.items) if record else []

    def _lined_up(self) -> Line:
        if self._line is None or self._line.state is not self.state:
            self._line = Line(self.state)
        return self._line

    def peek(self, count: int, *, lookups: bool = False) -> list[str]:
        """Return the keys that the next claim would take."""
        return self._lined_up().peek(count, lookups=lookups)

    def claim(self, count: int, *, lookups: bool = False, settled_by: float = inf) -> list[Claim]:
        """Claim up to `count` items in one commit: by priority, then new, retried, outdated ones.

        With `lookups`, completed items that lack only their lookup follow after all others, if they
        were settled at the seq `settled_by` or before.
        """
        self.take_back()
        self._retry_due()
        taken: list[str] = []

        def decide(state: State) -> Change | None:
            line = self._lined_up()
            taken.extend(line.take(count, lookups=lookups, settled_by=settled_by))
            return self._claiming(state, taken)

        return self._claims(self._from_line(decide))

    def claim_for_lookup(self, *keys: str) -> list[Claim]:
        """Claim those of these items that are completed and lack only their lookup."""

        def decide(state: State) -> Change | None:
            items = ((key, state.items.get(key)) for key in keys)
            return self._claiming(
                state,
                [
                    key
                    for key, item in items
                    if item and item.status is Status.COMPLETED and awaits_lookup(item)
                ],
            )

        return self._claims(self._store.commit(decide))

    def claim_named(self, *keys: str, by_hand: bool = False) -> list[Claim]:
        """Claim these items in any state; raise ItemHeld if a running session has claimed one.

        For items claimed `by_hand`, the status completed is stored in case the session dies, and
        the state of their lookup is kept.
        """
        done = (Status.COMPLETED, Status.COMPLETED.value)
        items = self.state.items
        notes = {
            key: {"returns_to": Status.COMPLETED.value, "lookup": items[key].lookup or None}
            for key in keys
            if by_hand and (items[key].status in done or items[key].returns_to in done)
        }
        self.take_back()
        again = actions.reset(self.where, lambda _: [key for key in keys if not pending(key)])

        def pending(key: str) -> bool:
            return self.state.items[key].status is Status.PENDING

        self._store.commit(again)
        return self._claims(
            self._store.commit(
                lambda state: self._claiming(state, list(filter(pending, keys)), notes)
            )
        )

    def _from_line(self, decide: Decide) -> Record | None:
        """Commit a change that removes items from the heaps; discard the heaps if it fails."""
        try:
            return self._store.commit(decide)
        except BaseException:
            self._line = None
            raise

    def _claiming(
        self, state: State, keys: list[str], notes: Mapping[str, dict[str, Any]] | None = None
    ) -> Change | None:
        now, seq = clock.text(self.where.now()), state.seq + 1
        session = self._store.session
        extra = notes or {}
        items = {
            key: claims.claimed(session, seq, now, state.items[key]) | extra.get(key, {})
            for key in keys
        }
        return Change("claim", items) if items else None

    def _claims(self, record: Record | None) -> list[Claim]:
        keys = record.items if record else {}
        return [Claim(key, self.state.items[key], record.seq) for key in keys if record]

    def _retry_due(self) -> None:
        def decide(_: State) -> Change | None:
            keys = self._lined_up().due(clock.text(self.where.now()))
            items = {key: {"status": Status.PENDING, "not_before": None} for key in keys}
            return Change("retry", items) if items else None

        self._from_line(decide)

    def settle(self, claim: Claim, ending: Ending) -> bool:
        """Record the result of an item; return False if this claim is no longer valid."""

        def decide(state: State) -> Change | None:
            item = self._mine(state, claim)
            if item is None:
                return None
            now = clock.text(self.where.now())
            changes = settling.settled(self.kind, item, ending, state.seq + 1, now)
            return Change("settle", {claim.key: changes}, settling.facts(ending))

        return self._store.commit(decide) is not None

    def _mine(self, state: State, claim: Claim) -> Item | None:
        item = state.items.get(claim.key)
        mine = item and item.status is Status.IN_PROGRESS and item.claim == claim.seq
        return item if mine else None

    def update(self, claim: Claim, op: str, changes: dict[str, Any]) -> bool:
        """Record progress (a stage, a part); return False if the claim is no longer valid."""

        def decide(state: State) -> Change | None:
            return Change(op, {claim.key: changes}) if self._mine(state, claim) else None

        return self._store.commit(decide) is not None

    def release(self, claimed: Iterable[Claim], suspects: Iterable[str] = ()) -> None:
        """Release unfinished items in one commit; suspects run alone next time."""
        released, suspect_keys = list(claimed), set(suspects)

        def decide(state: State) -> Change | None:
            items = {
                claim.key: claims.released(item, suspect=claim.key in suspect_keys)
                for claim in released
                if (item := self._mine(state, claim))
            }
            return Change("release", items) if items else None

        self._store.commit(decide)

    def freshen(self) -> None:
        """Rewrite the snapshot if that is due; called while the batch waits."""
        self._store.freshen_if_due()

    def look(self, function: Callable[[State], T]) -> T:
        """Call a function with the newest state while the lock is held, and return its result."""
        with self._store.locked():
            self._store.follow()
            return function(self.state)

    def checkpoint(self) -> Path:
        """Rewrite the snapshot and write a checkpoint; return its path."""
        with self._store.locked():
            self._store.follow()
            self._store.fold()
            return checkpoints.write(self.state, self.where)

    def replay(self, name: str) -> Replay:
        """Bring back the items that a restore undid; `name` is a file in aside/."""
        return replay.apply(self._store, name)

    def close(self) -> None:
        """Rewrite the snapshot if necessary, and close the files."""
        if self.session:
            self.session.close()
        self._store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
