"""Dry run: process items without changing the queue, its log or its history."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

from mediakeep.errors import InvalidOutcome, ItemFailed
from mediakeep.item import Item, Status, needs_lookup
from mediakeep.outcome import Outcome, Parts, Stamp, WorkerFactory
from mediakeep.queue.state import QueueState
from mediakeep.runner import tasks, volumes
from mediakeep.runner.batch_config import (
    BatchCallbacks,
    BatchConfig,
    BatchResult,
    SettledItem,
)
from mediakeep.runner.executors import AdaptiveExecutor
from mediakeep.runner.item_flow import ItemFlow
from mediakeep.runner.signals import StopHandler
from mediakeep.runner.tasks import BatchAborted, Task, TaskResult, UserQuit, WorkerDied
from mediakeep.runner.volumes import FullVolume

# Returns the lines of an item's plan, one for each stage that is left, or the outcome of an item
# that would not reach the last stage; changes nothing.
PlanFunction = Callable[[Item], list[str] | Outcome]


def simulate_batch(
    state: QueueState,
    keys: list[str],
    worker_factory: WorkerFactory,
    config: BatchConfig,
    callbacks: BatchCallbacks,
    plan: PlanFunction | None = None,
) -> BatchResult:
    """Process items as a batch would, and report the result of each without recording it.

    With `plan`, no worker is called: the plan of each item, to its last stage, is in the facts of
    its outcome.
    """
    if plan:
        return _show_plans(state, keys, plan, callbacks)
    batch_result = BatchResult(counters=state.kind.counters, claimed=len(keys))
    started = time.monotonic()
    flow = ItemFlow(state.kind, config.retry, config.stage_retries)
    with StopHandler() as stop:
        callbacks.on_start(len(keys))
        executor = AdaptiveExecutor(
            worker_factory,
            config.limits,
            stop,
            lambda task, *report: callbacks.on_progress(task.key, *report),
        )
        try:
            _run_tasks(
                executor,
                flow,
                deque(_build_task(flow, state, key) for key in keys),
                stop,
                batch_result,
                callbacks,
            )
        finally:
            executor.close()
    batch_result.stopped, batch_result.seconds = stop.requested, time.monotonic() - started
    batch_result.pending_lookups = sum(map(needs_lookup, state.items.values()))
    return batch_result


def _show_plans(
    state: QueueState, keys: list[str], plan: PlanFunction, callbacks: BatchCallbacks
) -> BatchResult:
    batch_result = BatchResult(counters=state.kind.counters, claimed=len(keys))
    callbacks.on_start(len(keys))
    for key in keys:
        outcome = _plan_item(plan, state.items[key])
        batch_result.add_outcome(outcome)
        callbacks.on_item(SettledItem(batch_result.done_count, key, outcome, 0.0))
    return batch_result


def _plan_item(plan: PlanFunction, item: Item) -> Outcome:
    try:
        planned = plan(item)
    except ItemFailed as error:
        return Outcome(Status.ERROR, tasks.format_error(error))
    if isinstance(planned, Outcome):
        return planned
    return Outcome(message="planned", facts={"plan": planned})


def _build_task(flow: ItemFlow, state: QueueState, key: str) -> Task:
    item = state.items[key]
    work = flow.build_work(item, Stamp("dry-run", key, 0, 0))
    return Task(key, work, alone=item.suspect)


def _run_tasks(
    executor: AdaptiveExecutor,
    flow: ItemFlow,
    tasks: deque[Task],
    stop: StopHandler,
    batch_result: BatchResult,
    callbacks: BatchCallbacks,
) -> None:
    running = 0
    while not stop.immediate:
        while (
            tasks
            and not stop.requested
            and batch_result.abort_error is None
            and running < executor.capacity
        ):
            executor.submit(tasks.popleft())
            running += 1
        if not running:
            return
        for task, result in executor.wait():
            running -= 1
            if isinstance(result, UserQuit):
                stop.requested = True
            _report_result(task, _check_result(flow, task, result), batch_result, callbacks)


def _check_result(flow: ItemFlow, task: Task, result: TaskResult) -> TaskResult:
    """Return a result, or what ends the batch if the stages of the kind do not allow it."""
    try:
        if isinstance(result, Outcome | Parts):
            flow.decide_step(task.work.item, task.work, result)
    except InvalidOutcome as error:
        return BatchAborted(error)
    return result


def _report_result(
    task: Task, result: TaskResult, batch_result: BatchResult, callbacks: BatchCallbacks
) -> None:
    """Report the result of a task in a dry run.

    Of an item with several stages, only the next stage can be simulated.
    """
    match result:
        case BatchAborted(error):
            batch_result.abort_error = error
            return
        case WorkerDied(why):
            outcome = Outcome(Status.ERROR, why)
        case FullVolume():
            outcome = volumes.build_park_outcome(result)
        case Parts():
            outcome = Outcome(message=f"stage {task.work.stage}: {len(result.inputs)} parts")
        case Outcome():
            outcome = result
        case _:
            return
    batch_result.add_outcome(outcome)
    callbacks.on_item(SettledItem(batch_result.done_count, task.key, outcome, 0.0))
