"""Episodes are migrated through kills, cuts and limits: each becomes one video."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.episodes.migration_loop import POINTS, UPLOADED, Migration


@pytest.mark.loop
@pytest.mark.real_disk
@pytest.mark.parametrize(
    ("count", "kills"), [(10, len(POINTS)), pytest.param(300, 28, marks=pytest.mark.slow)]
)
def test_killed_migrations_double_and_lose_no_video(count: int, kills: int, tmp_path: Path) -> None:
    result = Migration(tmp_path, count, seed=1).run(kills)
    print(result)
    assert result.faults == []
    assert result.kills.total() == kills
    assert set(result.kills) == set(POINTS)
    first, second, *_ = result.days
    assert "uploads a day" in first
    assert "uploadLimitExceeded" in second


@pytest.mark.loop
@pytest.mark.real_disk
def test_a_session_that_is_recorded_late_doubles_a_video(tmp_path: Path) -> None:
    result = Migration(tmp_path, 6, seed=1, records_late=True).run(3, (UPLOADED,))
    assert result.doubles
