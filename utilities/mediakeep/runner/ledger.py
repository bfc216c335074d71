"""Record a batch: settles, stages and parts in the queue, log lines, checkpoints."""

from __future__ import annotations

from typing import Any

from mediakeep.item import Item, Status, awaits_lookup
from mediakeep.outcome import Outcome
from mediakeep.queue import checkpoints, settling
from mediakeep.queue.claims import Claim
from mediakeep.queue.queue import Queue
from mediakeep.queue.settling import Ending
from mediakeep.runner import retry
from mediakeep.runner.plan import Face, Plan, Report, Settled


class Ledger:
    """Records the results of one session."""

    def __init__(self, queue: Queue, config: Plan, callbacks: Face) -> None:
        self._queue, self._plan, self._face = queue, config, callbacks
        self.session = queue.begin(**config.settings)
        self.report = Report(session=self.session.id, counted=queue.kind.tallies)
        self.session.write("Batch started", **config.settings)

    def record(self, claim: Claim, op: str, changes: dict[str, Any]) -> Item | None:
        """Commit progress within a claim; return the item, or None if the claim is lost."""
        is_valid = self._queue.update(claim, op, changes)
        return self._queue.state.items[claim.key] if is_valid else None

    def settle(
        self,
        claim: Claim,
        item: Item,
        outcome: Outcome,
        seconds: float,
        before: Outcome | None = None,
    ) -> bool:
        """Commit the outcome of an item, then report it; return False if the claim is lost.

        `before` is the outcome that this one replaces, if the batch has already settled the item.
        """
        if not self._queue.settle(claim, self._ending(item, outcome, seconds)):
            return False
        self.session.end(claim.key)
        if before:
            self.report.uncount(before)
        self.report.count(outcome)
        settled = Settled(self.report.done, claim.key, outcome, seconds)
        self._log(settled)
        self.warn()
        self._face.settled(settled)
        self._checkpoint()
        return True

    def _ending(self, item: Item, outcome: Outcome, seconds: float) -> Ending:
        if outcome.state is not Status.ERROR:
            return Ending(outcome, seconds)
        stage = item.processing_stage or self._queue.kind.first_stage
        tries = settling.attempts(item, stage) + 1
        now = self._queue.where.now()
        when = retry.not_before(self._plan.retry, tries, outcome.retry_after, now)
        return Ending(outcome, seconds, when)

    def _log(self, settled: Settled) -> None:
        outcome = settled.outcome
        facts = settling.facts(Ending(outcome, settled.seconds))
        facts.pop("open_ids", None)
        if outcome.traceback:
            facts["traceback"] = outcome.traceback
        level = "error" if outcome.state is Status.ERROR else "info"
        facts["item"] = settled.key
        self.session.write(f"{settled.key}: {outcome.message}", level, **facts)

    def trouble(self, key: str, text: str, traceback: str = "") -> None:
        """Log a problem with an item that does not end it."""
        facts = {"traceback": traceback} if traceback else {}
        self.session.write(f"{key}: {text}", "warning", item=key, **facts)

    def warn(self) -> None:
        """Add the warnings of the queue to the log and to the batch result."""
        for warning in self._queue.warnings():
            self.session.write(warning, "warning")
            self.report.warnings.append(warning)

    def _checkpoint(self) -> None:
        every, state, folder = (
            self._plan.checkpoint_every,
            self._queue.state,
            self._queue.where.folder,
        )
        first = self.report.done == 1  # a killed batch may have left one out
        if not (
            checkpoints.due(state, every) or (first and checkpoints.overdue(folder, state, every))
        ):
            return
        try:
            path = self._queue.checkpoint()
            checkpoints.prune(folder, self._plan.keep_checkpoints, path)
            self.session.write(f"Checkpoint {path.name} written")
        except OSError as error:
            warning = f"No checkpoint could be written: {error}"
            self.session.write(warning, "warning")
            self.report.warnings.append(warning)
        self._face.milestone()

    def finish(self) -> None:
        """Update the views, and end the session in log and history."""
        try:
            self._face.milestone()
        finally:
            self._end()

    def _end(self) -> None:
        self.warn()
        report = self.report
        report.awaiting = sum(map(awaits_lookup, self._queue.state.items.values()))
        facts: dict[str, Any] = {
            status.value: count for status, count in report.settled.items() if count
        }
        facts |= {"seconds": round(report.seconds, 3), "stopped": report.stopped}
        self.session.write(f"Batch ended: {report.done} of {report.claimed} items done", **facts)
        self._queue.end(**facts)
