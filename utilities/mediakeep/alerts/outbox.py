"""Handing an alert over: to a process of its own, which outlives the batch and never holds it up.

All that it needs comes by its standard input, so that the webhook's address stands in no list of
processes. A session of its own keeps Ctrl-C and a closed terminal away from it.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from mediakeep.alerts import alert as alerts
from mediakeep.alerts import delivery, notes
from mediakeep.alerts.alert import Alert
from mediakeep.alerts.targets import SECRET, Target

if TYPE_CHECKING:
    from subprocess import Popen

# It finds its modules where this process finds them: in a checkout as well as installed.
_START = (
    "import sys; sys.path[:] = sys.argv[1:]; from mediakeep.alerts import sender; sender.main()"
)


class Job(msgspec.Struct, frozen=True):
    """One alert for one target: what is sent, and where its end is noted."""

    target: Target
    event: str
    body: str
    environ: dict[str, str]
    home: str
    waits: tuple[float, ...] = delivery.WAITS

    @property
    def log(self) -> Path:
        """The log of alerts."""
        return notes.place(Path(self.home))


def job(alert: Alert, target: Target, home: Path) -> Job:
    """Make the job of telling one target."""
    told = alerts.environment(alert)
    return Job(target, alert.event.value, alerts.body(alert).decode(), told, os.fspath(home))


def post(one: Job) -> None:
    """Start the sender of a job and go on at once; OSError where it cannot be started."""
    import subprocess  # only now: most batches raise no alert

    places = map(os.path.abspath, sys.path)
    process = subprocess.Popen(
        [sys.executable, "-P", "-c", _START, *places],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/",
        env={name: text for name, text in os.environ.items() if name != SECRET},
        start_new_session=True,
    )
    assert process.stdin
    with process.stdin:
        process.stdin.write(msgspec.json.encode(one))  # less than a pipe holds: it never waits
    threading.Thread(target=_bury, args=[process], daemon=True).start()


def _bury(process: Popen[bytes]) -> None:
    """Take note of its end, so that a long batch keeps no dead process in the system's list."""
    # Or this thread might receive a signal while the main one sleeps on, none the wiser.
    signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    process.wait()
