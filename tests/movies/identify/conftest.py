"""A server that knows a small cinema, and a desk that asks it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mediakeep.lookups.tmdb.context import TmdbContext
from mediakeep_simulator.server import SimulatorServer
from tests.movies.identify import films


@pytest.fixture
def server() -> Iterator[SimulatorServer]:
    with films.serving() as server_:
        yield server_


@pytest.fixture
def desk(server: SimulatorServer, tmp_path: Path) -> Iterator[TmdbContext]:
    with films.asking(tmp_path, server) as context:
        yield context
