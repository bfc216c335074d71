"""Commands on files find the right artist wherever a file lies, and its counts stay true."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from mediakeep.media.audio import tags
from mediakeep_samples.music import track_files
from tests.commands.conftest import DOORS, Home, environment
from tests.music import shelf


@pytest.fixture
def small(tmp_path: Path) -> Home:
    """Two artists; an album of one is a link to a folder elsewhere."""
    home = Home(tmp_path / "home", tmp_path / "music")
    home.path.mkdir()
    shelf.put(home.music / "Anna" / "Noon" / "01 Gulls.mp3", title="Gulls")
    for number in (1, 2):
        title = f"Low  Tide {number}"
        shelf.put(tmp_path / "archive" / f"0{number} Low Tide.mp3", title=title)
    (home.music / "Vera").mkdir()
    (home.music / "Vera" / "Dawn").symlink_to(tmp_path / "archive")
    home.scan()
    return home


def item(home: Home, name: str = "Vera") -> dict[str, Any]:
    found: dict[str, Any] = home.snapshot()["artists"][name]
    return found


def titles(home: Home) -> list[tuple[str, ...]]:
    return [tags.read(path).tags.title for path in sorted((home.music / "Vera" / "Dawn").iterdir())]


def test_changes_of_what_a_link_leads_to_are_taken_back_for_its_artist(small: Home) -> None:
    small.batch("--all")
    assert item(small)["auto_fixed"] == 2
    done = small.call("undo_changes", "--artist", "Vera")
    assert done.returncode == 0, done.stderr
    assert titles(small) == [("Low  Tide 1",), ("Low  Tide 2",)]
    assert "auto_fixed" not in item(small)
    assert "## Repaired" not in (small.path / item(small)["report"]).read_text()
    again = small.call("undo_changes", "--session", "20" + done.stdout.rsplit(" 20", 1)[1].strip())
    assert again.returncode == 0, again.stderr
    assert item(small)["auto_fixed"] == 2
    assert "2 repairs in 2 files" in (small.path / item(small)["report"]).read_text()


def test_a_path_through_another_artist_names_the_artist_where_it_leads(small: Home) -> None:
    small.batch("--all")
    before = item(small, "Anna")
    done = subprocess.run(
        [
            *small.command("fix_metadata"),
            *("genre", "../Vera/Dawn/01 Low Tide.mp3", "Rock"),
        ],
        cwd=small.music / "Anna",
        env=environment({}),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert item(small, "Anna") == before
    told = small.call("undo_changes", "--artist", "Vera", "--list").stdout
    assert 'genres "Folk" -> "Rock"' in told or 'genre "Folk" -> "Rock"' in told


def test_a_batch_that_failed_after_its_repairs_counts_them_when_it_is_tried_again(
    small: Home,
) -> None:
    (small.path / "outputs").write_text("in the way")
    small.batch("--artist", "Vera", "--retry-delay", "0s")
    assert titles(small) == [("Low Tide 1",), ("Low Tide 2",)]
    (small.path / "outputs").unlink()
    done = small.batch("--all", "--retry-delay", "0s")
    assert done.returncode == 0, done.stdout
    assert item(small)["auto_fixed"] == 2


def test_an_artist_that_is_a_link_is_known_by_the_queues_name(small: Home) -> None:
    real = small.path.parent / "disk" / "Other"
    shelf.put(real / "Dusk" / "01 Rope.mp3", title=" Rope")
    (small.music / "Bea").symlink_to(real)
    small.scan()
    done = small.call("process_artist", small.music / "Bea")
    assert done.returncode == 0, done.stderr
    assert item(small, "Bea")["status"] == "completed"
    assert item(small, "Bea")["auto_fixed"] == 1
    told = small.call("undo_changes", "--artist", "Bea", "--list").stdout
    assert 'title " Rope" -> "Rope"' in told


@pytest.mark.parametrize(("place", "why"), [("Anna/Noon", "is part of"), (".", "is a library")])
def test_what_is_no_artist_is_refused(small: Home, place: str, why: str) -> None:
    done = small.call("process_artist", small.music / place)
    assert done.returncode == 2
    assert why in done.stderr
    assert not (small.path / "issues").exists()


def test_a_picture_that_was_exchanged_since_the_plan_is_not_embedded(small: Home) -> None:
    folder = small.music / "Anna" / "Noon"
    (folder / "cover.jpg").write_bytes(track_files.read_seed_file("cover.jpg"))
    plan = small.path.parent / "plan.json"
    small.batch("--artist", "Anna", "--plan-out", plan)
    (folder / "cover.jpg").write_bytes(track_files.read_seed_file("cover.png"))
    done = small.batch("--apply-plan", plan)
    assert done.returncode == 1
    assert "the file changed since the plan was made" in done.stdout
    assert not tags.read(folder / "01 Gulls.mp3").tags.pictures


def test_an_undo_that_was_killed_and_run_again_leaves_true_reports(small: Home) -> None:
    small.batch("--all")
    held = (
        "import os, signal; from mediakeep.media.undo import apply_undo; real = "
        "apply_undo.apply_undo\n"
    )
    held += "def deadly(*given):\n    real(*given); os.kill(os.getpid(), signal.SIGKILL)\n"
    held += "apply_undo.apply_undo = deadly\n"
    site = small.path.parent / "site"
    site.mkdir()
    (site / "usercustomize.py").write_text(
        f"import sys; sys.path.insert(0, {str(DOORS)!r})\n{held}"
    )
    env = {"PYTHONPATH": str(site)}
    command = [*small.command("undo_changes"), "--artist", "Vera"]
    start = f"import usercustomize, runpy, sys; sys.argv = {command[1:]!r}; "
    start += f"runpy.run_path({command[1]!r}, run_name='__main__')"
    killed = subprocess.run(
        [command[0], "-c", start], env=environment(env), capture_output=True, check=False
    )
    assert killed.returncode == -9, killed.stderr
    done = small.call("undo_changes", "--artist", "Vera")
    assert done.returncode == 0, done.stderr
    assert titles(small) == [("Low  Tide 1",), ("Low  Tide 2",)]
    assert item(small)["status"] == "completed"
    assert "## Repaired" not in (small.path / item(small)["report"]).read_text()
    assert os.listdir(small.path / "status" / "music" / "live") == []
