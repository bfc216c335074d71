"""The commands beside the main job: one artist, the dashboard, the sample library."""

from __future__ import annotations

import json
import os
import pty
import select
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.commands import servings
from tests.commands.conftest import DOORS, Home, environment


def test_one_artist_is_reported_without_a_queue(home: Home) -> None:
    done = home.run("process_artist", home.music / "Salt_Pepper Choir")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0] == "Salt_Pepper Choir: 10 tracks, 4 auto-fixes, 2 manual reviews"
    report = Path(lines[-1].removeprefix("Report: "))
    assert report.read_text().startswith("# Salt")
    assert not home.queue.exists()


def test_one_artist_in_a_dry_run_leaves_nothing_but_caches(home: Home) -> None:
    done = home.call("process_artist", home.music / "Salt_Pepper Choir", "--dry-run", "--json")
    told = json.loads(done.stdout)
    assert told["issues_found"] == 6
    assert len(told.pop("due")) == told["auto_fixed"] == 4
    left = {path.relative_to(home.path) for path in home.path.rglob("*") if path.is_file()}
    assert {path.parent for path in left} <= {Path("status/cache")}
    written = home.call("process_artist", home.music / "Salt_Pepper Choir", "--json")
    same = set(told) - {"fingerprint", "repaired", "issues_resolved"}
    assert {name: told[name] for name in same} == {
        name: json.loads(written.stdout)[name] for name in same
    }


def test_what_is_no_folder_is_a_usage_error(home: Home) -> None:
    done = home.call("process_artist", home.music / "Nobody")
    assert done.returncode == 2
    assert "Nobody is not a folder" in done.stderr


def test_an_artist_of_the_queue_keeps_the_queues_file_names(home: Home) -> None:
    home.scan()
    name = home.snapshot()["artists"]["VELVET HARBOUR"]["output_name"]
    done = home.call("process_artist", home.music / "VELVET HARBOUR")
    assert done.stdout.splitlines()[-1].endswith(f"/{name}_library_issues.md")
    other = home.snapshot()["artists"]["Velvet Harbour"]["output_name"]
    assert name.casefold() != other.casefold()


def test_another_artist_of_that_name_does_not_write_over_the_queues(finished: Home) -> None:
    other = finished.path.parent / "elsewhere" / "Velvet Harbour"
    other.mkdir(parents=True)
    reports = finished.path / "issues" / "music"
    before = {path.name: path.read_bytes() for path in reports.iterdir()}
    done = finished.call("process_artist", other)
    assert done.returncode == 0, done.stderr
    assert {name: (reports / name).read_bytes() for name in before} == before
    assert len(list(reports.iterdir())) == len(before) + 1


def test_the_dashboard_prints_once_in_a_pipe(finished: Home) -> None:
    audits = (path.read_text() for path in (finished.path / "outputs").glob("*_audit.json"))
    severities = Counter(
        issue["severity"] for audit in audits for issue in json.loads(audit)["issues"]
    )
    notes = severities.pop("note")
    reviews = sum(severities.values())
    assert min(notes, reviews) > 10
    for words in ((), ("--once",)):
        done = finished.call("media_dashboard", *words)
        assert done.returncode == 0
        assert "14 of 14 artists completed (100.0%)" in done.stdout
        assert f"{reviews} open issues" in done.stdout
        assert f"{notes} notes" in done.stdout
        assert "artists an hour" in done.stdout
    data = json.loads(finished.call("media_dashboard", "--json").stdout)
    assert [one["kind"] for one in data] == ["music"]
    assert data[0]["reviews"] == reviews


def test_the_dashboard_without_a_queue_names_the_cure(home: Home) -> None:
    done = home.call("media_dashboard", "--once")
    assert done.returncode == 2
    assert "--scan PATH" in done.stderr


@pytest.mark.slow  # every run has the tests of its terminal beside it
def test_on_a_terminal_the_dashboard_lives_until_it_is_stopped(finished: Home) -> None:
    parent, child = pty.openpty()
    command = finished.command("media_dashboard")
    shown = subprocess.Popen(
        command, stdin=child, stdout=child, stderr=child, env=environment({"TERM": "xterm"})
    )
    os.close(child)
    text = b""
    while b"q or Ctrl-C ends this." not in text:
        assert select.select([parent], [], [], 60)[0], text
        text += os.read(parent, 65536)
    assert b"14 of 14" in text
    assert shown.poll() is None
    shown.send_signal(2)
    assert shown.wait(timeout=60) == 130
    os.close(parent)


def test_the_sample_library_is_made_and_told_of(tmp_path: Path) -> None:
    command = [sys.executable, str(DOORS / "make_sample_library.py"), str(tmp_path / "new")]
    done = servings.run("make_sample_library", tmp_path / "new", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["artists"] == 14
    again = subprocess.run(command, capture_output=True, text=True)
    assert again.returncode == 2
    assert "empty" in again.stderr


def test_every_door_answers_for_help() -> None:
    """All of them in one process: what none of them may import, all together do not."""
    doors = sorted(map(str, DOORS.glob("*.py")))
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", HELP, *doors],
        capture_output=True,
        text=True,
        env=environment({"PYTHONPATH": str(DOORS)}),
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("\nUsage: ") == len(doors) >= 20
    assert " mediakeep.commands\n" in done.stderr
    for heavy in ("mutagen", "jinja2", "pathvalidate", "multiprocessing.pool"):
        assert f" {heavy}\n" not in done.stderr, heavy


def test_help_imports_no_kinds_to_check_sections_of_settings(tmp_path: Path) -> None:
    (tmp_path / "mediakeep.toml").write_text('[paths]\noutput_dir = "out"\n')
    code = (
        "import sys\n"
        "from mediakeep import kinds\n"
        "from mediakeep.commands import queue_manager\n"
        "main = queue_manager.build_manager(kinds.get_kind('music'))\n"
        "main(['--home', sys.argv[1], '--help'], standalone_mode=False)\n"
        "sys.exit(sorted(name for name in sys.modules if name.endswith('.settings')))"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    env = environment({"PYTHONPATH": str(DOORS)})
    done = subprocess.run(command, capture_output=True, text=True, env=env)
    assert (done.stderr, "Usage: " in done.stdout) == ("[]\n", True)


HELP = """
import runpy, sys
for door in sys.argv[1:]:
    sys.argv[:] = [door, "--help"]
    print(flush=True)
    try:
        runpy.run_path(door, run_name="__main__")
    except SystemExit as end:
        assert not end.code, (door, end.code)
    else:
        sys.exit(f"{door} did nothing")
"""


def test_without_a_home_the_cure_is_named(tmp_path: Path) -> None:
    package = tmp_path / "site"
    package.mkdir()
    (package / "mediakeep").symlink_to(DOORS / "mediakeep")
    # As installed by pip: nothing of a checkout around the package.
    code = "from mediakeep.commands.process_music_batch import main; main()"
    env = environment({"PYTHONPATH": str(package)})
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, env=env
    )
    assert done.returncode == 2
    assert "mediakeep scan PATH --home DIR" in done.stderr


def test_a_reader_that_leaves_early_is_no_error(finished: Home) -> None:
    line = " ".join(f"'{word}'" for word in finished.command("music_queue_manager", "--list"))
    done = subprocess.run(
        f"{line} | head -n 1", shell=True, capture_output=True, text=True, env=environment({})
    )
    assert done.stderr == ""
    assert len(done.stdout.splitlines()) == 1


def test_a_python_without_the_libraries_is_told_how_to_get_them() -> None:
    bare = [sys.executable, "-S", "-E", str(DOORS / "process_music_batch.py"), "--help"]
    done = subprocess.run(bare, capture_output=True, text=True)
    assert done.returncode == 2
    assert "pip install ." in done.stderr
    assert "Traceback" not in done.stderr
