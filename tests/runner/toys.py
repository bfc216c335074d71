"""Toy kinds and their workers, so that a runner can be tested without a library.

The path of a thing is its deed: what its worker does with it. Every deed notes in `notes.log`
what it did and in which process. A part's deed is the word of the text that it converts.
"""

from __future__ import annotations

import contextlib
import ctypes
import functools
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mediakeep import files
from mediakeep.errors import BadSetting, LibraryGone, Unreadable
from mediakeep.item import Item, Status
from mediakeep.kinds import Kind
from mediakeep.outcome import Outcome, Parts, Progress, Work, Worker


class Thing(
    Item, kw_only=True, frozen=True, omit_defaults=True, forbid_unknown_fields=True, gc=False
):
    """A thing: how big it is, and what of."""

    size: int = 0
    pieces: int = 0
    made_of: dict[str, int] = {}  # noqa: RUF012 - msgspec copies it


PLAIN = Kind("plain", "thing", "things", "plain_manager.py", Thing)
STAGES = {"split": ("convert",), "convert": ("join",), "join": ()}
TOY = Kind("toy", "thing", "things", "toy_manager.py", Thing, stages=STAGES)
KINDS = {kind.name: kind for kind in (PLAIN, TOY)}


def note(folder: Path, *words: object) -> None:
    """Add a line to what happened, with the process that did it; whole, whoever else writes."""
    line = " ".join(map(str, (*words, os.getpid()))) + "\n"
    handle = os.open(folder / "notes.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
    os.write(handle, line.encode())
    os.close(handle)


def first_time(folder: Path, key: str, times: int = 1) -> bool:
    """Tell whether this is one of the first times that a deed is done, over all processes."""
    for number in range(times):
        try:
            os.close(os.open(folder / f"tried-{key}-{number}", os.O_CREAT | os.O_EXCL))
        except FileExistsError:
            continue
        return True
    return False


@contextmanager
def refused(folder: Path) -> Iterator[Worker]:
    """Open a tool that is not there."""
    raise FileNotFoundError(2, "No such file or directory", "/usr/bin/decoder")
    yield


@contextmanager
def set_wrongly(folder: Path) -> Iterator[Worker]:
    """Open a tool whose setting makes no sense."""
    raise BadSetting("rate", "no number")
    yield


@contextmanager
def deadly(folder: Path) -> Iterator[Worker]:
    """Open a tool that kills."""
    os._exit(4)
    yield


@contextmanager
def slow(folder: Path) -> Iterator[Worker]:
    """Open a tool that takes its time."""
    time.sleep(0.5)
    yield functools.partial(work, folder=folder)


@contextmanager
def stuck(folder: Path) -> Iterator[Worker]:
    """Open a tool that never gets ready."""
    note(folder, "opening")
    time.sleep(600)
    yield


@contextmanager
def forgetful(folder: Path) -> Iterator[Worker]:
    """Give a worker whose parts can be sent but not received."""
    yield lambda work, progress: Parts((Forgetful(),), echo)


class Forgetful:
    """Something that can be sent but not received."""

    def __reduce__(self) -> tuple[Any, ...]:
        return int, ("no number",)


def echo(given: Any, progress: Progress) -> Any:
    """Return what is given."""
    return given


@contextmanager
def opened(folder: Path) -> Iterator[Worker]:
    """Give a process its worker, and note when it is opened and closed."""
    note(folder, "open")
    yield functools.partial(work, folder=folder)
    note(folder, "close")


def work(work: Work, progress: Progress, folder: Path) -> Outcome | Parts:
    """Do a thing's deed, or its stage."""
    key = work.stamp.key
    note(folder, "start", key, work.stage or "-")
    if work.stage:
        result = _STAGES[work.stage](work, folder)
    else:
        deed, *words = work.item.path.split()
        result = _DEEDS[deed](work, progress, folder, *words)
    note(folder, "end", key, work.stage or "-")
    return result


def _good(work: Work, progress: Progress, folder: Path, pause: str = "0") -> Outcome:
    time.sleep(float(pause))
    files.write_atomic(folder / "out" / work.stamp.key, work.stamp.key, sync=False)
    size = len(work.stamp.key)
    facts = {"claim": work.stamp.claim}
    return Outcome(message=f"size {size}", data={"size": size, "auto_fixed": 1}, facts=facts)


def _fail(work: Work, progress: Progress, folder: Path, after: str = "") -> Outcome:
    return Outcome(
        Status.ERROR, message="it is broken", retry_after=float(after) if after else None
    )


def _fail_first(work: Work, progress: Progress, folder: Path, times: str) -> Outcome:
    if first_time(folder, work.stamp.key, int(times)):
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


class Speechless(Exception):
    """An error that fails even at saying what it is."""

    def __str__(self) -> str:
        raise RuntimeError


def _tell(work: Work, progress: Progress, folder: Path) -> Outcome:
    """Return facts and data that bear the names of the record's own."""
    names = ("seq", "time", "op", "session", "item", "items", "state", "seconds", "level")
    facts = dict.fromkeys((*names, "message", "self", "host", "library"), "mine")
    return Outcome(message="told", data={"auto_fixed": None}, facts=facts)


def _raises(work: Work, progress: Progress, folder: Path, what: str) -> Outcome:
    errors: dict[str, BaseException] = {
        "value": ValueError("a bad \udcff value"),
        "os": PermissionError(13, "Permission denied", "/music/\udcff/a"),
        "ours": Unreadable("/music/a", "it is no directory", "Look there."),
        "unfinished": Unreadable("too few words"),
        "speechless": Speechless(),
        "exit": SystemExit(3),
        "generator": GeneratorExit(),
    }
    raise errors[what]


def _gone(work: Work, progress: Progress, folder: Path) -> Outcome:
    raise LibraryGone("/music", "missing")


def _count(work: Work, progress: Progress, folder: Path, seconds: str) -> Outcome:
    """Report progress as fast as it goes."""
    started, done = time.monotonic(), 0
    while time.monotonic() - started < float(seconds):
        done += 1
        progress(done, 10**9)
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
    if first_time(folder, work.stamp.key):
        _die(work, progress, folder, how)
    return _good(work, progress, folder)


def _die_leaving(work: Work, progress: Progress, folder: Path) -> Outcome:
    """Die and leave a process behind that holds all that this one had open."""
    if os.fork() == 0:
        note(folder, "child", work.stamp.key)
        time.sleep(600)
    time.sleep(0.2)
    os._exit(3)


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
    if first_time(folder, work.stamp.key):
        time.sleep(float(seconds))
    return _good(work, progress, folder)


def _stubborn(work: Work, progress: Progress, folder: Path) -> Outcome:
    """Go on whatever happens, as careless code does."""
    while True:
        with contextlib.suppress(Exception):
            time.sleep(600)


def _child(work: Work, progress: Progress, folder: Path, seconds: str) -> Outcome:
    """Wait for a program, as workers wait for decoders."""
    program = [sys.executable, "-c", f"import time; time.sleep({seconds})"]
    child = subprocess.Popen(program)
    note(folder, "child", child.pid)
    child.wait()
    return _good(work, progress, folder)


_DEEDS: dict[str, Callable[..., Any]] = {
    "good": _good,
    "fail": _fail,
    "fail-first": _fail_first,
    "skip": _skip,
    "returns": _returns,
    "tell": _tell,
    "raises": _raises,
    "gone": _gone,
    "count": _count,
    "die": _die,
    "die-first": _die_first,
    "die-leaving": _die_leaving,
    "sleep": _sleep,
    "gated": _gated,
    "after": _after,
    "sleep-first": _sleep_first,
    "stubborn": _stubborn,
    "child": _child,
}


def _split(work: Work, folder: Path) -> Outcome:
    """Write each word of a thing's path to a file of its own."""
    words = work.item.path.split()
    if words[0] == "leap":
        return Outcome(next_stage="join")
    for number, word in enumerate(words):
        files.write_atomic(folder / "parts" / f"{work.stamp.key}.{number}", word, sync=False)
    return Outcome(data={"pieces": len(words)}, next_stage="convert")


def _convert(work: Work, folder: Path) -> Outcome | Parts:
    """Convert each word as a part of its own; then add up what the parts say."""
    if work.item.path == "fails-itself":
        raise ValueError("the stage itself fails")
    pieces = [folder / "parts" / f"{work.stamp.key}.{n}" for n in range(work.item.pieces)]
    asks_again = bool(pieces) and pieces[0].read_text() == "again"
    if work.results is None or asks_again:
        return Parts(tuple((str(path), path.read_text()) for path in pieces), _part_of(pieces))
    expected = tuple(told(path.read_text()) for path in pieces)
    if work.results != expected:
        raise ValueError(f"{work.results} instead of {expected}")
    sizes = [len(path.with_suffix(f"{path.suffix}.out").read_text()) for path in pieces]
    made_of = {path.name: size for path, size in zip(pieces, sizes, strict=True)}
    return Outcome(data={"made_of": made_of}, next_stage="join")


def _part_of(pieces: list[Path]) -> Callable[[Any, Progress], Any]:
    """Return what converts a part; for "secret" one that no other process can be sent."""
    if pieces and pieces[0].read_text() == "secret":
        return lambda given, progress: convert(given, progress)
    return convert


def told(word: str) -> Any:
    """Return what a converted part tells: nothing, or nothing in many places."""
    if word == "none":
        return None
    return {"word": word, "none": None, "deep": {"none": None, "list": [None, {"a": None}]}}


def convert(given: tuple[str, str], progress: Progress) -> Any:
    """Convert one part."""
    path, word = Path(given[0]), given[1]
    folder = path.parent.parent
    note(folder, "part", path.name)
    if word == "slow":
        time.sleep(0.2)
    elif word == "flaky" and first_time(folder, path.name, 2):
        raise ValueError("this part is flaky")
    elif word == "broken":
        raise OSError(5, "Input/output error", str(path))
    elif word == "deadly":
        os.kill(os.getpid(), signal.SIGKILL)
    elif word == "unspeakable":
        return object()
    elif word == "huge":
        return "x" * 5_000_000
    files.write_atomic(path.with_suffix(f"{path.suffix}.out"), word.upper(), sync=False)
    return told(word)


def _join(work: Work, folder: Path) -> Outcome:
    """Join the converted parts."""
    names = [f"{work.stamp.key}.{number}.out" for number in range(work.item.pieces)]
    text = " ".join((folder / "parts" / name).read_text() for name in names)
    files.write_atomic(folder / "out" / work.stamp.key, text, sync=False)
    return Outcome(message=f"joined {len(names)}", data={"size": len(text)})


_STAGES: dict[str, Callable[[Work, Path], Outcome | Parts]] = {
    "split": _split,
    "convert": _convert,
    "join": _join,
}
