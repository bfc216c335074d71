"""The sections of settings files that episodes have."""

from __future__ import annotations

import pytest

from mediakeep import config
from mediakeep.episodes.settings import EpisodeSettings


@pytest.fixture(autouse=True)
def _known_sections(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(config, "_list_settings_types", lambda: [EpisodeSettings])
