"""Whole runs of the commands on real files: by their doors, as a person starts them, or called."""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from mediakeep.config import ENV_PREFIX
from mediakeep_samples.music import music_library
from tests.scripts import load_command

if TYPE_CHECKING:
    from tests.commands.repaired import Library, Stock

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

    def call(
        self, door: str, *words: object, env: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Do what a door does, in this process: a start costs more than most of what is tested."""
        command = load_command(door)
        line = ["--home", str(self.path), *map(str, words)]
        clean = dict.fromkeys((key for key in os.environ if key.startswith(ENV_PREFIX)), None)
        told = {f"{ENV_PREFIX}WORKERS": "1", **(env or {})}
        done = CliRunner().invoke(command, line, env={**clean, **told})
        assert isinstance(done.exception, SystemExit | None), done.output
        return subprocess.CompletedProcess(line, done.exit_code, done.stdout, done.stderr)

    def batch(self, *words: object, **more: Any) -> subprocess.CompletedProcess[str]:
        """Run a batch: in this process where nothing but its words is given, else with workers."""
        if more:
            return self.run("process_music_batch", *words, **more)
        return self.call("process_music_batch", *words)

    def manage(self, *words: object, **more: Any) -> subprocess.CompletedProcess[str]:
        """Run the manager, in this process where nothing but its words is given."""
        if more:
            return self.run("music_queue_manager", *words, **more)
        return self.call("music_queue_manager", *words)

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
    """Return this environment with two workers and `more` as mediakeep's only settings."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ENV_PREFIX)}
    return {**kept, f"{ENV_PREFIX}WORKERS": "2", **more}


READ_ANYTHING = (1, 2)  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH


def obey_permissions() -> None:
    """Give up root's right to read everything, where the tests run as root."""
    if os.geteuid() == 0:
        drop_from_bounding_set = 24
        for capability in READ_ANYTHING:
            assert ctypes.CDLL(None).prctl(drop_from_bounding_set, capability, 0, 0, 0) == 0


@contextlib.contextmanager
def obeying_permissions() -> Iterator[None]:
    """Go without that right in this thread, and those it starts, for a while: see capset(2)."""
    system = ctypes.CDLL(None)
    version_3_of_this_thread = (ctypes.c_uint32 * 2)(0x20080522, 0)
    sets = (ctypes.c_uint32 * 6)()  # effective, permitted, inheritable; then of higher numbers
    assert system.capget(version_3_of_this_thread, sets) == 0
    effective = sets[0]
    for capability in READ_ANYTHING:
        sets[0] &= ~(1 << capability)
    assert system.capset(version_3_of_this_thread, sets) == 0
    try:
        yield
    finally:
        sets[0] = effective
        assert system.capset(version_3_of_this_thread, sets) == 0


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One sample library for all; tests that change it work on a copy."""
    root = tmp_path_factory.mktemp("sample") / "music"
    music_library.make_library(root)
    return root


@pytest.fixture
def home(tmp_path: Path, sample: Path) -> Home:
    """A fresh home with a library of its own."""
    shutil.copytree(sample, tmp_path / "music", symlinks=True)
    (tmp_path / "home").mkdir()
    return Home(tmp_path / "home", tmp_path / "music")


@pytest.fixture(scope="session")
def _done(tmp_path_factory: pytest.TempPathFactory, sample: Path) -> tuple[Path, Path]:
    """A place, and a copy of a finished home that was made there: queues know their paths."""
    place = tmp_path_factory.mktemp("finished") / "place"
    shutil.copytree(sample, place / "music", symlinks=True)
    (place / "home").mkdir()
    home = Home(place / "home", place / "music")
    home.scan()
    assert home.batch("--all").returncode == 0
    return place, place.rename(place.with_name("copy"))


@pytest.fixture
def finished(_done: tuple[Path, Path]) -> Iterator[Home]:
    """A home whose library is done."""
    place, copy = _done
    shutil.copytree(copy, place, symlinks=True)
    yield Home(place / "home", place / "music")
    shutil.rmtree(place)


@pytest.fixture(scope="session")
def _reviewed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Home, Path]:
    from tests.commands import sittings  # which needs this module

    place = tmp_path_factory.mktemp("reviewed") / "place"
    place.mkdir()
    return sittings.make_home(place), place.rename(place.with_name("copy"))


@pytest.fixture
def reviewed(_reviewed: tuple[Home, Path]) -> Iterator[Home]:
    """A home with questions of many kinds: see `sittings.make_home`."""
    home, copy = _reviewed
    shutil.copytree(copy, home.path.parent, symlinks=True)
    yield home
    shutil.rmtree(home.path.parent)


@pytest.fixture(scope="session")
def repaired_stock(tmp_path_factory: pytest.TempPathFactory) -> Stock:
    from tests.commands.repaired import Stock  # which needs this module

    return Stock(tmp_path_factory.mktemp("repaired"))


@pytest.fixture
def library(repaired_stock: Stock) -> Library:
    """A small library that a batch has repaired."""
    return repaired_stock.library()
