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


def run(state: State, keys: list[str], opening: Opening, plan: Plan, face: Face) -> Report:
    """Process the items, and report the result that each would have."""
    report = Report(counted=state.kind.tallies, claimed=len(keys))
    started = time.monotonic()
    with Stop() as stop:
        face.begun(len(keys))
        crew = Crew(opening, plan.limits, stop, face.progress)
        try:
            _loop(crew, deque(_task(state, key) for key in keys), stop, report, face)
        finally:
            crew.close(kill=True)
    report.stopped, report.seconds = stop.asked, time.monotonic() - started
    report.awaiting = sum(map(awaits_lookup, state.items.values()))
    return report


def _task(state: State, key: str) -> Task:
    item = state.items[key]
    stage = item.processing_stage or state.kind.first_stage
    return Task(key, Work(item, Stamp("dry-run", key, 0, 0), stage), alone=item.suspect)


def _loop(crew: Crew, tasks: deque[Task], stop: Stop, report: Report, face: Face) -> None:
    running = 0
    while not stop.at_once:
        while tasks and not stop.asked and report.gone is None and running < crew.capacity:
            crew.submit(tasks.popleft())
            running += 1
        if not running:
            return
        for task, result in crew.wait():
            running -= 1
            if isinstance(result, Quit):
                stop.asked = True
            _take(task, result, report, face)


def _take(task: Task, result: Result, report: Report, face: Face) -> None:
    """Report a result; of a staged item only the next stage can be simulated."""
    match result:
        case Gone(error):
            report.gone = error
            return
        case Lost(why):
            outcome = Outcome(Status.ERROR, why)
        case Parts():
            outcome = Outcome(message=f"stage {task.work.stage}: {len(result.inputs)} parts")
        case Outcome():
            outcome = result
        case _:
            return
    report.count(outcome)
    face.settled(Settled(report.done, task.key, outcome, 0.0))
