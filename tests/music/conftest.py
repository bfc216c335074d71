"""Fixtures: folders, and a local MusicBrainz server for lookups."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mediakeep.lookups.http.models import HttpEnvironment
from mediakeep.music.artist_lookup.lookup import ArtistLookup
from mediakeep.music.model import Artist
from mediakeep_simulator.entities import MusicBrainzCatalogue
from mediakeep_simulator.server import SimulatorServer
from tests.music import visits
from tests.music.visits import Look, Serve


@pytest.fixture
def public() -> Iterator[Path]:
    """A folder that every user may enter, which pytest's own are not."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


class Clock:
    """A clock that only sleep moves, so that an outage takes no time."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def machine(tmp_path: Path) -> HttpEnvironment:
    clock = Clock()
    return HttpEnvironment(lambda: clock.now, clock.sleep, shared_dir=tmp_path)


@pytest.fixture
def serve() -> Iterator[Serve]:
    opened: list[SimulatorServer] = []

    def start(world: MusicBrainzCatalogue) -> SimulatorServer:
        opened.append(SimulatorServer(world).__enter__())
        return opened[-1]

    yield start
    for server in opened:
        server.__exit__(None, None, None)


@pytest.fixture
def look_up(tmp_path: Path, machine: HttpEnvironment) -> Look:
    def visit(who: Artist, server: SimulatorServer, **more: Any) -> ArtistLookup:
        return visits.look_up(who, tmp_path, server, machine, **more)

    return visit
