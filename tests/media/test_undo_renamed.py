"""Changes are found and undone at the current paths of files after a folder was renamed."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec import structs

from mediakeep.media import undo
from mediakeep.media.undo import Query
from mediakeep.media.undoing.moves import Move
from mediakeep.media.undoing.store import Store
from tests.media import shelves
from tests.media.attempts import OTHER, rename

OLD = shelves.STAMP.key
AFTER = "2099-01-01T00:00:00+00:00"


def move(old: Path, new: Path, time: str = AFTER, **keys: str) -> Move:
    return Move(time=time, queue="music", old=str(old), new=str(new), **keys)


def renamed(tmp_path: Path, name: str = "New") -> tuple[Path, Path, Store]:
    """Change a file, and rename the folder of its artist."""
    folder = tmp_path / "music" / OLD / "Dawn"
    folder.mkdir(parents=True)
    path, store = shelves.put(folder, "mp3"), shelves.store(tmp_path)
    before = path.read_bytes()
    rename(path, store, "A")
    assert path.read_bytes() != before
    (tmp_path / "before").write_bytes(before)
    new = tmp_path / "music" / name
    (tmp_path / "music" / OLD).rename(new)
    return tmp_path / "music" / OLD, new, store


@pytest.mark.parametrize("indexed", [True, False])
def test_a_change_is_undone_in_the_renamed_folder(tmp_path: Path, indexed: bool) -> None:
    old, new, store = renamed(tmp_path)
    path = new / "Dawn" / "a.mp3"
    path = next(new.rglob("*.mp3"))
    (refused,) = undo.plan(store, Query(item=OLD))
    assert refused.refusal, "nobody knows yet where the folder is"
    if not indexed:
        (store.folder / "index.db").unlink(missing_ok=True)
        (store.folder / "index.db").mkdir()
        store = shelves.store(tmp_path)
    store.follow([move(old, new, item=OLD, renamed="New")])
    for query in (
        Query(item="New"),
        Query(path=str(path)),
        Query(file=str(path)),
        Query(below=str(new)),
        Query(below=str(new.parent)),
        Query(item="New", below=str(new / path.parent.name)),
    ):
        (step,) = undo.plan(store, query)
        assert (step.record.path, step.record.item, step.refusal) == (str(path), "New", "")
    for query in (Query(item=OLD), Query(path=str(old / "x")), Query(below=str(old))):
        assert undo.plan(store, query) == []
        assert not store.knows(query)
    assert store.items("music") == {"New"}
    assert undo.apply(store, step.record, OTHER)
    assert path.read_bytes() == (tmp_path / "before").read_bytes()
    assert undo.undone(store, path) == {"title": {("A",)}}, "and no batch makes it again"


def test_what_is_changed_after_the_move_stays_where_it_is(tmp_path: Path) -> None:
    """A later folder with the old name is another one."""
    old, new, store = renamed(tmp_path)
    (first,) = store.find(Query())
    store.follow([move(old, new, time=first.record.time, item=OLD, renamed="New")])
    record = structs.replace(first.record, id="later", time="2098-01-01T00:00:00+00:00")
    store.add(record, {})
    assert [entry.record.item for entry in store.find(Query(item=OLD))] == [OLD]
    assert [entry.record.id for entry in store.find(Query(below=str(old)))] == ["later"]
    assert [entry.record.id for entry in store.find(Query(item="New"))] == [first.record.id]


def test_several_moves_follow_one_another(tmp_path: Path) -> None:
    old, new, store = renamed(tmp_path)
    third, moved = tmp_path / "music" / "Third", tmp_path / "other"
    store.follow([move(old, new, item=OLD, renamed="New")])
    store.follow([move(new, third, item="New", renamed="Third")])
    store.follow([move(tmp_path / "music", moved)])
    new.rename(third)
    (tmp_path / "music").rename(moved)
    path = next(moved.rglob("*.mp3"))
    (step,) = undo.plan(store, Query(item="Third"))
    assert (step.record.path, step.refusal) == (str(path), "")
    assert store.place(str(old)) == str(moved / "Third")
    (moved / "Third").rename(moved / OLD)
    store.follow([move(moved / "Third", moved / OLD, item="Third", renamed=OLD)])
    (step,) = undo.plan(store, Query(file=str(moved / OLD / path.relative_to(moved / "Third"))))
    assert (step.record.item, step.refusal) == (OLD, "")


def test_moves_that_are_torn_noted_twice_or_of_another_kind_do_no_harm(tmp_path: Path) -> None:
    old, new, store = renamed(tmp_path)
    here = move(old, new, item=OLD, renamed="New")
    store.follow([here, here, structs.replace(here, queue="movies", new="/elsewhere")])
    with (store.folder / "moves.jsonl").open("ab") as stream:
        stream.write(b'{"op":"move","time":"')
    (step,) = undo.plan(store, Query(item="New"))
    assert step.refusal == ""
    store.follow([here])
    assert len((store.folder / "moves.jsonl").read_bytes().splitlines()) == 4


def test_a_home_without_records_gets_no_notes(tmp_path: Path) -> None:
    store = Store(tmp_path / "status" / "undo")
    store.follow([move(tmp_path / "a", tmp_path / "b")])
    assert not (tmp_path / "status").exists()


def test_a_move_into_a_folder_of_its_own_counts_once_if_noted_twice(tmp_path: Path) -> None:
    store = shelves.store(tmp_path)
    store.folder.mkdir(parents=True, exist_ok=True)
    into = tmp_path / "music" / "library"
    for time in (AFTER, AFTER.replace("-01T", "-02T")):
        store.follow([move(into.parent, into, time)])
    assert store.place(str(into.parent / OLD / "a.mp3")) == str(into / OLD / "a.mp3")
