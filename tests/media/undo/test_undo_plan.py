"""The records determine which changes can be undone, and which were."""

from __future__ import annotations

from pathlib import Path

import pytest

from mediakeep.errors import UndoRefused
from mediakeep.media.undo import apply_undo
from mediakeep.media.undo.apply_undo import RecordQuery
from mediakeep.media.undo.store import UndoStore
from mediakeep.outcome import Stamp
from tests.media import writable_files
from tests.media.failing_writes import OTHER, rename


def titles(store: UndoStore, query: RecordQuery) -> list[tuple[tuple[str, ...], str]]:
    return [
        (step.record.fields["title"].new, step.refusal)
        for step in apply_undo.plan_undo(store, query)
    ]


def test_changes_are_taken_back_from_the_last_to_the_first(tmp_path: Path) -> None:
    path, store = writable_files.put(tmp_path, "opus"), writable_files.store(tmp_path)
    for text in "ABC":
        rename(path, store, text)
    assert titles(store, RecordQuery(session=writable_files.STAMP.session)) == [
        (("C",), ""),
        (("B",), ""),
        (("A",), ""),
    ]
    for step in apply_undo.plan_undo(store, RecordQuery(session=writable_files.STAMP.session)):
        apply_undo.apply_undo(store, step.record, OTHER)
    assert path.read_bytes() == writable_files.whole("opus")
    assert apply_undo.plan_undo(store, RecordQuery(session=writable_files.STAMP.session)) == []
    assert apply_undo.plan_undo(store, RecordQuery(path=str(path.resolve()))) == []


def test_an_undoing_is_taken_back_by_its_own_session(tmp_path: Path) -> None:
    path, store = writable_files.put(tmp_path, "m4a"), writable_files.store(tmp_path)
    rename(path, store, "A")
    rename(path, store, "B")
    new = path.read_bytes()
    for step in apply_undo.plan_undo(store, RecordQuery(session=writable_files.STAMP.session)):
        apply_undo.apply_undo(store, step.record, OTHER)
    for step in apply_undo.plan_undo(store, RecordQuery(session=OTHER.session)):
        assert not step.refusal
        apply_undo.apply_undo(store, step.record)
    assert path.read_bytes() == new
    assert len(apply_undo.plan_undo(store, RecordQuery(session=writable_files.STAMP.session))) == 2


def test_a_change_that_another_session_changed_again_names_that_session(tmp_path: Path) -> None:
    path, store = writable_files.put(tmp_path, "mp3"), writable_files.store(tmp_path)
    record = rename(path, store, "A")
    rename(path, store, "B", OTHER)
    said = f"session {OTHER.session} changed it since"
    assert titles(store, RecordQuery(session=writable_files.STAMP.session)) == [(("A",), said)]
    with pytest.raises(UndoRefused):
        apply_undo.apply_undo(store, record)


def test_a_copy_with_another_inode_is_known_by_its_hash(tmp_path: Path) -> None:
    path, store = writable_files.put(tmp_path, "mp3"), writable_files.store(tmp_path)
    rename(path, store, "A")
    data = path.read_bytes()
    path.unlink()
    path.write_bytes(data)
    assert titles(store, RecordQuery()) == [(("A",), "")]


def test_repairs_are_counted_since_the_first_claim_without_those_taken_back(tmp_path: Path) -> None:
    path, store = writable_files.put(tmp_path, "mp3"), writable_files.store(tmp_path)
    first = rename(path, store, "A", Stamp("one", "Anna", 5, 5))
    second = rename(path, store, "B", Stamp("two", "Anna", 6, 5))
    third = rename(path, store, "C", Stamp("two", "Anna", 9, 9))
    assert store.find_effective_changes("Anna", 5, queue="music") == [first, second, third]
    back = apply_undo.apply_undo(store, third, OTHER)
    assert store.find_effective_changes("Anna", 9, queue="music") == []
    assert back
    apply_undo.apply_undo(store, back)
    assert store.find_effective_changes("Anna", 9, queue="music") == [third]


# What was taken back is remembered


def test_an_undone_value_is_remembered_until_it_is_there_again(tmp_path: Path) -> None:
    path, store = writable_files.put(tmp_path, "ogg"), writable_files.store(tmp_path)
    assert apply_undo.undone_values(store, path) == {}
    first = rename(path, store, "A")
    back = apply_undo.apply_undo(store, first)
    assert apply_undo.undone_values(store, path) == {"title": {("A",)}}
    apply_undo.apply_undo(store, rename(path, store, "B"))
    assert apply_undo.undone_values(store, path) == {"title": {("A",), ("B",)}}
    rename(path, store, "A")
    assert apply_undo.undone_values(store, path) == {"title": {("B",)}}
    assert back
    assert apply_undo.undone_values(store, tmp_path / "other.ogg") == {}


def test_an_undoing_that_was_undone_is_forgotten(tmp_path: Path) -> None:
    path, store = writable_files.put(tmp_path, "ogg"), writable_files.store(tmp_path)
    back = apply_undo.apply_undo(store, rename(path, store, "A"))
    assert back
    again = apply_undo.apply_undo(store, back)
    assert apply_undo.undone_values(store, path) == {}
    assert again
    apply_undo.apply_undo(store, again)
    assert apply_undo.undone_values(store, path) == {"title": {("A",)}}
