"""The batch of a job command: prepare the queue, process its items, wait for later ones."""

from __future__ import annotations

import time
from collections.abc import Sequence

from msgspec import structs

from mediakeep import clock
from mediakeep.app.batch import run_batch
from mediakeep.app.batch.batch_request import BatchOptions
from mediakeep.app.batch.output import BatchOutput
from mediakeep.app.jobs import prepare_items, resumable, vanished
from mediakeep.app.jobs.job_request import Preparation, Selection
from mediakeep.app.queue_admin.context import ManagerContext
from mediakeep.errors import MediakeepError
from mediakeep.item import Item, Status
from mediakeep.queue import claims
from mediakeep.queue.state import QueueState
from mediakeep.runner.signals import StopHandler
from mediakeep.runner.worker_process import WorkerProcess

_STOPPED = 130  # exit code after a signal
_INTERVAL = 1.0  # seconds after which the queue is read again, as the user may change it


class JobBatch:
    """One call of a job command."""

    def __init__(
        self,
        context: ManagerContext,
        options: BatchOptions,
        preparation: Preparation,
        selection: Selection,
    ) -> None:
        self._context, self._options = context, options
        self._preparation, self._selection = preparation, selection
        self._wanted: set[str] | None = None  # the items to wait for; None: all

    def run(self, workers: Sequence[WorkerProcess], output: BatchOutput) -> int:
        """Run the batch with workers that were started early, and return its exit code."""
        if self._options.dry_run:
            preview = prepare_items.preview(self._context, self._preparation)
            refusal = preview.refusal
            settings = self._preparation.settings
            removals = vanished.preview_removals(self._context, preview.state, settings)
            output.on_prepared([*refusal.lines, *removals.lines], {**refusal.data, **removals.data})
            options = self._select(preview.state, preview.added)
            return run_batch.run(
                options, workers, output, self._context.console, preview=preview.state
            )
        result = prepare_items.prepare(self._context, self._preparation)
        removed = vanished.remove_outputs(self._context, self._preparation.settings)
        output.on_prepared([*result.lines, *removed.lines], {**result.data, **removed.data})
        added = (*result.data.get("existing", ()), *result.data.get("added", ()))
        options = self._select(self._context.read_state(), added)
        codes = [run_batch.run(options, workers, output, self._context.console)]
        while self._selection.wait and codes[-1] != _STOPPED and self._find_waiting():
            codes.append(_STOPPED if self._wait_until_due() else self._run_due(output))
        return codes[-1] if codes[-1] == _STOPPED else self._combine(codes)

    def _select(self, state: QueueState, added: Sequence[str]) -> BatchOptions:
        """Return the options of the first batch, limited to the items that are selected."""
        if not (self._selection.resume or self._selection.only_added):
            return self._options
        claims.simulate_recovery(state, self._context.location)
        if self._selection.only_added:
            self._wanted = set(added)
            return self._limit_to(
                [key for key in added if state.items[key].status is Status.PENDING]
            )
        size = self._options.config.size
        return self._limit_to(resumable.select_due(state, self._now())[:size])

    def _limit_to(self, keys: Sequence[str]) -> BatchOptions:
        config = structs.replace(self._options.config, keys=tuple(keys))
        return structs.replace(self._options, config=config)

    def _run_due(self, output: BatchOutput) -> int:
        """Run a batch of the items whose time has come."""
        now = self._now()
        keys = [key for key, time in self._find_waiting().items() if time <= now]
        return run_batch.run(self._limit_to(keys), (), output, self._context.console)

    def _find_waiting(self) -> dict[str, str]:
        """Return the times of the items that can run later only, by key."""
        return {
            key: item.not_before
            for key, item in self._read_wanted().items()
            if item.not_before and item.status in (Status.PENDING, Status.ERROR)
        }

    def _read_wanted(self) -> dict[str, Item]:
        """Return the items that this call may process."""
        items = self._context.read_state().items
        wanted = items if self._wanted is None else self._wanted
        return {key: items[key] for key in wanted if key in items}

    def _wait_until_due(self) -> bool:
        """Wait until an item can run; return whether a signal stopped the wait."""
        with StopHandler() as stop:
            while not stop.requested:
                times = self._find_waiting().values()
                if not times or min(times) <= self._now():
                    break
                time.sleep(_INTERVAL)
        return stop.requested

    def _combine(self, codes: Sequence[int]) -> int:
        """Return the exit code of all batches: that of failures only if an item is still failed."""
        failed = MediakeepError.exit_code
        items = self._read_wanted().values()
        if len(codes) > 1 and not any(item.status is Status.ERROR for item in items):
            codes = [code for code in codes if code != failed]
        return failed if failed in codes else max(codes, default=0)

    def _now(self) -> str:
        return clock.format_iso(self._context.location.now())
