"""A server that knows a small cinema, and a desk that asks it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mediakeep.lookups.tmdb.desk import Desk
from mediakeep.rehearsal.server import Server
from tests.movies.identify import films


@pytest.fixture
def server() -> Iterator[Server]:
    with films.serving() as made:
        yield made


@pytest.fixture
def desk(server: Server, tmp_path: Path) -> Iterator[Desk]:
    with films.asking(tmp_path, server) as made:
        yield made
