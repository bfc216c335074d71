"""What the worker of a plain toy can do with a thing, well and badly."""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

from mediakeep import atomic_files
from mediakeep.errors import LibraryMissing, NoCache, StateDamaged, Unreadable
from mediakeep.item import Status
from mediakeep.outcome import Outcome, Progress, Work
from tests.runner import looking, notes


def _good(work: Work, progress: Progress, folder: Path, pause: str = "0") -> Outcome:
    time.sleep(float(pause))
    atomic_files.write_atomic(folder / "out" / work.stamp.key, work.stamp.key, sync=False)
    size = len(work.stamp.key)
    facts = {"claim": work.stamp.claim, "auto_fixed": 1}
    return Outcome(message=f"size {size}", data={"size": size, "auto_fixed": 1}, facts=facts)


def _fail(work: Work, progress: Progress, folder: Path, after: str = "") -> Outcome:
    return Outcome(
        Status.ERROR, message="it is broken", retry_after=float(after) if after else None
    )


def _fail_finally(work: Work, progress: Progress, folder: Path) -> Outcome:
    return Outcome(Status.ERROR, "it is lost.", is_final=True)


def _fail_first(work: Work, progress: Progress, folder: Path, times: str) -> Outcome:
    if _is_first(work, folder, int(times)):
        return Outcome(Status.ERROR, message="not yet")
    return _good(work, progress, folder)


def _skip(work: Work, progress: Progress, folder: Path) -> Outcome:
    return Outcome(Status.SKIPPED, message="seen before", data={"skip_reason": "duplicate"})


def _returns(work: Work, progress: Progress, folder: Path, what: str) -> Any:
    return {
        "nothing": None,
        "pending": Outcome(Status.PENDING),
        "running": Outcome(Status.IN_PROGRESS),
        "unknown-field": Outcome(data={"colour": "red"}),
        "mistyped": Outcome(data={"size": "big"}),
        "stage": Outcome(next_stage="convert"),
        "a-path": Outcome(data={"size": Path("/")}),
        "bad-fact": Outcome(facts={"what": object()}),
        "bad-text": Outcome(message="name \udcff", data={"note": "\udcff"}),
        "no-data": Outcome(data=None),  # type: ignore[arg-type]
        "bad-wait": Outcome(Status.ERROR, "no", retry_after="soon"),  # type: ignore[arg-type]
        "long-wait": Outcome(Status.ERROR, "later", retry_after=1e300),
        "failed-stage": Outcome(Status.ERROR, "no good", next_stage="convert"),
    }[what]


class UnprintableError(Exception):
    """An error that fails even at saying what it is."""

    def __str__(self) -> str:
        raise RuntimeError


def _own_facts(work: Work, progress: Progress, folder: Path) -> Outcome:
    """Return facts and data that have the names of the record's own."""
    names = ("seq", "time", "op", "session", "item", "items", "state", "seconds", "level")
    facts = dict.fromkeys((*names, "message", "self", "host", "library"), "mine")
    return Outcome(message="told", data={"auto_fixed": None}, facts=facts)


def _raises(work: Work, progress: Progress, folder: Path, what: str) -> Outcome:
    errors: dict[str, BaseException] = {
        "value": ValueError("a bad \udcff value"),
        "os": PermissionError(13, "Permission denied", "/music/\udcff/a"),
        "ours": Unreadable("/music/a", "it is no directory", "Look there."),
        "unfinished": Unreadable("too few words"),
        "speechless": UnprintableError(),
        "exit": SystemExit(3),
        "generator": GeneratorExit(),
    }
    raise errors[what]


def _gone(work: Work, progress: Progress, folder: Path) -> Outcome:
    raise LibraryMissing("/music", "missing")


def _uncached(work: Work, progress: Progress, folder: Path) -> Outcome:
    raise NoCache("status/cache/musicbrainz.sqlite", "database or disk is full")


def _damaged(work: Work, progress: Progress, folder: Path) -> Outcome:
    raise StateDamaged("status/reviews/ignored.json cannot be read: damaged.")


def _is_first(work: Work, folder: Path, times: int = 1) -> bool:
    """Return whether this is one of the first starts, also if an earlier one was killed at once."""
    lines = (folder / "notes.log").read_text().splitlines()
    starts = sum(line.startswith(f"start {work.stamp.key} ") for line in lines)
    return starts <= times and notes.first_time(folder, work.stamp.key, times)


def _count(work: Work, progress: Progress, folder: Path, seconds: str) -> Outcome:
    """Report progress as fast as it goes."""
    started, done = time.monotonic(), 0
    while time.monotonic() - started < float(seconds):
        done += 1
        progress(done, 10**9)
    progress(done + 1, 10**9)  # after that time even if it passed in one step
    return _good(work, progress, folder)


def _die(work: Work, progress: Progress, folder: Path, how: str) -> Outcome:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if how == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    elif how == "exit":
        os._exit(3)
    elif how == "segfault":
        ctypes.string_at(0)
    raise AssertionError(f"{how} did not kill")


def _die_first(work: Work, progress: Progress, folder: Path, how: str) -> Outcome:
    if _is_first(work, folder):
        _die(work, progress, folder, how)
    return _good(work, progress, folder)


def _die_leaving(work: Work, progress: Progress, folder: Path) -> Outcome:
    """Die and leave a process behind that holds all that this one had open."""
    child = os.fork()
    if not child:
        notes.note(folder, "child", work.stamp.key)
        time.sleep(600)
    while f"child {work.stamp.key} {child}\n" not in (folder / "notes.log").read_text():
        time.sleep(0.01)
    os._exit(3)


def _allocate(work: Work, progress: Progress, folder: Path, amount: str, how: str = "") -> Outcome:
    """Allocate so many MB; what happens if they cannot be had is `how`."""
    try:
        held = bytearray(int(amount) * 1_000_000)
    except MemoryError as error:
        if how == "abort":
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            os.abort()
        if how == "translate":
            raise Unreadable("/music/a", "it cannot be decoded", "Look there.") from error
        raise
    return _good(work, progress, folder, str(len(held) * 0))


def _filter(work: Work, progress: Progress, folder: Path) -> Outcome:
    """Make FFmpeg filters until there is no memory for another one."""
    import av

    graphs = []
    while True:
        graph = av.filter.Graph()
        source = graph.add_abuffer(
            format="fltp", sample_rate=44100, layout="stereo", time_base=Fraction(1, 44100)
        )
        graph.link_nodes(source, graph.add("loudnorm"), graph.add("abuffersink")).configure()
        graphs.append(graph)


def _sleep(work: Work, progress: Progress, folder: Path, seconds: str) -> Outcome:
    time.sleep(float(seconds))
    return _good(work, progress, folder)


def _gated(work: Work, progress: Progress, folder: Path) -> Outcome:
    """Wait until a test opens the gate."""
    while not (folder / "gate").exists():
        time.sleep(0.01)
    return _good(work, progress, folder)


def _after(work: Work, progress: Progress, folder: Path, key: str) -> Outcome:
    """Wait until the work on another thing has begun."""
    while f"start {key} " not in (folder / "notes.log").read_text():
        time.sleep(0.01)
    return _good(work, progress, folder)


def _sleep_first(work: Work, progress: Progress, folder: Path, seconds: str) -> Outcome:
    if _is_first(work, folder):
        time.sleep(float(seconds))
    return _good(work, progress, folder)


def _hang_first(work: Work, progress: Progress, folder: Path) -> Outcome:
    if _is_first(work, folder):
        looking.hang(work, progress, folder)
    return _good(work, progress, folder)


def _stubborn(work: Work, progress: Progress, folder: Path) -> Outcome:
    """Ignore all errors, as careless code does."""
    while True:
        with contextlib.suppress(Exception):
            time.sleep(600)


def _child(work: Work, progress: Progress, folder: Path, seconds: str) -> Outcome:
    """Wait for a program, as workers wait for decoders."""
    program = [sys.executable, "-c", f"import time; time.sleep({seconds})"]
    child = _start_child(program, folder)
    child.wait()
    return _good(work, progress, folder)


def _hang_child(work: Work, progress: Progress, folder: Path) -> Outcome:
    """Wait for a program for longer than any timeout."""
    _start_child([sys.executable, "-c", "import time; time.sleep(600)"], folder)
    return looking.hang(work, progress, folder)


def _gated_child(work: Work, progress: Progress, folder: Path) -> Outcome:
    """Wait for a program that ends when a test opens the gate."""
    code = "import os, time\nwhile not os.path.exists('gate'): time.sleep(0.01)"
    child = _start_child([sys.executable, "-c", code], folder)
    child.wait()
    return _good(work, progress, folder)


def _start_child(program: list[str], folder: Path) -> subprocess.Popen[bytes]:
    child = subprocess.Popen(program, cwd=folder)
    notes.note(folder, "child", child.pid)
    return child


DEEDS: dict[str, Callable[..., Any]] = {
    "good": _good,
    "fail": _fail,
    "fail-first": _fail_first,
    "fail-finally": _fail_finally,
    "skip": _skip,
    "returns": _returns,
    "tell": _own_facts,
    "raises": _raises,
    "gone": _gone,
    "damaged": _damaged,
    "uncached": _uncached,
    "count": _count,
    "die": _die,
    "die-first": _die_first,
    "die-leaving": _die_leaving,
    "allocate": _allocate,
    "filter": _filter,
    "sleep": _sleep,
    "gated": _gated,
    "after": _after,
    "sleep-first": _sleep_first,
    "gated-child": _gated_child,
    "hang-child": _hang_child,
    "stubborn": _stubborn,
    "child": _child,
    "look": looking.look,
    "look-by-request": looking.asked,
    "look-then-online": looking.look_then_online,
    "look-after": looking.look_after,
    "look-in-vain": looking.look_in_vain,
    "look-at-gate": looking.look_at_gate,
    "look-never": looking.look_never,
    "fail-at-look": looking.fail_at_look,
    "skip-at-look": looking.skip_at_look,
    "wait": looking.wait,
    "wait-long": looking.wait_long,
    "hang": looking.hang,
    "hang-first": _hang_first,
    "extend": looking.extend,
    "extend-then-hang": looking.extend_then_hang,
    "waits": looking.waits,
}
