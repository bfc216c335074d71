"""Jobs of every kind are killed at any moment: nothing recorded is lost or done again."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from tests import job_kinds, job_loop
from tests.job_machine import JobMachine

every_kind = pytest.mark.parametrize("kind", job_kinds.HOMES)


@pytest.mark.loop
@pytest.mark.parametrize("kills", [4, pytest.param(300, marks=pytest.mark.slow)])
@every_kind
def test_killed_commands_lose_and_repeat_nothing(kind: str, kills: int, tmp_path: Path) -> None:
    result = job_loop.run(job_kinds.HOMES[kind], tmp_path, kills, seed=1)
    print(f"{result.kills.total()} kills in {result.lives} lives: {dict(result.kills)}")
    assert result.faults == []
    assert result.kills.total() >= kills
    if kills > 100:
        assert set(result.kills) == {*job_loop.POINTS, *job_kinds.HOMES[kind].loop_points}


@pytest.mark.loop
@pytest.mark.parametrize("step", [37, pytest.param(1, marks=pytest.mark.slow)])
@every_kind
def test_killed_at_calls(kind: str, step: int, tmp_path: Path) -> None:
    kills, faults = job_loop.kill_at_calls(job_kinds.HOMES[kind], tmp_path, step)
    assert faults == []
    assert kills > (1 if step > 1 else 40)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "fault"),
    [("recordings", "late-write"), *((kind, "lost-commit") for kind in job_kinds.HOMES)],
)
def test_a_planted_fault_is_found(kind: str, fault: str, tmp_path: Path) -> None:
    assert job_loop.run(job_kinds.HOMES[kind], tmp_path, 60, seed=1, fault=fault).faults


@pytest.mark.loop
@pytest.mark.parametrize("examples", [8, pytest.param(100, marks=pytest.mark.slow)])
@every_kind
def test_jobs_in_any_order_of_actions(kind: str, examples: int) -> None:
    machine = type("Machine", (JobMachine,), {"home_type": job_kinds.HOMES[kind]})
    options = settings(settings.default, max_examples=examples, stateful_step_count=15)
    run_state_machine_as_test(machine, settings=options)
