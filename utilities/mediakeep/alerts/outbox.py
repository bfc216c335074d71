"""Start the sender process of an alert, which outlives the batch and never blocks it.

Its job is passed on standard input, so that the address of the webhook is not in the process list.
It has its own session, so that Ctrl-C and a closed terminal do not reach it.
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

# With the import path of this process, so that it works in a checkout as well as installed.
_START = (
    "import sys; sys.path[:] = sys.argv[1:];"
    " import mediakeep.alerts.sender as module; module.main()"
)


class Job(msgspec.Struct, frozen=True):
    """One alert for one target."""

    target: Target
    event: str
    body: str
    environ: dict[str, str]
    home: str
    waits: tuple[float, ...] = delivery.WAITS

    @property
    def log(self) -> Path:
        """The path of the alert log."""
        return notes.place(Path(self.home))


def job(alert: Alert, target: Target, home: Path) -> Job:
    """Return the job that sends an alert to a target."""
    environ = alerts.environment(alert)
    return Job(target, alert.event.value, alerts.body(alert).decode(), environ, os.fspath(home))


def post(delivery_job: Job) -> None:
    """Start the sender of a job without waiting for it; raise OSError if it cannot be started."""
    import subprocess  # not at the top: most batches raise no alert

    paths = map(os.path.abspath, sys.path)
    process = subprocess.Popen(
        [sys.executable, "-P", "-c", _START, *paths],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/",
        env={name: text for name, text in os.environ.items() if name != SECRET},
        start_new_session=True,
    )
    assert process.stdin
    with process.stdin:
        process.stdin.write(
            msgspec.json.encode(delivery_job)
        )  # fits into the pipe buffer, so never blocks
    threading.Thread(target=_bury, args=[process], daemon=True).start()


def _bury(process: Popen[bytes]) -> None:
    """Wait for the end of a process, so that it does not remain as a zombie during the batch."""
    # Else this thread could receive a signal, and the main thread would sleep on.
    signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    process.wait()
