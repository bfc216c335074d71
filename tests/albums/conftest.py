"""A home with albums; the sound of their tracks is made once."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.albums import rig
from tests.albums.rig import AlbumHome


@pytest.fixture(scope="session")
def master(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return rig.make_flac(tmp_path_factory.mktemp("master"))


@pytest.fixture
def albums(tmp_path: Path, master: Path) -> AlbumHome:
    return AlbumHome(tmp_path, master)
