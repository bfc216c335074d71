"""Call a worker in a separate process, as native decoders may crash."""

from __future__ import annotations

from mediakeep.errors import ItemFailed
from mediakeep.item import Status
from mediakeep.outcome import Outcome, Work, WorkerFactory
from mediakeep.runner.batch_config import ExecutionLimits
from mediakeep.runner.executors import AdaptiveExecutor
from mediakeep.runner.signals import StopHandler
from mediakeep.runner.tasks import BatchAborted, Task, TaskResult, WorkerDied


def run_isolated(opening: WorkerFactory, work: Work) -> Outcome:
    """Call a worker in a separate process, and raise its error."""
    with StopHandler() as stop:
        executor = AdaptiveExecutor(opening, ExecutionLimits(inline=False), stop, lambda *_: None)
        try:
            executor.submit(Task(work.stamp.key, work))
            while not stop.requested:
                for _, result in executor.wait():
                    return _to_outcome(result)
        finally:
            executor.close()
    raise KeyboardInterrupt


def _to_outcome(result: TaskResult) -> Outcome:
    match result:
        case BatchAborted(error):
            raise error
        case WorkerDied(why):
            raise ItemFailed(f"A decoder failed on one of the files: {why}. Nothing was written.")
        case Outcome(state=Status.ERROR):
            raise ItemFailed(result.message)
        case Outcome():
            return result
    raise TypeError(f"a worker without stages returned {type(result).__name__}")
