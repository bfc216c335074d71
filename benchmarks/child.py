"""One task in a process of its own: python -m benchmarks.child TASK HOME [...].

So a peak of memory is this task's alone. Prints one JSON object: seconds by name, peak in bytes.
"""

from __future__ import annotations

import contextlib
import gc
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import mutagen

from benchmarks import stock
from mediakeep.music.item import MUSIC
from mediakeep.queue import readonly, snapshot
from mediakeep.queue.queue import Queue, locate_queue

_CHUNK = 20  # files handed to a process at once, about as many as an artist has


def run(task: str, *arguments: object) -> dict[str, float]:
    """Run a task in a fresh process; return what it printed."""
    line = [sys.executable, "-m", __name__, task, *map(str, arguments)]
    printed = subprocess.run(line, check=True, stdout=subprocess.PIPE).stdout
    return json.loads(printed)


def make(home: Path, count: str, what: str) -> dict[str, float]:
    """Make a queue, where the caller is to stay small."""
    stock.queue(home, int(count), getattr(stock, what)).close()
    return {}


def read(home: Path) -> dict[str, float]:
    """Read a queue without its lock, as the dashboard does."""
    return {"read": _timed(lambda: readonly.load_state(stock.folder(home), MUSIC))}


def opened(home: Path) -> dict[str, float]:
    """Open a queue as a batch does, and ask for the next items."""
    kept: list[Queue] = []
    opening = _timed(lambda: kept.append(Queue.open(locate_queue(stock.folder(home)), MUSIC)))
    return {"open": opening, "next": _timed(lambda: kept[0]._get_pending().peek_keys(50))}


def bare(home: Path) -> dict[str, float]:
    """Read the same file with the standard library."""
    path = stock.folder(home) / snapshot.FILE
    return {"json": _timed(lambda: json.loads(path.read_bytes()))}


def tags(listed: Path, workers: str) -> dict[str, float]:
    """Read the tags of all files in a list and keep nothing, here or in a pool."""
    paths = json.loads(listed.read_bytes())
    if workers == "1":
        return {"tags": _timed(lambda: [_tags(path) for path in paths])}
    with ProcessPoolExecutor(int(workers), get_context("spawn")) as pool:
        return {"tags": _timed(lambda: list(pool.map(_tags, paths, chunksize=_CHUNK)))}


def _tags(path: str) -> bool:
    with contextlib.suppress(mutagen.MutagenError):
        return mutagen.File(path) is not None
    return False


_TASKS: dict[str, Callable[..., dict[str, float]]] = {
    function.__name__: function for function in (make, read, opened, bare, tags)
}


def _timed(function: Callable[[], Any]) -> float:
    gc.collect()
    started = time.perf_counter()
    result = function()
    seconds = time.perf_counter() - started
    del result
    return seconds


def measure_peak() -> int:
    """Return the peak of this process's memory in bytes."""
    status = Path("/proc/self/status")
    if status.exists():  # elsewhere Linux counts in what the parent held when it forked
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) << 10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # bytes on macOS


def _main() -> None:
    task, home, *rest = sys.argv[1:]
    print(json.dumps({**_TASKS[task](Path(home), *rest), "peak": measure_peak()}))


if __name__ == "__main__":
    _main()
