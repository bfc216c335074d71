"""The process that delivers one alert: it reads its job, tries, notes what came of it, and ends."""

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

_LONGEST = 3600  # seconds after which the system ends it, whatever it hangs in


def main() -> None:
    """Deliver the job on the standard input; half a job, of a batch killed then, is none."""
    signal.alarm(_LONGEST)
    with contextlib.suppress(msgspec.DecodeError):
        run(msgspec.json.decode(sys.stdin.buffer.read(), type=Job))


def run(job: Job) -> None:
    """Deliver a job, and note it in the log of alerts."""
    done = delivery.deliver(lambda: _attempt(job), job.waits, time.sleep)
    ok, target = done.answer.ok, job.target
    verb = "delivered to" if ok else "not delivered to"
    with contextlib.suppress(OSError):  # a home that is gone, a full disk: nobody is left to tell
        notes.add(
            job.log,
            f"Alert {verb} {target.name}",
            "info" if ok else "error",
            event=job.event,
            target=target.sort,
            host=target.name if target.webhook else "",
            ok=ok,
            why=done.answer.why,
            tries=done.tries,
        )


def _attempt(job: Job) -> Answer:
    if job.target.webhook:
        return webhook.post(job.target.webhook, job.body.encode())
    environ = {**os.environ, **job.environ}
    folder = job.home if Path(job.home).is_dir() else "/"
    return program.run(job.target.command, job.body.encode(), environ, folder)
