"""Audiobooks as users build them: the command, its queue, kills and failures."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import uuid
from pathlib import Path

import av
import mutagen
import pytest
from click.testing import CliRunner

from mediakeep import path_text
from mediakeep.commands import build_audiobooks
from mediakeep.item import Status
from mediakeep.media.encoding import pcm_source
from tests import job_home
from tests.audiobooks import books, test_find_chapters
from tests.crash.gate import Gate
from tests.job_kinds import BookHome


def read_chapters(path: Path) -> list[tuple[float, str]]:
    with av.open(str(path)) as book:
        return [
            (float(one["start"] * one["time_base"]), one["metadata"]["title"])
            for one in book.chapters()
        ]


@pytest.mark.long
def test_a_folder_becomes_a_book(home: BookHome) -> None:
    folder = home.make("The Book", tracks=3)
    before = job_home.contents(home.library)
    printed = home.batch(folder, "--author", "An Author", "--bitrate", "64k")
    book = home.output / "An Author - The Book.m4b"
    assert str(book) in printed
    lengths = [pcm_source.count_samples(path) for path in sorted(folder.iterdir())]
    counted = home.report()["sources"]
    expected = sum(source["samples"] for source in counted)
    assert pcm_source.count_samples(book) == expected
    assert counted[0]["samples"] == lengths[0]  # the others have other rates
    starts = [0.0, counted[0]["samples"] / 44_100]
    starts.append(starts[1] + counted[1]["samples"] / 44_100)
    assert read_chapters(book) == [
        (pytest.approx(start, abs=1e-9), f"{number} Part") for number, start in enumerate(starts, 1)
    ]
    tags = mutagen.File(book)
    assert (tags["\xa9nam"], tags["\xa9ART"], tags["stik"]) == (["The Book"], ["An Author"], [2])
    assert job_home.contents(home.library) == before
    (backup,) = [path for path in home.backups.iterdir() if path.is_dir()]
    assert not [path for path in home.output.iterdir() if path.is_dir()]  # where a player scans
    copies = {
        name: data for name, data in job_home.contents(backup).items() if name != "backup.json"
    }
    assert copies == job_home.contents(folder)
    assert not list(home.working.glob("*]_*"))
    assert home.report()["id"] == str(uuid.UUID(*home.items()))
    assert "is already done" in home.batch(folder, "--author", "An Author", "--bitrate", "64k")


def test_a_dry_run_shows_the_order_and_writes_nothing(home: BookHome) -> None:
    folder = home.make("The Book")
    shutil.move(folder / "1 Part.mp3", folder / "10 Part.mp3")
    printed = home.batch(folder, "--dry-run", "--bitrate", "256k")
    assert printed.index("  1  2 Part.mp3") < printed.index("  2  10 Part.mp3")
    assert "Order: by name, numbers by value (no track number in" in printed
    assert "chapters by files" in printed
    assert "44,100 Hz, stereo, 128 kbit/s is enough: --bitrate 128k" in printed
    assert list(home.path.iterdir()) == []


def test_several_folders_become_one_book(home: BookHome) -> None:
    folders = [home.make("B"), home.make("A")]
    home.batch(*folders, "--combine", "--output", "Both", "--no-backup")
    titles = [title for _, title in read_chapters(home.output / "Both.m4b")]
    assert titles == ["B - 1 Part", "B - 2 Part", "A - 1 Part", "A - 2 Part"]
    assert [Path(source["path"]).parent.name for source in home.report()["sources"]] == list("BBAA")
    assert not home.backups.exists()


@pytest.mark.long
def test_all_books_of_a_folder_are_found(home: BookHome) -> None:
    home.make("Author/One")
    home.make("Author/Two")
    home.batch("--source-root", home.library, "--scan", "--all", "--formats", "mp3")
    assert {path.name for path in home.output.glob("*.m4b")} == {
        "Author - One.m4b",
        "Author - Two.m4b",
    }


@pytest.mark.slow
def test_a_killed_command_continues_with_the_chunks_that_are_missing(
    home: BookHome, tmp_path: Path
) -> None:
    folder = home.make("The Book", tracks=1)
    sound = books.Kind(44_100, 1, 61.0)  # three chunks
    books.write_mp3(folder / "1 Part.mp3", sound)
    gate = Gate(tmp_path / "gate", 2, names="rename|replace", paths=r"\.chunk")
    words = home.command("build_audiobooks.py", folder, "--no-backup", "--workers", "1")
    with subprocess.Popen(
        words, env={**os.environ, **gate.environment}, start_new_session=True
    ) as process:
        assert gate.wait(process)
        os.killpg(process.pid, signal.SIGKILL)
    assert "encoding" in home.batch("--list-resumable")
    encoded = Gate(tmp_path / "encoded", 1000, names="rename|replace", paths=r"\.chunk")
    home.batch(folder, "--no-backup", **encoded.environment)
    assert encoded.calls == 2
    book = home.output / "The Book.m4b"
    assert pcm_source.count_samples(book) == pcm_source.count_samples(folder / "1 Part.mp3")


@pytest.mark.long
def test_all_unusable_files_are_named_before_any_work(home: BookHome) -> None:
    good, bad = home.make("Good"), home.make("Bad")
    (bad / "3.mp3").write_bytes(b"<html>")
    (bad / "4.mp3").touch()
    printed = home.batch(good, bad, "--no-backup", code=1)
    assert "3.mp3" in printed
    assert "4.mp3: it is empty" in printed
    assert [path.name for path in home.output.glob("*.m4b")] == ["Good.m4b"]
    items = {item.name: item for item in home.items().values()}
    failed = items["Bad"]
    assert (failed.processing_stage, failed.failure) == ("failed_input", "input")
    assert failed.not_before == ""  # no attempt can help
    (bad / "3.mp3").unlink()
    (bad / "4.mp3").unlink()
    home.batch("--retry-failed")
    assert {path.name for path in home.output.glob("*.m4b")} == {"Good.m4b", "Bad.m4b"}


def test_an_unusable_cover_is_named_before_any_work(home: BookHome) -> None:
    bad, good = home.make("Bad", tracks=1), home.make("Good", tracks=1)
    cover = home.root / "cover.jpg"
    cover.write_text("no picture")
    home.add(bad, cover=cover)
    home.add(good)
    planned = home.batch("--dry-run", code=1)
    assert "Bad: failed: Cover" in planned
    assert "Good: planned" in planned
    home.process()
    items = {item.name: item for item in home.items().values()}
    assert items["Bad"].processing_stage == "failed_input"
    assert items["Bad"].not_before == ""  # no attempt can help
    assert items["Good"].status is Status.COMPLETED


def test_a_malformed_file_of_chapters_is_named_before_any_work(home: BookHome) -> None:
    folder, listed = home.make("Book", tracks=1), home.root / "chapters.txt"
    listed.write_text("00:00:00 One\nTwo\n")
    planned = home.batch(folder, "--chapters", listed, "--dry-run", code=1)
    assert "line 2 is not a chapter" in planned
    home.add(folder, chapters=str(listed))
    home.process()
    assert home.item().processing_stage == "failed_input"


def test_a_book_whose_folder_is_gone_does_not_stop_the_others(home: BookHome) -> None:
    gone, good = home.make("Gone", tracks=1), home.make("Good", tracks=1)
    home.add(gone, good)
    shutil.rmtree(gone)
    home.process()
    items = {item.name: item for item in home.items().values()}
    assert (items["Gone"].status, items["Gone"].skip_reason) == (Status.SKIPPED, "vanished")
    assert items["Good"].status is Status.COMPLETED


def test_a_rollback_removes_the_book_and_restores_missing_sources(home: BookHome) -> None:
    folder = home.make("The Book")
    before = job_home.contents(folder)
    home.batch(folder)
    (folder / "1 Part.mp3").unlink()
    (folder / "2 Part.mp3").write_bytes(b"changed")
    printed = home.batch("--rollback", "The Book", "--yes")
    assert f"Restored: {folder / '1 Part.mp3'}" in printed
    assert "differs from its copy in the backup" in printed
    assert (folder / "1 Part.mp3").read_bytes() == before["1 Part.mp3"]
    assert (folder / "2 Part.mp3").read_bytes() == b"changed"
    assert not list(home.output.glob("*.m4b"))
    item = home.item()
    assert (item.status, item.output_path) == (Status.SKIPPED, "")


def test_two_books_of_one_name_both_get_a_name(home: BookHome) -> None:
    folders = [home.make("A/Book"), home.make("B/Book")]
    home.add(*folders, backup=False, title="Book", author="X")
    home.process()
    assert sorted(path.name for path in home.output.glob("*.m4b")) == [
        "X - Book (2).m4b",
        "X - Book.m4b",
    ]


def test_parts_of_one_encoder_are_joined_without_encoding(home: BookHome) -> None:
    folder = home.library / "Joined"
    folder.mkdir(parents=True)
    home.path.mkdir()
    for number in (1, 2):
        books.write_part(folder / f"{number}.m4a", 30_000 * number)
    home.add(folder, backup=False)
    home.process()
    assert "joined without encoding" in home.log()
    assert len(read_chapters(home.output / "Joined.m4b")) == 2


@pytest.mark.long
@pytest.mark.parametrize("is_joined", [True, False])
def test_chapters_that_a_user_edited_in_audiobookshelf_are_kept(
    home: BookHome, is_joined: bool
) -> None:
    folder = home.library / "Book"
    folder.mkdir(parents=True)
    home.path.mkdir()
    for number in (1, 2):
        path = folder / f"{number}.{'m4a' if is_joined else 'mp3'}"
        books.write_part(path, 60_000) if is_joined else books.write_mp3(path, books.SHORT)
    lengths = [pcm_source.count_samples(path) / 44_100 for path in sorted(folder.iterdir())]
    own = test_find_chapters.write_shelf(
        folder, (0, "A", 0.7), (0.7, "B", lengths[0]), (lengths[0], "C", sum(lengths))
    )
    assert f"chapters by {own}" in home.batch(folder, "--dry-run", "--no-backup")
    home.add(folder, backup=False)
    home.process()
    marks = read_chapters(home.output / "Book.m4b")
    expected = [(0, "A"), (0.7, "B"), (lengths[0], "C")]  # and up to 50 ms between joined parts
    assert marks == [(pytest.approx(start, abs=0.05), title) for start, title in expected]
    note = f"The chapters are those in {own}."
    assert note in home.report()["warnings"]
    assert home.report()["chapters_from"] == "metadata.json"
    assert ("joined without encoding" in home.log()) == is_joined
    content = own.read_text()
    own.write_text(content.replace('"end":', '"end": 9'))
    text = f"Chapters {own} not read: its chapters do not end with the book."
    planned = home.batch(folder, "--dry-run", "--no-backup")
    assert [text in planned, f"chapters by {own}" in planned] == [True, False]
    own.write_text(content)
    home.add(folder, backup=False, chapters="none")
    home.process()
    assert [note in home.log(), home.log().count(note)] == [True, 1]


@pytest.mark.long
def test_backups_of_earlier_settings_are_found_where_they_are(home: BookHome) -> None:
    folder = home.make("The Book", tracks=1)
    home.batch(folder, MEDIAKEEP_BACKUP_DIR="outputs/audiobooks/backup")
    (backup,) = (home.output / "backup").iterdir()
    home.batch("--audiobook", "The Book")
    assert path_text.to_path(home.item().backup_path) == backup
    assert not home.backups.exists()
    record = json.loads((backup / "backup.json").read_text())
    (backup / "backup.json").write_text(json.dumps({**record, "created": "2020-01-01T00:00:00Z"}))
    home.batch("--all")
    assert not backup.exists()


def test_sources_that_change_meanwhile_begin_again(home: BookHome) -> None:
    folder = home.make("The Book")
    home.add(folder, backup=False)
    assert home.kill_at(1, ".m4b")
    os.utime(folder / "1 Part.mp3")
    home.process()
    assert "Resume: its sources have changed, so the book starts over" in home.log()
    assert home.item().status is Status.COMPLETED


def test_lost_working_folders_begin_again(home: BookHome) -> None:
    home.add(home.make("The Book"), backup=False)
    assert home.kill_at(1, ".m4b")
    shutil.rmtree(home.working)
    home.process()
    assert "Resume: its working files are gone, so the book starts over" in home.log()
    assert home.item().status is Status.COMPLETED


def test_variables_of_the_environment_are_read(home: BookHome) -> None:
    folder = home.make("The Book", tracks=1)
    environment = {"BACKUP_ENABLED": "false", "MAX_FILE_SIZE_MB": "1", "MAX_CONCURRENT_JOBS": "2"}
    assert "backup:" not in home.batch(folder, "--dry-run", **environment)
    assert "backup:" in home.batch(folder, "--dry-run", **environment, MEDIAKEEP_BACKUP="true")
    for variable in ("MAX_CONCURRENT_JOBS", "BACKUP_RETENTION_DAYS", "MEDIAKEEP_CHANNELS"):
        assert f"{variable}: " in home.batch(code=2, **{variable: "many"})


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("--bitrate loud {0}", "Use one from 8k to 512k"),
        ("--sample-rate 12345 {0}", "Sample rate 12345 is not possible"),
        ("--combine {0}", "--combine makes one book of several folders"),
        ("--output A {0} {1}", "--output names one book"),
        ("--output a/b {0}", "--output is a name without folders"),
        ("--cover missing.jpg {0}", "no such file. Correct the path."),
        ("--order sideways {0}", "no such file. Use one of: auto, tags"),
        ("--chapters loud {0}", "no such file. Use one of: files, tags"),
        ("--file-mode rw {0}", "three octal digits"),
        ("--source-root {0}", "Add --scan."),
        ("{0}/none", "is no folder. Correct the path."),
        ("{2}", "contains no audio files"),
    ],
)
def test_wrong_usage_is_explained_and_changes_nothing(
    home: BookHome, words: str, message: str
) -> None:
    folders = [home.library / name for name in ("A", "B", "Empty")]
    for folder in (home.path, *folders):
        folder.mkdir(parents=True)
    for folder in folders[:2]:
        (folder / "1.mp3").touch()
    command = ["--home", str(home.path), *words.format(*folders).split()]
    done = CliRunner().invoke(build_audiobooks.main, command)
    assert done.exit_code == 2
    assert message in " ".join(done.output.split())
    assert list(home.path.iterdir()) == []


def test_a_retry_names_the_options_that_books_keep(home: BookHome) -> None:
    bad = home.library / "Bad"
    bad.mkdir(parents=True)
    (bad / "1.mp3").touch()
    home.batch(bad, "--no-backup", "--damage", "refuse", code=1)
    for words in (("--retry-failed",), ("--retry-failed", "--damage", "refuse")):
        assert "keep it" not in home.batch(*words, code=1)
    for words in (("--dry-run",), ()):
        printed = home.batch("--retry-failed", "--damage", "conceal", *words, code=1)
        assert "added with another --damage keep it" in printed
