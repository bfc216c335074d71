"""A script that is started by a fork does what one in a new interpreter does."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests import quick_start
from tests.patience import PATIENCE
from tests.sampling import each_row

pytestmark = pytest.mark.linux
ENVIRONMENT = {**os.environ, "TMPDIR": "/", "WORD": "é", "TZ": "Asia/Tokyo"}


@pytest.mark.long
@each_row(
    "code",
    [
        "print(sys.argv, os.getcwd(), os.environ['WORD'], __name__, __file__)",
        "print(sys.path[0], time.tzname, tempfile.gettempdir())",
        "print(sys.stdin.read(), sys.stdout.encoding, sys.stdout.errors, sys.stderr.errors)",
        "print(*(signal.getsignal(n) for n in (1, 2, 13, 15)))",
        "print(os.getpid() == os.getsid(0), sorted(os.listdir('/proc/self/fd')))",
        "print(threading.active_count(), resource.getrlimit(resource.RLIMIT_NOFILE))",
        "sys.exit(7)",
        "sys.exit('no \\ud800')",
        "raise SystemExit",
        "os._exit(3)",
        "os.kill(os.getpid(), 9)",
        "os.kill(os.getpid(), 2)",
        "atexit.register(print, 'at the end')",
        "threading.Thread(target=lambda: (time.sleep(0.1), print('late'))).start()",
        "os.write(1, b'\\xff'); print('x', file=sys.stderr)",
    ],
)
def test_it_is_the_same_in_both_ways(
    code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quick_start, "_SCRIPTS", (tmp_path,))
    script = tmp_path / "script.py"
    modules = "atexit, os, resource, signal, sys, tempfile, threading, time"
    script.write_text(f"import {modules}\n{code}\n")
    ended = [run(kind, script) for kind in (quick_start._Popen, quick_start.QuickPopen)]
    assert ended[0] == ended[1]
    assert quick_start._server


def test_a_script_blocks_the_signals_that_its_starter_blocks_now(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quick_start, "_SCRIPTS", (tmp_path,))
    monkeypatch.setattr(quick_start, "_server", None)  # it is started with a blocked signal
    script = tmp_path / "script.py"
    script.write_text("import signal\nprint(signal.pthread_sigmask(signal.SIG_BLOCK, []))\n")
    before, outputs = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR2}), []
    for mask in ({*before, signal.SIGUSR2}, before):
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        outputs.append(b"SIGUSR2" in run(quick_start.QuickPopen, script)[1])
    assert outputs == [True, False]


def run(kind: type[subprocess.Popen[bytes]], script: Path) -> tuple[int, bytes, bytes]:
    """Return the exit code, the output and the last line of the errors of a script."""
    line: list[Any] = [sys.executable, script, "a word"]
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    with kind(line, cwd=script.parent, env=ENVIRONMENT, start_new_session=True, **pipes) as process:  # type: ignore[call-overload]
        out, errors = process.communicate(b"given", PATIENCE)
    return process.returncode, out, errors.splitlines()[-1:]


def test_it_is_a_child_of_this_process_and_gets_signals(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quick_start, "_SCRIPTS", (tmp_path,))
    script = tmp_path / "script.py"
    script.write_text("import os, time; print(os.getppid(), flush=True); time.sleep(600)")
    process = quick_start.QuickPopen([sys.executable, str(script)], stdout=subprocess.PIPE)
    with process:
        assert process.stdout
        assert int(process.stdout.readline()) == os.getpid()
        assert process.poll() is None
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == -signal.SIGTERM
