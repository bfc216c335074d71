"""A batch: claim items from the queue, process them, and record the results.

1. Some items are claimed with one commit.
2. Each item goes to the executor, which calls the worker in this process or in a worker process.
   The start is recorded, so that the item is a suspect if the process dies.
3. A result is recorded after its files are on the disk: a settle, a stage, or a part.
4. Items that killed their worker, in this or a dead session, run again alone, after all others.
5. At every checkpoint, and at the end, the milestone callback updates the views.
6. After a failed lookup no more items are claimed for their lookup only, until a lookup that
   started later succeeds. Then each item that a service failed is claimed once more.
7. A stop for any reason releases the unfinished items, without counting an attempt.
"""

from __future__ import annotations

import contextlib
import time
from collections import deque
from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import structs

from mediakeep.errors import IllegalTransition, InvalidItemData, LibraryMissing
from mediakeep.item import Item, SkipReason, Status, needs_lookup
from mediakeep.outcome import Outcome, Parts, Stamp, Work, WorkerFactory
from mediakeep.queue import scan_diff, stage_changes
from mediakeep.queue.claims import Claim
from mediakeep.queue.queue import Queue
from mediakeep.runner.batch_config import BatchCallbacks, BatchConfig, BatchResult
from mediakeep.runner.batch_recorder import BatchRecorder
from mediakeep.runner.executors import AdaptiveExecutor
from mediakeep.runner.scheduling import ItemClaimer, PartTracker, TaskQueue
from mediakeep.runner.signals import StopHandler
from mediakeep.runner.tasks import (
    BatchAborted,
    PartDone,
    StagePart,
    Task,
    TaskFailed,
    TaskResult,
    UserQuit,
    WorkerDied,
)
from mediakeep.runner.worker_process import WorkerProcess


class ClaimedItem(msgspec.Struct):
    """An item claimed by this batch that is being processed.

    `since` is the monotonic time of its start in seconds, 0 before that.
    """

    claim: Claim
    item: Item
    since: float = 0.0
    tracker: PartTracker | None = None
    killed_worker: bool = False  # its worker died although it ran alone


class Batch:
    """One run over a queue: claims items, has them processed, and records the results."""

    def __init__(
        self,
        queue: Queue,
        worker_factory: WorkerFactory,
        config: BatchConfig,
        callbacks: BatchCallbacks,
        prestarted: Sequence[WorkerProcess],
    ) -> None:
        self._queue, self._config, self._callbacks = queue, config, callbacks
        self._recorder = BatchRecorder(queue, config, callbacks)
        self._result = self._recorder.result
        self._claimer = ItemClaimer(queue, config)
        self._stop = StopHandler()
        self._executor = AdaptiveExecutor(
            worker_factory, config.limits, self._stop, self._on_progress, prestarted
        )
        self._started = time.monotonic()
        self._items: dict[str, ClaimedItem] = {}
        self._task_queue = TaskQueue()
        # The tasks that are running, or finished but not recorded yet; and only the latter.
        self._open_tasks = 0
        self._finished: deque[tuple[Task, TaskResult]] = deque()
        self._vanished_count = 0
        # Items settled without their lookup because a service failed; and those claimed again.
        self._lookup_failed: dict[str, Outcome] = {}
        self._lookup_retries: dict[str, Outcome] = {}
        # The monotonic time of the last failed lookup, 0 if a later one succeeded.
        self._lookup_failed_at = 0.0

    def run(self) -> BatchResult:
        """Run the batch until its items are done, the user stops it, or an error ends it.

        An error that ends it is, for example, a missing library.
        """
        with self._stop:
            with contextlib.ExitStack() as stack:
                # The executor is closed first, and the items are released even if that fails.
                stack.callback(self._release_unfinished)
                stack.callback(self._executor.close, kill=True)
                self._run_tasks()
            self._result.stopped = self._stop.requested
            self._result.seconds = time.monotonic() - self._started
            self._recorder.finish()
        return self._result

    def _run_tasks(self) -> None:
        while not self._stop.immediate:
            if self._finished and self._must_record_first():
                self._record_next_result()
                continue
            self._claim_more()
            if task := self._next_task():
                self._start_task(task)
            elif self._open_tasks:
                self._wait_for_result()
            else:
                return
        while self._finished:
            self._record_next_result()

    def _must_record_first(self) -> bool:
        """Return whether finished results must be recorded before the next task can start.

        That is so if the results determine the next task. Otherwise idle workers get their next
        item first, because recording takes as long as a small item.
        """
        aborted = (isinstance(result, BatchAborted) for _, result in self._finished)
        return bool(self._queue.kind.stages) or self._executor.capacity == 1 or any(aborted)

    def _wait_for_result(self) -> None:
        """Record a result, or wait for one if no task has finished."""
        if self._finished:
            self._record_next_result()
            return
        self._finished.extend(self._executor.wait())
        if not self._finished:
            self._queue.rewrite_snapshot_if_due()

    def _record_next_result(self) -> None:
        """Record one result, and collect the tasks that finished meanwhile."""
        task, result = self._finished.popleft()
        self._open_tasks -= 1
        self._handle_result(task, result)
        self._finished.extend(self._executor.wait(0.0))

    def _must_stop(self) -> bool:
        """Return whether no more tasks may be started."""
        spent = time.monotonic() - self._started
        out_of_time = bool(self._config.time_budget and spent >= self._config.time_budget)
        return self._stop.requested or self._result.abort_error is not None or out_of_time

    def _claim_more(self) -> None:
        """Claim the next items if all tasks of the last claim have been started."""
        if self._task_queue or self._must_stop():
            return
        first = not self._result.claimed
        for claim in self._claimer.claim_next():
            if claim.key in self._items:
                self._drop_item(claim.key)
            self._items[claim.key] = ClaimedItem(claim, claim.item)
            if claim.key in self._lookup_failed:
                self._lookup_retries[claim.key] = self._lookup_failed.pop(claim.key)
            self._task_queue.add(self._build_task(claim.key))
        self._result.claimed = self._claimer.claimed
        if first and self._result.claimed:
            self._callbacks.on_start(self._claimer.estimate_total(self._result.session))

    def _build_task(self, key: str, results: tuple[Any, ...] | None = None) -> Task:
        item, claim = self._items[key].item, self._items[key].claim
        stage = item.processing_stage or self._queue.kind.first_stage
        created = self._queue.state.head.created
        stamp = Stamp(self._result.session, key, claim.seq, item.first_claim, created)
        return Task(key, Work(item, stamp, stage, results), alone=item.suspect)

    def _next_task(self) -> Task | None:
        """Return the next task to start, or None if no task may be started now."""
        if self._must_stop() or self._open_tasks - len(self._finished) >= self._executor.capacity:
            return None
        return self._task_queue.pop_next(idle=not self._open_tasks)

    def _start_task(self, task: Task) -> None:
        running = self._items[task.key]
        running.since = running.since or time.monotonic()
        self._recorder.session.begin_item(task.key)
        self._executor.submit(task)
        self._open_tasks += 1
        while task.alone and self._open_tasks and not self._stop.immediate:
            self._wait_for_result()

    def _handle_result(self, task: Task, result: TaskResult) -> None:
        """Record the result of a task, or schedule the tasks that follow from it."""
        running = self._items.get(task.key)
        if running is None or running.claim.seq != task.work.stamp.claim:
            return
        match result:
            case BatchAborted(error):
                self._result.abort_error = error
            case UserQuit():
                self._stop.requested = True
            case WorkerDied(why) if not task.alone:
                self._recorder.log_problem(task.key, f"{why}; it will run again, alone")
                self._task_queue.add(structs.replace(task, alone=True))
            case WorkerDied(why):
                running.killed_worker = True
                self._handle_failure(task, TaskFailed(f"{why}, also when run alone."))
            case Parts():
                self._start_parts(task, result)
            case PartDone():
                self._record_part_done(task, result)
            case TaskFailed():
                self._handle_failure(task, result)
            case Outcome(state=Status.COMPLETED) if result.next_stage:
                self._advance_stage(task.key, result)
            case Outcome() if self._too_many_vanished(result):
                library = self._queue.state.head.library_path
                self._result.abort_error = LibraryMissing(
                    library, f"missing many of its {self._queue.kind.plural}"
                )
            case Outcome():
                self._settle_item(task.key, result)

    def _too_many_vanished(self, outcome: Outcome) -> bool:
        """Return whether too many items vanished, as with a share that is only partly mounted."""
        self._vanished_count += outcome.data.get("skip_reason") == SkipReason.VANISHED
        return self._vanished_count > scan_diff.MAX_VANISHED_SHARE * len(self._queue.state.items)

    def _handle_failure(self, task: Task, failed: TaskFailed) -> None:
        if task.part:
            self._record_part_failed(task, failed)
        else:
            self._settle_item(task.key, Outcome(Status.ERROR, failed.message))

    def _advance_stage(self, key: str, outcome: Outcome) -> None:
        """Record the end of an item's stage under the same claim, and schedule its next stage."""
        changes = stage_changes.build_data_patch(self._items[key].item, outcome.data)
        changes |= {"processing_stage": outcome.next_stage, "parts": None}
        if self._record_progress(key, "stage", changes):
            self._items[key].tracker = None
            self._task_queue.push_front(self._build_task(key))

    def _start_parts(self, task: Task, parts: Parts) -> None:
        """Schedule the parts of an item's stage, except those finished before a crash."""
        if task.work.results is not None:
            why = f"Its stage {task.work.stage} got results and returned parts again."
            return self._settle_item(task.key, Outcome(Status.ERROR, why))
        running = self._items[task.key]
        running.tracker = PartTracker.start(parts, running.item.parts)
        # Without the record of the other parts, which a part does not need.
        work = structs.replace(task.work, item=structs.replace(running.item, parts=None))
        stage_parts = (
            StagePart(n, parts.inputs[n], parts.run) for n in running.tracker.missing_parts()
        )
        alone = running.item.suspect
        self._task_queue.push_front(*(Task(task.key, work, part, alone) for part in stage_parts))
        return self._finish_stage_parts(task.key)

    def _record_part_done(self, task: Task, done: PartDone) -> None:
        tracker, name = self._get_part_tracker(task)
        parts = {"done": {name: [done.result]}, "failed": {name: None}}
        if self._record_progress(task.key, "part", {"parts": parts}):
            tracker.done[name] = done.result
            self._on_progress(task.key, len(tracker.done), len(tracker.names))
            self._finish_stage_parts(task.key)

    def _record_part_failed(self, task: Task, failed: TaskFailed) -> None:
        tracker, name = self._get_part_tracker(task)
        parts = self._items[task.key].item.parts
        times = (parts.failed.get(name, 0) if parts else 0) + 1
        if self._record_progress(task.key, "part", {"parts": {"failed": {name: times}}}):
            tracker.failures[name] = failed.message
            self._recorder.log_problem(task.key, f"part {name}: {failed.message}", failed.traceback)
            self._finish_stage_parts(task.key)

    def _get_part_tracker(self, task: Task) -> tuple[PartTracker, str]:
        tracker = self._items[task.key].tracker
        assert tracker is not None
        assert task.part is not None
        return tracker, tracker.names[task.part.number]

    def _finish_stage_parts(self, key: str) -> None:
        """Continue an item's stage once all its parts have ended.

        The stage runs again with their results; if a part failed, the error is settled.
        """
        tracker = self._items[key].tracker
        if tracker is None or not tracker.is_complete():
            return
        if tracker.failures:
            self._settle_item(key, Outcome(Status.ERROR, tracker.error_summary()))
        else:
            self._task_queue.push_front(self._build_task(key, tracker.ordered_results()))

    def _record_progress(self, key: str, op: str, changes: dict[str, Any]) -> bool:
        """Commit progress of a claimed item; return False and drop the item if that failed."""
        running = self._items[key]
        try:
            item = self._recorder.record_progress(running.claim, op, changes)
        except (InvalidItemData, IllegalTransition) as error:
            self._settle_item(key, Outcome(Status.ERROR, str(error)))
            return False
        if item is None:
            self._drop_item(key)
            return False
        running.item = item
        return True

    def _settle_item(self, key: str, outcome: Outcome) -> None:
        running = self._items[key]
        seconds = time.monotonic() - running.since
        # its next attempt must run alone, too
        if running.killed_worker and outcome.state is Status.ERROR:
            outcome = structs.replace(outcome, data={**outcome.data, "suspect": True})
        try:
            before = self._lookup_retries.get(key)
            settled = self._recorder.settle_item(
                running.claim, running.item, outcome, seconds, before
            )
        except (InvalidItemData, IllegalTransition) as error:
            self._settle_item(key, Outcome(Status.ERROR, str(error)))
            return
        if not settled:
            self._drop_item(key)
            return
        self._forget_item(key)
        self._update_lookup_state(key, outcome, running.since, is_first=before is None)

    def _update_lookup_state(
        self, key: str, outcome: Outcome, since: float, *, is_first: bool
    ) -> None:
        """Stop all lookups after a failed lookup, and resume them after a later one succeeded.

        A second failure with requests to the service concerns only that item.
        """
        self._lookup_retries.pop(key, None)
        has_requests = bool(outcome.facts.get("requests"))
        if needs_lookup(self._queue.state.items[key]):
            if is_first and "unreached" in outcome.facts:
                self._lookup_failed[key] = self._result.extract_countable_outcome(outcome)
            if is_first or not has_requests:
                self._lookup_failed_at = time.monotonic()
                self._stop_lookups()
        elif self._lookup_failed_at and has_requests and since > self._lookup_failed_at:
            self._lookup_failed_at = 0.0
            self._claimer.resume_lookups(self._lookup_failed)

    def _stop_lookups(self) -> None:
        """Release the items that were claimed for their lookup only and have not been started."""
        waiting = self._task_queue.waiting_keys()
        unmade = [
            key
            for key, running in self._items.items()
            if running.item.for_lookup and key in waiting and not running.since
        ]
        suspects = {key for key in unmade if self._items[key].item.suspect}
        self._queue.release([self._items[key].claim for key in unmade], suspects)
        retried = [key for key in unmade if key in self._lookup_retries]
        for key in retried:
            self._lookup_failed[key] = self._lookup_retries.pop(key)
        for key in unmade:
            self._forget_item(key)
        self._claimer.stop_lookups(len(unmade) - len(retried))
        self._result.claimed = self._claimer.claimed

    def _drop_item(self, key: str) -> None:
        """Drop an item that was reset, restored or claimed by another session meanwhile."""
        self._forget_item(key)
        self._recorder.session.end_item(key)
        self._recorder.log_problem(key, "was reset or restored meanwhile; its result was dropped")

    def _forget_item(self, key: str) -> None:
        del self._items[key]
        self._task_queue.remove_item(key)

    def _on_progress(self, key: str, done: int, of: int, service: str = "") -> None:
        self._recorder.session.note_progress(key, done, of, service)
        # the terminal is gone: the next settled item reports that
        with contextlib.suppress(OSError):
            self._callbacks.on_progress(key, done, of, service)

    def _release_unfinished(self) -> None:
        """Release the unfinished items; those that must run alone stay suspects."""
        if self._items:
            claims = [running.claim for running in self._items.values()]
            suspects = {key for key, running in self._items.items() if running.item.suspect}
            self._queue.release(claims, self._task_queue.suspect_keys() | suspects)
        for key in self._items:
            self._recorder.session.end_item(key)
        self._items.clear()


def run_batch(
    queue: Queue,
    worker_factory: WorkerFactory,
    config: BatchConfig,
    callbacks: BatchCallbacks,
    prestarted: Sequence[WorkerProcess] = (),
) -> BatchResult:
    """Run one batch over a queue and return its result.

    `prestarted` are worker processes that were started before the queue was opened.
    """
    return Batch(queue, worker_factory, config, callbacks, prestarted).run()
