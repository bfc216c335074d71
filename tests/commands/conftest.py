"""Whole runs of the commands, as a person would start them: doors, subprocesses, real files."""

from __future__ import annotations

import ctypes
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from mediakeep.rehearsal import library

DOORS = Path(__file__).parents[2] / "utilities"


@dataclass
class Home:
    """A home with a music library beside it, and the doors into it."""

    path: Path
    music: Path

    @property
    def queue(self) -> Path:
        return self.path / "status" / "music"

    def command(self, door: str, *words: object) -> list[str]:
        return [
            sys.executable,
            str(DOORS / f"{door}.py"),
            "--home",
            str(self.path),
            *map(str, words),
        ]

    def run(self, door: str, *words: object, **more: Any) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(door, *words),
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=120,
            env=environment(more.pop("env", {})),
            **more,
        )

    def batch(self, *words: object, **more: Any) -> subprocess.CompletedProcess[str]:
        return self.run("process_music_batch", *words, **more)

    def manage(self, *words: object, **more: Any) -> subprocess.CompletedProcess[str]:
        return self.run("music_queue_manager", *words, **more)

    def ok(self, *words: object) -> str:
        done = self.manage(*words)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def scan(self) -> str:
        return self.ok("--scan", self.music)

    def snapshot(self) -> dict[str, Any]:
        return json.loads((self.queue / "processing_queue.json").read_text())

    def statuses(self) -> dict[str, str]:
        return {name: item["status"] for name, item in self.snapshot()["artists"].items()}


def environment(more: dict[str, str]) -> dict[str, str]:
    """Return this environment without any setting of mediakeep's, and with `more`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MEDIAKEEP_")}
    return {**kept, **more}


def obey_permissions() -> None:
    """Give up root's right to read everything, where the tests run as root."""
    if os.geteuid() == 0:
        drop_from_bounding_set = 24
        for capability in (1, 2):  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH
            assert ctypes.CDLL(None).prctl(drop_from_bounding_set, capability, 0, 0, 0) == 0


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One sample library for all; tests that change it work on a copy."""
    root = tmp_path_factory.mktemp("sample") / "music"
    library.make(root)
    return root


@pytest.fixture
def home(tmp_path: Path, sample: Path) -> Home:
    """A fresh home with a library of its own."""
    shutil.copytree(sample, tmp_path / "music", symlinks=True)
    (tmp_path / "home").mkdir()
    return Home(tmp_path / "home", tmp_path / "music")


@pytest.fixture
def finished(home: Home) -> Iterator[Home]:
    """A home whose library is done."""
    home.scan()
    assert home.batch("--all").returncode == 0
    return home
