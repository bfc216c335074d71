"""Call a worker in a separate process, as native decoders may crash."""

from __future__ import annotations

from mediakeep.errors import ItemFailed
from mediakeep.item import Status
from mediakeep.outcome import Opening, Outcome, Work
from mediakeep.runner.attempt import Gone, Lost, Result, Task
from mediakeep.runner.executors import Crew
from mediakeep.runner.plan import Limits
from mediakeep.runner.stop import Stop


def call(opening: Opening, work: Work) -> Outcome:
    """Call a worker in a separate process, and raise its error."""
    with Stop() as stop:
        executor = Crew(opening, Limits(inline=False), stop, lambda *_: None)
        try:
            executor.submit(Task(work.stamp.key, work))
            while not stop.asked:
                for _, result in executor.wait():
                    return _outcome(result)
        finally:
            executor.close(kill=True)
    raise KeyboardInterrupt


def _outcome(result: Result) -> Outcome:
    match result:
        case Gone(error):
            raise error
        case Lost(why):
            raise ItemFailed(f"A decoder failed on one of the files: {why}. Nothing was written.")
        case Outcome(state=Status.ERROR):
            raise ItemFailed(result.message)
        case Outcome():
            return result
    raise TypeError(f"a worker without stages returned {type(result).__name__}")
