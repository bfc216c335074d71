"""The rehearsal in this process: what it runs is a process of its own all the same."""

from __future__ import annotations

import functools
import os
import signal
import subprocess
import tempfile
from unittest import mock

from click.testing import CliRunner

from mediakeep.config import ENV_PREFIX
from tests.scripts import load_command


def run(door: str, *words: object, **env: str) -> subprocess.CompletedProcess[str]:
    """Do what a door does; what a command prints that it runs is told with its own words."""
    command = load_command(door)
    clean = dict.fromkeys((name for name in os.environ if name.startswith(ENV_PREFIX)), None)
    line = [str(word) for word in words]
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    with tempfile.TemporaryFile("w+") as printed:
        begin = functools.partial(subprocess.Popen, stdout=printed)
        try:
            with mock.patch.object(subprocess, "Popen", begin):
                done = CliRunner().invoke(command, line, env={**clean, **env})
        finally:
            for number, handler in handlers.items():
                signal.signal(number, handler)
        assert isinstance(done.exception, SystemExit | None), done.output
        printed.seek(0)
        told = done.stdout + printed.read()
    return subprocess.CompletedProcess(line, done.exit_code, told, done.stderr)
