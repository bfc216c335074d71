"""A home that asks by hand, and what answers it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mediakeep.rehearsal.server import Server
from tests.commands.asking import Asker, sampled, scripted
from tests.commands.conftest import Home
from tests.lookups.conftest import Scripted


@pytest.fixture
def server() -> Iterator[Server]:
    with Server(sampled()) as made:
        yield made


@pytest.fixture
def ask(home: Home, server: Server) -> Asker:
    return Asker(home, server.url)


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Scripted]:
    with scripted(tmp_path) as made:
        yield made
