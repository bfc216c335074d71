"""The process that delivers one alert: it reads alert and target, delivers, and logs the result."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

import msgspec

from mediakeep import path_text
from mediakeep.alerts import alert_log, delivery, webhook
from mediakeep.alerts.delivery import DeliveryAttempt
from mediakeep.alerts.spawn_sender import DeliveryJob

_MAX_LIFETIME = 3600  # seconds after which the system ends it, even if it hangs
TIMEOUT = 60.0  # seconds
_TAIL_SIZE = 400  # bytes of its output that are kept
_PIPE_SIZE = 1 << 20  # bytes; no pipe holds more (man 7 pipe), so that one read empties it


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
    return run_command(job.target.command, job.body.encode(), environment, folder)


class _OutputTail:
    """The last bytes of a command's output; a thread reads it, so that the command never blocks."""

    def __init__(self, stream: IO[bytes]) -> None:
        os.set_blocking(stream.fileno(), False)
        self._stream, self._kept, self._lock = stream, b"", threading.Lock()
        threading.Thread(target=self._read_stream, daemon=True).start()

    def _read_stream(self) -> None:
        poll = select.poll()  # select takes no handle above 1,023
        poll.register(self._stream, select.POLLIN)
        while poll.poll() and self._read_available():
            pass
        with self._lock:
            self._stream.close()

    def _read_available(self) -> bool:
        """Read what the pipe holds now; return whether more can follow."""
        with self._lock:
            piece = b"" if self._stream.closed else self._stream.read(_PIPE_SIZE)
            self._kept = (self._kept + (piece or b""))[-_TAIL_SIZE:]  # None: it holds nothing
            return piece != b""

    def single_line(self) -> str:
        """Return the output so far as one line; do not wait for child processes still writing.

        What an ended process has written is in the pipe, if the thread has not read it yet.
        """
        self._read_available()
        return path_text.to_printable(" ".join(self._kept.decode(errors="replace").split()))


def run_command(
    argv: Sequence[str],
    body: bytes,
    environment: Mapping[str, str],
    folder: str,
    timeout: float = TIMEOUT,
) -> DeliveryAttempt:
    """Run a command without a shell, and return whether it accepted the alert.

    Exit code 0 means success. The command is killed after `timeout` seconds.
    """
    try:
        process = subprocess.Popen(
            argv,
            bufsize=0,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=folder,
            env=environment,
            start_new_session=True,
        )
    except (OSError, ValueError) as error:  # ValueError: an argument contains a null byte
        why = error.strerror if isinstance(error, OSError) else "an argument contains a null byte"
        return DeliveryAttempt(ok=False, reason=f"cannot be started: {why}", final=True)
    assert process.stdin
    assert process.stdout
    tail = _OutputTail(process.stdout)
    with contextlib.suppress(BrokenPipeError), process.stdin:  # the command need not read it
        process.stdin.write(body)  # fits into the pipe buffer, so never blocks
    code = _wait_for_exit(process, timeout)
    how = f"ran longer than {timeout:g} seconds" if code is None else f"ended with exit code {code}"
    output = tail.single_line()
    return DeliveryAttempt(ok=code == 0, reason=f"{how}: {output}" if output else how)


def _wait_for_exit(process: subprocess.Popen[bytes], timeout: float) -> int | None:
    """Return the exit code of a command, or None if it ran too long and was killed."""
    try:
        return process.wait(timeout)
    except subprocess.TimeoutExpired:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        return None
