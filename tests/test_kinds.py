"""Kinds of other distributions, which are installed in a folder of PYTHONPATH."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests import job_home
from tests.job_kinds import RecordingHome

ROOT = Path(__file__).parents[1]
KIND = """
from typing import Annotated
import msgspec
from mediakeep import kinds
from tests.reference.recording import KIND
OURS = msgspec.structs.replace(KIND, name="discs")
TAKEN = msgspec.structs.replace(KIND, name="albums")
LAME = msgspec.structs.replace(KIND, name="lame", subject="no_such_subject:SUBJECT")
OLD = msgspec.structs.replace(KIND, name="old", interface=0)
OTHER = {"name": "other"}
Table = msgspec.defstruct("Table", [("a", Annotated[int, msgspec.Meta(extra={"flg": "--a"})], 1)])
Wrong = msgspec.defstruct("Wrong", [("table", Table)])
WRONG = msgspec.structs.replace(KIND, name="wrong", settings="discs_kind:Wrong")
"""
ENTRY_POINTS = """[mediakeep.kinds]
absent = no_such_module:KIND
nameless = discs_kind:NO_SUCH_NAME
taken = discs_kind:TAKEN
old = discs_kind:OLD
other = discs_kind:OTHER
wrong = discs_kind:WRONG
lame = discs_kind:LAME
discs = discs_kind:OURS
"""
WARNINGS = [
    "Warning: kind \"absent\" left out: No module named 'no_such_module'",
    "Warning: kind \"nameless\" left out: module 'discs_kind' has no attribute 'NO_SUCH_NAME'",
    'Warning: kind "taken" left out: the name "albums" is taken',
    'Warning: kind "old" left out: it has interface 0, and mediakeep has 1',
    'Warning: kind "other" left out: its entry point names no Kind',
    "Warning: kind \"wrong\" left out: Unexpected keyword argument 'flg'",
]


def run(recordings: RecordingHome, script: str, *words: str) -> tuple[int, str, list[str]]:
    """Run a script with the installed kinds; return its exit code, output and warnings."""
    site = recordings.root / "site"
    installed = site / "discs-1.dist-info"
    installed.mkdir(parents=True, exist_ok=True)
    (site / "discs_kind.py").write_text(KIND)
    (installed / "METADATA").write_text("Metadata-Version: 2.1\nName: discs\nVersion: 1\n")
    (installed / "entry_points.txt").write_text(ENTRY_POINTS)
    paths = (site, RecordingHome.scripts, ROOT, ROOT / "utilities")
    done = subprocess.run(
        [sys.executable, str(ROOT / "utilities" / script), *words, "--home", recordings.path],
        env={**job_home.environment(), "PYTHONPATH": os.pathsep.join(map(str, paths))},
        capture_output=True,
        text=True,
        timeout=job_home.PATIENCE,
    )
    return done.returncode, done.stdout, done.stderr.splitlines()


@pytest.mark.long
def test_kinds_of_others_are_seen_and_those_that_cannot_be_used_are_named(tmp_path: Path) -> None:
    recordings = RecordingHome(tmp_path)
    recordings.make("Alpha")
    recordings.manage("--scan", recordings.library)
    recordings.batch("--all")

    code, out, errors = run(recordings, "jobs.py", "list")
    assert (code, errors) == (0, WARNINGS)
    assert "recordings" in out

    code, out, errors = run(recordings, "jobs.py", "list", "--kind", "disks")
    assert (code, errors[:-1]) == (2, WARNINGS)
    assert errors[-1].endswith("Did you mean discs?")

    code, out, errors = run(recordings, "media_dashboard.py", "--once")
    assert (code, errors) == (0, WARNINGS)
    assert "recordings" in out.lower()

    code, out, errors = run(recordings, "weekly_report.py")
    assert (code, errors) == (0, WARNINGS)
    assert "recordings" in next(recordings.path.glob("status/reports/*.md")).read_text().lower()


@pytest.mark.long
def test_a_kind_whose_subject_does_not_import_is_named_and_left_out(tmp_path: Path) -> None:
    recordings = RecordingHome(tmp_path)
    recordings.make("Alpha")
    recordings.manage("--scan", recordings.library)
    lame = "Warning: kind \"lame\" left out: No module named 'no_such_subject'"
    assert run(recordings, "jobs.py", "list")[2] == WARNINGS  # it has no queue yet
    shutil.copytree(recordings.queue, recordings.queue.with_name("lame"))
    for words in (["jobs.py", "list"], ["media_dashboard.py", "--once"], ["weekly_report.py"]):
        code, out, errors = run(recordings, *words)
        assert errors[: len(WARNINGS) + 1] == [*WARNINGS, lame]
        assert code == (2 if "weekly" in words[0] else 0)  # no batch has run
        assert "lame" not in out
    recordings.batch("--all")
    assert run(recordings, "weekly_report.py")[0] == 0
    assert run(recordings, "undo_changes.py", "--list")[0] == 0


def test_a_command_of_one_kind_does_not_load_the_others(tmp_path: Path) -> None:
    recordings = RecordingHome(tmp_path)
    recordings.make("Alpha")
    for words in (["--help"], ["--scan", str(recordings.library)], ["--list"]):
        code, _, errors = run(recordings, "album_queue_manager.py", *words)
        assert (code, [line for line in errors if "left out" in line]) == (0, [])
