"""Stop commands at the nth call that changes a file, in whichever of their processes it is made.

There they wait, to be killed or let go. So a test that kills a command in the middle of its work
does not depend on how fast the machine is: the work is never over before, nor not yet begun.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from tests.crash.tap import FileCall, Tap, ignore

READ = "read"
PATIENCE = 300.0  # seconds; it decides no result, but ends a test whose command hangs
_ROOT = Path(__file__).parents[2]
_START = "from tests.crash import gate\ngate.watch()\n"


class Gate:
    """A gate that closes at the nth call whose name and path (or target) match.

    The calls are those of `tap`; with the name "read", openings of files for any purpose.
    """

    def __init__(self, folder: Path, at: int, *, names: str = "", paths: str = "") -> None:
        """Keep what the processes share in `folder`; `names` and `paths` are patterns."""
        folder.mkdir()
        (folder / "sitecustomize.py").write_text(_START)
        self._folder, self.at = folder, at
        self._names, self._paths = names, paths

    @property
    def environment(self) -> dict[str, str]:
        """What processes need in their environment to be stopped."""
        modules = (self._folder, _ROOT, _ROOT / "utilities")
        return {
            "PYTHONPATH": os.pathsep.join(map(str, modules)),
            "GATE_FOLDER": str(self._folder),
            "GATE_AT": str(self.at),
            "GATE_NAMES": self._names,
            "GATE_PATHS": self._paths,
        }

    @property
    def calls(self) -> int:
        """How many calls were counted, the one that waits among them."""
        counted = self._folder / "calls"
        return counted.stat().st_size if counted.exists() else 0

    def wait(self, process: subprocess.Popen[Any]) -> bool:
        """Wait until a call waits at the gate and return True, or False if the process ended."""
        end = time.monotonic() + PATIENCE
        while self.calls < self.at:
            if process.poll() is not None:
                return False
            assert time.monotonic() < end, f"it hangs after {self.calls} calls"
            time.sleep(0.005)
        return True

    def reach(self, process: subprocess.Popen[Any]) -> None:
        """Wait until a call waits at the gate; fail if the process ends before."""
        assert self.wait(process), f"it ended after {self.calls} calls"

    def kill(self, process: subprocess.Popen[Any], *, group: bool = False) -> None:
        """Kill a process without warning once a call waits at the gate."""
        self.reach(process)
        if group:
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
        process.communicate()
        assert process.returncode == -signal.SIGKILL

    def open(self, at: int = sys.maxsize) -> None:
        """Let those who wait go on, until the nth call of all or for ever."""
        self.at = at
        (self._folder / "new").write_text(str(at))
        (self._folder / "new").replace(self._folder / "open")


def count(folder: Path, line: list[str], environ: dict[str, str], **which: str) -> int:
    """Run a command that is not stopped, and return how many calls it made."""
    gate = Gate(folder, sys.maxsize, **which)
    done = subprocess.run(
        line, env={**environ, **gate.environment}, capture_output=True, text=True, timeout=PATIENCE
    )
    assert done.returncode == 0, done.stderr
    return gate.calls


def watch() -> None:
    """Watch this process, as it begins; what it forks is watched with it."""
    folder, at = os.environ["GATE_FOLDER"], int(os.environ["GATE_AT"])
    names, paths = re.compile(os.environ["GATE_NAMES"]), re.compile(os.environ["GATE_PATHS"])

    def come(call: FileCall) -> None:
        if not names.match(call.name) or not paths.search(f"{call.path}\n{call.target}"):
            return
        handle = Tap.real["open"](f"{folder}/calls", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        Tap.real["write"](handle, b".")
        size = os.fstat(handle).st_size
        Tap.real["close"](handle)
        while size >= at and size >= moved():
            time.sleep(0.005)

    def moved() -> int:
        try:
            with open(f"{folder}/open") as file:
                return int(file.read())
        except FileNotFoundError:
            return at

    if names.pattern == READ:
        sys.addaudithook(
            lambda event, told: come(FileCall(READ, str(told[0]))) if event == "open" else None
        )
    else:
        Tap(come, ignore).__enter__()
