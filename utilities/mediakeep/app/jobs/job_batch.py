"""The batch of a job command: prepare the queue, process its items, wait for later ones."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import datetime

from msgspec import structs

from mediakeep import clock
from mediakeep.app.batch import run_batch
from mediakeep.app.batch.batch_request import BatchOptions
from mediakeep.app.batch.output import BatchOutput
from mediakeep.app.jobs import prepare_items, remove_files, resumable
from mediakeep.app.jobs.job_request import Preparation, Selection
from mediakeep.app.queue_admin.context import ManagerContext
from mediakeep.errors import MediakeepError, UsageError
from mediakeep.item import Item, Status
from mediakeep.queue import actions, claims, resets
from mediakeep.queue.claims import PendingQueue
from mediakeep.queue.state import QueueState
from mediakeep.runner.signals import StopHandler
from mediakeep.runner.worker_process import WorkerProcess
from mediakeep.views import wait_text

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
        self._windows = options.config.between
        self._wanted: set[str] | None = None  # the items to wait for; None: all
        self._left: set[str] = set()  # pending items that the end of a time window left

    def run(self, workers: Sequence[WorkerProcess], output: BatchOutput) -> int:
        """Run the batch with workers that were started early, and return its exit code."""
        if self._options.dry_run:
            preview = prepare_items.preview(self._context, self._preparation)
            refusal = preview.refusal
            settings = self._preparation.settings
            removals = remove_files.preview_removals(self._context, preview.state, settings)
            output.on_prepared([*refusal.lines, *removals.lines], {**refusal.data, **removals.data})
            options = self._select(preview.state, preview.added)
            return run_batch.run(
                options, workers, output, self._context.console, preview=preview.state
            )
        result = prepare_items.prepare(self._context, self._preparation)
        removed = remove_files.remove_outputs(self._context, self._preparation.settings)
        output.on_prepared([*result.lines, *removed.lines], {**result.data, **removed.data})
        added = (*result.data.get("existing", ()), *result.data.get("added", ()))
        options = self._select(self._context.read_state(), added)
        if not self._windows.is_open(self._get_time()) and self._wait_for_window():
            return _STOPPED if self._selection.wait else 0
        codes = [self._run_batch(options, workers, output)]
        while self._selection.wait and codes[-1] != _STOPPED and self._find_waiting():
            codes.append(_STOPPED if self._wait_until_due() else self._run_due(output))
        return codes[-1] if codes[-1] == _STOPPED else self._combine(codes)

    def _run_batch(
        self, options: BatchOptions, workers: Sequence[WorkerProcess], output: BatchOutput
    ) -> int:
        """Run a batch, and note which items the end of a time window left."""
        code = run_batch.run(options, workers, output, self._context.console)
        self._left = set()
        if not self._windows.is_open(self._get_time()):
            items, keys = self._read_wanted(), options.config.keys
            chosen = items if keys is None else keys
            self._left = {
                key for key in chosen if key in items and items[key].status is Status.PENDING
            }
            if self._left and code != _STOPPED:
                self._print_window()
        return code

    def _wait_for_window(self) -> bool:
        """Wait until a time window opens; return whether it is still closed.

        That is so after a signal, and without --wait.
        """
        opening = self._windows.find_next_start(self._get_time())
        with StopHandler() as stop:
            self._print_window()
            while self._selection.wait and not stop.requested and self._get_time() < opening:
                time.sleep(_INTERVAL)
        return self._get_time() < opening

    def _print_window(self) -> None:
        now = self._get_time()
        opening = wait_text.format_moment(self._windows.find_next_start(now), now)
        what = "waiting until" if self._selection.wait else "nothing is started before"
        hint = "" if self._selection.wait else " Add --wait to wait for it."
        self._context.console.print_message(
            f"Outside of --between {self._windows.text}: {what} {opening}.{hint}"
        )

    def _select(self, state: QueueState, added: Sequence[str]) -> BatchOptions:
        """Return the options of the first batch, limited to the items that are selected."""
        claims.simulate_recovery(state, self._context.location)
        keys = self._choose_keys(state, added)
        return self._options if keys is None else self._limit_to(keys)

    def _choose_keys(self, state: QueueState, added: Sequence[str]) -> Sequence[str] | None:
        """Return the items to process, or None if the batch claims the next ones of the queue.

        If it may have to wait for a time window, it gets its number of items now, so that the
        batches after the wait process the same ones.
        """
        config = self._options.config
        if self._selection.only_added:
            self._wanted = set(added)
            keys = [key for key in added if state.items[key].status is Status.PENDING]
            return [key for key in keys if self._runs_stage_of(state.items[key])]
        if self._options.item_name:
            if config.stages:
                self._check_stage(state)
            return None
        if self._selection.resume:
            keys = resumable.select_due(state, self._now())
        elif config.stages or (self._windows and self._selection.wait and config.size):
            count = len(state.items) if config.stages else config.size or 0
            keys = PendingQueue(state).peek_keys(count, self._now())
        else:
            return None
        return [key for key in keys if self._runs_stage_of(state.items[key])][: config.size]

    def _runs_stage_of(self, item: Item) -> bool:
        """Return whether the next stage of an item is one of those to run."""
        stages = self._options.config.stages
        return not stages or self._context.kind.get_next_stage(item) in stages

    def _check_stage(self, state: QueueState) -> None:
        """Raise UsageError if the only item is in a stage that is not to run."""
        key = actions.find_item_key(state, self._options.item_name)
        item = state.items[key]
        if item.status is not Status.PENDING:
            patch = resets.build_reset_patch(state.kind, item)
            item = state.build_changed_item(key, patch, "reset")
        if not self._runs_stage_of(item):
            name, stage = state.kind.name_item(key, item), state.kind.get_next_stage(item)
            raise UsageError(f"--stages lacks {stage}, the next stage of {name}.")

    def _limit_to(self, keys: Sequence[str]) -> BatchOptions:
        config = structs.replace(self._options.config, keys=tuple(keys))
        return structs.replace(self._options, config=config)

    def _run_due(self, output: BatchOutput) -> int:
        """Run a batch of the items whose time has come."""
        now = self._now()
        keys = [key for key, time in self._find_waiting().items() if time <= now]
        return self._run_batch(self._limit_to(keys), (), output)

    def _find_waiting(self) -> dict[str, str]:
        """Return the times of the items that can run later only, by key."""
        opening = clock.format_iso(self._windows.find_next_start(self._get_time()))
        return {
            key: max(item.not_before, opening) if self._windows else item.not_before
            for key, item in self._read_wanted().items()
            if self._runs_stage_of(item)
            and (
                (item.not_before and item.status in (Status.PENDING, Status.ERROR))
                or (key in self._left and item.status is Status.PENDING)
            )
        }

    def _read_wanted(self) -> dict[str, Item]:
        """Return the items that this call may process."""
        items = self._context.read_state().items
        wanted = items if self._wanted is None else self._wanted
        return {key: items[key] for key in wanted if key in items}

    def _wait_until_due(self) -> bool:
        """Wait until an item can run; return whether a signal stopped the wait."""
        with StopHandler() as stop:
            while not stop.requested and not self._is_due():
                time.sleep(_INTERVAL)
        return stop.requested

    def _is_due(self) -> bool:
        """Return whether an item can run now, or none waits any more.

        The queue is not read before the next time window, which may be hours away.
        """
        if not self._windows.is_open(self._get_time()):
            return False
        times = self._find_waiting().values()
        return not times or min(times) <= self._now()

    def _combine(self, codes: Sequence[int]) -> int:
        """Return the exit code of all batches: that of failures only if an item is still failed."""
        failed = MediakeepError.exit_code
        items = self._read_wanted().values()
        if len(codes) > 1 and not any(item.status is Status.ERROR for item in items):
            codes = [code for code in codes if code != failed]
        return failed if failed in codes else max(codes, default=0)

    def _now(self) -> str:
        return clock.format_iso(self._get_time())

    def _get_time(self) -> datetime:
        return self._context.location.now()
