"""Batches of recordings that run only at some times of the day."""

from __future__ import annotations

import signal
import subprocess
import time
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from mediakeep.item import Status
from tests import job_home
from tests.crash.gate import Gate
from tests.job_kinds import RecordingHome


@pytest.fixture
def recordings(tmp_path: Path) -> RecordingHome:
    found = RecordingHome(tmp_path)
    found.make("Alpha", "Beta")
    return found


def window(begin: float, end: float) -> str:
    """Return a window that begins and ends so many seconds from now."""
    now = datetime.now().astimezone()
    return "-".join(f"{now + timedelta(seconds=seconds):%H:%M:%S}" for seconds in (begin, end))


def test_outside_of_the_window_the_next_one_is_named(recordings: RecordingHome) -> None:
    closed = window(7200, 10800)
    words = ("--scan", recordings.library, "--between", closed)
    done = recordings.execute("process_recordings.py", *words)
    assert (done.returncode, done.stdout.count("\n")) == (0, 1), done.stderr
    assert f"Outside of --between {closed}: nothing is started before " in done.stderr
    assert done.stderr.endswith("Add --wait to wait for it.\n")
    assert {item.status for item in recordings.state().items.values()} == {Status.PENDING}
    assert "[1/1]" in recordings.batch("--dry-run", "--batch-size", 1, "--between", closed)
    command = recordings.command("process_recordings.py", "--wait", "--between", closed)
    process = subprocess.Popen(command, env=job_home.environment(), stderr=subprocess.PIPE)
    assert process.stderr
    assert b"waiting until" in process.stderr.readline()
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=job_home.PATIENCE)
    assert process.returncode == 130


@pytest.mark.parametrize("words", [("--all",), ("--batch-size", 1)])
@pytest.mark.slow  # some seconds for the windows
def test_a_batch_goes_on_in_the_next_window(
    recordings: RecordingHome, words: tuple[object, ...]
) -> None:
    recordings.manage("--scan", recordings.library)
    gate = Gate(recordings.root / "gate", 1, names="replace", paths=r"_processed/\d\.\d")
    between = f"{window(-3600, 15)},{window(18, 3600)}"
    command = recordings.command("process_recordings.py", "--wait", "--between", between, *words)
    started = time.monotonic()
    process = subprocess.Popen(
        command,
        env={**job_home.environment(), **gate.environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    gate.reach(process)
    time.sleep(max(0.0, started + 15.5 - time.monotonic()))
    gate.open()
    out, errors = process.communicate(timeout=job_home.PATIENCE)
    assert process.returncode == 0, errors
    statuses = [item.status for item in recordings.state().items.values()]
    assert statuses.count(Status.COMPLETED) == (2 if words == ("--all",) else 1)
    assert "waiting until" in out
    assert len(recordings.notes("part")) == len(set(recordings.notes("part")))
