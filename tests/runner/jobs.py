"""What the worker of a job does: its path says it, as "prepare=ACTION convert=ACTION:WORDS"."""

from __future__ import annotations

import errno
import functools
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mediakeep.errors import ItemFailed, VolumeFull
from mediakeep.item import Status
from mediakeep.outcome import Outcome, PartFailed, Parts, Progress, Work
from mediakeep.stages import Retry, Stage, StageTable
from tests.runner import notes

TABLE = StageTable(
    (
        Stage("prepare", ("convert",), "failed_prepare"),
        Stage("convert", ("publish",), "failed_convert", Retry(2, 60.0)),
        Stage("publish", (), "failed_publish", Retry(1, 60.0, "skipped")),
    ),
    completed="completed",
)


class NotMendable(ItemFailed):
    """A failure that no further attempt can change."""

    is_final = True


Action = Callable[[Work, Progress, Path, str], Any]


def run_stage(work: Work, progress: Progress, folder: Path) -> Any:
    """Run the action of a job's stage, or of its cleanup."""
    actions = dict(word.split("=", 1) for word in work.item.path.split())
    if work.failed_stage:
        notes.note(folder, "cleanup", work.failed_stage, work.error_message.replace(" ", "_"))
        stage = "cleanup"
    else:
        stage = work.stage
    name, _, words = actions.get(stage, "ok").partition(":")
    return ACTIONS[name](work, progress, folder, words)


def finish(work: Work, *_: Any) -> Outcome:
    """End a stage, with the next one if there is one."""
    following = TABLE.find_stage(work.stage)
    assert following
    if work.failed_stage or not following.next_stages:
        return Outcome(message="done", data={"size": work.item.size + 1})
    return Outcome(next_stage=following.next_stages[0], facts={"from": work.stage})


def _fail(work: Work, _progress: Progress, _folder: Path, _words: str) -> Outcome:
    return Outcome(Status.ERROR, "it broke.")


def _fail_finally(_work: Work, _progress: Progress, _folder: Path, words: str) -> Outcome:
    if words == "raise":
        raise NotMendable("it is lost.")
    return Outcome(Status.ERROR, "it is lost.", is_final=True)


def _first(work: Work, folder: Path) -> bool:
    return notes.first_time(folder, f"{work.stamp.key}-{work.stage}-{work.failed_stage}")


def _fail_first(work: Work, progress: Progress, folder: Path, words: str) -> Outcome:
    return _fail(work, progress, folder, words) if _first(work, folder) else finish(work)


def _park(work: Work, _progress: Progress, folder: Path, words: str) -> Outcome:
    """Wait once for so many seconds."""
    if _first(work, folder):
        return Outcome(Status.PENDING, "the service opens later", retry_after=float(words or 60))
    return finish(work)


def _park_always(_work: Work, _progress: Progress, _folder: Path, words: str) -> Outcome:
    return Outcome(Status.PENDING, "the service opens later", retry_after=float(words))


def _returns(work: Work, _progress: Progress, _folder: Path, words: str) -> Any:
    return {
        "no-time": Outcome(Status.PENDING, "why"),
        "endless": Outcome(Status.PENDING, "why", retry_after=float("inf")),
        "no-reason": Outcome(Status.PENDING, retry_after=5.0),
        "unknown": Outcome(next_stage="polish"),
        "unknown-resume": Outcome(Status.ERROR, "no", resume_stage="polish"),
        "same": Outcome(next_stage="convert", data={"size": work.item.size}),
        "failed-next": Outcome(Status.ERROR, "no", next_stage="convert"),
        "weights": Parts((1, 2), echo, weights=(1.0,)),
        "zero-weight": Parts((1, 2), echo, weights=(1.0, 0.0)),
        "parts": Parts((1,), echo),
        "no-next": Outcome(),
        "no-inputs": Parts(5, echo),  # type: ignore[arg-type]
        "no-weights": Parts((1,), echo, weights=("heavy",)),  # type: ignore[arg-type]
        "no-function": Parts((1,), None),  # type: ignore[arg-type]
        "status": Outcome(next_stage="publish", data={"status": "completed"}),
        "wait": Outcome(Status.ERROR, "no", data={"parked": "why"}),
        "undone": Outcome(next_stage="publish", facts={"undone": 1}),
    }[words]


def _resume(work: Work, _progress: Progress, folder: Path, words: str) -> Outcome:
    """Fail once, and go back to an earlier stage."""
    if _first(work, folder):
        return Outcome(Status.ERROR, "the preparation is gone.", resume_stage=words)
    return finish(work)


def _full(work: Work, _progress: Progress, folder: Path, words: str) -> Outcome:
    """Find the volume of a path full, once."""
    path, _, needed = words.partition(",")
    if not _first(work, folder):
        return finish(work)
    if needed:
        raise VolumeFull(path, int(needed))
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), *([path] if path else []))


def _stall(work: Work, progress: Progress, folder: Path, words: str) -> Outcome:
    """Let the stall limit pass after some progress, and hang."""
    progress(3, 10)
    progress.extend_deadline(-600.0)
    progress(int(words), 10)
    if words != "3":
        return finish(work)
    time.sleep(0.5)  # until the timer would have ended this
    time.sleep(3600)
    return finish(work)


def _may_stop(work: Work, progress: Progress, folder: Path, _words: str) -> Outcome:
    """Work in small steps, until a stop or the gate."""
    while not (folder / "gate").exists():
        progress(1, 2, may_stop=True)
        time.sleep(0.01)
    return finish(work)


def _die(work: Work, _progress: Progress, _folder: Path, _words: str) -> Outcome:
    os.kill(os.getpid(), signal.SIGKILL)
    return finish(work)


def _die_first(work: Work, progress: Progress, folder: Path, words: str) -> Outcome:
    return _die(work, progress, folder, words) if _first(work, folder) else finish(work)


def _split(keep_going: bool, work: Work, _progress: Progress, folder: Path, words: str) -> Any:
    """Run parts: "name/weight,name/weight"; a part whose name says so fails, waits or stalls."""
    if work.results is None:
        pairs = [word.partition("/") for word in words.split(",")]
        weights = tuple(float(weight) for _, _, weight in pairs if weight)
        inputs = tuple((str(folder), work.stamp.key, name) for name, _, _ in pairs)
        return Parts(inputs, run_part, weights, keep_going)
    failures = [part for part in work.results if isinstance(part, PartFailed)]
    failed, final = [part.message for part in failures], sum(part.is_final for part in failures)
    made = [part for part in work.results if not isinstance(part, PartFailed)]
    notes.note(folder, "results", work.stamp.key, len(made), len(failed), final)
    outcome = finish(work)
    return Outcome(next_stage=outcome.next_stage, facts={"made": made, "failed": failed})


def run_part(value: tuple[str, str, str], progress: Progress) -> str:
    """Run one part."""
    folder, key, name = Path(value[0]), value[1], value[2]
    notes.note(folder, "part", key, name)
    if name.startswith("broken"):
        raise ValueError("this part is broken.")
    if name.startswith("lost"):
        raise NotMendable("this part is lost.")
    if name.startswith("half"):
        progress(1, 2)
    if name.startswith("gated"):
        while not (folder / "gate").exists():
            time.sleep(0.01)
    if name.startswith("burn"):
        held, until = b"x" * 100_000_000, time.process_time() + 0.1
        while time.process_time() < until and held:
            pass
    if name.startswith("full") and notes.first_time(folder, name):
        raise VolumeFull("/", 3_100_000_000)
    if name.startswith("deadly"):
        os.kill(os.getpid(), signal.SIGKILL)
    return name.upper()


def echo(value: Any, _progress: Progress) -> Any:
    """Return what is given."""
    return value


ACTIONS: dict[str, Action] = {
    "ok": finish,
    "fail": _fail,
    "fail-first": _fail_first,
    "fail-finally": _fail_finally,
    "park": _park,
    "park-always": _park_always,
    "returns": _returns,
    "resume": _resume,
    "full": _full,
    "stall": _stall,
    "may-stop": _may_stop,
    "die": _die,
    "die-first": _die_first,
    "parts": functools.partial(_split, False),
    "keep-going": functools.partial(_split, True),
}
