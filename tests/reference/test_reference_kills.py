"""Batches of recordings are killed at any moment: nothing recorded is lost or done again."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.reference import kill_loop


@pytest.mark.loop
@pytest.mark.parametrize("kills", [4, pytest.param(1000, marks=pytest.mark.slow)])
def test_nothing_recorded_is_lost_or_done_again(kills: int, tmp_path: Path) -> None:
    result = kill_loop.run(tmp_path, kills, seed=1)
    print(f"{result.kills.total()} kills in {result.lives} lives: {dict(result.kills)}")
    assert result.faults == []
    assert result.kills.total() >= kills
    if kills > 100:
        assert set(result.kills) == {*kill_loop.POINTS}


@pytest.mark.slow
@pytest.mark.parametrize("fault", ["late-write", "lost-commit"])
def test_a_planted_fault_is_found(fault: str, tmp_path: Path) -> None:
    assert kill_loop.run(tmp_path, 60, seed=1, fault=fault).faults
