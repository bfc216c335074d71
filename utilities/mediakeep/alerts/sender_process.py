"""The process that delivers one alert: it reads alert and target, delivers, and logs the result."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from pathlib import Path

import msgspec

from mediakeep.alerts import alert_log, command_target, delivery, webhook
from mediakeep.alerts.delivery import DeliveryAttempt
from mediakeep.alerts.spawn_sender import DeliveryJob

_MAX_LIFETIME = 3600  # seconds after which the system ends it, even if it hangs


def main() -> None:
    """Deliver the alert that is described on standard input.

    Ignore an incomplete description: the batch that wrote it was killed.
    """
    signal.alarm(_MAX_LIFETIME)
    with contextlib.suppress(msgspec.DecodeError):
        deliver_job(msgspec.json.decode(sys.stdin.buffer.read(), type=DeliveryJob))


def deliver_job(job: DeliveryJob) -> None:
    """Deliver an alert to its target, and append the result to the alert log."""
    result = delivery.deliver_with_retries(lambda: _attempt_delivery(job), job.waits, time.sleep)
    ok, target = result.last_attempt.ok, job.target
    verb = "delivered to" if ok else "not delivered to"
    # the home is missing or the disk full: it cannot be reported
    with contextlib.suppress(OSError):
        alert_log.append_entry(
            job.log_path,
            f"Alert {verb} {target.display_name}",
            "info" if ok else "error",
            event=job.event,
            target=target.target_type,
            host=target.display_name if target.webhook else "",
            ok=ok,
            why=result.last_attempt.reason,
            tries=result.tries,
        )


def _attempt_delivery(job: DeliveryJob) -> DeliveryAttempt:
    if job.target.webhook:
        return webhook.post_alert(job.target.webhook, job.body.encode())
    environment = {**os.environ, **job.environ}
    folder = job.home if Path(job.home).is_dir() else "/"
    return command_target.run_command(job.target.command, job.body.encode(), environment, folder)
