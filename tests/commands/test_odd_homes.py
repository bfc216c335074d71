"""Homes whose path is no UTF-8 or holds a line break: every command works and prints safe lines."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.commands.conftest import Home, environment

ODD_NAMES = {"not-utf8": os.fsdecode(b"h\xe9me"), "line-break": "ho\nme'$x"}


class CalledHome(Home):
    """A home whose commands all run in this process."""

    def run(self, door: str, *words: object, **more: Any) -> subprocess.CompletedProcess[str]:
        return self.call(door, *words, **more)


# Each name in every run, in this process but for what is pasted into a shell; in processes of their
# own in slow ones.
@pytest.fixture(
    params=[
        pytest.param((name, kind), id=f"{name}{suffix}", marks=marks)
        for kind, suffix, marks in ((CalledHome, "", ()), (Home, "-apart", pytest.mark.slow))
        for name in ODD_NAMES
    ]
)
def odd_home(request: pytest.FixtureRequest, tmp_path: Path, sample: Path) -> Home:
    name, kind = request.param
    path = tmp_path / ODD_NAMES[name]
    (path / "backups").mkdir(parents=True)
    home: Home = kind(path, sample)
    home.scan()
    return home


def test_every_view_is_written_in_an_odd_home(odd_home: Home) -> None:
    commands = (
        ("process_music_batch", "--all", "--fix", "none"),
        ("process_artist", odd_home.music / "Velvet Harbour", "--fix", "none"),
        ("weekly_report",),
        ("media_dashboard", "--once"),
        ("music_master_report",),
        ("music_queue_manager", "--show-summary"),
        ("music_queue_manager", "--backup", odd_home.path / "backups"),
        ("music_queue_manager", "--validate-queue"),
    )
    for command in commands:
        done = odd_home.run(*command)
        assert done.returncode == 0, (command, done.stderr)
        assert "Traceback" not in done.stderr
        # No line of output is a part of the path alone, and no character of it is no UTF-8.
        assert not [line for line in done.stdout.splitlines() if line.startswith("me'$x")]
        assert "udce9" not in done.stdout
    for name in ("outputs/manual_review_needed.json", "outputs/music_library_master.json"):
        json.loads((odd_home.path / name).read_bytes())


@pytest.mark.long
def test_a_command_to_paste_is_one_line_that_works_in_a_shell(odd_home: Home) -> None:
    assert odd_home.run("process_music_batch", "--all", "--fix", "none").returncode == 0
    reviews = json.loads((odd_home.path / "outputs/manual_review_needed.json").read_bytes())
    commands = [
        entry["command"]
        for entries in reviews["reviews"].values()
        for entry in entries
        if entry.get("command")
    ]
    assert commands
    assert not [command for command in commands if "\n" in command]
    # The same --home word before another action: what it names is this home and no other.
    words = re.match(r"(.*?--home (?:\$'(?:[^'\\]|\\.)*'|'[^']*'|\S+))", commands[0])
    assert words
    line = re.sub(r"utilities/\w+\.py", "utilities/music_queue_manager.py", words[1])
    line = line.replace("python", sys.executable, 1)
    done = subprocess.run(
        ["bash", "-c", f"{line} --validate-queue"],
        cwd=Path(__file__).parents[2],
        env=environment({}),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert "14 completed" in done.stdout


def test_a_message_shows_an_odd_path_in_one_line(odd_home: Home) -> None:
    nowhere = odd_home.path / "none"
    done = odd_home.run("process_artist", nowhere)
    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) == 1
    assert done.stderr.endswith("none is not a folder.\n")


def test_the_line_that_imports_an_older_queue_works_in_a_shell(odd_home: Home) -> None:
    state = odd_home.queue / "processing_queue.json"
    shutil.rmtree(odd_home.queue)
    odd_home.queue.mkdir()
    older = {"artists": {"Velvet Harbour": {"status": "pending"}}}
    state.write_text(json.dumps({"library_path": str(odd_home.music), **older}))
    refused = odd_home.run("music_queue_manager", "--show-summary")
    assert refused.returncode == 3
    assert len(refused.stderr.splitlines()) == 1
    line = refused.stderr.partition("Import it: ")[2].replace("python", sys.executable, 1)
    done = subprocess.run(
        ["bash", "-c", line],
        cwd=Path(__file__).parents[2],
        env=environment({}),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert "Imported: 14 artists" in done.stdout
