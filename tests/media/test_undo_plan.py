"""The records determine which changes can be undone, and which were."""

from __future__ import annotations

from pathlib import Path

import pytest

from mediakeep.errors import NotUndone
from mediakeep.media import undo
from mediakeep.media.undo import Query
from mediakeep.media.undoing.store import Store
from mediakeep.outcome import Stamp
from tests.media import shelves
from tests.media.attempts import OTHER, rename


def titles(store: Store, query: Query) -> list[tuple[tuple[str, ...], str]]:
    return [(step.record.fields["title"].new, step.refusal) for step in undo.plan(store, query)]


def test_changes_are_taken_back_from_the_last_to_the_first(tmp_path: Path) -> None:
    path, store = shelves.put(tmp_path, "opus"), shelves.store(tmp_path)
    for text in "ABC":
        rename(path, store, text)
    assert titles(store, Query(session=shelves.STAMP.session)) == [
        (("C",), ""),
        (("B",), ""),
        (("A",), ""),
    ]
    for step in undo.plan(store, Query(session=shelves.STAMP.session)):
        undo.apply(store, step.record, OTHER)
    assert path.read_bytes() == shelves.whole("opus")
    assert undo.plan(store, Query(session=shelves.STAMP.session)) == []
    assert undo.plan(store, Query(path=str(path.resolve()))) == []


def test_an_undoing_is_taken_back_by_its_own_session(tmp_path: Path) -> None:
    path, store = shelves.put(tmp_path, "m4a"), shelves.store(tmp_path)
    rename(path, store, "A")
    rename(path, store, "B")
    new = path.read_bytes()
    for step in undo.plan(store, Query(session=shelves.STAMP.session)):
        undo.apply(store, step.record, OTHER)
    for step in undo.plan(store, Query(session=OTHER.session)):
        assert not step.refusal
        undo.apply(store, step.record)
    assert path.read_bytes() == new
    assert len(undo.plan(store, Query(session=shelves.STAMP.session))) == 2


def test_a_change_that_another_session_changed_again_names_that_session(tmp_path: Path) -> None:
    path, store = shelves.put(tmp_path, "mp3"), shelves.store(tmp_path)
    record = rename(path, store, "A")
    rename(path, store, "B", OTHER)
    said = f"session {OTHER.session} changed it since"
    assert titles(store, Query(session=shelves.STAMP.session)) == [(("A",), said)]
    with pytest.raises(NotUndone):
        undo.apply(store, record)


def test_a_copy_with_another_inode_is_known_by_its_hash(tmp_path: Path) -> None:
    path, store = shelves.put(tmp_path, "mp3"), shelves.store(tmp_path)
    rename(path, store, "A")
    data = path.read_bytes()
    path.unlink()
    path.write_bytes(data)
    assert titles(store, Query()) == [(("A",), "")]


def test_repairs_are_counted_since_the_first_claim_without_those_taken_back(tmp_path: Path) -> None:
    path, store = shelves.put(tmp_path, "mp3"), shelves.store(tmp_path)
    first = rename(path, store, "A", Stamp("one", "Anna", 5, 5))
    second = rename(path, store, "B", Stamp("two", "Anna", 6, 5))
    third = rename(path, store, "C", Stamp("two", "Anna", 9, 9))
    assert store.changes("Anna", 5) == [first, second, third]
    back = undo.apply(store, third, OTHER)
    assert store.changes("Anna", 9) == []
    assert back
    undo.apply(store, back)
    assert store.changes("Anna", 9) == [third]


# What was taken back is remembered


def test_an_undone_value_is_remembered_until_it_is_there_again(tmp_path: Path) -> None:
    path, store = shelves.put(tmp_path, "ogg"), shelves.store(tmp_path)
    assert undo.undone(store, path) == {}
    first = rename(path, store, "A")
    back = undo.apply(store, first)
    assert undo.undone(store, path) == {"title": {("A",)}}
    undo.apply(store, rename(path, store, "B"))
    assert undo.undone(store, path) == {"title": {("A",), ("B",)}}
    rename(path, store, "A")
    assert undo.undone(store, path) == {"title": {("B",)}}
    assert back
    assert undo.undone(store, tmp_path / "other.ogg") == {}


def test_an_undoing_that_was_undone_is_forgotten(tmp_path: Path) -> None:
    path, store = shelves.put(tmp_path, "ogg"), shelves.store(tmp_path)
    back = undo.apply(store, rename(path, store, "A"))
    assert back
    again = undo.apply(store, back)
    assert undo.undone(store, path) == {}
    assert again
    undo.apply(store, again)
    assert undo.undone(store, path) == {"title": {("A",)}}
