"""Jobs of all kinds: listed, shown, cancelled under a running batch, and cleared."""

from __future__ import annotations

import importlib
import json
import os
import re
import subprocess
import uuid
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from mediakeep import kinds
from mediakeep.commands import jobs, queue_manager
from mediakeep.commands.display import batch_output
from mediakeep.config import ENV_PREFIX
from mediakeep.item import Status
from tests import job_home
from tests.crash.gate import Gate
from tests.job_kinds import RecordingHome
from tests.reference.subject import SUBJECT


@pytest.fixture
def recordings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RecordingHome:
    """A home with two recordings, whose kind is found in this process for this test."""
    monkeypatch.syspath_prepend(RecordingHome.scripts)
    monkeypatch.setattr(kinds, "list_kinds", kinds.list_kinds.__wrapped__)  # not cached
    for name in os.environ:
        if name.startswith(ENV_PREFIX):
            monkeypatch.delenv(name)
    found = RecordingHome(tmp_path)
    found.make("Alpha", "Beta")
    return found


def invoke(command: click.Command, words: tuple[object, ...], code: int) -> str:
    """Run a command in this process, and return what it printed."""
    done = CliRunner().invoke(command, [*map(str, words)])
    assert done.exit_code == code, done.output
    return done.stdout if code == 0 else done.output


def run_jobs(recordings: RecordingHome, name: str, *words: object, code: int = 0) -> str:
    """Run a command of `jobs`, and return what it printed."""
    return invoke(jobs.main, (name, "--home", recordings.path, *words), code)


def process(recordings: RecordingHome, *words: object, code: int = 0) -> str:
    """Run a batch of recordings, and return what it printed."""
    command = importlib.import_module("tests.reference.scripts.process_recordings").main
    return invoke(command, ("--home", recordings.path, "--workers", 1, *words), code)


def manage(recordings: RecordingHome, *words: object) -> str:
    """Run the queue manager of recordings, and return what it printed."""
    manager = queue_manager.build_manager(SUBJECT.kind)
    return invoke(manager, ("--home", recordings.path, *words), 0)


def read_jobs(recordings: RecordingHome, *words: object) -> dict[str, dict[str, Any]]:
    """Return the listed jobs by name."""
    listed = json.loads(run_jobs(recordings, "list", "--json", *words))
    return {job["name"]: job for job in listed}


def test_a_line_without_a_terminal_names_the_stage_and_its_progress(
    recordings: RecordingHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch_output, "_QUIET_SECONDS", 0)
    printed = process(recordings, "--scan", recordings.library, "--batch-size", 1)
    assert re.search(r"\nAlpha: converting \d+ %\n(.*\n)*Alpha: converting 100 %\n", printed)


def test_jobs_are_listed_with_ids_states_and_progress(recordings: RecordingHome) -> None:
    assert run_jobs(recordings, "list") == "No jobs.\n"
    recordings.make("Broken", damaged=1)
    process(recordings, "--scan", recordings.library, "--batch-size", 1)
    process(recordings, "--recording", "Beta", "--publish-after", "1h")
    process(recordings, "--recording", "Broken", "--stage-retries", "converting=1", code=1)
    recordings.make("New")
    process(recordings, "--add", recordings.library / "New", "--batch-size", 1)
    found = read_jobs(recordings)
    states = {name: job["state"] for name, job in found.items()}
    assert states == {
        "Alpha": "completed",
        "Beta": "waiting",
        "Broken": "failed",
        "New": "completed",
    }
    alpha, beta = found["Alpha"], found["Beta"]
    assert uuid.UUID(alpha["id"]).version == 5
    assert uuid.UUID(found["New"]["id"]).version == 4
    assert alpha["created"] <= alpha["started"] <= alpha["completed"]
    assert alpha["sources"] == [str(recordings.library / "Alpha")]
    assert (alpha["output"], alpha["percent"]) == (str(recordings.output / "Alpha"), 100.0)
    assert (alpha["stage"], found["Broken"]["stage"]) == ("completed", "converting")
    assert (beta["stage"], beta["reason"]) == ("publishing", "published later")
    assert [*read_jobs(recordings, "--state", "failed")] == ["Broken"]
    assert [*read_jobs(recordings, "--kind", "albums")] == []
    lines = run_jobs(recordings, "list").splitlines()
    assert lines[0].split() == ["ID", "STATE", "KIND", "CREATED", "NAME"]
    assert lines[2].startswith(f"{beta['id'][:8]}  waiting    recordings  20")
    assert "Beta  (publishing; until " in lines[2]
    shown = run_jobs(recordings, "show", alpha["id"][:8])
    assert f"  output: {alpha['output']}\n" in shown
    assert "\n  copying done in " in shown
    assert "No jobs are called" in run_jobs(recordings, "list", "--kind", "album", code=2)
    assert 'no job named "Gamma"' in run_jobs(recordings, "show", "Gamma", code=2)


def test_a_running_job_is_cancelled_and_its_batch_ends_its_tasks(
    recordings: RecordingHome,
) -> None:
    manage(recordings, "--scan", recordings.library)
    gate = Gate(recordings.root / "gate", 1, names="replace", paths=r"Beta .*_processed/\d\.\d")
    command = recordings.command("process_recordings.py", "--workers", 2)
    batch = subprocess.Popen(
        command,
        env={**job_home.environment(), **gate.environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    gate.reach(batch)
    beta = read_jobs(recordings)["Beta"]
    assert (beta["state"], beta["stage"]) == ("processing", "converting")
    out = run_jobs(recordings, "cancel", "beta")
    assert f"Beta is cancelled. Session {beta['session']} stops the tasks of this job now.\n" in out
    assert "--reset-recording NAME\n" in out
    printed, errors = batch.communicate(timeout=job_home.PATIENCE)  # the gate stays closed
    assert batch.returncode == 0, errors
    assert "Beta: dropped, as it was cancelled\n" in printed
    statuses = {key: item.status for key, item in recordings.state().items.items()}
    assert statuses == {"Alpha": Status.COMPLETED, "Beta": Status.SKIPPED}
    assert read_jobs(recordings)["Beta"]["state"] == "cancelled"
    assert recordings.find_files("Beta").require().source.is_dir()  # working files are kept
    assert "cannot be cancelled: it is cancelled" in run_jobs(recordings, "cancel", "Beta", code=2)
    manage(recordings, "--reset-recording", "Beta")
    process(recordings, "--all")
    assert len(list(recordings.output.glob("*/*"))) == 4


def test_a_cancelled_job_is_pending_again_when_it_is_added(recordings: RecordingHome) -> None:
    alpha, beta = (recordings.library / name for name in ("Alpha", "Beta"))
    process(recordings, "--add", alpha, "--add", beta, "--batch-size", 1, "--publish-after", "1h")
    assert run_jobs(recordings, "cancel", "Alpha", "Beta").count(" is cancelled.\n") == 2
    assert "Nothing is pending." in process(recordings, "--all")
    assert "Alpha is in the queue already, and pending again." in process(
        recordings, "--add", alpha
    )
    cancel = run_jobs(recordings, "cancel", "Beta", "Alpha", code=2)
    assert {job["state"] for job in read_jobs(recordings).values()} == {"completed", "cancelled"}
    assert "cannot be cancelled" in cancel


def test_ended_jobs_are_cleared_after_a_confirmation(recordings: RecordingHome) -> None:
    recordings.make("Broken", damaged=1)
    words = ("--stage-retries", "converting=1", "--all")
    process(recordings, "--scan", recordings.library, *words, code=1)
    recordings.make("New")
    process(recordings, "--scan", recordings.library, "--recording", "New", "--publish-after", "1h")
    assert run_jobs(recordings, "clear") == "Nothing to clear.\n"  # none is 30 days old
    run_jobs(recordings, "clear", "--older-than", "0s", code=130)  # no answer
    assert len(read_jobs(recordings)) == 4
    out = run_jobs(recordings, "clear", "--older-than", "0s", "--yes")
    assert out.splitlines() == [
        "Cleared Alpha (recordings, completed).",
        "Cleared Beta (recordings, completed).",
        "Cleared Broken (recordings, failed).",
    ]
    assert [*read_jobs(recordings)] == ["New"]
    process(recordings, "--recording", "New")
    recordings.find_files("New").create("New")
    (line,) = run_jobs(recordings, "clear", "--older-than", "0s", "--yes").splitlines()[1:]
    assert line.startswith("1 recording not cleared: working files exist. Remove these with: ")
    process(recordings, "--cleanup")
    assert "Cleared New" in run_jobs(recordings, "clear", "--older-than", "0s", "--yes")
    manage(recordings, "--restore-retired", "Broken")
    assert [*read_jobs(recordings, "--state", "failed")] == ["Broken"]
    assert len(list(recordings.output.glob("*/*"))) == 6
