"""What fix_metadata.py does to the queue, and what it does when something happens meanwhile."""

from __future__ import annotations

import os
import pty
import re
import subprocess
from pathlib import Path

import pytest

from mediakeep.commands.console import ClickConsole
from mediakeep.errors import DiskFull
from mediakeep.media.safewrite import atomic_replace
from tests.commands import hands
from tests.commands.conftest import Home, environment
from tests.commands.hands import read, run, state
from tests.music import shelf
from tests.vt import read_to_end

DOOR = "fix_metadata"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return hands.library(tmp_path)


def dawn(home: Home) -> list[Path]:
    return sorted((home.music / "Vera" / "Dawn").iterdir())


def genres(home: Home) -> list[tuple[str, ...]]:
    return [read(path).genres for path in dawn(home)]


# The queue


def test_the_record_is_true_when_the_command_returns(home: Home) -> None:
    shelf.put(dawn(home)[0], title=None, artist="Vera", albumartist="Vera", album="Dawn")
    hands.scanned(home)
    assert [entry["kind"] for entry in hands.reviews(home)].count("missing-title") == 1
    before = home.snapshot()["artists"]["Vera"]
    hands.ok(home, DOOR, "title", dawn(home)[0], "Low Tide")
    after = home.snapshot()["artists"]["Vera"]
    assert "missing-title" not in [entry["kind"] for entry in hands.reviews(home)]
    assert "missing-title" not in (home.path / after["report"]).read_text()
    assert after["status"] == "completed"
    assert after["manual_reviews"] == before["manual_reviews"] - 1
    assert after["fingerprint"] != before["fingerprint"]
    assert "1 completed" in home.ok("--scan", home.music) + home.ok("--validate-queue")
    assert home.statuses() == {"Vera": "completed"}


def test_an_artist_that_waits_for_its_batch_stays_pending(home: Home) -> None:
    home.scan()
    hands.ok(home, DOOR, "genre", dawn(home)[0], "Shanty")
    assert home.statuses() == {"Vera": "pending"}


def test_an_artist_that_a_living_session_holds_is_refused(home: Home) -> None:
    hands.scanned(home)
    before = state(home.music)
    with hands.opened(home) as batch:
        session = batch.begin_session(command="test")
        batch.claim_by_key("Vera")
        told = run(home, DOOR, "genre", home.music / "Vera", "Shanty")
    assert told.code == 2
    assert f"Vera is being processed by session {session.id}" in told.err
    assert state(home.music) == before


def test_no_session_is_begun_where_nothing_is_to_be_written(home: Home) -> None:
    hands.scanned(home)
    logs = sorted((home.queue / "session_logs").iterdir())
    hands.ok(home, DOOR, "genre", home.music / "Vera", "Folk")
    run(home, DOOR, "genre", home.music / "Vera", "", answer="n\n")
    assert sorted((home.queue / "session_logs").iterdir()) == logs
    assert home.statuses() == {"Vera": "completed"}


# What happens meanwhile


def test_a_file_that_changed_since_it_was_planned_is_left_alone(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second, *_ = dawn(home)

    # stands in for a person who takes their time to answer
    def answered(self: ClickConsole, question: str) -> bool:
        os.utime(first, ns=(1, 1))
        return True

    monkeypatch.setattr(ClickConsole, "confirm", answered)
    told = run(home, DOOR, "genre", first, second, "")
    assert told.code == 1
    assert told.err.endswith(
        f"{first} not changed: another program modified it at the same time.\n"
    )
    assert (read(first).genres, read(second).genres) == (("Folk",), ())


def test_where_the_disk_is_full_the_rest_is_not_tried(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    hands.scanned(home)
    find_room, asked = atomic_replace._check_free_space, list[Path]()

    def full(path: Path, size: int) -> None:  # a real disk would be full for the queue, too
        asked.append(path)
        if len(asked) == 3:
            raise DiskFull("The disk is full.")
        find_room(path, size)

    monkeypatch.setattr(atomic_replace, "_check_free_space", full)
    told = run(home, DOOR, "genre", home.music / "Vera" / "Dawn", "Shanty")
    assert told.code == 1
    assert told.err == "The disk is full.\n"
    assert "\n2 files changed; 1 failed; 2 not tried.\nUndo with: " in told.out
    assert genres(home) == [("Shanty",), ("Shanty",), ("Folk",), ("Folk",), ("Folk",)]
    assert home.statuses() == {"Vera": "completed"}


def test_what_was_written_is_told_when_the_command_is_stopped(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    hands.scanned(home)
    find_room, asked = atomic_replace._check_free_space, list[Path]()

    def stopped(path: Path, size: int) -> None:  # Ctrl-C, at a moment that no test could hit
        asked.append(path)
        if len(asked) == 2:
            raise KeyboardInterrupt
        find_room(path, size)

    monkeypatch.setattr(atomic_replace, "_check_free_space", stopped)
    told = run(home, DOOR, "genre", home.music / "Vera" / "Dawn", "Shanty")
    assert (told.code, told.err) == (130, "\nStopped.\n")
    assert re.search(r"^1 file changed\.\nUndo with: .+$", told.out, re.MULTILINE)
    assert genres(home)[:2] == [("Shanty",), ("Folk",)]
    assert home.statuses() == {"Vera": "pending"}


def test_on_a_terminal_it_shows_how_far_it_is(home: Home) -> None:
    parent, child = pty.openpty()
    command = home.command(DOOR, "genre", home.music / "Vera" / "Dawn", "Shanty")
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=child, env=environment({})
    ) as process:
        os.close(child)
        shown = read_to_end(parent).decode()
        assert process.stdout
        printed = process.stdout.read()
    assert process.returncode == 0
    assert "5/5" in shown
    assert shown.endswith("\x1b[2K")  # it is removed at the end
    assert b"\x1b" not in printed
