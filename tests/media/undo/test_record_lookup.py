"""Queries on many records are answered without reading all of them."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from msgspec import structs

from mediakeep.media.undo.apply_undo import RecordQuery
from mediakeep.media.undo.log import ChangeLog, LinePosition
from mediakeep.media.undo.record import ChangeRecord, RecordState, encode_line
from mediakeep.media.undo.store import UndoStore
from mediakeep.sqlite.disposable import DisposableSqlite
from tests.media import writable_files
from tests.media.failing_writes import logs, rename
from tests.sampling import each_row

COUNT = 350


@pytest.fixture
def store(tmp_path: Path) -> Iterator[UndoStore]:
    """A store with many records in two months; every fifth one undoes the previous one."""
    store = writable_files.store(tmp_path)
    record = rename(writable_files.put(tmp_path, "mp3"), store, "A")
    logs(tmp_path)[0].unlink()
    for number in range(COUNT):
        one = structs.replace(
            record,
            id=f"{number:012x}",
            session=f"session {number // 50}",
            item=f"Artist {number // 10}",
            path=f"/music/Artist {number // 10}/{number}.mp3",
            undoes=f"{number - 1:012x}" if number % 5 == 4 else "",
        )
        log = store.folder / f"2025-{11 if number < COUNT // 2 else 12}.jsonl"
        with log.open("ab") as stream:
            stream.write(
                encode_line(one) + b"\n" + encode_line(RecordState(one.id, "done")) + b"\n"
            )
    with closing(store):
        yield store


@pytest.fixture
def lines(store: UndoStore, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Count the lines read after the index is built; the log is real."""
    store.find(RecordQuery(id="none"))
    read, found = ChangeLog.read_lines, list[str]()

    def counted(
        self: ChangeLog, file: str = "", offset: int = 0
    ) -> Iterator[tuple[LinePosition, ChangeRecord | RecordState]]:
        for place, line in read(self, file, offset):
            found.append(line.id)
            yield place, line

    monkeypatch.setattr(ChangeLog, "read_lines", counted)
    return found


@pytest.mark.parametrize("indexed", [True, False])
def test_the_newest_records_come_first_whatever_finds_them(store: UndoStore, indexed: bool) -> None:
    if not indexed:
        (store.folder / "index.db").unlink(missing_ok=True)
        (store.folder / "index.db").mkdir()
    found = [entry.record.id for entry in store.iter_newest()]
    assert found == [f"{number:012x}" for number in reversed(range(COUNT))]
    assert store.changed_items("music") == {f"Artist {number}" for number in range(COUNT // 10)}
    assert store.has_record(RecordQuery(session="session 3"))
    assert not store.has_record(RecordQuery(session="session 99"))


def test_of_the_newest_ones_no_more_are_read_than_are_taken(
    store: UndoStore, lines: list[str]
) -> None:
    assert next(store.iter_newest()).record.id == f"{COUNT - 1:012x}"
    assert len(lines) <= 100


def test_names_and_what_is_known_are_told_without_reading_records(
    store: UndoStore, lines: list[str]
) -> None:
    assert store.has_record(RecordQuery(session="session 3"))
    assert store.has_record(RecordQuery(below="/music/Artist 7"))
    assert len(store.changed_items("music")) == COUNT // 10
    assert lines == []


def test_what_undoes_some_records_is_found_without_reading_the_others(
    store: UndoStore, lines: list[str]
) -> None:
    asked = store.find(RecordQuery(item="Artist 2"))
    one = [entry for entry in asked if entry.record.id == f"{23:012x}"]
    lines.clear()
    found = store.add_related_undo_records(one)
    assert [entry.record.id for entry in found] == [f"{23:012x}", f"{24:012x}"]
    assert lines == [f"{24:012x}"]
    assert store.add_related_undo_records(reversed(asked)) == asked  # each once, and in order


def test_an_undoing_of_many_changes_is_found_whole(store: UndoStore) -> None:
    every = store.find(RecordQuery())
    made = [entry for entry in every if not entry.record.undoes]
    assert store.add_related_undo_records(made * 4) == every


# Others at the same index


def test_the_index_is_waited_for_as_long_as_it_takes_to_be_made(store: UndoStore) -> None:
    store.find(RecordQuery(id="none"))
    base = store._lookup._index._database._connection
    assert base
    assert base.execute("PRAGMA busy_timeout").fetchone()[0] == 60_000


@each_row(("patience", "waited"), [(0.05, False), (30.0, True)])
def test_a_file_is_waited_for_as_long_as_was_asked(
    tmp_path: Path, patience: float, waited: bool
) -> None:
    path, tables = tmp_path / "cabinet.db", "CREATE TABLE one(n INTEGER)"
    with DisposableSqlite(path, tables, 1).write_transaction() as base:
        assert base
    with closing(sqlite3.connect(path, isolation_level=None, check_same_thread=False)) as other:
        other.execute("BEGIN IMMEDIATE")
        release = threading.Timer(0.6, other.execute, ["COMMIT"])
        release.start()
        with DisposableSqlite(path, tables, 1, patience).write_transaction() as base:
            assert (base is not None) is waited
        release.join()
