"""Start the process that delivers an alert; it outlives the batch and never blocks it.

The alert and its target are passed on standard input, so that the webhook's secret address is not
in the process list. The process has its own session, so that Ctrl-C and a closed terminal do not
reach it.
"""

from __future__ import annotations

import os
import re
import signal
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from mediakeep.alerts import alert as alerts
from mediakeep.alerts import alert_log, delivery
from mediakeep.alerts.alert import Alert
from mediakeep.alerts.targets import AlertTarget

if TYPE_CHECKING:
    from subprocess import Popen

# With the import path of this process, so that it works in a checkout as well as installed.
_SENDER_CODE = (
    "import sys; sys.path[:] = sys.argv[1:];"
    " import mediakeep.alerts.sender_process as module; module.main()"
)


# Variables with the address of a webhook, which the command of the user does not get.
_SECRETS = re.compile("MEDIAKEEP_.*WEBHOOK")


class DeliveryJob(msgspec.Struct, frozen=True):
    """An alert together with the target that it is sent to."""

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
    """Combine an alert with the target that it is to be sent to."""
    environment = alerts.build_environment(alert)
    return DeliveryJob(
        target, alert.event.value, alerts.encode_body(alert).decode(), environment, os.fspath(home)
    )


def send_in_background(delivery_job: DeliveryJob) -> None:
    """Start the process that delivers an alert, without waiting for it.

    Raise OSError if the process cannot be started.
    """
    import subprocess  # not at the top: most batches raise no alert

    paths = map(os.path.abspath, sys.path)
    process = subprocess.Popen(
        [sys.executable, "-P", "-c", _SENDER_CODE, *paths],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/",
        env={name: text for name, text in os.environ.items() if not _SECRETS.match(name)},
        start_new_session=True,
    )
    assert process.stdin
    with process.stdin:
        # fits into the pipe buffer, so never blocks
        process.stdin.write(msgspec.json.encode(delivery_job))
    threading.Thread(target=_wait_for_exit, args=[process], daemon=True).start()


def _wait_for_exit(process: Popen[bytes]) -> None:
    """Wait for a process to end, so that no zombie process remains."""
    # Else this thread could receive a signal, and the main thread would sleep on.
    signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    process.wait()
