"""A command of the user's: what it is given, and that it is left in time."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from mediakeep.alerts import sender_process
from mediakeep.alerts.delivery import DeliveryAttempt
from tests.alerts.service import until
from tests.patience import PATIENCE, finish

BODY = b'{"event":"finished"}'


def run_program(
    code: str, folder: Path, limit: float = PATIENCE, **environ: str
) -> DeliveryAttempt:
    words = [sys.executable, "-c", code]
    return sender_process.run_command(words, BODY, {**os.environ, **environ}, str(folder), limit)


def test_it_gets_the_body_its_environment_and_its_folder(tmp_path: Path) -> None:
    code = "import os, sys; print(sys.stdin.read(), os.environ['WHAT'], os.getcwd())"
    got = run_program(code, tmp_path, WHAT="this")
    assert got.ok
    assert got.reason == f"ended with exit code 0: {BODY.decode()} this {tmp_path.resolve()}"


def test_an_exit_code_is_worth_another_try_and_its_last_words_are_kept(tmp_path: Path) -> None:
    code = "import sys; print('x' * 10_000_000, flush=True); sys.exit('no \\x1b[31m\\nmail')"
    got = run_program(code, tmp_path)
    assert (got.ok, got.final) == (False, False)
    assert got.reason.startswith("ended with exit code 1: xxx")
    assert got.reason.endswith("xxx no \\x1b[31m mail")
    assert len(got.reason) < 500


def test_last_words_are_kept_however_late_they_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The thread that reads them gets no time before the command has ended and after that."""
    monkeypatch.setattr(threading.Thread, "start", lambda thread: None)
    monkeypatch.setattr(threading.Thread, "join", lambda thread, timeout=None: None)
    got = run_program("print('no mail')", tmp_path)
    assert got.reason == "ended with exit code 0: no mail"


def test_it_need_not_read(tmp_path: Path) -> None:
    assert run_program("import os; os.close(0)", tmp_path) == DeliveryAttempt(
        ok=True, reason="ended with exit code 0"
    )


def test_one_that_hangs_is_killed_with_its_children(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = (
        "import subprocess, sys, time; child = subprocess.Popen(['sleep', '3600']);"
        " print(child.pid, flush=True); open('begun', 'w').close(); time.sleep(3600)"
    )
    wait = subprocess.Popen.wait

    def patient(process: subprocess.Popen[bytes], timeout: float | None = None) -> int:
        if timeout:  # a busy machine takes its time to begin
            until(lambda: (tmp_path / "begun").exists())
        return wait(process, timeout)

    monkeypatch.setattr(subprocess.Popen, "wait", patient)
    got = finish(lambda: run_program(code, tmp_path, limit=0.1))
    assert not got.ok
    how, _, child = got.reason.partition(": ")
    assert how == "ran longer than 0.1 seconds"
    until(lambda: is_dead(int(child)))  # it gets a signal


def is_dead(pid: int) -> bool:
    """Return whether a process is dead; a zombie is."""
    stat = Path(f"/proc/{pid}/stat")
    try:
        return stat.read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def test_a_child_that_goes_on_is_not_waited_for(tmp_path: Path) -> None:
    code = "import subprocess; print(subprocess.Popen(['sleep', '3600']).pid)"
    got = finish(lambda: run_program(code, tmp_path, limit=600.0))
    child = int(got.reason.rpartition(" ")[2])
    try:
        assert got.reason == f"ended with exit code 0: {child}"
        assert not is_dead(child)
    finally:
        os.kill(child, signal.SIGKILL)


def test_one_that_cannot_be_started_is_final(tmp_path: Path) -> None:
    for words, why in (
        ([str(tmp_path / "none")], "cannot be started: No such file or directory"),
        (["sh", "a\0b"], "cannot be started: an argument contains a null byte"),
    ):
        got = sender_process.run_command(words, BODY, os.environ, str(tmp_path))
        assert got == DeliveryAttempt(ok=False, reason=why, final=True)
