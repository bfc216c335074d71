"""Record what a batch does: results and progress in the queue, log lines, checkpoints."""

from __future__ import annotations

from typing import Any

from mediakeep.item import Item, Status, needs_lookup
from mediakeep.outcome import Outcome
from mediakeep.queue import checkpoints, settle, stage_changes
from mediakeep.queue.claims import Claim
from mediakeep.queue.queue import Queue
from mediakeep.queue.settle import SettleRequest
from mediakeep.runner import scheduling
from mediakeep.runner.batch_config import BatchCallbacks, BatchConfig, BatchResult, SettledItem


class BatchRecorder:
    """Records the results of one batch in the queue and in the log of its session."""

    def __init__(self, queue: Queue, config: BatchConfig, callbacks: BatchCallbacks) -> None:
        self._queue, self._config, self._callbacks = queue, config, callbacks
        self.session = queue.begin_session(**config.settings)
        self.result = BatchResult(session=self.session.id, counters=queue.kind.counters)
        self.session.write_log("Batch started", **config.settings)

    def record_progress(self, claim: Claim, op: str, changes: dict[str, Any]) -> Item | None:
        """Commit progress of a claimed item.

        Return the changed item, or None if the claim is no longer valid.
        """
        is_valid = self._queue.update_claimed_item(claim, op, changes)
        return self._queue.state.items[claim.key] if is_valid else None

    def settle_item(
        self,
        claim: Claim,
        item: Item,
        outcome: Outcome,
        seconds: float,
        before: Outcome | None = None,
    ) -> bool:
        """Commit the outcome of an item, then report it; return False if the claim is not valid.

        `seconds` is how long the item took. `before` is the outcome that this one replaces, if the
        batch has already settled the item.
        """
        if not self._queue.settle(claim, self._build_settle_request(item, outcome, seconds)):
            return False
        self.session.end_item(claim.key)
        if before:
            self.result.subtract_outcome(before)
        self.result.add_outcome(outcome)
        settled = SettledItem(self.result.done_count, claim.key, outcome, seconds)
        self._log_settled(settled)
        self.flush_warnings()
        self._callbacks.on_item(settled)
        self._write_checkpoint_if_due()
        return True

    def _build_settle_request(self, item: Item, outcome: Outcome, seconds: float) -> SettleRequest:
        if outcome.state is not Status.ERROR:
            return SettleRequest(outcome, seconds)
        stage = self._queue.kind.stages.get_current_stage(item.processing_stage)
        tries = stage_changes.get_attempts(item, stage) + 1
        now = self._queue.location.now()
        when = scheduling.next_retry_time(self._config.retry, tries, outcome.retry_after, now)
        return SettleRequest(outcome, seconds, when)

    def _log_settled(self, settled: SettledItem) -> None:
        outcome = settled.outcome
        facts = settle.build_history_facts(SettleRequest(outcome, settled.seconds))
        facts.pop("open_ids", None)
        if outcome.traceback:
            facts["traceback"] = outcome.traceback
        level = "error" if outcome.state is Status.ERROR else "info"
        facts["item"] = settled.key
        self.session.write_log(f"{settled.key}: {outcome.message}", level, **facts)

    def log_problem(self, key: str, text: str, traceback: str = "") -> None:
        """Write a problem with an item to the session's log; the item is still being processed."""
        facts = {"traceback": traceback} if traceback else {}
        self.session.write_log(f"{key}: {text}", "warning", item=key, **facts)

    def flush_warnings(self) -> None:
        """Add the warnings of the queue to the log and to the batch result."""
        for warning in self._queue.take_warnings():
            self.session.write_log(warning, "warning")
            self.result.warnings.append(warning)

    def _write_checkpoint_if_due(self) -> None:
        every, state, folder = (
            self._config.checkpoint_every,
            self._queue.state,
            self._queue.location.folder,
        )
        first = self.result.done_count == 1  # a killed batch may have left one out
        if not (
            checkpoints.is_checkpoint_due(state, every)
            or (first and checkpoints.is_checkpoint_overdue(folder, state, every))
        ):
            return
        try:
            path = self._queue.write_checkpoint()
            checkpoints.prune_checkpoints(folder, self._config.keep_checkpoints, path)
            self.session.write_log(f"Checkpoint {path.name} written")
        except OSError as error:
            warning = f"No checkpoint could be written: {error}"
            self.session.write_log(warning, "warning")
            self.result.warnings.append(warning)
        self._callbacks.on_milestone()

    def finish(self) -> None:
        """Update the views, and record the end of the session in its log and in the history."""
        try:
            self._callbacks.on_milestone()
        finally:
            self._end_session()

    def _end_session(self) -> None:
        self.flush_warnings()
        report = self.result
        report.pending_lookups = sum(map(needs_lookup, self._queue.state.items.values()))
        facts: dict[str, Any] = {
            status.value: count for status, count in report.settled.items() if count
        }
        facts |= {"seconds": round(report.seconds, 3), "stopped": report.stopped}
        self.session.write_log(
            f"Batch ended: {report.done_count} of {report.claimed} items done", **facts
        )
        self._queue.end_session(**facts)
