"""What is asked for is forgotten: how to take old changes back, and nothing else."""

from __future__ import annotations

import re
import signal
import subprocess
from pathlib import Path

import pytest

from mediakeep.media.safewrite import write_tags
from mediakeep.media.safewrite.write_tags import SetCover, SetField
from mediakeep.media.undo import apply_undo, prune
from mediakeep.media.undo.apply_undo import RecordQuery
from mediakeep.media.undo.store import UndoStore
from mediakeep_samples.music import track_files
from tests.commands.conftest import environment
from tests.commands.repaired import Library, Stock, contents
from tests.crash import faults, tagger
from tests.crash.tap import FileCall, Tap, ignore
from tests.media import writable_files
from tests.music import shelf

OLD, NEVER = "2021-01-01", "2999-01-01"
LONG = tuple(f"Flood {number} " * 40 for number in range(40))
VERA = {"01 Vera.mp3", "02 Vera.flac", "03 Vera.opus"}


@pytest.fixture(scope="module")
def stock(tmp_path_factory: pytest.TempPathFactory) -> Stock:
    return Stock(tmp_path_factory.mktemp("repaired"))


@pytest.fixture
def library(stock: Stock) -> Library:
    """One whose batch was years ago."""
    found = stock.library()
    age(found)
    return found


def age(library: Library) -> None:
    """Have all that was recorded until now happened in January 2020."""
    (log,) = place(library).glob("*.jsonl")
    text = re.sub(r'"time":"[^"]*"', '"time":"2020-01-07T07:07:07+00:00"', log.read_text())
    (place(library) / "2020-01.jsonl").write_text(text)
    log.unlink()


def place(library: Library) -> Path:
    return library.home.path / "status" / "undo"


def size(library: Library) -> int:
    return sum(len(data) for path, data in contents(place(library)).items() if path.suffix != ".db")


def forget(library: Library, before: str = OLD) -> str:
    return library.ok("--forget-before", before, "--yes")


# What is forgotten, and what stays


def test_old_changes_can_no_longer_be_taken_back_and_new_ones_can(library: Library) -> None:
    path, other = library.path("01 Vera.mp3"), library.path("01 Anna.m4a")
    library.write(path, SetField("title", ("Ebb",)), SetCover(writable_files.IMAGE, "image/png"))
    library.write(other, SetCover(track_files.read_seed_file("cover.png"), "image/png"))
    before = size(library)
    told = forget(library)
    assert told.startswith("Undo data of 5 changes deleted, ")
    assert size(library) < before
    done = library.undo("--since", "2000-01-01")
    assert done.returncode == 1
    assert done.stderr.count("its undo data was removed (--forget-before)") == 5
    assert done.stdout.splitlines()[-2].startswith("Undid 3 changes in 2 files")
    assert library.now() == library.after
    listed = library.data("--list", "--file", path)
    assert [one["forgotten"] for one in listed] == [True, False, False]
    assert "undo data deleted" in library.ok("--list", "--artist", "Vera")


def test_by_force_nothing_that_is_forgotten_comes_back(library: Library) -> None:
    forget(library)
    done = library.undo("--session", "last", "--force")
    assert done.returncode == 1
    assert library.now() == library.after
    assert not (place(library) / "aside").exists()


def test_what_was_taken_back_is_not_done_again_though_it_is_forgotten(library: Library) -> None:
    path = library.path("02 Vera.flac")
    library.write(path, SetField("genres", LONG))
    assert library.store().find(RecordQuery())[-1].record.details
    library.ok("--file", path)
    library.ok("--artist", "Vera")
    age_all(library)
    assert forget(library).startswith("Undo data of 10 changes deleted")
    assert library.store().undone_values(path) == {
        "title": {("Low Tide 2",)},
        "genres": {LONG},
    }
    library.home.ok("--reset-artist", "Vera")
    assert library.home.batch("--all").returncode == 0
    assert library.restored() == VERA


def age_all(library: Library) -> None:
    for log in place(library).glob("*.jsonl"):
        old = '"time":"2020-01-08T07:07:07+00:00"'
        log.write_text(re.sub(r'"time":"202[1-9][^"]*"', old, log.read_text()))


def test_repairs_that_are_forgotten_still_count(stock: Stock) -> None:
    library = stock.library()
    forget(library, NEVER)
    library.write(library.path("03 Vera.opus"), SetField("comment", ("x",)), session="later")
    library.ok("--session", "later")  # reads the artist again
    assert library.home.snapshot()["artists"]["Vera"]["auto_fixed"] == 3


def test_pictures_that_new_records_need_stay_and_no_others(library: Library) -> None:
    path = library.path("01 Anna.m4a")
    for image in (writable_files.IMAGE, writable_files.PHOTO):
        library.write(
            path, SetCover(image, "image/png" if image is writable_files.IMAGE else "image/jpeg")
        )
    age_all(library)
    library.write(path, SetCover(track_files.read_seed_file("cover.png"), "image/png"))
    forget(library)
    sizes = sorted(path.stat().st_size for path in (place(library) / "blobs").glob("??/*"))
    assert sizes == [len(writable_files.PHOTO)]
    assert library.undo("--file", path).returncode == 1
    listed = library.data("--list", "--file", path)
    assert [one["taken_back"] for one in listed] == [False, False, False, True, False]


def test_what_cannot_be_read_stays_as_it_is(library: Library) -> None:
    path = library.path("01 Anna.m4a")
    library.write(path, SetField("genres", LONG))
    (log,) = place(library).glob("202[1-9]*.jsonl")
    strange = log.read_bytes() + b'\xff rubbish\n{"op":"mark","id":"torn'
    log.write_bytes(strange)
    blobs = list((place(library) / "blobs").glob("??/*"))
    for blob in blobs:
        blob.write_bytes(b"x")
    forget(library)
    assert log.read_bytes() == strange
    assert all(blob.exists() for blob in blobs)  # nobody can tell which are needed


# How it is asked for


def asked(library: Library, answer: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        library.home.command("undo_changes", "--forget-before", OLD),
        capture_output=True,
        text=True,
        input=answer,
        env=environment({}),
    )


def test_it_asks_and_does_nothing_without_a_yes(library: Library) -> None:
    before = contents(library.home.path)
    for given, code in (("n\n", 130), ("", 130)):
        done = asked(library, given)
        assert done.returncode == code
        assert "Delete the undo data of 5 changes made before 2021-01-01 00:00?" in done.stderr
    told = library.ok("--forget-before", OLD, "--dry-run")
    assert re.fullmatch(
        r"Dry run: Undo data of 5 changes would be deleted, \d+\.\d KB freed\.\n", told
    )
    assert contents(library.home.path) == before
    assert asked(library, "y\n").returncode == 0
    assert library.ok("--forget-before", OLD) == "Undo data of 0 changes deleted, 0 B freed.\n"


def test_what_it_says_to_free_becomes_free(library: Library) -> None:
    path = library.path("01 Vera.mp3")
    library.write(path, SetCover(writable_files.IMAGE, "image/png"))
    library.write(path, SetField("genres", LONG), SetCover(writable_files.PHOTO, "image/jpeg"))
    before = size(library)
    data = library.data("--forget-before", NEVER, "--dry-run")
    assert data["records"] == 7
    assert library.data("--forget-before", NEVER, "--yes") == {**data, "dry_run": False}
    assert before - size(library) == data["bytes"] > len(writable_files.IMAGE)


def test_without_records_there_is_nothing_to_forget(tmp_path: Path) -> None:
    store = UndoStore(tmp_path / "undo")
    assert prune.preview(store, NEVER) == prune.prune(store, NEVER) == prune.PruneResult()
    assert not store.folder.exists()


# Kills and neighbours


def _forget(folder: Path, number: int) -> None:
    """Forget, and die at the call of that number."""
    left = number

    def come(_: FileCall) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            faults.die()

    with Tap(come, ignore):
        prune.prune(UndoStore(folder), OLD)


@pytest.mark.slow
def test_killed_at_any_call_it_leaves_whole_records_and_ends_the_next_time(
    library: Library,
) -> None:
    path = library.path("01 Anna.m4a")
    library.write(path, SetCover(writable_files.IMAGE, "image/png"))
    age_all(library)
    library.write(path, SetCover(writable_files.PHOTO, "image/jpeg"), SetField("genres", LONG))
    first, folder, number = contents(place(library)), place(library), 0
    while True:
        for name in contents(folder).keys() - first.keys():
            name.unlink()
        for name, data in first.items():
            name.write_bytes(data)
        process = tagger.context.Process(target=_forget, args=(folder, number))
        process.start()
        process.join(60)
        store = UndoStore(folder)
        records = [entry.record for entry in store.find(RecordQuery())]
        assert len(records) == 7
        assert all(one.forgotten or store.load_patch(one) for one in records)
        assert store.load_patch(records[-1]).blobs
        assert all(store.blobs.read(name) for name in store.load_patch(records[-1]).blobs)
        prune.prune(store, OLD)
        assert [one.record.forgotten for one in store.find(RecordQuery())] == [True] * 6 + [False]
        store.close()
        if process.exitcode == 0:
            break
        assert process.exitcode == -signal.SIGKILL
        number += 1
    assert number > 5


def _write(folder: Path, path: Path, count: int) -> None:
    store = UndoStore(folder)
    for number in range(count):
        assert write_tags.write(
            path,
            [SetCover(writable_files.IMAGE[: 60_000 + number], "image/png")],
            store,
            queue="music",
        )


def test_whoever_writes_meanwhile_loses_nothing(tmp_path: Path) -> None:
    folder, path = tmp_path / "status" / "undo", shelf.put(tmp_path / "a.mp3")
    before, count = path.read_bytes(), 25
    process = tagger.context.Process(target=_write, args=(folder, path, count))
    process.start()
    prunings = 0
    while process.is_alive():
        store = UndoStore(folder)
        prune.prune(store, OLD)
        store.close()
        prunings += 1
    assert process.exitcode == 0
    assert prunings > 5
    store = UndoStore(folder)
    for step in apply_undo.plan_undo(store, RecordQuery()):
        assert apply_undo.apply_undo(store, step.record)
    assert path.read_bytes() == before


def test_what_was_swept_is_kept_anew_when_it_is_needed_again(tmp_path: Path) -> None:
    """Also by one who has kept it before, and cannot know that it has gone."""
    path, store = shelf.put(tmp_path / "a.mp3"), UndoStore(tmp_path / "undo")
    one, other = (
        SetCover(writable_files.IMAGE, "image/png"),
        SetCover(writable_files.PHOTO, "image/jpeg"),
    )
    for cover in (one, other):
        assert write_tags.write(path, [cover], store, queue="music")
    prune.prune(UndoStore(store.folder), NEVER)
    assert not list(store.folder.glob("blobs/??/*"))
    before = path.read_bytes()
    for cover in (one, other):
        assert write_tags.write(path, [cover], store, queue="music")
    for step in apply_undo.plan_undo(store, RecordQuery()):
        assert step.record.forgotten or apply_undo.apply_undo(store, step.record)
    assert path.read_bytes() == before


def test_an_index_of_before_is_not_taken_for_one_of_now(tmp_path: Path) -> None:
    path, store = shelf.put(tmp_path / "a.mp3"), UndoStore(tmp_path / "undo")
    for number in range(3):
        assert write_tags.write(path, [SetField("title", (str(number),))], store, queue="music")
    query = RecordQuery(path=str(path.resolve()))
    assert len(store.find(query)) == 3
    size = sum(log.stat().st_size for log in store.folder.glob("*.jsonl"))
    prune.prune(UndoStore(store.folder), NEVER)
    for number in range(3, 8):
        assert write_tags.write(path, [SetField("title", (str(number),))], store, queue="music")
    assert sum(log.stat().st_size for log in store.folder.glob("*.jsonl")) > size
    titles = [entry.record.fields["title"].new for entry in store.find(query)]
    assert titles == [(str(number),) for number in range(8)]
