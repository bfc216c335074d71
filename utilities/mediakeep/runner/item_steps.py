"""Record the steps of claimed items in the queue, and schedule the tasks that follow.

What the steps are is decided in `item_flow`.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from msgspec import structs

from mediakeep.errors import IllegalTransition, InvalidItemData
from mediakeep.item import Item, Status
from mediakeep.outcome import Outcome, PartFailed, Parts, Stamp, Work
from mediakeep.queue.claimed_items import ClaimedItems
from mediakeep.queue.claims import Claim
from mediakeep.queue.sessions import StageProgress
from mediakeep.queue.settle import SettleRequest
from mediakeep.runner import scheduling
from mediakeep.runner.active_items import ActiveItems
from mediakeep.runner.batch_recorder import BatchRecorder
from mediakeep.runner.item_flow import (
    BeginStage,
    CallCleanup,
    ItemFlow,
    ParkItem,
    RunParts,
    SettleItem,
    Step,
)
from mediakeep.runner.scheduling import TaskQueue
from mediakeep.runner.stage_meter import StageMeter
from mediakeep.runner.stage_parts import PartTracker
from mediakeep.runner.task_usage import TaskUsage
from mediakeep.runner.tasks import PartDone, StagePart, Task, TaskFailed, TaskStopped, WorkerDied

TaskEnd = PartDone | TaskFailed | TaskStopped | WorkerDied

# The item of a part's task: a part gets its input only, and there may be thousands of them.
_PART_ITEM = Item(status=Status.IN_PROGRESS)


class ItemSteps:
    """Applies the steps of claimed items: to the queue, to their trackers, and to the tasks.

    `on_settled` is called with each settled item: its key, what was recorded, and the monotonic
    time of its start. `on_dropped` is called with the key of each item whose claim was lost.
    """

    def __init__(
        self,
        queue: ClaimedItems,
        recorder: BatchRecorder,
        flow: ItemFlow,
        items: ActiveItems,
        task_queue: TaskQueue,
        on_settled: Callable[[str, SettleRequest, float], None],
        on_dropped: Callable[[str], None],
    ) -> None:
        self._queue, self._recorder, self._flow = queue, recorder, flow
        self._items, self._task_queue = items, task_queue
        self._on_settled, self._on_dropped = on_settled, on_dropped

    def build_task(self, key: str) -> Task:
        """Return the next task of an item: its stage, or its cleanup."""
        item, claim = self._items[key].item, self._items[key].claim
        created = self._queue.state.head.created
        stamp = Stamp(self._recorder.session.id, key, claim.seq, item.first_claim, created)
        return Task(key, self._flow.build_work(item, stamp), alone=item.suspect)

    def take_result(self, task: Task, result: Outcome | Parts | TaskEnd) -> None:
        """Apply what follows from the result of a task.

        Raise InvalidOutcome if the stage table does not allow the result.
        """
        match result:
            case Outcome() | Parts():
                item = self._items[task.key].item
                self._apply(task, self._flow.decide_step(item, task.work, result))
            case PartDone(value):
                self._add_part_result(task, value)
            case TaskFailed():
                self._add_part_failure(task, result)
            case TaskStopped():
                self._recorder.log_problem(task.key, "stopped on request, before it was done")
            case WorkerDied() if not task.alone:
                why = f"{result.message}; it will run again, alone"
                self._recorder.log_problem(task.key, why)
                self._task_queue.add(structs.replace(task, alone=True))
            case WorkerDied():
                self._items[task.key].killed_worker = True
                self._fail_task(task, f"{result.message}, also when run alone.")

    def _fail_task(self, task: Task, message: str) -> None:
        """Record the failure of a task that killed its process when run alone."""
        if task.part:
            self._add_part_failure(task, TaskFailed(message), may_retry=False)
        else:
            self._fail(task.key, Outcome(Status.ERROR, message))

    def _apply(self, task: Task, step: Step) -> None:
        match step:
            case BeginStage(outcome):
                self._begin_next_stage(task.key, outcome)
            case RunParts(parts):
                self._start_parts(task, parts)
            case ParkItem(outcome):
                self.park(task.key, outcome)
            case CallCleanup(outcome):
                self._begin_cleanup(task.key, outcome)
            case SettleItem(outcome, is_last):
                self._settle(task.key, outcome, is_last=is_last)

    def _fail(self, key: str, outcome: Outcome) -> None:
        """Apply what follows from a failure that no worker call returned."""
        self._apply(self.build_task(key), self._flow.decide_failure(self._items[key].item, outcome))

    def _begin_next_stage(self, key: str, outcome: Outcome) -> None:
        """Record the end of an item's stage under the same claim, and schedule its next stage."""
        running = self._items[key]
        outcome = running.add_usage_facts(outcome)
        stage, seconds = self._queue.kind.get_next_stage(running.item), running.stage_seconds
        if self._commit(key, lambda claim: self._queue.advance_stage(claim, outcome, seconds)):
            self._recorder.log_stage(key, stage, outcome, seconds)
            running.tracker = running.meter = None
            if self._flow.runs_stage(outcome.next_stage):
                self._task_queue.push_front(self.build_task(key))
            else:
                why = f"reached stage {outcome.next_stage}, where this batch ends"
                self._release(key, why)

    def _release(self, key: str, why: str) -> None:
        """Let another batch continue an item; no attempt is counted."""
        self._queue.release([self._items[key].claim])
        self.forget(key)
        self._recorder.report_parked(key, Outcome(Status.PENDING, why))

    def _begin_cleanup(self, key: str, outcome: Outcome) -> None:
        """Record the last failure of a stage, and schedule the cleanup."""
        running = self._items[key]
        outcome = running.add_usage_facts(outcome)
        stage, seconds = self._queue.kind.get_next_stage(running.item), running.stage_seconds
        if self._commit(key, lambda claim: self._queue.begin_cleanup(claim, outcome, seconds)):
            text = f"stage {stage} failed for the last time: {outcome.message}"
            self._recorder.log_problem(key, text, outcome.traceback)
            running.tracker = running.meter = None
            self._task_queue.push_front(self.build_task(key))

    def park(self, key: str, outcome: Outcome) -> None:
        """Let an item wait; its running parts end first, so that their results are recorded."""
        running = self._items[key]
        if running.open_tasks:
            running.park_outcome = running.park_outcome or outcome
            self._task_queue.remove_item(key)
            return
        seconds, outcome = running.stage_seconds, running.add_usage_facts(outcome)
        if self._commit(key, lambda claim: self._queue.park(claim, outcome, seconds)):
            self.forget(key)
            self._recorder.report_parked(key, outcome)

    def _start_parts(self, task: Task, parts: Parts) -> None:
        """Schedule the parts of an item's stage, except those finished before a crash."""
        running = self._items[task.key]
        running.tracker = tracker = PartTracker(parts, running.item.parts)
        if running.meter:
            running.meter.set_base(*tracker.measure_progress())
        work = structs.replace(task.work, item=_PART_ITEM)
        stage_parts = (StagePart(n, parts.inputs[n], parts.run) for n in tracker.missing_parts())
        alone = running.item.suspect
        self._task_queue.push_front(*(Task(task.key, work, part, alone) for part in stage_parts))
        self._continue_parts(task.key, task.work)

    def _add_part_result(self, task: Task, result: Any) -> None:
        """Record the result of a part."""
        tracker, number = self._get_part(task)
        name = tracker.names[number]
        if self._commit(task.key, lambda claim: self._queue.record_part(claim, name, result)):
            tracker.add_result(number, result)
            self._report_parts(task.key)
            self._continue_parts(task.key, task.work)

    def _add_part_failure(self, task: Task, failed: TaskFailed, *, may_retry: bool = True) -> None:
        """Run a failed part once more at once; record its second failure, or a final one."""
        tracker, number = self._get_part(task)
        name, key = tracker.names[number], task.key
        may_retry = may_retry and not failed.is_final
        may_retry = may_retry and tracker.may_retry(number, failed.made_progress)
        if may_retry and not self._items[key].park_outcome:
            text = f"part {name}: {failed.message} It runs once more."
            self._recorder.log_problem(key, text, failed.traceback)
            self._task_queue.push_front(task)
            return
        failure = PartFailed(failed.message, failed.is_final)
        if self._commit(key, lambda claim: self._queue.record_part(claim, name, failure)):
            tracker.add_failure(number, failure)
            self._recorder.log_problem(key, f"part {name}: {failed.message}", failed.traceback)
            self._report_parts(key)
            self._continue_parts(key, task.work)

    def _get_part(self, task: Task) -> tuple[PartTracker, int]:
        tracker = self._items[task.key].tracker
        assert tracker is not None
        assert task.part is not None
        return tracker, task.part.number

    def _continue_parts(self, key: str, work: Work) -> None:
        """Continue an item's stage once all its parts have ended.

        The stage runs again with their results; if a part failed, the stage has failed.
        """
        running = self._items.get(key)
        if running is None or running.tracker is None:
            return
        tracker = running.tracker
        if tracker.is_complete() and not running.park_outcome:
            running.tracker = None
            if tracker.has_failed:
                self._fail(key, tracker.build_failure())
                return
            item = structs.replace(running.item, parts=None)  # the results are sent once
            again = structs.replace(work, item=item, results=tracker.ordered_results())
            self._task_queue.push_front(Task(key, again, alone=running.item.suspect))

    def report_task_progress(self, task: Task, done: int, of: int, service: str = "") -> None:
        """Report that a task has done `done` of its `of` steps."""
        running = self._items.get(task.key)
        if running and task.part and running.tracker:
            running.tracker.report_progress(task.part.number, done, of)
            self._report_parts(task.key, service)
        elif running:
            self._report_steps(task.key, done, of, service)

    def add_usage(self, task: Task, usage: TaskUsage) -> None:
        """Add what a task used to the stage of its item."""
        running = self._items.get(task.key)
        if running and running.meter:
            running.meter.add_usage(usage)

    def _report_parts(self, key: str, service: str = "") -> None:
        running = self._items[key]
        if running.tracker:
            self._report_steps(key, *running.tracker.measure_progress(), service)

    def _report_steps(self, key: str, done: int, of: int, service: str) -> None:
        running = self._items[key]
        parts = running.tracker.counts if running.tracker else None
        meter = running.meter
        stage = meter.measure(done, of, parts) if meter else None
        self._recorder.report_progress(key, done, of, service, stage)

    def _commit(self, key: str, commit: Callable[[Claim], bool]) -> bool:
        """Commit a step of a claimed item; return False if the step does not count.

        The item is dropped if its claim is no longer valid, and fails if its data are invalid.
        """
        running = self._items[key]
        try:
            is_valid = commit(running.claim)
        except (InvalidItemData, IllegalTransition) as error:
            self._fail(key, Outcome(Status.ERROR, str(error)))
            return False
        if not is_valid:
            self.drop(key)
            return False
        running.item = self._queue.state.items[key]
        return True

    def _settle(self, key: str, outcome: Outcome, *, is_last: bool) -> None:
        running = self._items[key]
        seconds = time.monotonic() - running.since
        # its next attempt must run alone, too
        if running.killed_worker and outcome.state is Status.ERROR:
            outcome = structs.replace(outcome, data={**outcome.data, "suspect": True})
        request = SettleRequest(
            running.add_usage_facts(outcome),
            seconds,
            "" if is_last else self._next_retry_time(running.item, outcome),
            running.stage_seconds,
            is_last,
        )
        if self._commit(key, lambda claim: self._queue.settle(claim, request)):
            self.forget(key)
            self._on_settled(key, request, running.since)

    def _next_retry_time(self, item: Item, outcome: Outcome) -> str:
        if outcome.state is not Status.ERROR:
            return ""
        retry = self._flow.get_retry(self._queue.kind.get_next_stage(item))
        attempts, now = self._flow.count_attempts(item, outcome), self._queue.location.now()
        return scheduling.next_retry_time(retry, attempts, outcome.retry_after, now)

    def drop(self, key: str) -> None:
        """Drop an item that was reset, restored or claimed by another session meanwhile."""
        self.forget(key)
        self._on_dropped(key)

    def begin_task(self, task: Task) -> StageProgress | None:
        """Note the start of a task, and return the state of its stage, or None without stages."""
        running = self._items[task.key]
        running.since = running.since or time.monotonic()
        running.open_tasks += 1
        if not task.work.stage or task.part:
            return None
        running.meter = running.meter or StageMeter(task.work.stage)
        return running.meter.measure(0, 0)

    def end_task(self, task: Task) -> None:
        """Note the end of a task, before its result is taken."""
        self._items[task.key].open_tasks -= 1

    def park_if_due(self, key: str) -> None:
        """Park an item that was to be parked, if the last of its running parts has ended."""
        running = self._items.get(key)
        if running and running.park_outcome and not running.open_tasks:
            self.park(key, running.park_outcome)

    def forget(self, key: str) -> None:
        """Remove an item that is no longer processed, with its waiting tasks."""
        del self._items[key]
        self._task_queue.remove_item(key)
