"""The queue as its users see it: take items, hand them back with what became of them.

What a method changes is one commit: when it returns, the change survives a power loss.
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
    """Return a name of this machine that no other machine bears."""
    with contextlib.suppress(OSError):
        return Path("/etc/machine-id").read_text().strip() or platform.node()
    return platform.node()


def place(
    folder: Path,
    now: clock.Clock = clock.now,
    host: str = "",
    notice: Callable[[str], object] | None = None,
) -> Place:
    """Say where a queue lies; the clock and the host are arguments for tests and clusters.

    `notice` is given what a user should know at once.
    """
    made = Place(folder, now, host or this_host())
    return structs.replace(made, notice=notice) if notice else made


class Queue:
    """One kind's queue, open for changes."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._line: Line | None = None
        self.session: Session | None = None
        self.taken_back: list[str] = []  # of dead owners, when it was opened

    @classmethod
    def open(cls, where: Place, kind: Kind) -> Self:
        """Open a queue and take back what dead owners left; NoQueue where there is none."""
        if not checkpoints.remains(where.folder):
            raise reading.missing(where.folder, kind)
        store = Store(where, kind, adoption.adopt)
        with store.locked():
            store.follow()
        queue = cls(store)
        queue.taken_back = queue.take_back()
        return queue

    @classmethod
    def create(cls, where: Place, kind: Kind, library: str, found: Iterable[Found]) -> Self:
        """Make a queue of what a scan found; UsageFailed where there is one already."""
        files.make_folder(where.folder)
        for folder in (where.folder.parent, where.folder.parent.parent):
            files.sync_folder(folder)
        store = Store(where, kind, adoption.adopt)
        with store.locked():
            if store.path.exists():
                raise UsageFailed(f"{store.path} exists already.")
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
            items = survey.fresh(found, kind.item, set())
            store.install(State(kind, head, items), None)
        if before:  # of a queue that was here once: nothing of it is done in this one
            store.commit(lambda _: Change("scan", {}, {"anew": True, "known": len(items)}))
        return cls(store)

    @property
    def state(self) -> State:
        """The queue as of this process's last look."""
        return self._store.state

    @property
    def where(self) -> Place:
        """Where the queue lies."""
        return self._store.place

    @property
    def kind(self) -> Kind:
        """What kind of items it holds."""
        return self._store.kind

    def warnings(self) -> list[str]:
        """Return, once, what a person should know of."""
        told, self._store.warnings = self._store.warnings, []
        return told

    def begin(self, **facts: Any) -> Session:
        """Start a session: its log, its lock, and a line in the history."""
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
            told = {**facts, **self.session.log_digest()}
            self._store.commit(lambda _: Change("end", facts=told))
            self.session.close()
            self.session, self._store.session = None, ""

    def change(self, decide: Decide) -> Record | None:
        """Commit what a function decides on the newest state."""
        return self._store.commit(decide)

    def take_back(self) -> list[str]:
        """Give the items of dead owners back to the queue, and return their keys."""

        dead: list[str] = []

        def decide(state: State) -> Change | None:
            dead.extend(one for one in state.held if not sessions.alive(self.where, one))
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
        """Return the keys that the next claim would get."""
        return self._lined_up().peek(count, lookups=lookups)

    def claim(self, count: int, *, lookups: bool = False, settled_by: float = inf) -> list[Claim]:
        """Take up to `count` items in one commit: by priority, new, due again, then outdated.

        With `lookups` also, after all others, completed ones that lack nothing but their look-up,
        if they were settled at the seq `settled_by` or before.
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
        """Take those of these items that are completed and lack nothing but their lookup."""

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
        """Take these items, whatever their state; ItemHeld where a living session has one.

        Of what is taken `by_hand` it is noted that it was completed, should its taker die; and the
        look-up that it has, or waits for, stays as it is.
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
        """Commit a change that takes items out of the line; where it fails, they stand there."""
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
        told = notes or {}
        items = {
            key: claims.claimed(session, seq, now, state.items[key]) | told.get(key, {})
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
        """Record what became of an item; False where somebody else holds it by now."""

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
        """Record progress within a claim (a stage, a part); False where it is no longer ours."""

        def decide(state: State) -> Change | None:
            return Change(op, {claim.key: changes}) if self._mine(state, claim) else None

        return self._store.commit(decide) is not None

    def release(self, given: Iterable[Claim], suspects: Iterable[str] = ()) -> None:
        """Give items back undone, in one commit; suspects run alone next time."""
        given, doubtful = list(given), set(suspects)

        def decide(state: State) -> Change | None:
            items = {
                claim.key: claims.released(item, suspect=claim.key in doubtful)
                for claim in given
                if (item := self._mine(state, claim))
            }
            return Change("release", items) if items else None

        self._store.commit(decide)

    def freshen(self) -> None:
        """Bring the snapshot up to date in a quiet moment."""
        self._store.freshen_if_due()

    def look(self, function: Callable[[State], T]) -> T:
        """Look at files and state while nobody changes them."""
        with self._store.locked():
            self._store.follow()
            return function(self.state)

    def checkpoint(self) -> Path:
        """Write a full copy of the queue, and the snapshot anew."""
        with self._store.locked():
            self._store.follow()
            self._store.fold()
            return checkpoints.write(self.state, self.where)

    def replay(self, name: str) -> Replay:
        """Bring back what a restore undid."""
        return replay.apply(self._store, name)

    def close(self) -> None:
        """Leave a fresh snapshot behind and let go of the files."""
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
