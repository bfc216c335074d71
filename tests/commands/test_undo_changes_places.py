"""Changes are found by any path that leads to their files, in a library or outside of it."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mediakeep import clock
from mediakeep.app.edit import item_checkout
from mediakeep.commands.console import ClickConsole
from mediakeep.commands.options import param_types
from mediakeep.media.safewrite import write_tags
from mediakeep.media.safewrite.write_tags import SetField
from mediakeep.music.item import MUSIC
from tests.commands import repaired
from tests.commands.conftest import Home
from tests.commands.repaired import Library, contents
from tests.music import shelf
from tests.sampling import each_row

VERA = {"01 Vera.mp3", "02 Vera.flac", "03 Vera.opus"}
ANNA = {"01 Anna.m4a", "02 Anna.ogg"}


@pytest.mark.parametrize(
    ("place", "path", "expected"),
    [
        (".", "music/Vera/Dawn/01 Vera.mp3", {"01 Vera.mp3"}),
        ("music/Anna", "../Vera", VERA),
        ("music/Anna", "Dawn", ANNA),
        (".", "Vera/Dawn", VERA),
        (".", "music/Vera/../Anna/", ANNA),
        (".", "music", VERA | ANNA),
        ("home", "~/music/Anna", ANNA),
        ("/", "Vera/Dawn/03 Vera.opus", {"03 Vera.opus"}),
    ],
)
def test_a_path_is_looked_for_from_here_and_then_below_the_library(
    library: Library,
    monkeypatch: pytest.MonkeyPatch,
    place: str,
    path: str,
    expected: set[str],
) -> None:
    here = library.home.path.parent
    monkeypatch.chdir(here / place)
    monkeypatch.setenv("HOME", str(here))
    library.ok("--file", path)
    assert library.restored() == expected


def test_links_lead_to_the_files_that_they_stand_for(library: Library) -> None:
    here = library.home.path.parent
    (here / "link.mp3").symlink_to(library.path("01 Vera.mp3"))
    (here / "artist").symlink_to(library.home.music / "Anna")
    library.ok("--file", here / "link.mp3")
    assert library.restored() == {"01 Vera.mp3"}
    library.ok("--file", here / "artist" / "Dawn" / "01 Anna.m4a")
    assert library.restored() == {"01 Vera.mp3", "01 Anna.m4a"}
    library.ok("--file", here / "artist")
    assert library.restored() == {"01 Vera.mp3", *ANNA}


def test_what_links_below_a_folder_lead_to_is_meant_too_but_nothing_above_it(
    library: Library,
) -> None:
    other = library.home.path.parent / "other disk"
    shutil.move(library.home.music / "Vera" / "Dawn", other)
    (library.home.music / "Vera" / "Dawn").symlink_to(other)
    (library.home.music / "Vera" / "up").symlink_to(library.home.music)
    library.write(other / "01 Vera.mp3", SetField("title", ("Ebb",)))
    told = library.ok("--file", library.home.music / "Vera").splitlines()
    assert [line.split(": ")[1].split()[0] for line in told[:-2]] == ["title"] * 4
    first = {path.name: data for path, data in library.before.items()}
    assert {path.name: data for path, data in contents(other).items()} == {
        name: first[name] for name in VERA
    }
    assert library.restored(besides=VERA) == set()
    assert "Nothing to undo" in library.ok("--file", library.home.music / "Vera")


def test_a_file_that_was_removed_is_found_and_told_to_be_gone(library: Library) -> None:
    path = library.path("01 Vera.mp3")
    data = path.read_bytes()
    path.unlink()
    for words in ((path,), ("Vera/Dawn/01 Vera.mp3",)):
        done = library.undo("--file", *words)
        assert done.returncode == 1
        assert "01 Vera.mp3: No such file or directory. The file is missing" in done.stderr
    shutil.rmtree(library.home.music / "Vera")
    assert len(library.data("--list", "--file", library.home.music / "Vera")) == len(VERA)
    path.parent.mkdir(parents=True)
    path.write_bytes(data)  # out of a backup
    library.ok("--file", path)
    assert path.read_bytes() == library.before[path]


def test_a_library_that_was_moved_is_found_through_a_link_in_its_old_place(
    library: Library,
) -> None:
    new = library.home.path.parent / "new"
    library.home.music.rename(new)
    assert library.undo("--session", "last").returncode == 1
    library.home.music.symlink_to(new)
    library.ok("--session", "last")
    assert "Nothing to undo" in library.ok("--session", "last")
    assert {path.relative_to(new): data for path, data in contents(new).items()} == {
        path.relative_to(library.home.music): data for path, data in library.before.items()
    }


def test_names_that_are_no_text_are_found_as_they_are_shown(tmp_path: Path) -> None:
    home = Home(tmp_path / "home", tmp_path / "music")
    home.music.mkdir()
    path = shelf.put(home.music / shelf.odd_name(home.music) / "back\\slash.mp3")
    library = Library(home, contents(home.music), {})
    library.write(path, SetField("title", ("Ebb",)))
    (shown,) = library.data("--list", "--file", home.music)
    assert len(library.data("--list", "--file", path)) == 1
    library.ok("--file", shown["path"])
    assert library.now() == library.before


# Without a queue


def test_files_outside_of_any_library_are_restored_without_a_queue(tmp_path: Path) -> None:
    home = Home(tmp_path / "home", tmp_path / "loose")
    paths = [shelf.put(home.music / f"{name}.mp3") for name in "ab"]
    library = Library(home, contents(home.music), {})
    with item_checkout.open_checkout(home.path, MUSIC, "fix_metadata", ClickConsole()) as hand:
        hand.claim(paths)
        for path in paths:
            with hand.stamp_for_write(path) as stamp:
                assert write_tags.write(
                    path, [SetField("title", ("Ebb",))], hand.store, stamp, queue="music"
                )
        session = hand.session_id
    (listed,) = library.data("--list")
    assert (listed["session"], listed["command"]) == (session, "fix_metadata")
    changed = library.now()
    told = library.ok("--session", "last")
    assert library.now() == library.before
    library.ok("--session", told.split()[-1])
    assert library.now() == changed
    assert [one["command"] for one in library.data("--list")] == [
        *("undo_changes", "undo_changes", "fix_metadata")
    ]
    assert not (home.path / "status" / "music").exists()


def test_changes_that_no_command_made_are_listed_and_found_by_their_file(tmp_path: Path) -> None:
    home = repaired.prepare(tmp_path)
    library = Library(home, contents(home.music), {})
    library.write(library.path("01 Vera.mp3"), SetField("title", ("Ebb",)))
    assert "  (no session)  1 file, 1 change, 1 artist\n" in library.ok("--list")
    assert library.undo("--session", "last").returncode == 2
    library.ok("--file", "Vera")
    assert library.now() == library.before


# Moments


@pytest.fixture
def zone(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A zone that is an hour ahead in winter, and two in summer."""
    with monkeypatch.context() as patched:
        patched.setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3")
        time.tzset()
        yield
    time.tzset()


@each_row(
    ("text", "seconds"),
    [("2h", 7200), ("1h30m", 5400), ("90", 90), ("1d", 86400), (" 2H ", 7200)],
)
def test_a_span_is_counted_back_from_now(
    text: str, seconds: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = datetime(2026, 11, 20, 13, 30, 59, tzinfo=UTC)
    monkeypatch.setattr(clock, "now", lambda: now)
    found = param_types.TimestampParam().convert(text, None, None)
    assert now - datetime.fromisoformat(found) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2026-11-20", "2026-11-19T23:00:00+00:00"),
        ("2026-11-20 14:30", "2026-11-20T13:30:00+00:00"),
        ("2026-07-20 14:30:05", "2026-07-20T12:30:05+00:00"),
        ("2026-11-20T14:30:00+00:00", "2026-11-20T14:30:00+00:00"),
        ("2026-11-20t14:30:00z", "2026-11-20T14:30:00+00:00"),
    ],
)
def test_a_day_or_a_time_is_that_of_this_machine(zone: None, text: str, utc: str) -> None:
    assert param_types.TimestampParam().convert(text, None, None) == utc


def test_a_moment_is_shown_as_the_clock_on_the_wall_shows_it(zone: None) -> None:
    assert clock.format_local("2026-11-20T13:30:59+00:00") == "2026-11-20 14:30"
    for word, days in (("today", 0), ("yesterday", 1)):
        found = datetime.fromisoformat(
            param_types.TimestampParam().convert(word, None, None)
        ).astimezone()
        assert (found.hour, found.minute) == (0, 0)
        assert (clock.now().astimezone().date() - found.date()).days == days
