"""A home that asks by hand, and what answers it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from mediakeep_simulator.server import SimulatorServer
from tests.commands.asking import NAME, Asker, sampled, scripted
from tests.commands.conftest import Home
from tests.lookups.conftest import Scripted


@pytest.fixture(scope="session")
def sample(sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample library's artists who are asked about here."""
    root = tmp_path_factory.mktemp("some") / "music"
    for name in (NAME, NAME.upper(), "-Minus-", "=Sum of Us"):
        shutil.copytree(sample / name, root / name, symlinks=True)
    return root


@pytest.fixture
def server() -> Iterator[SimulatorServer]:
    with SimulatorServer(sampled()) as made:
        yield made


@pytest.fixture
def ask(home: Home, server: SimulatorServer) -> Asker:
    return Asker(home, server.url)


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Scripted]:
    with scripted(tmp_path) as made:
        yield made
