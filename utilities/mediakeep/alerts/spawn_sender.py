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
from mediakeep.alerts import alert_log, delivery
from mediakeep.alerts.alert import Alert
from mediakeep.alerts.targets import WEBHOOK_VARIABLE, AlertTarget

if TYPE_CHECKING:
    from subprocess import Popen

# With the import path of this process, so that it works in a checkout as well as installed.
_SENDER_CODE = (
    "import sys; sys.path[:] = sys.argv[1:];"
    " import mediakeep.alerts.sender_process as module; module.main()"
)


class DeliveryJob(msgspec.Struct, frozen=True):
    """One alert for one target."""

    target: AlertTarget
    event: str
    body: str
    environ: dict[str, str]
    home: str
    waits: tuple[float, ...] = delivery.WAITS

    @property
    def log_path(self) -> Path:
        """The path of the alert log."""
        return alert_log.log_path(Path(self.home))


def build_job(alert: Alert, target: AlertTarget, home: Path) -> DeliveryJob:
    """Return the job that sends an alert to a target."""
    environ = alerts.build_environment(alert)
    return DeliveryJob(
        target, alert.event.value, alerts.encode_body(alert).decode(), environ, os.fspath(home)
    )


def send_in_background(delivery_job: DeliveryJob) -> None:
    """Start the sender of a job without waiting for it; raise OSError if it cannot be started."""
    import subprocess  # not at the top: most batches raise no alert

    paths = map(os.path.abspath, sys.path)
    process = subprocess.Popen(
        [sys.executable, "-P", "-c", _SENDER_CODE, *paths],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/",
        env={name: text for name, text in os.environ.items() if name != WEBHOOK_VARIABLE},
        start_new_session=True,
    )
    assert process.stdin
    with process.stdin:
        process.stdin.write(
            msgspec.json.encode(delivery_job)
        )  # fits into the pipe buffer, so never blocks
    threading.Thread(target=_wait_for_exit, args=[process], daemon=True).start()


def _wait_for_exit(process: Popen[bytes]) -> None:
    """Wait for the end of a process, so that it does not remain as a zombie during the batch."""
    # Else this thread could receive a signal, and the main thread would sleep on.
    signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    process.wait()
