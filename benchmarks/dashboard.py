"""The dashboard's share of a core while a batch runs: a real one, and one at full speed."""

from __future__ import annotations

import functools
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks import empty, stock, table
from mediakeep.queue.queue import Queue
from mediakeep.runner import batch
from mediakeep.runner.batch_config import BatchConfig, ExecutionLimits
from tests.vt import Terminal

_ROOT = Path(__file__).parents[1]
_SECONDS = 20.0
_MOST = {930: 2.0, 100_000: 5.0}  # per cent


@dataclass(frozen=True)
class Shared:
    """What a dashboard took of a core: for its start, and from then on while a batch ran."""

    start: float  # seconds of a core
    spent: float
    wall: float
    settled: int

    @property
    def share(self) -> float:
        """Per cent of a core, the start aside."""
        return 100 * self.spent / self.wall


def run(home: Path, *, full: bool) -> None:
    """Measure next to a batch of 930 artists' files, and next to empty workers on large queues."""
    rows = [_row("930 artists read and repaired", 930, _library(home / "library"))]
    for count in (930, 100_000, *([1_000_000] if full else [])):
        shared = _empty(home / str(count), count)
        rows.append(_row(f"empty workers, queue of {count:,}", count, shared))
    table.show(
        "The dashboard, at 120 columns and 40 lines, while a batch runs in another process",
        ("", "items settled", "seconds", "start s", "% of a core", "at most"),
        rows,
        "The start, measured separately, is the import and the first look at everything.",
    )


def _row(name: str, count: int, shared: Shared) -> list[str]:
    most = _MOST.get(count)
    assert most is None or shared.share < most, f"{name}: {shared.share:.1f} % of a core"
    share, wall = f"{shared.share:.2f}", f"{shared.wall:.0f}"
    most_text = f"{most:.0f}" if most else ""
    return [name, f"{shared.settled:,}", wall, f"{shared.start:.2f}", share, most_text]


def _library(home: Path) -> Shared:
    music = home / "music"
    home.mkdir(parents=True)
    _run_script("make_sample_library", music, "--artists", 930)
    _run_script("--home", home, "--scan", music, door="music_queue_manager")
    line = _line("process_music_batch", "--home", home, "--all", "--workers", 1)
    return _measure(home, lambda: subprocess.run(line, check=True, stdout=subprocess.DEVNULL))


def _empty(home: Path, count: int) -> Shared:
    stock.queue(home, count).close()
    code = f"from benchmarks.dashboard import settle; settle({str(home)!r}, {_SECONDS})"
    line = [sys.executable, "-c", code]
    return _measure(home, lambda: subprocess.run(line, check=True, cwd=_ROOT))


def settle(home: str, seconds: float) -> None:
    """Settle items as fast as that goes, for so long; called in a process of its own."""
    from mediakeep.music.item import MUSIC
    from mediakeep.queue.queue import locate_queue

    with Queue.open(locate_queue(stock.folder(Path(home))), MUSIC) as queue:
        plan = BatchConfig(None, time_budget=seconds, limits=ExecutionLimits(1))
        batch.run_batch(queue, functools.partial(empty.opened), plan, batch.BatchCallbacks())


def _line(door: str, *words: object) -> list[str]:
    return [sys.executable, str(_ROOT / "utilities" / f"{door}.py"), *map(str, words)]


def _run_script(*words: object, door: str = "") -> None:
    name, rest = (door, words) if door else (str(words[0]), words[1:])
    subprocess.run(_line(name, *rest), check=True, stdout=subprocess.DEVNULL)


def _measure(home: Path, work: Callable[[], object]) -> Shared:
    """Look at a home while something works on it, and for a moment after."""
    import threading

    env = {**os.environ, "TERM": "xterm-256color", "PYTHONUTF8": "1"}
    with Terminal(_line("media_dashboard", "--home", home), env, 120, 40) as shown:
        shown.until(lambda text: "ends this." in text)
        start, began = _spent(shown.program.pid), time.monotonic()
        before = _settled(home)
        worker = threading.Thread(target=work)
        worker.start()
        while worker.is_alive():
            shown.read(0.2)
        wall, spent = time.monotonic() - began, _spent(shown.program.pid) - start
    return Shared(start, spent, wall, _settled(home) - before)


def _settled(home: Path) -> int:
    from mediakeep.music.item import MUSIC
    from mediakeep.queue import readonly

    return readonly.load_state(stock.folder(home), MUSIC).settled


def _spent(process: int) -> float:
    """Return the seconds of a core that a process has used, by proc(5)."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
