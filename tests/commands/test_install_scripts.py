"""Old names are scripts like any other, and replace nothing that mediakeep has not written."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from mediakeep import command_table
from tests.scripts import SCRIPTS


def install(folder: Path, *more: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "mediakeep", "install-scripts", str(folder), *more]
    return subprocess.run(command, capture_output=True, text=True, cwd=SCRIPTS)


@pytest.mark.long
def test_scripts_run_under_their_old_names(tmp_path: Path) -> None:
    folder = tmp_path / "my bin"
    assert install(folder, "-n").returncode == 0
    assert not folder.exists()
    for _ in range(2):  # the second time, its own scripts are replaced
        done = install(folder)
        assert (done.returncode, done.stderr) == (0, "")
    assert len(list(folder.iterdir())) == len(command_table.BY_SCRIPT)
    command = [folder / "undo-changes", "--list", "--home", tmp_path]
    ran = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    script = [sys.executable, SCRIPTS / "undo_changes.py", *command[1:]]
    same = subprocess.run(script, capture_output=True, text=True, cwd=tmp_path)
    assert (ran.returncode, ran.stdout) == (same.returncode, same.stdout)
    help_text = subprocess.run([folder / "audiotoolkit", "-h"], capture_output=True, text=True)
    assert help_text.stdout.startswith("Usage: audiotoolkit ")


def test_another_file_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "jobs").write_text("of somebody else\n")
    done = install(tmp_path)
    assert done.returncode == 2
    assert done.stderr == f"Not written by mediakeep: {tmp_path}/jobs. Give another folder.\n"
    assert [path.name for path in tmp_path.iterdir()] == ["jobs"]
