"""A home with pipelines: WAV files, YAML files, and the commands that run them."""

from __future__ import annotations

import array
import json
import os
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from mediakeep.app.pipelines import sessions
from mediakeep.app.pipelines.sessions import SessionInfo
from tests import job_home
from tests.crash.gate import Gate
from tests.pipelines.sample_processors import read_samples, write_samples

SCRIPTS = Path(__file__).parent / "scripts"
SAMPLES = [100 * number % 3000 for number in range(100)]


@dataclass
class PipelineHome:
    """A home, an input folder, an output folder, and the notes of what processors did."""

    root: Path
    variables: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for folder in (self.path, self.input, self.notes):
            folder.mkdir(parents=True, exist_ok=True)

    @property
    def path(self) -> Path:
        return self.root / "home"

    @property
    def input(self) -> Path:
        return self.root / "in"

    @property
    def output(self) -> Path:
        return self.root / "out"

    @property
    def notes(self) -> Path:
        return self.root / "notes"

    @property
    def environment(self) -> dict[str, str]:
        modules = (job_home.ROOT, job_home.ROOT / "utilities", SCRIPTS)
        paths = os.pathsep.join(map(str, modules))
        given = {"PYTHONPATH": paths, "NOTES": str(self.notes), **self.variables}
        return {**job_home.environment(), **given}

    def write(self, *names: str) -> None:
        """Write WAV files of 100 samples into the input folder."""
        for name in names:
            path = self.input / name
            path.parent.mkdir(parents=True, exist_ok=True)
            write_samples(path, array.array("h", SAMPLES))

    def configure(
        self,
        *steps: dict[str, Any],
        name: str = "test",
        source: Path | None = None,
        **settings: Any,
    ) -> Path:
        """Write a pipeline file, and return its path."""
        values = {
            "name": name,
            "settings": {"output_dir": str(self.output), **settings},
            "input": {"path": str(source or self.input)},
            "steps": steps,
        }
        path = self.root / f"{name}.yaml"
        path.write_text(yaml.safe_dump(values, sort_keys=False))
        return path

    def add_gate(self, gate: Gate) -> dict[str, str]:
        """Return the variables of a gate, with the modules of the processors."""
        paths = f"{gate.environment['PYTHONPATH']}{os.pathsep}{SCRIPTS}"
        return {**gate.environment, "PYTHONPATH": paths}

    def command(self, *words: object) -> list[str]:
        script = str(SCRIPTS / "toolkit.py")
        return [sys.executable, script, "--home", str(self.path), *map(str, words)]

    def start(self, *words: object, **variables: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            self.command(*words),
            env={**self.environment, **variables},
            cwd=self.root,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *words: object, code: int = 0) -> str:
        """Run a command, and return what it printed."""
        process = self.start(*words)
        out, err = process.communicate(timeout=job_home.PATIENCE)
        assert process.returncode == code, out + err
        return out + err

    def run_pipeline(self, *steps: dict[str, Any], code: int = 0, **settings: Any) -> str:
        return self.run("--config", self.configure(*steps, **settings), code=code)

    def take_calls(self) -> Counter[str]:
        """Return what was noted since the last call: "processor name" and how often."""
        path = self.notes / "calls"
        lines = path.read_text().splitlines() if path.exists() else []
        path.unlink(missing_ok=True)
        return Counter(line for line in lines if not line.startswith("open "))

    def list_sessions(self) -> list[SessionInfo]:
        return sessions.list_sessions(self.path, {})

    @property
    def session(self) -> SessionInfo:
        """The newest session."""
        return self.list_sessions()[0]

    def list_outputs(self) -> list[str]:
        """Return the paths of all files in the output folder, hidden ones included."""
        return sorted(
            str(path.relative_to(self.output))
            for path in self.output.rglob("*")
            if not path.is_dir()
        )

    def read_output(self, name: str) -> list[int]:
        return list(read_samples(self.output / name))

    def count_stage_ends(self) -> Counter[tuple[str, str]]:
        """Return how often the end of each stage of each file is recorded in the history."""
        folder = self.path / "status" / "pipelines" / self.session.id / "history"
        lines = [line for path in folder.glob("*.jsonl") for line in path.read_text().splitlines()]
        events = [json.loads(line) for line in lines]
        return Counter(
            (event["item"], event.get("stage", "")) for event in events if "item" in event
        )


def step(name: str, processor: str, needs: str = "file", **params: Any) -> dict[str, Any]:
    """Return a step of a pipeline."""
    return {"name": name, "processor": processor, "params": params, "needs": needs}
