"""A home with recordings, and their commands as child processes, as users run them."""

from __future__ import annotations

import array
import json
import os
import subprocess
import sys
import wave
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mediakeep.config import ENV_PREFIX
from mediakeep.queue import readonly
from mediakeep.queue.state import QueueState
from tests.reference.recording import KIND

_ROOT = Path(__file__).parents[2]
SCRIPTS = _ROOT / "tests" / "reference" / "scripts"  # also where their kind is installed
PATIENCE = 300.0  # seconds; it decides no result, but ends a test that hangs
Done = subprocess.CompletedProcess[str]


@dataclass(frozen=True)
class RecordingHome:
    """A home, the library of its recordings, and where they are published."""

    root: Path

    @property
    def path(self) -> Path:
        return self.root / "home"

    @property
    def library(self) -> Path:
        return self.root / "library"

    @property
    def output(self) -> Path:
        return self.path / "outputs" / "recordings"

    @property
    def working(self) -> Path:
        return self.path / "working"

    @property
    def queue(self) -> Path:
        return self.path / "status" / KIND.name

    def command(self, script: str, *words: object) -> list[str]:
        """Return the command line of a script."""
        path = SCRIPTS / f"{script}.py"
        return [sys.executable, str(path), "--home", str(self.path), *map(str, words)]

    def run(self, script: str, *words: object) -> Done:
        """Run a script to its end."""
        return subprocess.run(
            self.command(script, *words),
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=PATIENCE,
            env=environment(),
        )

    def process(self, *words: object, code: int = 0) -> str:
        """Run the batch script with one worker, and return what it printed."""
        return self._expect(code, self.run("process_recordings", "--workers", 1, *words))

    def manage(self, *words: object, code: int = 0) -> str:
        """Run the manager script, and return what it printed."""
        return self._expect(code, self.run("recording_queue_manager", *words))

    def _expect(self, code: int, done: Done) -> str:
        assert done.returncode == code, f"{done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout if code in (0, 130) else done.stdout + done.stderr

    def events(self, *words: object, code: int = 0) -> list[dict[str, Any]]:
        """Run the batch script, and return the JSON lines that it printed."""
        done = self.run("process_recordings", "--workers", 1, "--json", *words)
        assert done.returncode == code, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]

    def state(self) -> QueueState:
        """Return the queue."""
        return readonly.load_state(self.queue, KIND)

    def notes(self, word: str) -> list[str]:
        """Return what the workers noted, without their process: calls of stages, or parts."""
        found = [*self.path.glob("notes.log"), *self.working.glob("notes.log")]
        lines = [line for path in found for line in path.read_text().splitlines()]
        return [
            line.rpartition(" ")[0].partition(" ")[2] for line in lines if line.startswith(word)
        ]

    def make(self, *names: str, tracks: int = 2, damaged: bool = False) -> None:
        """Make recordings in the library; the first track of a damaged one is no WAV file."""
        self.path.mkdir(parents=True, exist_ok=True)
        for name in names:
            folder = self.library / name
            folder.mkdir(parents=True)
            for number in range(tracks):
                write_track(folder / f"{number}.wav")
            if damaged:
                (folder / "0.wav").write_bytes(b"RIFF")


def environment() -> dict[str, str]:
    """Return the environment of a script: with no settings, and the modules of the tests."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(ENV_PREFIX)}
    return {**clean, "PYTHONPATH": os.pathsep.join(map(str, (_ROOT, _ROOT / "utilities")))}


SAMPLES = [100 * number % 3000 for number in range(50)]


def write_track(path: Path) -> None:
    """Write a WAV file with 50 samples."""
    with wave.open(str(path), "wb") as target:
        target.setparams((1, 2, 8000, 0, "NONE", ""))
        target.writeframes(array.array("h", SAMPLES).tobytes())


def read_samples(path: Path) -> list[int]:
    """Return the samples of a WAV file."""
    with wave.open(str(path)) as source:
        return array.array("h", source.readframes(source.getnframes())).tolist()
