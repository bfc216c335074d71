"""Fixtures for tests of media files."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def music(tmp_path: Path) -> Path:
    """An empty folder next to the home."""
    folder = tmp_path / "music"
    folder.mkdir()
    return folder
