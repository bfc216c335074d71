"""After any stages, parts, waits, cleanups and resets, a queue equals a plain dictionary."""

from __future__ import annotations

import itertools
import shutil
import tempfile
import uuid
from copy import deepcopy
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from mediakeep import clock
from mediakeep.errors import InvalidItemData, ItemInUse, UsageError
from mediakeep.item import Item, NewItem, Status
from mediakeep.outcome import Outcome, PartFailed
from mediakeep.queue import actions, item_archive, new_jobs, readonly, scan_diff, stage_changes
from mediakeep.queue.claims import Claim
from mediakeep.queue.queue import Queue
from mediakeep.queue.settle import SettleRequest
from mediakeep.queue.store import QueueChange
from tests import memory_folder
from tests.queue import rig, staged_rig
from tests.queue.staged_rig import JOBS, Job
from tests.sampling import tried

KEYS = staged_rig.names(4)
STAGES = ["copying", "converting", "checking", "publishing"]
CODES = {"copying": "failed_copy", "converting": "failed_convert", "publishing": "failed_publish"}
FOLLOWING = {
    "copying": ["converting"],
    "converting": ["checking", "publishing"],
    "checking": ["publishing"],
    "publishing": [],
}
P, I, C, E, S = Status  # noqa: E741
slots = st.sampled_from([0, 1])


@dataclass(frozen=True)
class JobModel:
    """What the dictionary remembers of an item."""

    status: Status = P
    claim: int = 0
    slot: int = -1
    stage: str = STAGES[0]
    shown: str = ""  # the value of `processing_stage`
    attempts: dict[str, int] = field(default_factory=dict)
    done: dict[str, Any] = field(default_factory=dict)
    failed: dict[str, int] = field(default_factory=dict)
    until: str = ""
    parked: bool = False
    cleanup: bool = False
    resume: str = ""
    copied: bool = False
    suspect: bool = False
    error: bool = False

    def back(self, *, suspect: bool = False) -> JobModel:
        """Return it as given back."""
        return replace(self, status=P, claim=0, slot=-1, suspect=self.suspect or suspect)

    def taken(self) -> JobModel:
        """Return it as claimed: it begins with the stage that failed, or where that said."""
        known = replace(self, status=I, until="", parked=False)
        if self.cleanup:
            return known
        stage = self.resume or self.stage
        shown = stage if self.resume or self.shown else ""
        return replace(known, stage=stage, shown=shown, resume="")

    def tried(self) -> JobModel:
        stage = self.stage
        attempts = {**self.attempts, stage: self.attempts.get(stage, 0) + 1}
        return self if self.cleanup else replace(self, attempts=attempts)

    def reset_to(self, stage: str) -> JobModel:
        """Return it reset: what the stages before have recorded is kept."""
        lowest = [self.resume, "converting" if self.copied else "", stage]
        goal = stage or max(lowest, key=lambda name: STAGES.index(name) if name else -1)
        kept = JobModel(copied=self.copied)
        if not goal:
            return kept
        earlier = STAGES[: STAGES.index(goal)]
        attempts = {name: count for name, count in self.attempts.items() if name in earlier}
        reached = STAGES[-1] if self.status is C else self.stage
        done = self.done if reached == goal else {}
        return replace(kept, stage=goal, shown=goal, attempts=attempts, done=done)


class StageMachine(RuleBasedStateMachine):
    """Two processes' worth of queues in one folder, interleaved."""

    @initialize()
    def start(self) -> None:
        # Keys that are the same in each run, so that Hypothesis can repeat it.
        numbers = itertools.count(1)
        self.keys = mock.patch.object(
            new_jobs.uuid, "uuid4", side_effect=lambda: uuid.UUID(int=next(numbers), version=4)
        )
        self.keys.start()
        self.folder = Path(tempfile.mkdtemp(dir=memory_folder.temporary_parent()))
        self.clock = rig.Clock()
        self.where = staged_rig.at(self.folder, self.clock)
        Queue.create(self.where, JOBS, "/in", staged_rig.found(KEYS)).close()
        self.model = {key: JobModel() for key in KEYS}
        self.retired: dict[str, JobModel] = {}
        self.retired_at: dict[str, int] = {}  # number of checkpoints before it was last retired
        self.queues: list[Queue] = []
        for slot in range(2):
            self._open(slot)
        self.claims: list[Claim] = []
        self.checkpoints: list[tuple[Path, dict[str, JobModel]]] = []

    def _open(self, slot: int) -> None:
        queue = Queue.open(self.where, JOBS)
        queue.begin_session()
        self.queues[slot : slot + 1] = [queue]

    def teardown(self) -> None:
        for queue in getattr(self, "queues", []):
            queue.close()
        if hasattr(self, "folder"):
            self.keys.stop()
            shutil.rmtree(self.folder)

    def _mine(self, claim: Claim) -> bool:
        known = self.model.get(claim.key)
        return known is not None and known.status is I and known.claim == claim.seq

    def _draw_claim(self, data: st.DataObject) -> Claim:
        return data.draw(st.sampled_from(self.claims[-6:]))

    def _set(self, key: str, known: JobModel, **changes: Any) -> None:
        self.model[key] = replace(known, **changes)

    @rule(slot=slots, count=st.integers(1, 3))
    def claim(self, slot: int, count: int) -> None:
        now = clock.format_iso(self.clock())
        for key, known in self.model.items():
            if known.status is E and known.until and known.until <= now:
                self._set(key, known, status=P, until="")
        order = sorted(
            (known.error, key)
            for key, known in self.model.items()
            if known.status is P and known.until <= now
        )
        assert rig.peek_keys(self.queues[slot], count) == [key for _, key in order[:count]] or any(
            known.status is P and known.error for known in self.model.values()
        )
        claims = self.queues[slot].claim(count)
        assert [claim.key for claim in claims] == [key for _, key in order[:count]]
        for claim in claims:
            known = self.model[claim.key].taken()
            self._set(claim.key, known, claim=claim.seq, slot=slot)
        self.claims += claims

    @precondition(lambda self: self.claims)
    @rule(slot=slots, data=st.data(), stage=st.sampled_from(STAGES), copied=st.booleans())
    def advance(self, slot: int, data: st.DataObject, stage: str, copied: bool) -> None:
        claim = self._draw_claim(data)
        outcome = Outcome(next_stage=stage, data={"copied": True} if copied else {})
        known = self.model.get(claim.key)
        if not known or not self._mine(claim):
            assert not self.queues[slot].advance_stage(claim, outcome, 1.0)
            return
        if known.cleanup:
            return  # the runner does not go on with a stage that failed
        if stage not in FOLLOWING[known.stage]:
            with pytest.raises(InvalidItemData):
                self.queues[slot].advance_stage(claim, outcome, 1.0)
            return
        assert self.queues[slot].advance_stage(claim, outcome, 1.0)
        gone = {"done": {}, "failed": {}, "copied": known.copied or copied}
        self._set(claim.key, known, stage=stage, shown=stage, **gone)

    @precondition(lambda self: self.claims)
    @rule(slot=slots, data=st.data(), name=st.sampled_from("abc"), fails=st.booleans())
    def part(self, slot: int, data: st.DataObject, name: str, fails: bool) -> None:
        claim = self._draw_claim(data)
        result = PartFailed("no") if fails else {"size": [name, None]}
        recorded = self.queues[slot].record_part(claim, name, result)
        assert recorded == self._mine(claim)
        if recorded:
            known = self.model[claim.key]
            times = {} if not fails else {name: known.failed.get(name, 0) + 1}
            failed = {one: count for one, count in known.failed.items() if one != name or fails}
            done = known.done if fails else {**known.done, name: [result]}
            self._set(claim.key, known, done=done, failed={**failed, **times})

    @precondition(lambda self: self.claims)
    @rule(slot=slots, data=st.data(), minutes=st.sampled_from([1, 30]))
    def park(self, slot: int, data: st.DataObject, minutes: int) -> None:
        claim = self._draw_claim(data)
        outcome = Outcome(P, "rain", retry_after=60 * minutes)
        assert self.queues[slot].park(claim, outcome, 1.0) == self._mine(claim)
        if self._mine(claim):
            known = self.model[claim.key].back()
            later = rig.Clock(clock.format_iso(self.clock()))
            later.forward(minutes=minutes)
            until = clock.format_iso(later())
            self._set(claim.key, known, until=until, parked=True, failed={}, suspect=False)

    @rule(slot=slots, data=st.data())
    def unpark(self, slot: int, data: st.DataObject) -> None:
        key = data.draw(st.sampled_from(sorted(self.model) or ["none"]))
        known = self.model.get(key)
        waits = known is not None and known.parked and known.status is P
        assert self.queues[slot].unpark([key]) == ([key] if waits else [])
        if known and waits:
            self._set(key, known, until="", parked=False)

    @precondition(lambda self: self.claims)
    @rule(slot=slots, data=st.data())
    def begin_cleanup(self, slot: int, data: st.DataObject) -> None:
        claim = self._draw_claim(data)
        known = self.model.get(claim.key)
        if known and self._mine(claim) and known.cleanup:
            return
        begun = self.queues[slot].begin_cleanup(claim, Outcome(E, "no"), 1.0)
        assert begun == self._mine(claim)
        if known and begun:
            code = CODES.get(known.stage, known.stage)
            self._set(claim.key, known.tried(), cleanup=True, shown=code, error=True)

    @precondition(lambda self: self.claims)
    @rule(
        slot=slots,
        data=st.data(),
        status=st.sampled_from([C, E, E, S]),
        retry=st.booleans(),
        resume=st.sampled_from(["", "", *STAGES]),
    )
    def settle(
        self, slot: int, data: st.DataObject, status: Status, retry: bool, resume: str
    ) -> None:
        claim = self._draw_claim(data)
        known = self.model.get(claim.key)
        mine = self._mine(claim)
        if (
            status is C
            or not known
            or STAGES.index(resume or "copying") > STAGES.index(known.stage)
        ):
            resume = ""
        later = rig.Clock(clock.format_iso(self.clock()))
        later.forward(minutes=10)
        when = clock.format_iso(later()) if retry and status is E else ""
        ending = SettleRequest(Outcome(status, "x", resume_stage=resume), 1.0, when)
        assert self.queues[slot].settle(claim, ending) == mine
        if not known or not mine:
            return
        code = CODES.get(known.stage, known.stage)
        shown = code if status is E or known.cleanup else known.shown
        parts = {} if status is E and resume in ("", known.stage) else {"done": {}}
        after = replace(known.tried(), status=status, claim=0, slot=-1, suspect=False)
        after = replace(after, cleanup=False, until=when, error=status is E, resume=resume)
        after = replace(after, shown="published" if status is C else shown, failed={}, **parts)
        self._set(claim.key, after, stage=STAGES[-1] if status is C else known.stage)

    @precondition(lambda self: self.claims)
    @rule(slot=slots, data=st.data())
    def release(self, slot: int, data: st.DataObject) -> None:
        given = data.draw(st.lists(st.sampled_from(self.claims), max_size=3))
        back = {claim.key for claim in given if self._mine(claim)}
        self.queues[slot].release(given)
        for key in back:
            self.model[key] = self.model[key].back()

    @rule(slot=slots, data=st.data(), stage=st.sampled_from(["", "", *STAGES]))
    def reset(self, slot: int, data: st.DataObject, stage: str) -> None:
        key = data.draw(st.sampled_from(sorted(self.model) or ["none"]))
        if key not in self.model:
            return
        known = self.model[key]
        decide = actions.reset_items(self.where, lambda _: [key], to_stage=stage)
        reached = STAGES[-1] if known.status is C else known.stage
        if known.status is I or (stage and STAGES.index(stage) > STAGES.index(reached)):
            with pytest.raises((ItemInUse, UsageError)):
                self.queues[slot].commit(decide)
            return
        self.queues[slot].commit(decide)
        self.model[key] = known.reset_to(stage)

    @precondition(lambda self: len(self.model) < 7)
    @rule(slot=slots)
    def add(self, slot: int) -> None:
        (key,) = self.queues[slot].add([NewItem(name="Job 000", fields={"quality": 3})])
        self.model[key] = JobModel()

    @rule(slot=slots, data=st.data())
    def retire(self, slot: int, data: st.DataObject) -> None:
        key = data.draw(st.sampled_from(sorted(self.model) or ["none"]))
        queue = self.queues[slot]
        with queue._store.hold_lock():
            queue._store.read_new_changes()
        if key in self.model and self.model[key].status is I:
            with pytest.raises(ItemInUse):
                queue.retire([key])
            return
        assert queue.retire([key]) == ([key] if key in self.model else [])
        if key in self.model:
            self.retired[key] = self.model.pop(key)
            self.retired_at[key] = len(self.checkpoints)

    @precondition(lambda self: self.retired)
    @rule(slot=slots, data=st.data())
    def restore_retired(self, slot: int, data: st.DataObject) -> None:
        key = data.draw(st.sampled_from(sorted(self.retired)))
        assert self.queues[slot].restore_retired(key) == key
        self.model[key] = self.retired.pop(key)

    @rule(slot=slots)
    def scan(self, slot: int) -> None:
        """Find every source, those of retired items too; nothing changes."""
        found = staged_rig.found(KEYS)

        def decide(state: Any) -> QueueChange | None:
            retired = item_archive.load_retired(self.where.folder, JOBS, state.items)
            items = scan_diff.compare_with_scan(state, found, retired=retired).build_patches()
            return QueueChange("scan", items) if items else None

        assert self.queues[slot].commit(decide) is None

    @rule(minutes=st.sampled_from([1, 10]))
    def wait(self, minutes: int) -> None:
        self.clock.forward(minutes=minutes)

    @rule(slot=slots)
    def rewrite(self, slot: int) -> None:
        store = self.queues[slot]._store
        with store.hold_lock():
            store.read_new_changes()
            store.try_rewrite_snapshot()

    @rule(slot=slots)
    def checkpoint(self, slot: int) -> None:
        self.checkpoints.append((self.queues[slot].write_checkpoint(), deepcopy(self.model)))

    @precondition(lambda self: self.checkpoints)
    @rule(data=st.data())
    def restore(self, data: st.DataObject) -> None:
        """Put an older checkpoint back; what has retired since does not run again."""
        number = data.draw(st.sampled_from(range(len(self.checkpoints))))
        path, then = self.checkpoints[number]
        rig.rename_over(path, rig.file(self.where))
        before = self.model
        self.model = {
            key: known.back() if known.status is I else known
            for key, known in then.items()
            if key not in self.retired or number >= self.retired_at[key]
        }
        for key in self.model.keys() & self.retired.keys():  # the checkpoint has it restored
            del self.retired[key]
        added = before.keys() - self.model.keys() - self.retired.keys()
        archived = item_archive.load_retired(self.where.folder, JOBS)
        store = self.queues[0]._store
        with store.hold_lock():
            store.read_new_changes()
        for key in added & archived.keys():  # restored since the checkpoint, so retired again
            self.retired[key] = _shown(archived[key])

    @rule(slot=slots)
    def close_and_open(self, slot: int) -> None:
        self.queues[slot].close()
        self._give_back(slot)
        self._open(slot)

    @rule(slot=slots, torn=st.binary(max_size=30))
    def crash(self, slot: int, torn: bytes) -> None:
        """End a process without a word, maybe in the middle of a write."""
        rig.crash(self.queues[slot], torn)
        self._give_back(slot)
        self._open(slot)

    def _give_back(self, slot: int) -> None:
        for key, known in self.model.items():
            if known.slot == slot:
                self.model[key] = known.back()

    @invariant()
    def same(self) -> None:
        if not hasattr(self, "model"):
            return
        seen = readonly.load_state(self.where.folder, JOBS)
        assert {key: _shown(item) for key, item in seen.items.items()} == {
            key: replace(known, slot=-1) for key, known in self.model.items()
        }
        for queue in self.queues:
            with queue._store.hold_lock():
                queue._store.read_new_changes()
            assert queue.state.items == seen.items
            assert queue.state.count_by_stage() == seen.count_by_stage()
        archived = item_archive.load_retired(self.where.folder, JOBS, seen.items)
        assert {key: _shown(item) for key, item in archived.items()} == self.retired


def _shown(item: Item) -> JobModel:
    assert isinstance(item, Job)
    shown = item.processing_stage
    stage = JOBS.stages.find_stage(shown)
    return JobModel(
        status=item.status,
        claim=item.claim,
        stage=STAGES[-1] if shown == "published" else stage.name if stage else STAGES[0],
        shown=shown,
        attempts=item.attempts if isinstance(item.attempts, dict) else {},
        done=item.parts.done if item.parts else {},
        failed=item.parts.failed if item.parts else {},
        until=item.not_before,
        parked=bool(item.parked),
        cleanup=bool(item.cleanup_stage),
        resume=item.resume_stage,
        copied=item.copied,
        suspect=item.suspect,
        error=bool(item.error_message),
    )


TestStageMachine = pytest.mark.usefixtures("without_garbage")(
    pytest.mark.filterwarnings("error")(StageMachine.TestCase)
)
TestStageMachine.settings = settings(tried(8), stateful_step_count=40)


@pytest.mark.slow
def test_the_machine_finds_a_wait_that_counts_as_an_attempt(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    build = stage_changes.build_park_change

    def count(kind: Any, key: str, item: Item, ending: Any) -> QueueChange:
        change = build(kind, key, item, ending)
        tried_again = stage_changes.increment_attempts(kind, item)
        return QueueChange("park", {key: {**change.items[key], "attempts": tried_again}})  # type: ignore[dict-item]

    monkeypatch.setattr(stage_changes, "build_park_change", count)
    with pytest.raises(AssertionError):
        run_state_machine_as_test(  # type: ignore[no-untyped-call]
            StageMachine,
            settings=settings(max_examples=200, stateful_step_count=40, phases=[Phase.generate]),
        )
