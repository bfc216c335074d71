"""The process that delivers one alert: read the job, deliver it with retries, log the result."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from pathlib import Path

import msgspec

from mediakeep.alerts import delivery, notes, program, webhook
from mediakeep.alerts.delivery import Answer
from mediakeep.alerts.outbox import Job

_LONGEST = 3600  # seconds after which the system ends it, even if it hangs


def main() -> None:
    """Deliver the job on standard input; ignore an incomplete one, left by a killed batch."""
    signal.alarm(_LONGEST)
    with contextlib.suppress(msgspec.DecodeError):
        run(msgspec.json.decode(sys.stdin.buffer.read(), type=Job))


def run(job: Job) -> None:
    """Deliver a job, and append the result to the alert log."""
    result = delivery.deliver(lambda: _attempt(job), job.waits, time.sleep)
    ok, target = result.answer.ok, job.target
    verb = "delivered to" if ok else "not delivered to"
    with contextlib.suppress(
        OSError
    ):  # the home is missing or the disk full: it cannot be reported
        notes.add(
            job.log,
            f"Alert {verb} {target.name}",
            "info" if ok else "error",
            event=job.event,
            target=target.sort,
            host=target.name if target.webhook else "",
            ok=ok,
            why=result.answer.why,
            tries=result.tries,
        )


def _attempt(job: Job) -> Answer:
    if job.target.webhook:
        return webhook.post(job.target.webhook, job.body.encode())
    environ = {**os.environ, **job.environ}
    folder = job.home if Path(job.home).is_dir() else "/"
    return program.run(job.target.command, job.body.encode(), environ, folder)
