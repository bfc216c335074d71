"""A TMDb context that uses a scripted server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mediakeep.lookups.answers import Machine
from mediakeep.lookups.tmdb.desk import Desk
from tests.lookups.conftest import Scripted
from tests.lookups.tmdb import told


@pytest.fixture
def desk(tmp_path: Path, server: Scripted, machine: Machine) -> Iterator[Desk]:
    made = told.desk(tmp_path, server, machine)
    yield made
    made.close()
