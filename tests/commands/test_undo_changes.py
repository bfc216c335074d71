"""Changes of files are taken back by a command: those that were meant, to the last byte."""

from __future__ import annotations

import json
import os
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mediakeep.media.audio import tags
from mediakeep.media.safewrite.write_tags import SetField
from mediakeep.music.item import MUSIC
from mediakeep.queue import queue
from mediakeep.queue.queue import Queue
from tests.commands import repaired
from tests.commands.repaired import Library, contents

VERA = {"01 Vera.mp3", "02 Vera.flac", "03 Vera.opus"}
ANNA = {"01 Anna.m4a", "02 Anna.ogg"}


# What is taken back


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("--session", "last", "--yes"), VERA | ANNA),
        (("--artist", "Vera"), VERA),
        (("--artist", "vERA", "--session", "last"), VERA),
        (("--file", "Anna/Dawn/02 Anna.ogg"), {"02 Anna.ogg"}),
        (("--file", "Anna"), ANNA),
        (("--since", "2h"), VERA | ANNA),
        (("--since", "yesterday", "--artist", "Anna"), ANNA),
        (("--artist", "Vera", "--file", "Anna"), set()),
        (("--since", "2999-01-01"), set()),
    ],
)
def test_all_that_fits_is_restored_byte_for_byte_and_nothing_else(
    library: Library, words: tuple[str, ...], expected: set[str]
) -> None:
    told = library.undo(*words)
    assert told.returncode == 0, told.stderr
    assert library.restored() == expected
    others = set(library.before) - library.changed
    assert {path: library.now()[path] for path in others} == {
        path: library.before[path] for path in others
    }
    last = told.stdout.splitlines()[-1]
    assert last.startswith("Redo with: " if expected else "Nothing to undo")


def test_each_change_is_told_and_the_line_that_takes_it_back_works(library: Library) -> None:
    told = library.ok("--artist", "Vera").splitlines()
    assert told[0].endswith(
        f'01 Vera.mp3: title "Low Tide 1" -> "Low  Tide 1" (as before {library.session})'
    )
    assert told[3] == "Undid 3 changes in 3 files."
    words = told[4].removeprefix("Redo with: python utilities/undo_changes.py ").split()
    assert words[:2] == ["--home", str(library.home.path)]
    library.ok(*words[2:])
    assert library.now() == library.after


def test_the_last_session_is_never_one_that_took_changes_back(library: Library) -> None:
    first = library.ok("--session", "last")
    assert "Nothing to undo" in library.ok("--session", "last")
    assert library.now() == library.before
    undoing = first.split()[-1]
    library.ok("--session", undoing)
    assert library.now() == library.after
    library.ok("--session", "last")
    assert library.now() == library.before


def test_several_changes_of_a_file_are_taken_back_from_the_last_to_the_first(
    library: Library,
) -> None:
    path = library.path("02 Vera.flac")
    library.write(path, SetField("title", ("Ebb",)), session="20990101_session_001")
    library.write(path, SetField("album", ("Flood " * 3000,)), session="20990101_session_002")
    told = library.ok("--file", path).splitlines()
    assert [line.split(": ")[1].split()[0] for line in told[:3]] == ["album", "title", "title"]
    assert library.restored() == {"02 Vera.flac"}


def test_since_a_moment_undoings_are_taken_back_too(library: Library) -> None:
    """Each file is then as it was at that moment."""
    time.sleep(1.1)  # times of changes have no fractions
    moment = datetime.now(UTC).isoformat(timespec="seconds")
    library.ok("--artist", "Vera")
    library.ok("--since", moment)
    assert library.now() == library.after


# What comes after it


def test_no_batch_makes_a_change_again_that_was_taken_back(library: Library) -> None:
    library.ok("--session", "last")
    assert "Nothing is pending." in library.home.batch("--all").stdout
    facts = {path: path.stat().st_mtime_ns for path in library.before}
    library.home.ok("--reset-artist", "Vera", "--reset-artist", "Anna")
    assert "Processing 2 artists" in library.home.batch("--all").stdout
    assert library.now() == library.before
    assert {path: path.stat().st_mtime_ns for path in library.before} == facts
    library.home.ok("--reset-artist", "Vera")
    assert library.home.batch("--all", "--redo").returncode == 0
    assert library.now() == {
        path: (library.after if path.name in VERA else library.before)[path]
        for path in library.before
    }


def test_the_queue_and_the_reviews_are_true_when_the_command_returns(library: Library) -> None:
    item = library.home.snapshot()["artists"]["Vera"]
    assert (item["auto_fixed"], item["issues"]) == (3, {"missing-cover": 1})
    library.ok("--artist", "Vera")
    item = library.home.snapshot()["artists"]["Vera"]
    assert item["status"] == "completed"
    assert (item.get("auto_fixed", 0), item["issues"]) == (0, {"missing-cover": 1, "whitespace": 3})
    reviews = json.loads((library.home.path / "outputs/manual_review_needed.json").read_text())
    entries = reviews["reviews"]["Vera"]
    proposed = [entry["proposal"] for entry in entries if entry["kind"] == "whitespace"]
    assert len(proposed) == 3
    assert all(proposed)
    library.home.scan()
    assert library.home.statuses() == {"Anna": "completed", "Vera": "completed"}
    assert library.home.manage("--validate-queue").returncode == 0


def test_an_artist_at_work_is_not_touched_and_neither_are_the_others(library: Library) -> None:
    place = queue.locate_queue(library.home.queue)
    with Queue.open(place, MUSIC) as other:
        session = other.begin_session()
        other.claim_by_key("Anna")
        done = library.undo("--session", library.session)
        assert done.returncode == 2
        assert f"Anna is being processed by session {session.id}" in done.stderr
        assert library.now() == library.after
        assert library.undo("--artist", "Vera").returncode == 0
    library.ok("--session", library.session)
    assert library.now() == library.before


# A dry run


@pytest.mark.real_disk
def test_a_dry_run_tells_what_would_be_restored_and_changes_nothing(library: Library) -> None:
    library.path("01 Vera.mp3").unlink()
    library.write(library.path("02 Vera.flac"), SetField("title", ("Ebb",)), session="later")
    os.link(library.path("03 Vera.opus"), library.home.path / "other name")
    before = contents(library.home.path.parent)
    done = library.undo("--session", library.session, "--dry-run")
    assert done.returncode == 1
    assert "4 changes would be undone in 2 files; 3 files not changed." in done.stdout
    assert "01 Vera.mp3: No such file or directory. The file is missing" in done.stderr
    assert "02 Vera.flac not undone: session later changed it since." in done.stderr
    assert "03 Vera.opus not changed: it has 2 names (hard links)" in done.stderr
    data = library.data("--session", library.session, "--dry-run")
    assert {Path(one["path"]).name for one in data["restored"]} == ANNA
    assert len(data["refused"]) == 3
    after = contents(library.home.path.parent)
    assert {path for path in after if after[path] != before.get(path)} <= {
        library.home.path / "status/undo/index.db"
    }
    assert after.keys() - before.keys() <= {library.home.path / "status/undo/index.db"}
    told = library.undo("--session", library.session)
    assert (told.returncode, told.stderr) == (1, done.stderr)
    assert {
        path.name for path, data in library.now().items() if data == library.before[path]
    } >= ANNA


# What is refused


def test_a_file_that_another_program_changed_is_refused_and_the_rest_goes_on(
    library: Library,
) -> None:
    path = library.path("01 Vera.mp3")
    stranger = path.read_bytes() + b"TAG".ljust(128, b"\0")
    path.write_bytes(stranger)
    done = library.undo("--artist", "Vera")
    assert done.returncode == 1
    assert "01 Vera.mp3 not undone: it was changed since. Use --force" in done.stderr
    assert done.stdout.splitlines()[-2] == ("Undid 2 changes in 2 files; 1 file not changed.")
    assert path.read_bytes() == stranger
    again = library.undo("--artist", "Vera", "--force")
    assert again.returncode == 0, again.stderr
    assert path.read_bytes() == library.before[path]
    (kept,) = (library.home.path / "status/undo/aside").iterdir()
    assert f"The previous version is kept: {kept}" in again.stdout
    assert kept.read_bytes() == stranger


def test_only_a_session_that_came_later_is_blamed_and_none_that_was_taken_back(
    library: Library,
) -> None:
    path = library.path("01 Vera.mp3")
    library.write(path, SetField("title", ("Ebb",)), session="later")
    done = library.undo("--session", library.session, "--artist", "Vera")
    assert "01 Vera.mp3 not undone: session later changed it since." in done.stderr
    library.ok("--session", "later")
    library.ok("--file", path)
    assert library.home.batch("--artist", "Vera", "--redo").returncode == 0
    assert path.read_bytes() == library.after[path]
    path.write_bytes(path.read_bytes() + b"junk")
    done = library.undo("--artist", "Vera")
    assert "01 Vera.mp3 not undone: it was changed since." in done.stderr


def test_by_force_a_file_is_restored_whatever_stands_behind_its_sound(library: Library) -> None:
    path = library.path("01 Vera.mp3")
    stranger = path.read_bytes() + b"\xff\xfb junk"
    path.write_bytes(stranger)
    assert library.undo("--artist", "Vera", "--force", "--dry-run").returncode == 0
    session = library.ok("--artist", "Vera", "--force").split()[-1]
    assert path.read_bytes() == library.before[path]
    done = library.undo("--session", session)  # its way back is the file that was kept
    (kept,) = (library.home.path / "status/undo/aside").iterdir()
    assert kept.read_bytes() == stranger
    assert done.returncode == 1
    assert str(kept) in done.stderr
    assert library.undo("--session", session, "--dry-run").stderr == done.stderr
    assert library.restored() == {"01 Vera.mp3"}


def test_another_recording_is_never_taken_for_the_file_not_even_by_force(library: Library) -> None:
    path = library.path("01 Vera.mp3")
    other = library.path("02 Vera.flac").read_bytes()
    path.write_bytes(other)
    for words in (("--dry-run",), ()):
        done = library.undo("--file", path, "--force", *words)
        assert done.returncode == 1
        assert "01 Vera.mp3" in done.stderr
        assert path.read_bytes() == other
    assert not list((library.home.path / "status/undo").glob("aside/*"))


@pytest.mark.real_disk
def test_a_file_with_several_names_gets_one_of_its_own_where_that_is_set(library: Library) -> None:
    path, other = library.path("01 Vera.mp3"), library.home.path.parent / "other.mp3"
    os.link(path, other)
    assert library.undo("--file", path).returncode == 1
    (library.home.path / "mediakeep.toml").write_text('hardlinks = "break"\nkeep_mtime = true\n')
    changed = path.stat().st_mtime_ns
    library.ok("--file", path)
    assert path.read_bytes() == library.before[path]
    assert other.read_bytes() == library.after[path]
    assert path.stat().st_mtime_ns < changed  # as before the change


def test_a_lost_picture_is_told_and_costs_only_its_own_files(library: Library) -> None:
    path = library.path("01 Anna.m4a")
    library.write(path, SetField("comment", ("long " * 9000,)))
    library.write(path, SetField("comment", ()))
    for blob in (library.home.path / "status/undo/blobs").glob("??/*"):
        blob.write_bytes(b"x")
    done = library.undo("--since", "1h")
    assert done.returncode == 3
    assert "The undo record" in done.stderr
    assert "01 Vera.mp3" in library.restored(besides={path.name})


# What a person types


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((), "Select changes with"),
        (("--dry-run",), "Select changes with"),
        (("--session", "20200101_session_001"), "Session 20200101_session_001 changed no files"),
        (("--artist", "Veera"), 'There is no artist named "Veera" in the queue. Did you mean \'V'),
        (("--artist", ""), "--artist is empty"),
        (("--file", "nowhere"), "No such file or folder: nowhere"),
        (("--since", "soon"), 'invalid time "soon"'),
        (("--since", "999999999999d"), "invalid time"),
        (("--list", "--force"), "--force has no effect with --list"),
        (("--list", "--yes"), "--yes has no effect with --list"),
        (("--forget-before", "1d", "--artist", "Vera"), "--forget-before takes no selectors"),
    ],
)
def test_what_makes_no_sense_is_said_and_nothing_is_changed(
    library: Library, words: tuple[str, ...], told: str
) -> None:
    done = library.undo(*words)
    assert done.returncode == 2
    assert told in done.stderr
    assert library.now() == library.after


def test_without_any_change_there_is_nothing_to_list_or_take_back(tmp_path: Path) -> None:
    home = repaired.prepare(tmp_path)
    assert home.call("undo_changes", "--list").stdout == "No file changed yet.\n"
    done = home.call("undo_changes", "--session", "last")
    assert (done.returncode, done.stderr) == (2, "No session has changed files yet.\n")
    assert home.call("undo_changes", "--artist", "Vera").returncode == 0
    assert not (home.path / "status" / "undo").exists()


def test_an_artist_that_has_left_the_queue_is_found_by_what_was_changed(library: Library) -> None:
    (library.home.music / "Vera").rename(library.home.path.parent / "Vera")
    library.home.ok("--scan", library.home.music, "--yes")
    done = library.undo("--artist", "vera")
    assert done.returncode == 1
    assert "01 Vera.mp3: No such file or directory" in done.stderr
    for name in ("processing_queue.json", "processing_queue.journal"):
        (library.home.queue / name).rename(library.home.path / name)
    library.home.queue.rename(library.home.path / "queue")
    (library.home.path.parent / "Vera").rename(library.home.music / "Vera")
    library.ok("--artist", "vera")
    assert library.restored() == VERA
    assert (
        'No changes recorded for an artist named "Nobody"'
        in library.undo("--artist", "Nobody").stderr
    )


def test_titles_are_those_of_the_files_afterwards(library: Library) -> None:
    library.ok("--artist", "Vera")
    titles = [tags.read(path).tags.title for path in sorted(library.home.music.glob("Vera/*/0*"))]
    assert titles == [(f"Low  Tide {number}",) for number in (1, 2, 3)]
