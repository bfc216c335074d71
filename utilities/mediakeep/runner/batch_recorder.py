"""Record what a batch does: results and progress in the queue, log lines, checkpoints."""

from __future__ import annotations

import contextlib
import logging
import platform
import time
from collections.abc import Mapping
from typing import Any

from mediakeep import __version__, clock
from mediakeep.item import Status, needs_lookup
from mediakeep.outcome import Outcome
from mediakeep.queue import checkpoints, settle
from mediakeep.queue.queue import Queue
from mediakeep.queue.sessions import StageProgress
from mediakeep.queue.settle import SettleRequest
from mediakeep.runner.batch_config import (
    BatchCallbacks,
    BatchConfig,
    BatchResult,
    ParkedItem,
    SettledItem,
)

_LOGGER = logging.getLogger(__name__)
_LOGGER.addHandler(logging.NullHandler())  # else warnings would be printed without a debug log


class BatchRecorder:
    """Records the results of one batch in the queue and in the log of its session."""

    def __init__(self, queue: Queue, config: BatchConfig, callbacks: BatchCallbacks) -> None:
        self._queue, self._config, self._callbacks = queue, config, callbacks
        self.session = queue.begin_session(**config.settings)
        if not config.limits.inline:
            self.session.note_isolated()
        self.result = BatchResult(session=self.session.id, counters=queue.kind.counters)
        self._failures: dict[str, Outcome] = {}  # by item: the last outcome, if it failed
        self._starts: dict[tuple[str, int], float] = {}  # of running tasks: item, part (-1: none)
        self._log("Batch started", **config.settings)
        if _LOGGER.isEnabledFor(logging.DEBUG):
            self._debug("Versions", **_read_versions())

    def _log(self, message: str, level: str = "info", /, **facts: Any) -> None:
        """Write a line to the log of the session, and to the debug log."""
        self.session.write_log(message, level, **facts)
        self._write_debug_log(logging.getLevelNamesMapping()[level.upper()], message, facts)

    def _debug(self, message: str, /, **facts: Any) -> None:
        self._write_debug_log(logging.DEBUG, message, facts)

    def _write_debug_log(self, level: int, message: str, facts: Mapping[str, Any]) -> None:
        if _LOGGER.isEnabledFor(level):
            all_facts = {"session": self.session.id, **facts}
            _LOGGER.log(level, "%s", message, extra={"facts": all_facts})

    def _name(self, key: str) -> str:
        return self._queue.state.name_item(key)

    def log_claim(self, key: str, stage: str) -> None:
        """Write a claimed item to the debug log."""
        self._debug(f"{self._name(key)}: claimed", item=key, stage=stage)

    def log_task_begin(self, key: str, stage: str, part: int = -1) -> None:
        """Write the begin of a task to the debug log; `part` is the number of its part, or -1."""
        self._starts[key, part] = time.monotonic()
        self._debug(f"{self._name(key)}: {_name_task(stage, part)} begun", item=key, stage=stage)

    def log_task_end(self, key: str, stage: str, result: object, part: int = -1) -> None:
        """Write the end of a task and its seconds to the debug log."""
        seconds = round(time.monotonic() - self._starts.pop((key, part), time.monotonic()), 3)
        what, kind = _name_task(stage, part), type(result).__name__
        self._debug(
            f"{self._name(key)}: {what} ended", item=key, stage=stage, result=kind, seconds=seconds
        )

    def report_settled(
        self, key: str, request: SettleRequest, replaced: Outcome | None = None
    ) -> None:
        """Report an item that was settled, and write a checkpoint if one is due.

        `replaced` is the outcome that this one replaces, if the batch has already settled the item
        without its lookup. A failure is replaced by the outcome of the next attempt in the batch.
        """
        self.session.end_item(key)
        for former in (replaced, self._failures.pop(key, None)):
            if former:
                self.result.subtract_outcome(former)
        self.result.add_outcome(request.outcome)
        if request.outcome.state is Status.ERROR:
            self._failures[key] = self.result.extract_countable_outcome(request.outcome)
        number, total = self.result.done_count, self.result.expected
        settled = SettledItem(number, key, request.outcome, request.seconds, total)
        self._log_settled(settled)
        self.flush_warnings()
        self._callbacks.on_item(settled)
        self._write_checkpoint_if_due()

    def _log_settled(self, settled: SettledItem) -> None:
        outcome = settled.outcome
        facts = settle.build_history_facts(SettleRequest(outcome, settled.seconds))
        facts.pop("open_ids", None)
        if outcome.traceback:
            facts["traceback"] = outcome.traceback
        level = "error" if outcome.state is Status.ERROR else "info"
        facts["item"] = settled.key
        self._log(f"{self._name(settled.key)}: {outcome.message}", level, **facts)

    def report_parked(self, key: str, outcome: Outcome) -> None:
        """Report an item that was parked, or released without a time."""
        self.session.end_item(key)
        until = self._queue.state.items[key].not_before
        self.result.parked += bool(until)
        self.result.out_of_space += outcome.out_of_space
        wait = f"waiting until {clock.format_local(until)}: " if until else ""
        text = f"{self._name(key)}: {wait}{outcome.message}"
        self._log(text, item=key, until=until, why=outcome.message)
        self.flush_warnings()
        self._callbacks.on_parked(ParkedItem(key, until, outcome.message, outcome.needs_user))

    def report_dropped(self, key: str) -> None:
        """Report an item that was cancelled, reset, restored or claimed by another session."""
        self.session.end_item(key)
        item = self._queue.state.items.get(key)
        reason = item.skip_reason if item and item.status is Status.SKIPPED else ""
        why = reason or "reset or restored"
        self.log_problem(key, f"was {why} meanwhile; its result was dropped")
        self._callbacks.on_dropped(key, why)

    def log_stage(self, key: str, stage: str, outcome: Outcome, seconds: float) -> None:
        """Write the end of an item's stage to the session's log."""
        text = f"{self._name(key)}: stage {stage} done, next is {outcome.next_stage}"
        if outcome.message:
            text = f"{self._name(key)}: stage {stage}: {outcome.message}"
        facts = {"stage": stage, "next": outcome.next_stage, "seconds": round(seconds, 3)}
        self._log(text, item=key, **facts)

    def report_progress(
        self, key: str, done: int, of: int, service: str, stage: StageProgress | None = None
    ) -> None:
        """Report that `done` of `of` steps of an item, or of its stage, are finished."""
        self.session.note_progress(key, done, of, service, stage)
        # the terminal is gone: the next settled item reports that
        with contextlib.suppress(OSError):
            self._callbacks.on_progress(key, done, of, service)

    def log_problem(self, key: str, text: str, traceback: str = "") -> None:
        """Write a problem with an item to the session's log; the item is still being processed."""
        facts = {"traceback": traceback} if traceback else {}
        self._log(f"{self._name(key)}: {text}", "warning", item=key, **facts)

    def flush_warnings(self) -> None:
        """Add the warnings of the queue to the log and to the batch result."""
        for warning in self._queue.take_warnings():
            self._log(warning, "warning")
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
            self._log(f"Checkpoint {path.name} written")
        except OSError as error:
            warning = f"No checkpoint could be written: {error}"
            self._log(warning, "warning")
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
        self._log(f"Batch ended: {report.done_count} of {report.claimed} items done", **facts)
        self._queue.end_session(**facts)


def _name_task(stage: str, part: int) -> str:
    task = f"stage {stage}" if stage else "processing"
    return f"part {part + 1} of {task}" if part >= 0 else task


def _read_versions() -> dict[str, str]:
    """Return the versions of mediakeep, Python and the libraries that read and encode media."""
    from importlib import metadata  # here, as it is seldom needed

    versions = {"mediakeep": __version__, "python": platform.python_version()}
    for name in ("av", "mutagen"):
        with contextlib.suppress(metadata.PackageNotFoundError):
            versions[name] = metadata.version(name)
    return {**versions, "platform": platform.platform()}
