"""The options of a job command, of a kind that is not registered: nothing but usage errors."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from mediakeep.commands import job_command
from mediakeep.commands.options.job_options import StageRetryParam
from mediakeep.commands.options.param_types import MemoryLimitParam
from mediakeep.stages import Retry
from tests.reference.recording import KIND
from tests.sampling import each_row


@each_row(
    ("words", "problem"),
    [
        ("--stage-retries mixing=2", 'no stage "mixing"; the stages are copying, converting, publ'),
        ("--stage-retries copying", '"copying" has no number of attempts; write copying=3'),
        ("--stage-retries copying=0", '"copying=0" has no number of attempts'),
        ("--stage-retries copying=2,soon", '"soon" is not a duration'),
        ("--stages copying,mixing", 'no stage "mixing"; the stages are copying, converting, publ'),
        ("--stages copying --cleanup", "--cleanup cannot be combined with --stages."),
        ("--stall never", '"never" is not a duration'),
        ("--memory-limit much", '"much" is not a size; write it like 500M or 2G'),
        ("--memory-limit 50M", "50M is not enough for a worker; use at least 100 MB"),
        ("--cleanup --list-cleanup", "--list-cleanup cannot be combined with --cleanup."),
        ("--scan", "--scan needs a PATH, as the settings name no library."),
        ("--rollback Alpha --scan .", "--rollback cannot be combined with --scan."),
        ("--recording Alpha --all", "--recording cannot be combined with --all."),
        ("--recording Alpha --wait", "--recording cannot be combined with --wait."),
    ],
)
def test_a_wrong_option_is_explained(words: str, problem: str, tmp_path: Path) -> None:
    command = job_command.build_command(KIND)
    done = CliRunner().invoke(command, ["--home", str(tmp_path), *words.split()])
    assert done.exit_code == 2
    assert problem in " ".join(done.output.split())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("setting", ['memory_limit = "50M"', 'stall = "never"', "jobs = -1"])
def test_a_wrong_setting_of_jobs_is_named_with_its_file(setting: str, tmp_path: Path) -> None:
    (tmp_path / "mediakeep.toml").write_text(setting)
    command = job_command.build_command(KIND)
    done = CliRunner().invoke(command, ["--home", str(tmp_path)])
    assert done.exit_code == 2
    assert f"mediakeep.toml: {setting.split()[0]}" in " ".join(done.output.split())


@each_row(
    ("text", "limit"),
    [("2G", 2 * 10**9), ("1.5 gb", 15 * 10**8), ("100000000", 10**8), ("0", 0), ("none", 0)],
)
def test_a_memory_limit_has_a_decimal_unit(text: str, limit: int) -> None:
    assert MemoryLimitParam().convert(text, None, None) == limit


def test_retries_of_a_stage_keep_what_is_not_given() -> None:
    parse = StageRetryParam(KIND).convert
    assert parse("converting=5", None, None) == ("converting", Retry(5, 0.0))
    assert parse("converting=5,10m", None, None) == ("converting", Retry(5, 600.0))
