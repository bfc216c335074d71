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
from mediakeep.queue.claims import Claim
from mediakeep.queue.queue import Queue
from mediakeep.queue.settle import SettleRequest
from mediakeep.runner import item_flow, scheduling
from mediakeep.runner.active_items import ActiveItems
from mediakeep.runner.batch_recorder import BatchRecorder
from mediakeep.runner.item_flow import CleanUp, ItemFlow, NextStage, Park, RunParts, Settle, Step
from mediakeep.runner.scheduling import TaskQueue
from mediakeep.runner.stage_parts import PartTracker
from mediakeep.runner.tasks import StagePart, Task, TaskFailed

# The item of a part's task: a part gets its input only, and there may be thousands of them.
_PART_ITEM = Item(status=Status.IN_PROGRESS)


class ItemSteps:
    """Applies the steps of claimed items: to the queue, to their trackers, and to the tasks."""

    def __init__(
        self,
        queue: Queue,
        recorder: BatchRecorder,
        flow: ItemFlow,
        items: ActiveItems,
        task_queue: TaskQueue,
        on_settled: Callable[[str, Outcome, float], None],
        get_replaced_outcome: Callable[[str], Outcome | None],
    ) -> None:
        self._queue, self._recorder, self._flow = queue, recorder, flow
        self._items, self._task_queue = items, task_queue
        self._on_settled, self._get_replaced_outcome = on_settled, get_replaced_outcome

    def build_task(self, key: str) -> Task:
        """Return the next task of an item: its stage, or its cleanup."""
        item, claim = self._items[key].item, self._items[key].claim
        created = self._queue.state.head.created
        stamp = Stamp(self._recorder.result.session, key, claim.seq, item.first_claim, created)
        return Task(key, self._flow.build_work(item, stamp), alone=item.suspect)

    def take_result(self, task: Task, result: Outcome | Parts) -> None:
        """Apply what follows from the result of a worker call.

        Raise InvalidOutcome if the stage table does not allow the result.
        """
        item = self._items[task.key].item
        self._apply(task, self._flow.decide_step(item, task.work, result))

    def _apply(self, task: Task, step: Step) -> None:
        match step:
            case NextStage(outcome):
                self._begin_next_stage(task.key, outcome)
            case RunParts(parts):
                self._start_parts(task, parts)
            case Park(outcome):
                self.park(task.key, outcome)
            case CleanUp(outcome):
                self._begin_cleanup(task.key, outcome)
            case Settle(outcome, is_last):
                self._settle(task.key, outcome, is_last=is_last)

    def fail(self, key: str, outcome: Outcome) -> None:
        """Apply what follows from a failure that no worker call returned."""
        self._apply(self.build_task(key), self._flow.decide_failure(self._items[key].item, outcome))

    def _begin_next_stage(self, key: str, outcome: Outcome) -> None:
        """Record the end of an item's stage under the same claim, and schedule its next stage."""
        running = self._items[key]
        stage, seconds = item_flow.get_stage(self._queue.kind, running.item), running.stage_seconds
        if self._commit(key, lambda claim: self._queue.advance_stage(claim, outcome, seconds)):
            self._recorder.log_stage(key, stage, outcome, seconds)
            running.tracker = running.meter = None
            self._task_queue.push_front(self.build_task(key))

    def _begin_cleanup(self, key: str, outcome: Outcome) -> None:
        """Record the last failure of a stage, and schedule the cleanup."""
        running = self._items[key]
        stage, seconds = item_flow.get_stage(self._queue.kind, running.item), running.stage_seconds
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
        seconds = running.stage_seconds
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
        self.continue_parts(task.key, task.work)

    def add_part_result(self, task: Task, result: Any) -> None:
        """Record the result of a part."""
        tracker, number = self._get_part(task)
        name = tracker.names[number]
        if self._commit(task.key, lambda claim: self._queue.record_part(claim, name, result)):
            tracker.add_result(number, result)
            self.report_progress(task.key)
            self.continue_parts(task.key, task.work)

    def add_part_failure(self, task: Task, failed: TaskFailed, *, may_retry: bool = True) -> None:
        """Run a failed part once more at once; record its second failure."""
        tracker, number = self._get_part(task)
        name, key = tracker.names[number], task.key
        if may_retry and tracker.may_retry(number) and not self._items[key].park_outcome:
            text = f"part {name}: {failed.message} It runs once more."
            self._recorder.log_problem(key, text, failed.traceback)
            self._task_queue.push_front(task)
            return
        failure = PartFailed(failed.message)
        if self._commit(key, lambda claim: self._queue.record_part(claim, name, failure)):
            tracker.add_failure(number, failed.message)
            self._recorder.log_problem(key, f"part {name}: {failed.message}", failed.traceback)
            self.report_progress(key)
            self.continue_parts(key, task.work)

    def _get_part(self, task: Task) -> tuple[PartTracker, int]:
        tracker = self._items[task.key].tracker
        assert tracker is not None
        assert task.part is not None
        return tracker, task.part.number

    def continue_parts(self, key: str, work: Work) -> None:
        """Continue an item's stage once all its parts have ended.

        The stage runs again with their results; if a part failed, the stage has failed.
        """
        running = self._items.get(key)
        if running is None or running.tracker is None:
            return
        tracker = running.tracker
        if running.park_outcome:
            self.park(key, running.park_outcome)
        elif tracker.is_complete():
            running.tracker = None
            if tracker.has_failed:
                self.fail(key, item_flow.build_failure(tracker.error_summary()))
                return
            results = tracker.ordered_results()
            again = structs.replace(work, item=running.item, results=results)
            self._task_queue.push_front(Task(key, again, alone=running.item.suspect))

    def report_progress(self, key: str, service: str = "") -> None:
        """Report how far the parts of an item's stage are."""
        running = self._items[key]
        if running.tracker:
            done, of = running.tracker.measure_progress()
            self.report_steps(key, done, of, service)

    def report_steps(self, key: str, done: int, of: int, service: str = "") -> None:
        """Report that an item, or its stage, has done `done` of `of` steps."""
        running = self._items[key]
        parts = running.tracker.counts if running.tracker else None
        meter = running.meter
        stage = meter.measure(done, of, parts) if meter and meter.stage else None
        self._recorder.report_progress(key, done, of, service, stage)

    def _commit(self, key: str, commit: Callable[[Claim], bool]) -> bool:
        """Commit a step of a claimed item; return False if the step does not count.

        The item is dropped if its claim is no longer valid, and fails if its data are invalid.
        """
        running = self._items[key]
        try:
            is_valid = commit(running.claim)
        except (InvalidItemData, IllegalTransition) as error:
            self.fail(key, item_flow.build_failure(str(error)))
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
            outcome,
            seconds,
            "" if is_last else self._next_retry_time(running.item, outcome),
            running.stage_seconds,
            is_last,
        )
        replaced = self._get_replaced_outcome(key)
        if self._commit(key, lambda claim: self._queue.settle(claim, request)):
            self._recorder.report_settled(key, request, replaced)
            self.forget(key)
            self._on_settled(key, outcome, running.since)

    def _next_retry_time(self, item: Item, outcome: Outcome) -> str:
        if outcome.state is not Status.ERROR:
            return ""
        retry = self._flow.get_retry(item_flow.get_stage(self._queue.kind, item))
        attempts, now = self._flow.count_attempts(item), self._queue.location.now()
        return scheduling.next_retry_time(retry, attempts, outcome.retry_after, now)

    def drop(self, key: str) -> None:
        """Drop an item that was reset, restored or claimed by another session meanwhile."""
        self.forget(key)
        self._recorder.session.end_item(key)
        self._recorder.log_problem(key, "was reset or restored meanwhile; its result was dropped")

    def forget(self, key: str) -> None:
        """Remove an item that is no longer processed, with its waiting tasks."""
        del self._items[key]
        self._task_queue.remove_item(key)
