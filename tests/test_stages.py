"""Stage tables: names that must be unique, failure codes that stages may share."""

from __future__ import annotations

import pytest

from mediakeep.stages import Stage, StageTable
from tests.sampling import each_row

TABLE = StageTable(
    (Stage("get", ("check",), "failed"), Stage("check", ("put",)), Stage("put", ("put",), "failed"))
)


@each_row(
    "processing_stage, failed_stage, current",
    [
        ("", "", "get"),
        ("failed", "get", "get"),
        ("failed", "put", "put"),
        ("failed", "", "get"),  # edited by hand: the first stage that has it
        ("check", "put", "check"),
        ("other", "", "get"),
    ],
)
def test_the_failed_stage_tells_apart_stages_that_share_a_code(
    processing_stage: str, failed_stage: str, current: str
) -> None:
    assert TABLE.get_current_stage(processing_stage, failed_stage) == current


def test_a_code_that_one_stage_has_needs_no_failed_stage() -> None:
    assert list(TABLE.all_names()) == ["get", "failed", "check", "put"]
    assert TABLE.is_shared_code("failed")
    assert not any(map(TABLE.is_shared_code, ("get", "check", "other", "")))


@each_row(
    "stages, completed",
    [
        ((Stage("a", failure_code="b"), Stage("b")), ""),
        ((Stage("a", failure_code="a"),), ""),
        ((Stage("a"), Stage("a")), ""),
        ((Stage("a", failure_code="done"), Stage("b", failure_code="done")), "done"),
    ],
)
def test_other_names_are_unique(stages: tuple[Stage, ...], completed: str) -> None:
    with pytest.raises(ValueError, match="twice"):
        StageTable(stages, completed)
