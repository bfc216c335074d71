"""A renamed folder is followed: with its status, its history, its decisions, and undo."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from mediakeep.app.batch import build_options
from mediakeep.app.queue_admin import scan as queue_admin_scan
from mediakeep.app.queue_admin.context import ManagerContext
from mediakeep.commands.console import ClickConsole
from mediakeep.media.audio.essence_db import (
    FILE_NAME,
    DeepScanResult,
    EssenceDatabase,
    KnownEssence,
)
from mediakeep.music import scan as music_scan
from mediakeep.music.item import MUSIC
from tests.commands.cinemas import inline
from tests.commands.conftest import Home
from tests.commands.repaired import Library
from tests.music import shelf


def items(home: Home) -> dict[str, dict[str, object]]:
    found: dict[str, dict[str, object]] = home.snapshot()["artists"]
    return found


def follow(library: Library, old: str = "Vera", new: str = "Vera Moss") -> str:
    (library.home.music / old).rename(library.home.music / new)
    return library.home.ok("--scan", library.home.music)


def test_a_renamed_artist_keeps_status_report_and_history(library: Library) -> None:
    before = items(library.home)["Vera"]
    told = follow(library)
    assert told.splitlines() == ["2 artists on disk: 1 renamed.", "Vera is now 'Vera Moss'."]
    after = items(library.home)
    assert set(after) == {"Anna", "Vera Moss"}
    now = after["Vera Moss"]
    assert now.pop("note") == 'its name was "Vera" before'
    assert now.pop("path") == str(library.home.music / "Vera Moss")
    assert now.pop("settled") != before["settled"]
    assert now == {k: v for k, v in before.items() if k not in ("path", "settled")}
    assert "no changes" in library.home.scan()
    assert library.home.manage("--validate-queue").returncode == 0
    done = library.home.call("weekly_report", "--format", "json")
    assert done.returncode == 0, done.stderr
    (path,) = (library.home.path / "status" / "reports").glob("*_weekly_progress.json")
    (kind,) = json.loads(path.read_text())["kinds"]
    assert (kind["completed"], kind["total"], kind["flow"]["vanished"]) == (2, 2, 0)
    assert kind["present"]["gone"] == []


def test_the_former_name_of_an_artist_means_it_and_no_other_to_undo(library: Library) -> None:
    follow(library)
    done = library.home.call("undo_changes", "--artist", "Vera", "--list")
    assert done.returncode == 0, done.stderr
    assert "Vera Moss" in done.stdout
    shutil.copytree(library.home.music / "Anna", library.home.music / "VERA")
    library.home.scan()
    done = library.home.call("undo_changes", "--artist", "Vera")
    assert done.returncode == 2
    assert '"VERA", "Vera Moss"' in done.stderr


def test_json_names_what_is_followed(library: Library) -> None:
    (library.home.music / "Vera").rename(library.home.music / "Vera Moss")
    done = library.home.manage("--scan", library.home.music, "--json")
    told = json.loads(done.stdout)
    assert told["renamed"] == 1
    assert told["renames"] == {"Vera": "Vera Moss"}
    assert (told["new"], told["vanished"]) == (0, 0)


def test_the_review_list_has_the_new_name_and_its_commands_work(library: Library) -> None:
    path = library.home.path / "outputs/manual_review_needed.json"
    before = json.loads(path.read_text())["reviews"]
    assert before["Vera"]
    follow(library)
    assert library.home.batch().returncode == 0
    after = json.loads(path.read_text())["reviews"]
    assert "Vera" not in after
    assert [one["id"] for one in after["Vera Moss"]] == [one["id"] for one in before["Vera"]]
    text = json.dumps(after["Vera Moss"])
    assert f"{library.home.music}/Vera/" not in text
    assert {one["artist"] for one in after["Vera Moss"]} == {"Vera Moss"}


def in_place(music: Path) -> None:
    """Nothing else is done."""


def albums_too(music: Path) -> None:
    (music / "Vera Moss" / "Dawn").rename(music / "Vera Moss" / "Dawn (2001)")
    for path in list((music / "Vera Moss").rglob("*.*")):
        path.rename(path.with_name(f"Track {path.name}"))


def one_more(music: Path) -> None:
    source = next((music / "Anna").rglob("*.ogg"))
    shutil.copyfile(source, music / "Vera Moss" / "Dawn" / "09 Extra.ogg")


@pytest.mark.parametrize(
    ("more", "status"),
    [
        (in_place, "completed"),
        (albums_too, "pending"),
        (one_more, "pending"),
    ],
)
def test_files_may_be_renamed_or_added_meanwhile(
    library: Library, more: Callable[[Path], None], status: str
) -> None:
    """Then it is the same artist, which is done again; a report of before tells its sounds."""
    first = items(library.home)["Vera"]
    (library.home.music / "Vera").rename(library.home.music / "Vera Moss")
    more(library.home.music)
    assert "1 renamed" in library.home.scan()
    found = items(library.home)["Vera Moss"]
    assert found["status"] == status
    assert found["output_name"] == first["output_name"]
    assert found["processed_date"] == first["processed_date"]


def test_a_copy_or_a_split_is_not_followed(library: Library) -> None:
    music = library.home.music
    shutil.copytree(music / "Vera", music / "Copy")
    assert "1 new" in library.home.scan(), "the old one is still there"
    shutil.copytree(music / "Anna", music / "First")
    shutil.copytree(music / "Anna", music / "Second")
    shutil.rmtree(music / "Anna")
    told = library.home.ok("--scan", music, "--yes")
    assert "2 new, 1 vanished" in told, "which of the two is it?"
    assert items(library.home)["Anna"]["status"] == "skipped"


def test_another_artist_in_the_place_of_a_vanished_one_is_new(library: Library) -> None:
    music = library.home.music
    inode = (music / "Vera").stat().st_ino
    shutil.rmtree(music / "Vera")
    (music / "Other" / "Dawn").mkdir(parents=True)
    source = next((music / "Anna").rglob("*.m4a"))
    shutil.copyfile(source, music / "Other" / "Dawn" / "01 One.m4a")
    assert inode, "which the new folder may have got"
    assert "1 new, 1 vanished" in library.home.ok("--scan", music, "--yes")


def test_new_artists_of_other_sizes_are_not_read(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    music = library.home.music
    tracks = sum(path.is_file() for path in (music / "Vera").rglob("*"))
    follow(library)
    (music / "Vera Moss").rename(music / "Vera M")
    shelf.put(music / "Vera M" / "Dusk" / "x.mp3")
    for number in range(3 * tracks):
        shelf.put(music / "Many" / "Dusk" / f"{number}.mp3", title=f"{number}")
    read, scanned = music_scan.read_artist, []
    monkeypatch.setattr(
        music_scan,
        "read_artist",
        lambda path, **more: (scanned.append(path.name), read(path, **more))[1],
    )
    desk = ManagerContext(library.home.path, MUSIC, ClickConsole())
    assert "1 new, 1 renamed" in queue_admin_scan.scan_library(desk, str(music)).lines[0]
    assert scanned == ["Vera M"]


def test_one_that_a_batch_or_a_scan_missed_first_is_followed_later(library: Library) -> None:
    away = library.home.path.parent / "away"
    (library.home.music / "Vera").rename(away)
    library.home.ok("--scan", library.home.music, "--yes")
    assert items(library.home)["Vera"]["status"] == "skipped"
    away.rename(library.home.music / "Vera Moss")
    assert "1 renamed" in library.home.scan()
    found = items(library.home)["Vera Moss"]
    assert (found["status"], found.get("skip_reason"), found.get("returns_to")) == (
        "completed",
        None,
        None,
    )


@pytest.mark.parametrize("twice", [False, True])
def test_undo_finds_the_files_by_their_present_place(library: Library, twice: bool) -> None:
    follow(library)
    name = "Vera Moss"
    if twice:
        follow(library, name, "V. Moss")
        name = "V. Moss"
    listed = library.data("--list", "--artist", name)
    assert listed
    assert all(one["path"].startswith(f"{library.home.music}/{name}/") for one in listed)
    assert all(one["item"] == name for one in listed)
    library.ok("--artist", name)
    folder = library.home.music / name
    found = {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*.*")}
    old = library.home.music / "Vera"
    assert found == {
        path.relative_to(old): data for path, data in library.before.items() if old in path.parents
    }
    assert items(library.home)[name].get("auto_fixed", 0) == 0
    assert library.home.manage("--reset-artist", name).returncode == 0
    assert library.home.batch("--all").returncode == 0
    again = {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*.*")}
    assert again == found, "what was undone is not made again"


@pytest.mark.parametrize("how", ["old file", "old folder", "new file", "session"])
def test_undo_takes_old_and_new_paths(library: Library, how: str) -> None:
    follow(library)
    place = next(path for path in library.changed if "Vera" in path.parts)
    now = library.home.music / "Vera Moss" / place.relative_to(library.home.music / "Vera")
    words = {
        "old file": ("--file", place),
        "old folder": ("--file", library.home.music / "Vera"),
        "new file": ("--file", now),
        "session": ("--session", library.session),
    }[how]
    library.ok(*words)
    assert now.read_bytes() == library.before[place]


def test_undo_after_a_relocation_needs_no_link(library: Library) -> None:
    old, new = library.home.music, library.home.music.parent / "elsewhere"
    old.rename(new)
    done = library.home.manage("--relocate", new)
    assert done.returncode == 0, done.stderr
    library.ok("--session", library.session)
    assert all(
        (new / path.relative_to(old)).read_bytes() == library.before[path]
        for path in library.changed
    )


def test_the_sounds_of_a_deep_scan_follow(library: Library) -> None:
    path = library.home.queue / FILE_NAME
    ledger = EssenceDatabase.open(path, write=True)
    sound = KnownEssence("e", 1, 2, 3, "2026-01-01", "2026-01-01")
    ledger.save_scan("Vera", DeepScanResult({"Dawn/01 Vera.mp3": sound}, (), {}))
    ledger.close()
    follow(library)
    ledger = EssenceDatabase.open(path, write=False)
    assert ledger.load_essences("Vera") == {}
    assert ledger.load_essences("Vera Moss") == {"Dawn/01 Vera.mp3": sound}
    ledger.close()


def test_a_scan_that_is_refused_changes_nothing_beside_the_queue(library: Library) -> None:
    (library.home.music / "Vera").rename(library.home.music / "Vera Moss")
    shutil.rmtree(library.home.music / "Anna")
    done = library.home.manage("--scan", library.home.music)
    assert done.returncode == 2
    assert not (library.home.path / "status" / "undo" / "moves.jsonl").exists()
    assert set(items(library.home)) == {"Anna", "Vera"}


def test_a_restore_of_before_the_renaming_is_followed_again(library: Library) -> None:
    library.home.ok("--checkpoint")
    follow(library)
    library.home.ok("--restore-checkpoint", "latest")
    assert set(items(library.home)) == {"Anna", "Vera"}
    assert "1 renamed" in library.home.scan()
    assert library.home.manage("--validate-queue").returncode == 0
    library.ok("--artist", "Vera Moss")


def test_the_same_files_say_more_than_a_name_that_folds_alike(library: Library) -> None:
    """There was an artist of such a name, who has vanished."""
    shutil.rmtree(library.home.music / "Anna")
    library.home.ok("--scan", library.home.music, "--yes")
    assert "1 renamed" in follow(library, "Vera", "ANNA")
    assert items(library.home)["ANNA"]["status"] == "completed"
    assert items(library.home)["Anna"]["status"] == "skipped"


def films(home: Home) -> Path:
    """Make three movies, one with a folder of its own, and have them done."""
    top = home.path.parent / "films"
    for number, place in enumerate(("Heat (1995)/Heat (1995).mkv", "Alien (1979).mkv", "Jaws.mkv")):
        (top / place).parent.mkdir(parents=True, exist_ok=True)
        (top / place).write_bytes(b"x" * (1000 + number))
        os.utime(top / place, ns=(0, 1_600_000_000_123_456_789 + number))
    assert home.call("movie_queue_manager", "--scan", top).returncode == 0
    with inline(build_options):
        done = home.call("process_movies", "--all", "--offline")
    assert done.returncode == 0, done.stdout + done.stderr
    return top


def movies(home: Home) -> dict[str, dict[str, object]]:
    text = (home.path / "status/movies/processing_queue.json").read_text()
    found: dict[str, dict[str, object]] = json.loads(text)["movies"]
    return found


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Heat (1995)", "Heat (1995) {tmdb-949}"),
        ("Heat (1995)", "Michael Mann/Heat (1995)"),
        ("Alien (1979).mkv", "Alien (1979) Directors Cut.mkv"),
        ("Alien (1979).mkv", "Alien (1979)/Alien (1979).mkv"),
    ],
)
def test_a_renamed_movie_is_followed(home: Home, old: str, new: str) -> None:
    top = films(home)
    before = movies(home)[old]
    (top / new).parent.mkdir(exist_ok=True)
    (top / old).rename(top / new)
    done = home.call("movie_queue_manager", "--scan", top)
    assert done.returncode == 0, done.stderr
    assert "1 renamed" in done.stdout
    key = new.partition("/")[0] if new.startswith("Alien (1979)/") else new
    found = movies(home)
    assert old not in found
    assert found[key]["output_name"] == before["output_name"]
    assert found[key]["processed_date"] == before["processed_date"]
    assert home.call("movie_queue_manager", "--validate-queue").returncode == 0
