"""A batch: claim items from the queue, process them, and record the results.

1. Some items are claimed with one commit.
2. Each item goes to the executor, which calls the worker in this process or in a worker process.
   The start is recorded, so that the item is a suspect if the process dies.
3. A result is recorded after its files are on the disk, and the next step of the item follows; see
   `item_flow`.
4. Items that killed their worker, in this or a dead session, run again alone, after all others.
5. At every checkpoint, and at the end, the milestone callback updates the views.
6. After a failed lookup, other lookups wait until one succeeds; see `lookup_retries`.
7. Outside of the time windows of the batch, no task is started, and the items under way are parked.
8. An item that the user cancels or resets is dropped, and its tasks end with their processes.
9. A stop for any reason releases the unfinished items, without counting an attempt.
"""

from __future__ import annotations

import contextlib
import time
from collections import deque
from collections.abc import Sequence

from mediakeep.errors import (
    DiskFull,
    InvalidOutcome,
    LibraryMissing,
    MediakeepError,
    QueueHostLost,
)
from mediakeep.item import SkipReason, Status
from mediakeep.outcome import Outcome, WorkerFactory
from mediakeep.queue import new_jobs, resets, scan_diff
from mediakeep.queue.queue import Queue
from mediakeep.queue.settle import SettleRequest
from mediakeep.runner import scheduling, volumes
from mediakeep.runner.active_items import ActiveItem, ActiveItems
from mediakeep.runner.batch_config import BatchCallbacks, BatchConfig, BatchResult
from mediakeep.runner.batch_recorder import BatchRecorder
from mediakeep.runner.executor import ExecutorFactory
from mediakeep.runner.executors import AdaptiveExecutor
from mediakeep.runner.item_flow import ItemFlow
from mediakeep.runner.item_steps import ItemSteps
from mediakeep.runner.lookup_retries import LookupRetries
from mediakeep.runner.scheduling import ItemClaimer, TaskQueue
from mediakeep.runner.signals import StopHandler
from mediakeep.runner.task_usage import TaskUsage
from mediakeep.runner.tasks import BatchAborted, Task, TaskResult, UserQuit
from mediakeep.runner.volumes import FullVolume
from mediakeep.runner.worker_process import WorkerProcess

_CHECK_INTERVAL = 1.0  # seconds between two checks whether the claims are still valid


class Batch:
    """One run over a queue: claims items, has them processed, and records the results."""

    def __init__(
        self,
        queue: Queue,
        worker_factory: WorkerFactory,
        config: BatchConfig,
        callbacks: BatchCallbacks,
        prestarted: Sequence[WorkerProcess],
        open_executor: ExecutorFactory,
    ) -> None:
        self._queue, self._config, self._callbacks = queue, config, callbacks
        self._recorder = BatchRecorder(queue, config, callbacks)
        self._result = self._recorder.result
        self._claimer = ItemClaimer(queue, config)
        self._stop = StopHandler()
        self._executor = open_executor(
            worker_factory,
            config.limits,
            self._stop,
            self._on_progress,
            prestarted,
            self._on_usage,
        )
        self._started = time.monotonic()
        self._items: ActiveItems = {}
        self._task_queue = TaskQueue()
        # The tasks that are running, or finished but not recorded yet; and only the latter.
        self._open_tasks = 0
        self._finished: deque[tuple[Task, TaskResult]] = deque()
        self._vanished: set[str] = set()  # keys of items
        self._next_check = time.monotonic() + _CHECK_INTERVAL  # of the claims
        self._lookups = LookupRetries(
            queue, self._claimer, self._items, self._task_queue, self._result
        )
        self._steps = ItemSteps(
            queue,
            self._recorder,
            ItemFlow(queue.kind, config.retry, config.stage_retries, config.stages),
            self._items,
            self._task_queue,
            self._on_settled,
            self._on_dropped,
        )

    def run(self) -> BatchResult:
        """Run the batch until its items are done, the user stops it, or an error ends it.

        An error that ends it is, for example, a missing library.
        """
        with self._stop:
            with contextlib.ExitStack() as stack:
                # The executor is closed first, and the items are released even if that fails.
                stack.callback(self._release_unfinished)
                stack.callback(self._executor.close)
                self._run_tasks()
            self._result.stopped = self._stop.requested
            self._result.seconds = time.monotonic() - self._started
            self._recorder.finish()
        return self._result

    def _run_tasks(self) -> None:
        while not self._stop.immediate:
            if self._finished and scheduling.must_record_first(
                [result for _, result in self._finished],
                self._config,
                has_stages=bool(self._queue.kind.stages),
                capacity=self._executor.capacity,
            ):
                self._record_next_result()
                continue
            self._drop_lost_items()
            self._park_outside_windows()
            self._claim_more()
            if task := self._next_task():
                self._start_task(task)
            elif self._open_tasks:
                self._wait_for_result()
            else:
                return
        while self._finished:
            self._record_next_result()

    def _wait_for_result(self) -> None:
        """Record a result, or wait for one if no task has finished."""
        if self._finished:
            self._record_next_result()
            return
        if self._stop.requested or self._result.abort_error:
            self._executor.request_stop()
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
        failed = self._config.stop_on_error and self._result.settled[Status.ERROR] > 0
        must_end = self._stop.requested or self._result.abort_error is not None
        must_end = must_end or out_of_time or failed
        return must_end or not self._config.between.is_open(self._queue.location.now())

    def _drop_lost_items(self) -> None:
        """Drop the jobs that were cancelled, reset or restored meanwhile, and end their tasks.

        Tasks in this process cannot be ended; their results are dropped.
        """
        if not self._queue.kind.stages or time.monotonic() < self._next_check:
            return
        self._next_check = time.monotonic() + _CHECK_INTERVAL
        claimed = [running.claim for running in self._items.values()]
        for claim in self._queue.find_lost_claims(claimed) if claimed else ():
            self._steps.drop(claim.key)

    def _park_outside_windows(self) -> None:
        """Park the items under way if no window is open, once their running tasks have ended.

        Items that have not begun are released at the end of the batch.
        """
        windows, now = self._config.between, self._queue.location.now()
        if windows.is_open(now):
            return
        now = now.replace(microsecond=0)  # as times are recorded
        wait = (windows.find_next_start(now) - now).total_seconds()
        outcome = Outcome(Status.PENDING, f"outside of --between {windows.text}", retry_after=wait)
        for key, running in list(self._items.items()):
            if running.since and not running.open_tasks:
                self._steps.park(key, outcome)

    def _claim_more(self) -> None:
        """Claim the next items if all tasks of the last claim have been started."""
        if self._task_queue or self._must_stop():
            return
        first = not self._result.claimed
        for claim in self._claimer.claim_next():
            if claim.key in self._items:
                self._steps.drop(claim.key)
            self._items[claim.key] = ActiveItem(claim, claim.item)
            self._recorder.log_claim(claim.key, claim.item.processing_stage)
            self._lookups.note_claim(claim.key)
            self._task_queue.add(self._steps.build_task(claim.key))
        self._result.claimed = self._claimer.claimed
        self._result.expected = self._claimer.estimate_total(self._result.parked)
        if first and self._result.claimed:
            self._callbacks.on_start(self._result.expected)

    def _next_task(self) -> Task | None:
        """Return the next task to start, or None if no task may be started now."""
        if self._must_stop() or self._open_tasks - len(self._finished) >= self._executor.capacity:
            return None
        return self._task_queue.pop_next(self._may_start, idle=not self._open_tasks)

    def _may_start(self, key: str) -> bool:
        """Return whether an item is under way, or may be, as far as the limit of jobs allows."""
        if not self._config.jobs or self._items[key].since:
            return True
        under_way = sum(bool(running.since) for running in self._items.values())
        return under_way < self._config.jobs

    def _start_task(self, task: Task) -> None:
        stage = self._steps.begin_task(task)
        if not task.part:
            self._recorder.session.begin_item(task.key, stage)
        self._recorder.log_task_begin(task.key, task.work.stage, task.part_number)
        self._executor.submit(task)
        self._open_tasks += 1
        while task.alone and self._open_tasks and not self._stop.immediate:
            self._wait_for_result()

    def _handle_result(self, task: Task, result: TaskResult) -> None:
        """Record the result of a task, or schedule the tasks that follow from it."""
        self._recorder.log_task_end(task.key, task.work.stage, result, task.part_number)
        running = self._items.get(task.key)
        if running is None or running.claim.seq != task.work.stamp.claim:
            return
        self._steps.end_task(task)
        try:
            self._take_result(task, result)
        except InvalidOutcome as error:
            self._abort(error)
        self._steps.park_if_due(task.key)

    def _take_result(self, task: Task, result: TaskResult) -> None:
        match result:
            case BatchAborted(QueueHostLost()) if self._stop.requested:
                pass  # the batch ends anyway, and releases the item
            case BatchAborted(error):
                self._abort(error)
            case UserQuit():
                self._stop.requested = True
            case FullVolume():
                self._handle_full_volume(task.key, result)
            case Outcome() if self._too_many_vanished(task.key, result):
                library = self._queue.state.head.library_path
                noun = self._queue.kind.plural
                self._abort(LibraryMissing(library, f"missing many of its {noun}"))
            case _:
                self._steps.take_result(task, result)

    def _on_settled(self, key: str, request: SettleRequest, since: float) -> None:
        replaced = self._lookups.get_replaced_outcome(key)
        self._recorder.report_settled(key, request, replaced)
        self._lookups.note_settle(key, request.outcome, since)

    def _on_dropped(self, key: str) -> None:
        self._recorder.report_dropped(key)
        self._finished.extend(self._executor.end_tasks(key))

    def _abort(self, error: MediakeepError) -> None:
        self._result.abort_error = error

    def _handle_full_volume(self, key: str, volume: FullVolume) -> None:
        """Park an item until its volume has space; end the batch if that is the queue's volume."""
        if volumes.is_queue_volume(volume, self._queue.location.folder):
            self._abort(DiskFull(volume.message))
        else:
            self._steps.park(key, volumes.build_park_outcome(volume))

    def _too_many_vanished(self, key: str, outcome: Outcome) -> bool:
        """Return whether too many items vanished, as with a share that is only partly mounted.

        Items that were added are not part of the library. An item has not vanished if another one
        with the same source has consumed it.
        """
        kind, items = self._queue.kind, self._queue.state.items
        if key not in items or new_jobs.is_added(key, items[key]):
            return False
        if outcome.data.get("skip_reason") == SkipReason.VANISHED:
            self._vanished.add(key)
        limit = scan_diff.MAX_VANISHED_SHARE * len(items)
        if len(self._vanished) <= limit:
            return False
        consumed = resets.find_consumed_sources(kind, items.values())
        vanished = (items[one].path for one in self._vanished if one in items)
        return sum(path not in consumed for path in vanished) > limit

    def _on_progress(self, task: Task, done: int, of: int, service: str = "") -> None:
        self._steps.report_task_progress(task, done, of, service)

    def _on_usage(self, task: Task, usage: TaskUsage) -> None:
        self._steps.add_usage(task, usage)

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
    open_executor: ExecutorFactory = AdaptiveExecutor,
) -> BatchResult:
    """Run one batch over a queue and return its result.

    `prestarted` are worker processes that were started before the queue was opened.
    """
    return Batch(queue, worker_factory, config, callbacks, prestarted, open_executor).run()
