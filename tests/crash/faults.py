"""The moments at which a writer can be killed, each by its name."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

from tests.crash.tap import FileCall, Tap, ignore, named

BEFORE, TORN, AFTER = "before", "torn", "after"
SEAL = b'"op":"seal"'


def journal(call: FileCall) -> bool:
    return call.path.endswith(".jsonl") and "processing_queue.journal" in call.path


def append(call: FileCall) -> bool:
    return call.name == "pwrite" and journal(call) and SEAL not in call.data


def seal(call: FileCall) -> bool:
    return call.name == "pwrite" and journal(call) and SEAL in call.data


def _snapshot(call: FileCall) -> bool:
    return call.path.endswith(".tmp") and "live" not in call.path and not _checkpoint(call)


def _checkpoint(call: FileCall) -> bool:
    return "checkpoints" in call.path


def _history(call: FileCall) -> bool:
    return "history" in Path(call.path).parts


def _archive(call: FileCall) -> bool:
    """Return whether a call concerns the archive of retired items, not that of journals."""
    return Path(call.path).parts[-4:-1] == ("status", "music", "archive")


Moment = tuple[str, Callable[[FileCall], bool]]
POINTS: dict[str, Moment] = {
    "before append": (BEFORE, append),
    "torn append": (TORN, append),
    "after append": (AFTER, append),
    "after sync": (AFTER, named("sync", journal)),
    "history torn": (TORN, named("write", _history)),
    "history synced": (AFTER, named("sync", _history)),
    "archive torn": (TORN, named("write", _archive)),
    "archive synced": (AFTER, named("sync", _archive)),
    "snapshot torn": (TORN, named("write", _snapshot)),
    "snapshot synced": (AFTER, named("sync", _snapshot)),
    "journal made": (AFTER, named("open", journal)),
    "header torn": (TORN, named("write", journal)),
    "journal synced": (AFTER, named("fsync", lambda call: call.path.endswith(".journal"))),
    "between link and rename": (AFTER, named("link", lambda _: True)),
    "renamed": (AFTER, lambda call: call.target.endswith("processing_queue.json")),
    "before seal": (BEFORE, seal),
    "seal torn": (TORN, seal),
    "after seal": (AFTER, seal),
    "seal cut": (AFTER, named("ftruncate", journal)),
    "before prune": (BEFORE, named("unlink", journal)),
    "after prune": (AFTER, named("unlink", journal)),
    "checkpoint synced": (AFTER, named("sync", _checkpoint)),
    "checkpoint renamed": (AFTER, named("replace", _checkpoint)),
    "sign of life": (BEFORE, lambda call: call.name == "replace" and "live" in call.path),
}


def die() -> None:
    """End this process as a power cut would, but for what the system still holds in memory."""
    os.kill(os.getpid(), signal.SIGKILL)


def write_partly(call: FileCall, share: float) -> None:
    """Write a part of what a call would, then die."""
    _partly(call, share)
    die()


def _partly(call: FileCall, share: float) -> None:
    if not call.data:
        return
    data = call.data.rstrip(b"\0")
    data = data[: int(len(data) * share)]
    handle = Tap.real["open"](call.path, os.O_RDWR)
    end = os.fstat(handle).st_size if call.offset < 0 else call.offset
    while data:
        written = Tap.real["pwrite"](handle, data, end)
        data, end = data[written:], end + written
    Tap.real["close"](handle)


class ProcessDied(BaseException):
    """The process is dead; what its code still does on the way out reaches nothing."""


class InterruptingTap(Tap):
    """Ends all effect on the files right before the nth call, or during it if it is a write.

    In the same process, so that each call of an operation can be tried in no time.
    """

    def __init__(self, left: int, share: float) -> None:
        super().__init__(self._count)
        self._left, self._share = left, share
        self.amid = False  # a write, rather than before another call

    @property
    def fired(self) -> bool:
        return self._left <= 0

    def _count(self, call: FileCall) -> None:
        self._left -= 1
        if not self._left:
            self.amid = bool(call.data)
            _partly(call, self._share)
        if self._left <= 0:
            raise ProcessDied


class Refusal(Tap):
    """Lets the nth call fail, once, as a full or failing disk does; a write leaves a part."""

    def __init__(self, left: int, number: int) -> None:
        super().__init__(self._count)
        self._left, self._number = left, number
        self.refused: FileCall | None = None

    def _count(self, call: FileCall) -> None:
        self._left -= 1
        if not self._left:
            self.refused = call
            if call.data:
                _partly(call, 0.5)
            raise OSError(self._number, os.strerror(self._number))


def arm(point: str, times: int, share: float, watch: Callable[[FileCall], None] = ignore) -> Tap:
    """Return a tap that kills this process when it comes to a point for the nth time."""
    when, fits = POINTS.get(point, (BEFORE, lambda _: False))
    left = times

    def told(phase: str, call: FileCall) -> None:
        nonlocal left
        if phase == when and fits(call):
            left -= 1
            if not left:
                die()

    def before(call: FileCall) -> None:
        nonlocal left
        watch(call)
        if when == TORN and fits(call):
            left -= 1
            if not left:
                write_partly(call, share)
        told(BEFORE, call)

    return Tap(before, lambda call: told(AFTER, call))
