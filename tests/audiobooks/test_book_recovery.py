"""Books continue when their working files are lost or damaged between two stages."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from pathlib import Path

import msgspec
import pytest
from msgspec import structs

from mediakeep.app.queue_admin import reset
from mediakeep.audiobooks import process, subject
from mediakeep.audiobooks.book_job import BookJob
from mediakeep.audiobooks.item import AudiobookItem
from mediakeep.audiobooks.muxing import book_file
from mediakeep.audiobooks.settings import BookSettings
from mediakeep.item import Status
from mediakeep.media.encoding import pcm_source
from mediakeep.outcome import NullProgress, Outcome, Stamp, Work
from tests.audiobooks import books
from tests.crash.tap import FileCall, Tap
from tests.job_kinds import BookHome


def find_chunk(home: BookHome) -> Path:
    (chunk,) = home.working.glob("*_processed/*.chunk")
    return chunk


def reset_to(home: BookHome, stage: str) -> None:
    context = home.context
    context.to_stage = stage
    reset.reset_items(context, ("The Book",))


def run_stage(
    home: BookHome, key: str, item: AudiobookItem, stage: str, failed: str = "", error: str = ""
) -> Outcome:
    """Run a stage, or the cleanup of a failed one; its outcome is not recorded."""
    work = Work(item, Stamp("", key, 0, 0), stage, None, failed, error)
    with process.open_worker(home.settings()) as worker:
        outcome = worker(work, NullProgress())
    assert isinstance(outcome, Outcome)
    return outcome


def check_book(home: BookHome) -> None:
    assert home.item().status is Status.COMPLETED
    (book,) = home.output.glob("*.m4b")
    assert pcm_source.count_samples(book) == home.report()["verification"]["samples"]


@pytest.mark.long
@pytest.mark.parametrize("damage", ["lost", "other", "torn"])
def test_a_chunk_that_is_lost_before_the_muxing_is_encoded_again(
    home: BookHome, damage: str
) -> None:
    home.add(home.make("The Book", tracks=1), backup=False)
    assert home.kill_at(1, ".book.part")
    chunk = find_chunk(home)
    if damage == "lost":
        chunk.unlink()
    elif damage == "other":  # as of another version of FFmpeg
        chunk.write_bytes(chunk.read_bytes().replace(b'"key":"', b'"key":"0', 1))
    else:
        with chunk.open("r+b") as file:
            file.seek(-100, 2)
            file.write(bytes(50))
        home.process()  # the attempt that finds it
        assert home.item().status is Status.ERROR
        reset_to(home, "")
    home.process()
    check_book(home)


def test_a_damaged_plan_is_named_in_the_list_of_resumable_books(home: BookHome) -> None:
    home.add(home.make("The Book", tracks=1), backup=False)
    assert home.kill_at(1, ".book.part")
    (key,) = home.items()
    (plan,) = home.working.glob("*_state/plan.json")
    plan.write_bytes(plan.read_bytes()[:-1])
    job = BookJob(home.item(), key, msgspec.convert(home.settings(), BookSettings))
    assert "Reset the audiobook" in subject.describe_progress(job)


def join_book(home: BookHome) -> None:
    folder = home.library / "The Book"
    folder.mkdir(parents=True)
    home.path.mkdir()
    books.write_part(folder / "1.m4a", 30_000)
    home.add(folder, backup=False)


@pytest.mark.long
@pytest.mark.parametrize("is_joined", [False, True])
def test_a_book_that_fails_its_verification_is_made_again(home: BookHome, is_joined: bool) -> None:
    if is_joined:
        join_book(home)
    else:
        home.add(home.make("The Book", tracks=1), backup=False)
    assert home.kill_at(1, "placed.json")
    reset_to(home, "verifying")
    (book,) = home.working.glob("*_processed/book.m4b")
    with book.open("r+b") as file:
        file.seek(-5000, 2)
        file.write(bytes(3000))
    home.process(attempts=2)
    assert "erification failed" in home.log()
    home.process(attempts=2)
    check_book(home)


def test_a_book_that_is_lost_before_it_is_placed_is_made_again(home: BookHome) -> None:
    home.add(home.make("The Book", tracks=1), backup=False)
    assert home.kill_at(1, "placed.json")
    (book,) = home.working.glob("*_processed/book.m4b")
    book.unlink()
    home.process()
    check_book(home)


def test_a_book_that_was_placed_but_not_recorded_is_replaced(home: BookHome) -> None:
    folder = home.make("The Book", tracks=1)
    home.add(folder, backup=False)
    assert home.kill_at(1, "placed.json")
    ((key, item),) = home.items().items()
    run_stage(home, key, item, "placing")  # and then a kill
    books.write_mp3(folder / "2 Part.mp3", books.SHORT)
    reset_to(home, "input")
    home.process()
    check_book(home)


def test_the_record_is_complete_after_a_kill_during_the_removal_of_working_files(
    home: BookHome,
) -> None:
    home.add(home.make("The Book", tracks=1), backup=False)
    assert home.kill_at(1, "placed.json")
    ((key, item),) = home.items().items()
    placed = run_stage(home, key, item, "placing")
    item = structs.replace(item, **placed.data)

    def stop(call: FileCall) -> None:
        if call.name == "unlink" and call.path.endswith("plan.json"):
            raise KeyboardInterrupt  # in place of a kill

    with Tap(stop), pytest.raises(KeyboardInterrupt):
        run_stage(home, key, item, "completed")
    before = home.report()
    for path in home.working.glob("*_state/[cdp]*"):  # they are removed in any order
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    run_stage(home, key, item, "completed")
    assert home.report() == before
    assert before["details"]
    assert list(home.working.iterdir()) == []


def test_a_file_that_the_user_removed_is_not_restored_when_the_input_fails(
    home: BookHome,
) -> None:
    folder = home.make("The Book")
    home.add(folder)
    assert home.kill_at(1, ".chunk")
    (folder / "1 Part.mp3").unlink()
    (folder / "2 Part.mp3").write_bytes(b"damaged")
    home.process()
    assert home.item().processing_stage == "failed_input"
    assert not (folder / "1 Part.mp3").exists()


def test_a_book_without_a_source_that_was_lost_meanwhile_has_a_warning(home: BookHome) -> None:
    folder = home.make("The Book")
    home.add(folder, backup=False)
    assert home.kill_at(1, ".chunk")
    lost = folder / "1 Part.mp3"
    lost.unlink()
    home.process()
    check_book(home)
    warning = home.report()["warnings"][-1]
    assert warning == f"Built without {lost}: no longer in the folder since an earlier run."


def test_a_source_that_is_lost_is_restored_after_the_last_attempt(home: BookHome) -> None:
    folder = home.make("The Book")
    lost = folder / "1 Part.mp3"
    home.add(folder)
    assert home.kill_at(1, ".chunk")
    before = lost.read_bytes()
    lost.unlink()
    ((key, item),) = home.items().items()
    outcome = run_stage(home, key, item, "encoding", "encoding", "A chunk failed.")
    assert (outcome.state, outcome.resume_stage) == (Status.COMPLETED, "encoding")
    assert lost.read_bytes() == before
    assert home.report()["message"] == f"A chunk failed. Restored: {lost}."


def fail_in(match: str, number: int) -> Tap:
    """Return a tap that fails to create files that have `match` in their paths."""

    def fail(call: FileCall) -> None:
        if match in call.path and call.name == "open":
            raise OSError(number, os.strerror(number), call.path)

    return Tap(fail)


@pytest.mark.needs("volumes")
@pytest.mark.parametrize("match", ["_state/counted/", "_processed/"])
def test_a_book_waits_while_the_volume_of_its_parts_is_full(
    home: BookHome, disk_folder: Path, match: str
) -> None:
    home.add(home.make("The Book", tracks=1), backup=False)
    with tempfile.TemporaryDirectory(dir=disk_folder) as folder:
        home.working.symlink_to(folder)
        with fail_in(match, errno.ENOSPC):
            home.process()
    item = home.item()
    assert (item.status, item.attempts or None) == (Status.PENDING, None)
    assert item.parked.endswith("is full")


@pytest.mark.parametrize(("match", "stage"), [("/counted/", "input"), ("_processed/", "encoding")])
def test_an_unwritable_folder_is_named(home: BookHome, match: str, stage: str) -> None:
    home.add(home.make("The Book", tracks=1), backup=False)
    with fail_in(match, errno.EACCES):
        home.process()
    item = home.item()
    assert item.processing_stage == f"failed_{stage}"
    assert "Grant this user access" in item.error_message
    assert match in item.error_message


def test_a_book_that_cannot_be_written_is_named_as_the_user_knows_it(
    home: BookHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> bytes:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    home.add(home.make("The Book", tracks=1), backup=False)
    monkeypatch.setattr(book_file, "build_data_head", fail)
    home.process()
    item = home.item()
    assert item.processing_stage == "failed_muxing"
    assert item.error_message.startswith("The Book.m4b not encoded: Input/output error.")
