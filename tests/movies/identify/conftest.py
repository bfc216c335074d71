"""A server that knows a small movie catalogue, and a client context."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mediakeep.lookups.tmdb.context import TmdbContext
from mediakeep_simulator.server import SimulatorServer
from tests.movies.identify import films


@pytest.fixture
def server() -> Iterator[SimulatorServer]:
    with films.serve_movies() as server_:
        yield server_


@pytest.fixture
def context(server: SimulatorServer, tmp_path: Path) -> Iterator[TmdbContext]:
    with films.open_context(tmp_path, server) as context:
        yield context
