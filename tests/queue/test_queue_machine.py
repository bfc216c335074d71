"""After any operations in any order, a queue equals a plain dictionary."""

from __future__ import annotations

import shutil
import tempfile
from copy import deepcopy
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from mediakeep import clock
from mediakeep.errors import ItemInUse, UsageError
from mediakeep.item import Item, Status
from mediakeep.music.item import MUSIC
from mediakeep.outcome import Outcome
from mediakeep.queue import actions, readonly, scan_diff, snapshot
from mediakeep.queue.claims import Claim
from mediakeep.queue.history import index
from mediakeep.queue.queue import Queue
from mediakeep.queue.settle import SettleRequest
from mediakeep.queue.store import QueueChange
from tests import memory_folder
from tests.queue import rig
from tests.sampling import tried

KEYS = rig.names(6)
P, I, C, E, S = Status  # noqa: E741
slots = st.sampled_from([0, 1])
keys = st.sampled_from(KEYS)


@dataclass(frozen=True)
class ItemModel:
    """What the dictionary remembers of an item."""

    status: Status = P
    claim: int = 0
    slot: int = -1
    priority: int = 0
    attempts: int = 0
    error: bool = False
    not_before: str = ""
    suspect: bool = False
    outdated: bool = False
    fingerprint: str = "f1"
    returns_to: str = ""
    skip_reason: str = ""
    lookup: str = ""
    for_lookup: bool = False

    def again(self) -> ItemModel:
        """Return it as if it had never been tried."""
        return ItemModel(priority=self.priority, fingerprint=self.fingerprint)

    def back(self, *, suspect: bool = False) -> ItemModel:
        """Return it as given back."""
        doubtful = self.suspect or suspect
        home = C if self.for_lookup else P
        return replace(self, status=home, for_lookup=False, claim=0, slot=-1, suspect=doubtful)

    def turn(self) -> int:
        return 2 if self.outdated else int(self.error)


class QueueMachine(RuleBasedStateMachine):
    """Two processes' worth of queues in one folder, interleaved."""

    @initialize()
    def start(self) -> None:
        self.folder = Path(tempfile.mkdtemp(dir=memory_folder.temporary_parent()))
        self.clock = rig.Clock()
        self.where = rig.at(self.folder, self.clock)
        rig.make(self.where, len(KEYS)).close()
        self.model = {key: ItemModel() for key in KEYS}
        self.queues: list[Queue] = []
        for _ in range(2):
            self._open(len(self.queues))
        self.claims: list[Claim] = []
        self.begun: list[set[str]] = [set(), set()]
        self.checkpoints: list[tuple[Path, dict[str, ItemModel]]] = []
        self.seq = 0

    def _open(self, slot: int) -> None:
        queue = Queue.open(self.where, MUSIC)
        queue.begin_session()
        self.queues[slot : slot + 1] = [queue]

    def teardown(self) -> None:
        for queue in getattr(self, "queues", []):
            queue.close()
        if hasattr(self, "folder"):
            shutil.rmtree(self.folder)

    def _held(self, slot: int) -> list[str]:
        return [key for key, known in self.model.items() if known.slot == slot]

    @rule(slot=slots, count=st.integers(1, 4), lookups=st.booleans())
    def claim(self, slot: int, count: int, lookups: bool) -> None:
        now = clock.format_iso(self.clock())
        for key, known in self.model.items():
            if known.status is E and known.not_before and known.not_before <= now:
                self.model[key] = replace(known, status=P, not_before="")
        order = sorted(
            (-known.priority, known.turn(), key)
            for key, known in self.model.items()
            if known.status is P
        )
        claims = self.queues[slot].claim(count, lookups=lookups)
        items = self.queues[slot].state.items
        last = sorted(
            (-known.priority, items[key].settled, key)
            for key, known in self.model.items()
            if lookups and known.status is C and known.lookup == "pending"
        )
        expected = [key for _, _, key in [*order, *last][:count]]
        assert [claim.key for claim in claims] == expected
        for claim in claims:
            known = self.model[claim.key]
            known = replace(known, status=I, for_lookup=known.status is C)
            known = replace(known, claim=claim.seq, slot=slot, not_before="")
            self.model[claim.key] = known
        self.claims += claims

    @rule(slot=slots, key=keys)
    def claim_named(self, slot: int, key: str) -> None:
        known = self.model[key]
        if known.status is I:
            with pytest.raises(ItemInUse):
                self.queues[slot].claim_by_key(key)
            return
        (claim,) = self.queues[slot].claim_by_key(key)
        fresh = known if known.status is P else known.again()
        self.model[key] = replace(fresh, status=I, claim=claim.seq, slot=slot, not_before="")
        self.claims.append(claim)

    def _mine(self, claim: Claim) -> bool:
        known = self.model[claim.key]
        return known.status is I and known.claim == claim.seq

    @precondition(lambda self: self.claims)
    @rule(
        slot=slots,
        data=st.data(),
        status=st.sampled_from([C, C, E, S]),
        retry=st.booleans(),
        lookup=st.sampled_from(["", "pending", "pending", "done"]),
    )
    def settle(
        self, slot: int, data: st.DataObject, status: Status, retry: bool, lookup: str
    ) -> None:
        claim = data.draw(st.sampled_from(self.claims))
        later = rig.Clock(clock.format_iso(self.clock()))
        later.forward(minutes=10)
        when = clock.format_iso(later()) if retry and status is E else ""
        outcome = Outcome(status, "x", {"lookup": lookup} if status is C else {})
        told = self.queues[slot].settle(claim, SettleRequest(outcome, 0.0, when))
        assert told == self._mine(claim)
        if told:
            known = replace(self.model[claim.key], status=status, claim=0, slot=-1, suspect=False)
            tries = known.attempts + 1
            if known.for_lookup:
                tries = 1 if status is E else known.attempts
                known = replace(known, returns_to="completed" if status is S else "")
            known = replace(known, attempts=tries, error=status is E, not_before=when)
            clean = {"outdated": False, "returns_to": "", "skip_reason": ""} if status is C else {}
            clean |= {"lookup": lookup} if status is C else {}
            self.model[claim.key] = replace(known, for_lookup=False, **clean)
            self.begun[slot].discard(claim.key)

    @precondition(lambda self: self.claims)
    @rule(slot=slots, data=st.data(), suspect=st.booleans())
    def release(self, slot: int, data: st.DataObject, suspect: bool) -> None:
        given = data.draw(st.lists(st.sampled_from(self.claims), max_size=3))
        suspects = [claim.key for claim in given] if suspect else []
        back = {claim.key for claim in given if self._mine(claim)}
        self.queues[slot].release(given, suspects)
        for key in back:
            self.model[key] = self.model[key].back(suspect=suspect)

    @rule(slot=slots, data=st.data())
    def begin_work(self, slot: int, data: st.DataObject) -> None:
        session, held = self.queues[slot].session, self._held(slot)
        if session and held:
            key = data.draw(st.sampled_from(held))
            session.begin_item(key)
            self.begun[slot].add(key)

    @rule(slot=slots, key=keys, force=st.booleans())
    def reset(self, slot: int, key: str, force: bool) -> None:
        decide = actions.reset_items(self.where, actions.select_by_name([key.lower()]), force=force)
        if self.model[key].status is I and not force:
            with pytest.raises(ItemInUse):
                self.queues[slot].commit(decide)
            return
        self.queues[slot].commit(decide)
        self.model[key] = self.model[key].again()

    @rule(slot=slots, key=keys)
    def mark_completed(self, slot: int, key: str) -> None:
        known = self.model[key]
        mark = actions.mark_completed(key, clock.format_iso(self.clock()))
        if known.status not in (P, E):
            with pytest.raises(UsageError):
                self.queues[slot].commit(mark)
            return
        self.queues[slot].commit(mark)
        self.model[key] = replace(known.again(), status=C)

    @rule(slot=slots, key=keys)
    def prioritize(self, slot: int, key: str) -> None:
        known = self.model[key]
        if known.status not in (P, E):
            with pytest.raises(UsageError):
                self.queues[slot].commit(actions.prioritize_item(key))
            return
        self.queues[slot].commit(actions.prioritize_item(key))
        highest = max(other.priority for other in self.model.values())
        self.model[key] = replace(known, status=P, not_before="", priority=highest + 1)

    @rule(slot=slots, there=st.dictionaries(keys, st.sampled_from(["f1", "f2"]), min_size=1))
    def scan(self, slot: int, there: dict[str, str]) -> None:
        found = [item for key, print_ in there.items() for item in rig.found([key], print_)]

        def decide(state: Any) -> QueueChange | None:
            items = scan_diff.compare_with_scan(state, found).build_patches()
            return QueueChange("scan", items) if items else None

        self.queues[slot].commit(decide)
        for key, known in self.model.items():
            self.model[key] = _scanned(known, there.get(key))

    @rule(minutes=st.sampled_from([1, 30]))
    def wait(self, minutes: int) -> None:
        self.clock.forward(minutes=minutes)

    @rule(slot=slots)
    def rewrite(self, slot: int) -> None:
        store = self.queues[slot]._store
        with store.hold_lock():
            store.read_new_changes()
            store.try_rewrite_snapshot()
        with index.open_for_query(self.where.folder) as base:
            rows = dict(base.execute("SELECT item, done + 2 * away FROM item").fetchall())
            (done,) = base.execute(
                "SELECT total(amount) FROM tally WHERE measure = 'done' AND span = 1"
            )
        # What is taken for its lookup is completed all the while, as the history has it.
        here = {key: C if one.for_lookup else one.status for key, one in self.model.items()}
        worth = {C: 1, S: 2}
        assert {key: rows.get(key, 0) for key in KEYS} == {
            key: worth.get(status, 0) for key, status in here.items()
        }
        assert done == (sum(status is C for status in here.values()),)

    @rule(slot=slots)
    def checkpoint(self, slot: int) -> None:
        self.checkpoints.append((self.queues[slot].write_checkpoint(), deepcopy(self.model)))

    @precondition(lambda self: self.checkpoints)
    @rule(data=st.data(), put=st.sampled_from([shutil.copyfile, rig.rename_over]))
    def restore(self, data: st.DataObject, put: Any) -> None:
        path, then = data.draw(st.sampled_from(self.checkpoints))
        put(path, rig.file(self.where))
        before, self.model = (
            self.model,
            {key: known.back() if known.status is I else known for key, known in then.items()},
        )
        store = self.queues[0]._store
        with store.hold_lock():
            store.read_new_changes()
        restored = store.state.head.restored
        assert restored
        assert restored.source == path.name
        if restored.aside:
            aside = self.where.folder / "aside" / restored.aside
            self._compare(snapshot.load(aside, MUSIC).items, before)

    @rule(slot=slots)
    def close_and_open(self, slot: int) -> None:
        self.queues[slot].close()
        for key in self._held(slot):
            self.model[key] = self.model[key].back()
        self.begun[slot] = set()
        self._open(slot)

    @rule(slot=slots, torn=st.binary(max_size=30))
    def crash(self, slot: int, torn: bytes) -> None:
        """End a process without a word, maybe in the middle of a write."""
        rig.crash(self.queues[slot], torn)
        for key in self._held(slot):
            self.model[key] = self.model[key].back(suspect=key in self.begun[slot])
        self.begun[slot] = set()
        self._open(slot)

    @invariant()
    def same(self) -> None:
        if not hasattr(self, "model"):
            return
        seen = readonly.load_state(self.where.folder, MUSIC)
        self._compare(seen.items, self.model)
        assert seen.counts == rig.state(seen.items).counts
        assert seen.seq >= self.seq
        self.seq = seen.seq
        for queue in self.queues:
            with queue._store.hold_lock():
                queue._store.read_new_changes()
            assert queue.state.items == seen.items
            assert queue.state.seq == seen.seq

    def _compare(self, items: dict[str, Item], model: dict[str, ItemModel]) -> None:
        assert {key: _shown(item) for key, item in items.items()} == {
            key: replace(known, slot=-1) for key, known in model.items()
        }


def _shown(item: Item) -> ItemModel:
    assert isinstance(item.attempts, int)
    return ItemModel(
        status=item.status,
        claim=item.claim,
        priority=item.priority,
        attempts=item.attempts,
        error=bool(item.error_message),
        not_before=item.not_before,
        suspect=item.suspect,
        outdated=item.outdated,
        fingerprint=item.fingerprint,
        returns_to=item.returns_to,
        skip_reason=item.skip_reason,
        lookup=item.lookup,
        for_lookup=item.for_lookup,
    )


def _scanned(known: ItemModel, there: str | None) -> ItemModel:
    """Return what a scan makes of an item."""
    if known.status is I:
        return known
    if there is None:
        if known.status is S:
            return known
        gone = {"status": S, "skip_reason": "vanished", "returns_to": known.status.value}
        return replace(known, **gone)  # a retry that was due is so when it returns
    if there != known.fingerprint:
        changed = known if known.status is P else known.again()
        return replace(changed, fingerprint=there)
    if known.skip_reason == "vanished":
        back = Status(known.returns_to or "pending")
        return replace(known, status=back, returns_to="", skip_reason="")
    return known


TestQueueMachine = pytest.mark.usefixtures("without_garbage")(
    pytest.mark.filterwarnings("error")(QueueMachine.TestCase)
)
TestQueueMachine.settings = settings(tried(10), stateful_step_count=40)
