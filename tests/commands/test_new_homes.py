"""What a new home gets: a folder that is the user's alone, a page on it, and planning/."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mediakeep import home_folder
from mediakeep.app.queue_admin import new_home
from tests.commands.conftest import Home

ROOT = Path(__file__).parents[2]


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture(autouse=True)
def umask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


def test_status_is_the_users_alone_and_other_programs_read_the_rest(home: Home) -> None:
    home.path.rmdir()
    home.scan()
    assert home.batch("--batch-size", "2").returncode == 0
    assert mode(home.path / "status") == 0o700
    assert mode(home.path) == 0o755
    for folder in ("outputs", "issues", "issues/music", "status/music", "status/planning"):
        assert mode(home.path / folder) == 0o755
    assert mode(home.path / "outputs/manual_review_needed.json") == 0o644


@pytest.mark.parametrize("door", ["fix_metadata", "process_artist", "extract_metadata"])
def test_whatever_makes_status_first_makes_it_so(home: Home, door: str) -> None:
    """Without a queue, too: undo records and caches tell of files as well."""
    artist = home.music / "=Sum of Us"
    track = next(artist.rglob("*.ogg"))
    words = {
        "fix_metadata": ("genre", artist, "Folk"),
        "process_artist": (artist,),
        "extract_metadata": (track,),
    }[door]
    home.call(door, *words)
    assert not (home.path / "status").exists() or mode(home.path / "status") == 0o700
    assert (home.path / "status").exists() or door == "extract_metadata"


def test_a_status_that_is_there_keeps_its_mode(home: Home) -> None:
    (home.path / "status").mkdir(mode=0o750)
    home.scan()
    assert mode(home.path / "status") == 0o750


def test_a_new_home_has_a_page_whose_lines_work_there(home: Home) -> None:
    home.scan()
    page = home.path / "status" / "README.md"
    text = page.read_text()
    assert (home.path / "status" / "planning").is_dir()
    assert "](../docs" not in text, "which is not here"
    assert f"--home {home.path}" in text
    lines = [line for line in text.splitlines() if "--show-summary" in line or "grep -c" in line]
    assert len(lines) == 2
    for line in lines:
        done = subprocess.run(
            line.replace("python ", f"{sys.executable} {ROOT}/", 1),
            shell=True,
            cwd=home.path,
            capture_output=True,
            text=True,
        )
        assert done.returncode == (1 if "grep" in line else 0), done.stderr
    page.write_text("mine")
    (home.path / "status" / "planning" / "plan.md").write_text("mine, too")
    home.scan()
    assert page.read_text() == "mine"


def test_the_page_of_the_checkout_is_the_same() -> None:
    assert home_folder.find_checkout() == ROOT
    assert new_home.render_status_readme(ROOT) == (ROOT / new_home.STATUS_README).read_text()


def test_a_restored_backup_makes_a_home_alike(finished: Home) -> None:
    plan = finished.path / "status" / "planning" / "plan.md"
    plan.write_text("mine")
    there = finished.path.parent / "backups"
    there.mkdir()
    finished.ok("--backup", there)
    (made,) = there.iterdir()
    shutil.rmtree(finished.path)
    finished.ok("--restore-backup", made, "--yes")
    assert mode(finished.path / "status") == 0o700
    assert (finished.path / new_home.STATUS_README).exists()
    assert plan.read_text() == "mine"
