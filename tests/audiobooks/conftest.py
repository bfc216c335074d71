"""A home for audiobooks."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.job_kinds import BookHome


@pytest.fixture
def home(tmp_path: Path) -> BookHome:
    return BookHome(tmp_path)
