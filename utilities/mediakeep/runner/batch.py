"""A batch: claim items from the queue, process them, and record the results.

1. A window of items is claimed with one commit.
2. Each item goes to the executor, inline or in the pool. Its start is recorded, so that it is a
   suspect if the process dies.
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

from mediakeep.errors import BadData, IllegalTransition, LibraryGone
from mediakeep.item import Item, Status, awaits_lookup
from mediakeep.outcome import Opening, Outcome, Parts, Stamp, Work
from mediakeep.queue import settling, survey
from mediakeep.queue.claims import Claim
from mediakeep.queue.queue import Queue
from mediakeep.runner.attempt import Failed, Gone, Lost, Part, PartDone, Quit, Result, Task
from mediakeep.runner.executors import Crew
from mediakeep.runner.hand import Hand
from mediakeep.runner.intake import Intake
from mediakeep.runner.ledger import Ledger
from mediakeep.runner.lineup import Lineup
from mediakeep.runner.plan import Face, Plan, Report
from mediakeep.runner.stages import Fan
from mediakeep.runner.stop import Stop


class Running(msgspec.Struct):
    """A claimed item that is being processed."""

    claim: Claim
    item: Item
    since: float = 0.0
    fan: Fan | None = None
    deadly: bool = False  # its worker died although it ran alone


class Batch:
    """One run over a queue."""

    def __init__(
        self,
        queue: Queue,
        worker_factory: Opening,
        config: Plan,
        callbacks: Face,
        prestarted: Sequence[Hand],
    ) -> None:
        self._queue, self._plan, self._face = queue, config, callbacks
        self._ledger = Ledger(queue, config, callbacks)
        self._report = self._ledger.report
        self._intake = Intake(queue, config)
        self._stop = Stop()
        self._crew = Crew(worker_factory, config.limits, self._stop, self._progress, prestarted)
        self._started = time.monotonic()
        self._items: dict[str, Running] = {}
        self._line = Lineup()
        # The tasks that are running, or finished but not recorded yet; and only the latter.
        self._tasks = 0
        self._heard: deque[tuple[Task, Result]] = deque()
        self._vanished = 0
        # Items settled without their lookup because a service failed; and those claimed again.
        self._unreached: dict[str, Outcome] = {}
        self._retaken: dict[str, Outcome] = {}
        # The monotonic time of the last failed lookup, 0 if a later one succeeded.
        self._failed_at = 0.0

    def run(self) -> Report:
        """Run the batch to its end, to a stop, or until the library is missing."""
        with self._stop:
            with contextlib.ExitStack() as stack:
                # The executor is closed first, and the items are released even if that fails.
                stack.callback(self._give_back)
                stack.callback(self._crew.close, kill=True)
                self._loop()
            self._report.stopped = self._stop.asked
            self._report.seconds = time.monotonic() - self._started
            self._ledger.finish()
        return self._report

    def _loop(self) -> None:
        while not self._stop.at_once:
            if self._heard and self._decides():
                self._take_next()
                continue
            self._refill()
            if task := self._next():
                self._start(task)
            elif self._tasks:
                self._wait()
            else:
                return
        while self._heard:
            self._take_next()

    def _decides(self) -> bool:
        """Return whether finished results determine the next task, and so must be recorded first.

        Else idle workers get their next item before, because recording takes as long as a small
        item.
        """
        aborted = (isinstance(result, Gone) for _, result in self._heard)
        return bool(self._queue.kind.stages) or self._crew.capacity == 1 or any(aborted)

    def _wait(self) -> None:
        """Record a result, or wait for one if there is none."""
        if self._heard:
            self._take_next()
            return
        self._heard.extend(self._crew.wait())
        if not self._heard:
            self._queue.freshen()

    def _take_next(self) -> None:
        """Record one result, and collect the tasks that finished meanwhile."""
        task, result = self._heard.popleft()
        self._tasks -= 1
        self._take(task, result)
        self._heard.extend(self._crew.wait(0.0))

    def _over(self) -> bool:
        """Return whether no more tasks may be started."""
        spent = time.monotonic() - self._started
        out_of_time = bool(self._plan.time_budget and spent >= self._plan.time_budget)
        return self._stop.asked or self._report.gone is not None or out_of_time

    def _refill(self) -> None:
        """Claim the next window if all tasks of the last one have been started."""
        if self._line or self._over():
            return
        first = not self._report.claimed
        for claim in self._intake.take():
            if claim.key in self._items:
                self._drop(claim.key)
            self._items[claim.key] = Running(claim, claim.item)
            if claim.key in self._unreached:
                self._retaken[claim.key] = self._unreached.pop(claim.key)
            self._line.add(self._task(claim.key))
        self._report.claimed = self._intake.claimed
        if first and self._report.claimed:
            self._face.begun(self._intake.expected(self._report.session))

    def _task(self, key: str, results: tuple[Any, ...] | None = None) -> Task:
        item, claim = self._items[key].item, self._items[key].claim
        stage = item.processing_stage or self._queue.kind.first_stage
        created = self._queue.state.head.created
        stamp = Stamp(self._report.session, key, claim.seq, item.first_claim, created)
        return Task(key, Work(item, stamp, stage, results), alone=item.suspect)

    def _next(self) -> Task | None:
        """Return the task to start now, or None if none may be started."""
        if self._over() or self._tasks - len(self._heard) >= self._crew.capacity:
            return None
        return self._line.next(idle=not self._tasks)

    def _start(self, task: Task) -> None:
        running = self._items[task.key]
        running.since = running.since or time.monotonic()
        self._ledger.session.begin(task.key)
        self._crew.submit(task)
        self._tasks += 1
        while task.alone and self._tasks and not self._stop.at_once:
            self._wait()

    def _take(self, task: Task, result: Result) -> None:
        """Record the result of a task, or schedule what follows from it."""
        running = self._items.get(task.key)
        if running is None or running.claim.seq != task.work.stamp.claim:
            return
        match result:
            case Gone(error):
                self._report.gone = error
            case Quit():
                self._stop.asked = True
            case Lost(why) if not task.alone:
                self._ledger.trouble(task.key, f"{why}; it will run again, alone")
                self._line.add(structs.replace(task, alone=True))
            case Lost(why):
                running.deadly = True
                self._failed(task, Failed(f"{why}, also when run alone."))
            case Parts():
                self._spread(task, result)
            case PartDone():
                self._part_done(task, result)
            case Failed():
                self._failed(task, result)
            case Outcome(state=Status.COMPLETED) if result.next_stage:
                self._advance(task.key, result)
            case Outcome() if self._vanishing(result):
                library = self._queue.state.head.library_path
                self._report.gone = LibraryGone(
                    library, f"missing many of its {self._queue.kind.plural}"
                )
            case Outcome():
                self._settle(task.key, result)

    def _vanishing(self, outcome: Outcome) -> bool:
        """Return whether too many items vanished, as with a share that is only partly mounted."""
        self._vanished += outcome.data.get("skip_reason") == survey.VANISHED
        return self._vanished > survey.MANY * len(self._queue.state.items)

    def _failed(self, task: Task, failed: Failed) -> None:
        if task.part:
            self._part_failed(task, failed)
        else:
            self._settle(task.key, Outcome(Status.ERROR, failed.message))

    def _advance(self, key: str, outcome: Outcome) -> None:
        """Record the end of a stage under the same claim, and schedule the next one."""
        changes = settling.replaced(self._items[key].item, outcome.data)
        changes |= {"processing_stage": outcome.next_stage, "parts": None}
        if self._record(key, "stage", changes):
            self._items[key].fan = None
            self._line.put_first(self._task(key))

    def _spread(self, task: Task, parts: Parts) -> None:
        """Schedule the parts of a stage, except those finished before a crash."""
        if task.work.results is not None:
            why = f"Its stage {task.work.stage} got results and returned parts again."
            return self._settle(task.key, Outcome(Status.ERROR, why))
        running = self._items[task.key]
        running.fan = Fan.spread(parts, running.item.parts)
        # Without the record of the other parts, which a part does not need.
        work = structs.replace(task.work, item=structs.replace(running.item, parts=None))
        stage_parts = (Part(n, parts.inputs[n], parts.run) for n in running.fan.missing())
        alone = running.item.suspect
        self._line.put_first(*(Task(task.key, work, part, alone) for part in stage_parts))
        return self._gather(task.key)

    def _part_done(self, task: Task, done: PartDone) -> None:
        fan, name = self._fan(task)
        parts = {"done": {name: [done.result]}, "failed": {name: None}}
        if self._record(task.key, "part", {"parts": parts}):
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
        return fan, fan.names[task.part.number]

    def _gather(self, key: str) -> None:
        """If all parts have ended, schedule the stage with their results, or settle the error."""
        fan = self._items[key].fan
        if fan is None or not fan.complete():
            return
        if fan.failures:
            self._settle(key, Outcome(Status.ERROR, fan.complaint()))
        else:
            self._line.put_first(self._task(key, fan.results()))

    def _record(self, key: str, op: str, changes: dict[str, Any]) -> bool:
        """Commit progress within a claim; return False and drop the item if that failed."""
        running = self._items[key]
        try:
            item = self._ledger.record(running.claim, op, changes)
        except (BadData, IllegalTransition) as error:
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
        if running.deadly and outcome.state is Status.ERROR:  # its next attempt must run alone, too
            outcome = structs.replace(outcome, data={**outcome.data, "suspect": True})
        try:
            before = self._retaken.get(key)
            settled = self._ledger.settle(running.claim, running.item, outcome, seconds, before)
        except (BadData, IllegalTransition) as error:
            self._settle(key, Outcome(Status.ERROR, str(error)))
            return
        if not settled:
            self._drop(key)
            return
        self._forget(key)
        self._heed_lookup(key, outcome, running.since, is_first=before is None)

    def _heed_lookup(self, key: str, outcome: Outcome, since: float, *, is_first: bool) -> None:
        """Stop lookups after a failed one, and resume them after a later one succeeded.

        A second failure with requests to the service concerns only that item.
        """
        self._retaken.pop(key, None)
        has_requests = bool(outcome.facts.get("requests"))
        if awaits_lookup(self._queue.state.items[key]):
            if is_first and "unreached" in outcome.facts:
                self._unreached[key] = self._report.counts_of(outcome)
            if is_first or not has_requests:
                self._failed_at = time.monotonic()
                self._end_lookups()
        elif self._failed_at and has_requests and since > self._failed_at:
            self._failed_at = 0.0
            self._intake.resume_lookups(self._unreached)

    def _end_lookups(self) -> None:
        """Release the items that were claimed for their lookup only and have not been started."""
        waiting = self._line.waiting()
        unmade = [
            key
            for key, running in self._items.items()
            if running.item.for_lookup and key in waiting and not running.since
        ]
        suspects = {key for key in unmade if self._items[key].item.suspect}
        self._queue.release([self._items[key].claim for key in unmade], suspects)
        retried = [key for key in unmade if key in self._retaken]
        for key in retried:
            self._unreached[key] = self._retaken.pop(key)
        for key in unmade:
            self._forget(key)
        self._intake.end_lookups(len(unmade) - len(retried))
        self._report.claimed = self._intake.claimed

    def _drop(self, key: str) -> None:
        """Drop an item that was reset, restored or claimed by another session meanwhile."""
        self._forget(key)
        self._ledger.session.end(key)
        self._ledger.trouble(key, "was reset or restored meanwhile; its result was dropped")

    def _forget(self, key: str) -> None:
        del self._items[key]
        self._line.forget(key)

    def _progress(self, key: str, done: int, of: int, service: str = "") -> None:
        self._ledger.session.progress(key, done, of, service)
        with contextlib.suppress(
            OSError
        ):  # the terminal is gone: the next settled item reports that
            self._face.progress(key, done, of, service)

    def _give_back(self) -> None:
        """Release the unfinished items; those that must run alone stay suspects."""
        if self._items:
            claims = [running.claim for running in self._items.values()]
            suspects = {key for key, running in self._items.items() if running.item.suspect}
            self._queue.release(claims, self._line.suspects() | suspects)
        for key in self._items:
            self._ledger.session.end(key)
        self._items.clear()


def run(
    queue: Queue,
    worker_factory: Opening,
    config: Plan,
    callbacks: Face,
    prestarted: Sequence[Hand] = (),
) -> Report:
    """Run one batch over a queue; `prestarted` are workers started before it was opened."""
    return Batch(queue, worker_factory, config, callbacks, prestarted).run()
