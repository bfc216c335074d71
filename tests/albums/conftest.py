"""A home with albums."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.job_kinds import AlbumHome


@pytest.fixture
def albums(tmp_path: Path) -> AlbumHome:
    return AlbumHome(tmp_path)
