"""A TMDb context that uses a scripted server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mediakeep.lookups.http.models import HttpEnvironment
from mediakeep.lookups.tmdb.context import TmdbContext
from tests.lookups.conftest import Scripted
from tests.lookups.tmdb import tmdb_server


@pytest.fixture
def desk(tmp_path: Path, server: Scripted, machine: HttpEnvironment) -> Iterator[TmdbContext]:
    made = tmdb_server.desk(tmp_path, server, machine)
    yield made
    made.close()
