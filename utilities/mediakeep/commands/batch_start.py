"""Start a batch: its worker processes first, and then what only a batch imports."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mediakeep.app.batch.batch_request import BatchOptions
from mediakeep.app.console import CommandResult
from mediakeep.commands.console import ClickConsole
from mediakeep.runner import worker_process

if TYPE_CHECKING:
    from mediakeep.app.batch.output import BatchOutput
    from mediakeep.runner.worker_process import WorkerProcess


@contextlib.contextmanager
def start_batch(batch: BatchOptions) -> Iterator[tuple[list[WorkerProcess], BatchOutput]]:
    """Start the workers of a batch and open its output for a `with` block."""
    with worker_process.prestart_workers(
        batch.import_worker_factory, batch.prestart_count
    ) as workers:
        from mediakeep.commands.display import batch_output

        with batch_output.open_output(batch) as output:
            yield workers, output


def run_batch(batch: BatchOptions, *, estimate: bool) -> int | CommandResult:
    """Run a batch of artists or movies; with `estimate`, return what it would request instead."""
    if estimate:
        from mediakeep.app.batch import lookup_estimate

        return lookup_estimate.estimate_batch(batch)
    with start_batch(batch) as (workers, output):
        from mediakeep.app.batch import run_batch

        return run_batch.run(batch, workers, output, ClickConsole())
