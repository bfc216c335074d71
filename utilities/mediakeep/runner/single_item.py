"""Run one item through all its stages and parts, without a queue.

The steps are those of a batch (see `item_flow`), but they change the item in memory only, and
nothing waits: a failure is the last attempt, and a parked item is returned to the caller.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path

import msgspec
from msgspec import structs

from mediakeep import clock
from mediakeep.errors import Stopped
from mediakeep.item import Item, Status
from mediakeep.kinds import Kind
from mediakeep.outcome import Outcome, WorkerFactory
from mediakeep.queue import claims
from mediakeep.queue.claimed_items import ClaimedItems
from mediakeep.queue.claims import Claim
from mediakeep.queue.compaction import QueueLocation
from mediakeep.queue.journal import JournalRecord
from mediakeep.queue.sessions import StageProgress
from mediakeep.queue.settle import SettleRequest
from mediakeep.queue.snapshot import SnapshotHead
from mediakeep.queue.state import QueueState
from mediakeep.queue.store import ChangeDecider, QueueChange
from mediakeep.runner import volumes
from mediakeep.runner.active_items import ActiveItem, ActiveItems
from mediakeep.runner.batch_config import ExecutionLimits, RetryPolicy
from mediakeep.runner.executors import AdaptiveExecutor
from mediakeep.runner.item_flow import ItemFlow
from mediakeep.runner.item_steps import ItemSteps
from mediakeep.runner.scheduling import TaskQueue
from mediakeep.runner.signals import StopHandler
from mediakeep.runner.tasks import BatchAborted, Task, TaskResult, UserQuit
from mediakeep.runner.volumes import FullVolume
from mediakeep.stages import Retry

StepCallback = Callable[[str, int, int], None]  # stage, done, of
_FIRST_CLAIM = 1


class ItemRun(msgspec.Struct, frozen=True):
    """The result of a run: the item after its last step, and the outcome.

    The outcome is pending if the item was parked or the user stopped the run; another run then
    continues with this item. `stage_seconds` are those of the finished stages, `problems` what the
    session log of a batch would contain.
    """

    item: Item
    outcome: Outcome
    stage_seconds: dict[str, float]
    problems: tuple[str, ...]


def run_item(
    kind: Kind,
    item: Item,
    worker_factory: WorkerFactory,
    limits: ExecutionLimits | None = None,
    on_progress: StepCallback = lambda *_: None,
    key: str = "item",
) -> ItemRun:
    """Run an item through all its stages, and return it with its outcome.

    Without `limits`, it runs in this process and has no time limits. `key` names it in stamps.
    Raise InvalidOutcome if its worker returns what the stages do not allow, and the errors that end
    a batch, such as LibraryMissing.
    """
    items = MemoryItems(kind, key, item)
    recorder = _Recorder(on_progress)
    with StopHandler() as stop:
        _ItemRunner(items, recorder, worker_factory, limits or ExecutionLimits(), stop).run()
    final = items.state.items[key]
    outcome = recorder.outcome or Outcome(Status.PENDING, "stopped")
    if final.status is Status.IN_PROGRESS:
        items.release([Claim(key, final, _FIRST_CLAIM)])
    return ItemRun(
        items.state.items[key], outcome, recorder.stage_seconds, tuple(recorder.problems)
    )


class MemoryItems(ClaimedItems):
    """One claimed item in memory, whose changes are those that a queue would commit."""

    def __init__(self, kind: Kind, key: str, item: Item) -> None:
        head = SnapshotHead(
            kind=kind.name,
            generation=0,
            snapshot_id="",
            seq=_FIRST_CLAIM,
            library_path="",
            created="",
        )
        pending = structs.replace(item, status=Status.PENDING)
        self._state = QueueState(kind, head, {key: pending})
        now = clock.format_iso(clock.now())
        patch = claims.build_claim_patch("", _FIRST_CLAIM, now, pending, kind.stages)
        self.commit(lambda _: QueueChange("claim", {key: patch}))

    @property
    def state(self) -> QueueState:
        """The state with the only item."""
        return self._state

    @property
    def location(self) -> QueueLocation:
        """A location that has a clock, but no folder."""
        return QueueLocation(Path(), clock.now, "")

    @property
    def kind(self) -> Kind:
        """The kind of the item."""
        return self._state.kind

    def commit(self, decide: ChangeDecider) -> JournalRecord | None:
        """Apply a change to the item in memory, and return its record."""
        change = decide(self._state)
        if change is None:
            return None
        record = JournalRecord(
            seq=self._state.seq + 1,
            time=clock.format_iso(clock.now()),
            op=change.op,
            session="",
            items=dict(change.items),
            facts=change.facts,
        )
        self._state.apply_record(record, self._state.build_changed_items(record.items, record.op))
        return record


class _Recorder:
    """Keeps what a batch would write to its log and to the history."""

    def __init__(self, on_progress: StepCallback) -> None:
        self._on_progress = on_progress
        self.outcome: Outcome | None = None
        self.stage_seconds: dict[str, float] = {}
        self.problems: list[str] = []

    @property
    def session_id(self) -> str:
        return ""

    def log_stage(self, key: str, stage: str, outcome: Outcome, seconds: float) -> None:  # noqa: ARG002
        self.stage_seconds[stage] = seconds

    def log_problem(self, key: str, text: str, traceback: str = "") -> None:
        self.problems.append(f"{key}: {text}\n{traceback}".strip())

    def report_progress(
        self,
        key: str,  # noqa: ARG002
        done: int,
        of: int,
        service: str,  # noqa: ARG002
        stage: StageProgress | None = None,
    ) -> None:
        self._on_progress(stage.stage if stage else "", done, of)

    def report_parked(self, key: str, outcome: Outcome) -> None:  # noqa: ARG002
        self.outcome = outcome

    def on_settled(self, _key: str, request: SettleRequest, _since: float) -> None:
        self.outcome = request.outcome

    def on_dropped(self, key: str) -> None:
        raise AssertionError(f"{key} has no other owner")


class _ItemRunner:
    """Runs the tasks of one item."""

    def __init__(
        self,
        items: MemoryItems,
        recorder: _Recorder,
        worker_factory: WorkerFactory,
        limits: ExecutionLimits,
        stop: StopHandler,
    ) -> None:
        self._stop = stop
        ((key, item),) = items.state.items.items()
        active: ActiveItems = {key: ActiveItem(Claim(key, item, _FIRST_CLAIM), item)}
        self._tasks = TaskQueue()
        self._steps = ItemSteps(
            items,
            recorder,
            _build_flow(items.kind),
            active,
            self._tasks,
            recorder.on_settled,
            recorder.on_dropped,
        )
        self._tasks.add(self._steps.build_task(key))
        self._active = active
        self._executor = AdaptiveExecutor(
            worker_factory, limits, stop, self._steps.report_task_progress
        )
        self._open_tasks = 0
        self._runs_alone = False

    def run(self) -> None:
        """Run tasks until the item is settled or parked, or the user stops the run."""
        with contextlib.ExitStack() as stack:
            stack.callback(self._executor.close, kill=True)
            while not self._stop.immediate:
                if task := self._next_task():
                    self._start(task)
                elif self._open_tasks:
                    self._wait()
                else:
                    return

    def _next_task(self) -> Task | None:
        is_full = self._runs_alone or self._open_tasks >= self._executor.capacity
        if self._stop.requested or is_full:
            return None
        return self._tasks.pop_next(lambda _: True, idle=not self._open_tasks)

    def _start(self, task: Task) -> None:
        self._steps.begin_task(task)
        self._executor.submit(task)
        self._open_tasks += 1
        self._runs_alone = task.alone

    def _wait(self) -> None:
        if self._stop.requested:
            self._executor.request_stop()
        for task, result in self._executor.wait():
            self._open_tasks -= 1
            self._runs_alone = False
            if task.key in self._active:
                self._steps.end_task(task)
                self._take_result(task, result)
                self._steps.park_if_due(task.key)

    def _take_result(self, task: Task, result: TaskResult) -> None:
        match result:
            case BatchAborted(error):
                raise error
            case UserQuit():
                raise Stopped
            case FullVolume():
                self._steps.park(task.key, volumes.build_park_outcome(result))
            case _:
                self._steps.take_result(task, result)


def _build_flow(kind: Kind) -> ItemFlow:
    """Return the flow of an item that is tried once."""
    retries = {
        stage.name: structs.replace(stage.retry or Retry(), times=1) for stage in kind.stages.stages
    }
    return ItemFlow(kind, RetryPolicy(max_attempts=1), retries)
