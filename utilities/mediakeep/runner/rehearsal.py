"""Dry run: call the same workers on the same items, without changing queue, log or history."""

from __future__ import annotations

import time
from collections import deque

from mediakeep.item import Status, awaits_lookup
from mediakeep.outcome import Opening, Outcome, Parts, Stamp, Work
from mediakeep.queue.state import State
from mediakeep.runner.attempt import Gone, Lost, Quit, Result, Task
from mediakeep.runner.executors import Crew
from mediakeep.runner.plan import Face, Plan, Report, Settled
from mediakeep.runner.stop import Stop


def run(
    state: State, keys: list[str], worker_factory: Opening, config: Plan, callbacks: Face
) -> Report:
    """Process the items, and report the result that each would have."""
    batch_result = Report(counted=state.kind.tallies, claimed=len(keys))
    started = time.monotonic()
    with Stop() as stop:
        callbacks.begun(len(keys))
        executor = Crew(worker_factory, config.limits, stop, callbacks.progress)
        try:
            _loop(executor, deque(_task(state, key) for key in keys), stop, batch_result, callbacks)
        finally:
            executor.close(kill=True)
    batch_result.stopped, batch_result.seconds = stop.asked, time.monotonic() - started
    batch_result.awaiting = sum(map(awaits_lookup, state.items.values()))
    return batch_result


def _task(state: State, key: str) -> Task:
    item = state.items[key]
    stage = item.processing_stage or state.kind.first_stage
    return Task(key, Work(item, Stamp("dry-run", key, 0, 0), stage), alone=item.suspect)


def _loop(
    executor: Crew, tasks: deque[Task], stop: Stop, batch_result: Report, callbacks: Face
) -> None:
    running = 0
    while not stop.at_once:
        while (
            tasks and not stop.asked and batch_result.gone is None and running < executor.capacity
        ):
            executor.submit(tasks.popleft())
            running += 1
        if not running:
            return
        for task, result in executor.wait():
            running -= 1
            if isinstance(result, Quit):
                stop.asked = True
            _take(task, result, batch_result, callbacks)


def _take(task: Task, result: Result, batch_result: Report, callbacks: Face) -> None:
    """Report a result; of a staged item only the next stage can be simulated."""
    match result:
        case Gone(error):
            batch_result.gone = error
            return
        case Lost(why):
            outcome = Outcome(Status.ERROR, why)
        case Parts():
            outcome = Outcome(message=f"stage {task.work.stage}: {len(result.inputs)} parts")
        case Outcome():
            outcome = result
        case _:
            return
    batch_result.count(outcome)
    callbacks.settled(Settled(batch_result.done, task.key, outcome, 0.0))
