"""A batch: items are taken from the queue, worked on, and what became of them is recorded.

1. A window of items is claimed: one commit.
2. Each goes to the crew, inline or pooled; its begin is noted, so that a death can be laid to it.
3. A result is recorded after its files are on the disk: a settle, a stage, or a part.
4. What killed its worker, now or in a session that died, runs again alone, after all others.
5. At every checkpoint, and at the end, the milestone brings the views up to date.
6. A stop, for whatever reason, gives back what was not finished, undone and uncounted.
"""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass
from typing import Any

from mediakeep.errors import BadData
from mediakeep.item import Item, Status
from mediakeep.outcome import Opening, Outcome, Parts, Stamp, Work
from mediakeep.queue import settling
from mediakeep.queue.claims import Claim
from mediakeep.queue.queue import Queue
from mediakeep.runner.attempt import Failed, Gone, Lost, PartDone, Result, Task
from mediakeep.runner.executors import Crew
from mediakeep.runner.ledger import Ledger
from mediakeep.runner.plan import Face, Plan, Report
from mediakeep.runner.stages import Fan
from mediakeep.runner.stop import Stop

WINDOW = 50  # items claimed at once where more are asked for


@dataclass
class Running:
    """A claimed item on its way."""

    claim: Claim
    item: Item
    since: float = 0.0
    fan: Fan | None = None


class Batch:
    """One run over a queue."""

    def __init__(self, queue: Queue, opening: Opening, plan: Plan, face: Face) -> None:
        self._queue, self._plan, self._face = queue, plan, face
        self._ledger = Ledger(queue, plan, face)
        self._report = self._ledger.report
        self._stop = Stop()
        self._crew = Crew(opening, plan.limits, self._stop, self._progress)
        self._started = time.monotonic()
        self._items: dict[str, Running] = {}
        self._ready: deque[Task] = deque()
        self._suspects: deque[Task] = deque()
        self._tasks = 0  # running now

    def run(self) -> Report:
        """Run the batch to its end, to a stop, or until the library is gone."""
        with self._stop:
            try:
                self._loop()
            finally:
                self._crew.close(kill=True)
                self._give_back()
        self._report.stopped = self._stop.asked
        self._report.seconds = time.monotonic() - self._started
        self._ledger.finish()
        return self._report

    def _loop(self) -> None:
        while not self._stop.at_once:
            self._refill()
            while (task := self._next()) is not None:
                self._start(task)
            if not self._tasks:
                return
            for task, result in self._crew.wait():
                self._tasks -= 1
                self._take(task, result)

    def _over(self) -> bool:
        """Tell whether nothing new may be started."""
        spent = time.monotonic() - self._started
        out_of_time = bool(self._plan.time_budget and spent >= self._plan.time_budget)
        return self._stop.asked or self._report.gone is not None or out_of_time

    def _refill(self) -> None:
        """Claim the next window when the last one has been handed out."""
        if self._ready or self._over():
            return
        for claim in self._claim():
            if not self._report.claimed:
                self._face.begun(self._expected())
            self._report.claimed += 1
            self._items[claim.key] = Running(claim, claim.item)
            line = self._suspects if claim.item.suspect else self._ready
            line.append(self._task(claim.key))

    def _expected(self) -> int:
        """Return how many items this batch will take, as far as its first claim can tell."""
        if self._plan.key:
            return 1
        counts, held = self._queue.state.counts, self._queue.state.held
        left = counts[Status.PENDING] + len(held.get(self._report.session, ()))
        return left if self._plan.size is None else min(self._plan.size, left)

    def _claim(self) -> list[Claim]:
        if self._plan.key:
            return [] if self._report.claimed else self._queue.claim_named(self._plan.key)
        if self._plan.size is None:
            return self._queue.claim(WINDOW)
        left = self._plan.size - self._report.claimed
        return self._queue.claim(min(left, WINDOW)) if left else []

    def _task(self, key: str, results: tuple[Any, ...] | None = None) -> Task:
        item, claim = self._items[key].item, self._items[key].claim
        stage = item.processing_stage or self._queue.kind.first_stage
        stamp = Stamp(self._report.session, key, claim.seq, item.first_claim)
        return Task(key, Work(item, stamp, stage, results), alone=item.suspect)

    def _next(self) -> Task | None:
        """Choose what to start now: whatever is ready; at last the suspects, one by one."""
        if self._over() or self._tasks >= self._crew.capacity:
            return None
        if self._ready:
            return self._ready.popleft()
        return self._suspects.popleft() if self._suspects and not self._tasks else None

    def _start(self, task: Task) -> None:
        running = self._items[task.key]
        running.since = running.since or time.monotonic()
        self._ledger.session.begin(task.key)
        self._crew.submit(task)
        self._tasks += 1
        while task.alone and self._tasks and not self._stop.at_once:
            for ended, result in self._crew.wait():
                self._tasks -= 1
                self._take(ended, result)

    def _take(self, task: Task, result: Result) -> None:
        """Record what a task came to, or send it on."""
        if task.key not in self._items:
            return
        match result:
            case Gone(error):
                self._report.gone = error
            case Lost(why) if not task.alone:
                self._ledger.trouble(task.key, f"{why}; it will run again, alone")
                self._suspects.append(Task(task.key, task.work, task.part, task.parts, alone=True))
            case Lost(why) if task.part is None:
                self._settle(task.key, Outcome(Status.ERROR, f"{why}, also when run alone."))
            case Lost(why):
                self._part_failed(task, Failed(f"{why}, also when run alone"))
            case Parts():
                self._spread(task.key, result)
            case PartDone():
                self._part_done(task, result)
            case Failed():
                self._part_failed(task, result)
            case Outcome() if result.next_stage:
                self._advance(task.key, result)
            case Outcome():
                self._settle(task.key, result)

    def _advance(self, key: str, outcome: Outcome) -> None:
        """Record that a stage is done, under the same claim, and call the next one."""
        changes = settling.replaced(self._items[key].item, outcome.data)
        changes |= {"processing_stage": outcome.next_stage, "parts": None}
        if self._record(key, "stage", changes):
            self._items[key].fan = None
            self._ready.appendleft(self._task(key))

    def _spread(self, key: str, parts: Parts) -> None:
        """Put the parts of a stage in line; those done before a crash stay done."""
        running = self._items[key]
        running.fan = Fan.spread(parts, running.item.parts)
        work, alone = self._task(key).work, running.item.suspect
        line = self._suspects if alone else self._ready
        line.extend(Task(key, work, number, parts, alone) for number in running.fan.missing())
        self._gather(key)

    def _part_done(self, task: Task, done: PartDone) -> None:
        fan, name = self._fan(task)
        if self._record(task.key, "part", {"parts": {"done": {name: [done.result]}}}):
            fan.done[name] = done.result
            self._progress(task.key, len(fan.done), len(fan.names))
            self._gather(task.key)

    def _part_failed(self, task: Task, failed: Failed) -> None:
        fan, name = self._fan(task)
        parts = self._items[task.key].item.parts
        times = (parts.failed.get(name, 0) if parts else 0) + 1
        if self._record(task.key, "part", {"parts": {"failed": {name: times}}}):
            fan.failures[name] = failed.message
            self._ledger.trouble(task.key, f"part {name}: {failed.message}", failed.traceback)
            self._gather(task.key)

    def _fan(self, task: Task) -> tuple[Fan, str]:
        fan = self._items[task.key].fan
        assert fan is not None
        assert task.part is not None
        return fan, fan.names[task.part]

    def _gather(self, key: str) -> None:
        """Go on once every part has ended: call the stage again, or fail with what is known."""
        fan = self._items[key].fan
        if fan is None or not fan.complete():
            return
        if fan.failures:
            self._settle(key, Outcome(Status.ERROR, fan.complaint()))
        else:
            self._ready.appendleft(self._task(key, fan.results()))

    def _record(self, key: str, op: str, changes: dict[str, Any]) -> bool:
        """Commit progress within a claim; where the claim is lost, so is the item's work."""
        running = self._items[key]
        try:
            item = self._ledger.record(running.claim, op, changes)
        except BadData as error:
            self._settle(key, Outcome(Status.ERROR, str(error)))
            return False
        if item is None:
            self._drop(key)
            return False
        running.item = item
        return True

    def _settle(self, key: str, outcome: Outcome) -> None:
        running = self._items[key]
        seconds = time.monotonic() - running.since
        try:
            kept = self._ledger.settle(running.claim, running.item, outcome, seconds)
        except BadData as error:
            self._settle(key, Outcome(Status.ERROR, str(error)))
            return
        if kept:
            del self._items[key]
        else:
            self._drop(key)

    def _drop(self, key: str) -> None:
        """Forget an item that was reset, restored or taken over while this batch worked on it."""
        del self._items[key]
        self._ledger.session.end(key)
        for line in (self._ready, self._suspects):
            kept = [task for task in line if task.key != key]
            line.clear()
            line.extend(kept)
        self._ledger.trouble(key, "was reset or restored meanwhile; this result is dropped")

    def _progress(self, key: str, done: int, of: int) -> None:
        self._ledger.session.progress(key, done, of)
        self._face.progress(key, done, of)

    def _give_back(self) -> None:
        """Make what was not finished pending again; what must run alone is still a suspect."""
        alone = {task.key for task in self._suspects}
        if self._items:
            self._queue.release([running.claim for running in self._items.values()], alone)
        for key in self._items:
            self._ledger.session.end(key)
        self._items.clear()


def run(queue: Queue, opening: Opening, plan: Plan, face: Face) -> Report:
    """Run one batch over a queue."""
    return Batch(queue, opening, plan, face).run()
