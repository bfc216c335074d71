"""The audio toolkit as users run it, with the sample processors, and with plugins in a folder."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import wave
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.job_home import ROOT, environment
from tests.patience import PATIENCE
from tests.vt import Terminal

SAMPLES = Path(__file__).parent / "scripts"  # where the sample processors are installed


@dataclass
class ToolkitRuns:
    """A folder in which commands of the toolkit run; its home is in it."""

    path: Path
    plugins: list[Path] = field(default_factory=lambda: [SAMPLES])
    home: str = "home"

    @property
    def environment(self) -> dict[str, str]:
        """The environment of commands: no settings but the home, and the plugins."""
        env = environment()
        paths = [*map(str, self.plugins), env["PYTHONPATH"]]
        home = {"MEDIAKEEP_HOME": str(self.path / self.home)}
        return {**env, **home, "PYTHONPATH": os.pathsep.join(paths), "TERM": "xterm"}

    @property
    def program(self) -> list[str]:
        return [sys.executable, str(ROOT / "utilities" / "audio_toolkit.py")]

    def run(self, *words: object) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*self.program, *map(str, words)],
            cwd=self.path,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )

    def ok(self, *words: object) -> str:
        done = self.run(*words)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def fails(self, code: int, *words: object) -> str:
        """Run a command that must fail with a code; return its errors."""
        done = self.run(*words)
        assert done.returncode == code, done.stdout + done.stderr
        return done.stderr

    def data(self, *words: object) -> Any:
        return json.loads(self.ok(*words, "--json"))

    def write_sound(self, name: str, frames: int = 4000) -> Path:
        """Write a WAV file with a ramp, 8,000 samples a second."""
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with wave.open(str(path), "wb") as target:
            target.setparams((1, 2, 8000, 0, "NONE", ""))
            target.writeframes(b"".join((n % 3000).to_bytes(2, "little") for n in range(frames)))
        return path

    def open_wizard(self) -> Terminal:
        """Open the wizard in a terminal, in the folder."""
        line = ["sh", "-c", 'cd "$0" && exec "$@"', str(self.path), *self.program]
        return Terminal(line, self.environment, 100, 40)


def answer(terminal: Terminal, question: str, word: str) -> str:
    """Wait for a question, and type a word; return what was printed."""
    end = time.monotonic() + PATIENCE
    while not (printed := terminal.screen.printed).endswith(f"{question} "):
        assert time.monotonic() < end, f"never asked: {question}\n{printed}"
        assert terminal.read(), f"it ended without {question}\n{printed}"
    terminal.type(f"{word}\n".encode())
    return printed
