"""Fixtures: folders, and a local MusicBrainz server for lookups."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mediakeep.lookups.answers import Machine
from mediakeep.music.discography.inquiry import Inquiry
from mediakeep.music.model import Artist
from mediakeep.rehearsal.entities import World
from mediakeep.rehearsal.server import Server
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
def machine(tmp_path: Path) -> Machine:
    clock = Clock()
    return Machine(lambda: clock.now, clock.sleep, shared=tmp_path)


@pytest.fixture
def serve() -> Iterator[Serve]:
    opened: list[Server] = []

    def start(world: World) -> Server:
        opened.append(Server(world).__enter__())
        return opened[-1]

    yield start
    for server in opened:
        server.__exit__(None, None, None)


@pytest.fixture
def look(tmp_path: Path, machine: Machine) -> Look:
    def visit(who: Artist, server: Server, **more: Any) -> Inquiry:
        return visits.visit(who, tmp_path, server, machine, **more)

    return visit
