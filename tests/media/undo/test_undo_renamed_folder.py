"""Changes are found and undone at the current paths of files after a folder was renamed."""

from __future__ import annotations

from pathlib import Path

from msgspec import structs

from mediakeep.media.undo import apply_undo
from mediakeep.media.undo.apply_undo import RecordQuery
from mediakeep.media.undo.moves import PathMove
from mediakeep.media.undo.store import UndoStore
from tests.media import writable_files
from tests.media.failing_writes import OTHER, rename
from tests.sampling import each_row

OLD = writable_files.STAMP.key
AFTER = "2099-01-01T00:00:00+00:00"


def move(old: Path, new: Path, time: str = AFTER, **keys: str) -> PathMove:
    return PathMove(time=time, queue="music", old=str(old), new=str(new), **keys)


def renamed(tmp_path: Path, name: str = "New") -> tuple[Path, Path, UndoStore]:
    """Change a file, and rename the folder of its artist."""
    folder = tmp_path / "music" / OLD / "Dawn"
    folder.mkdir(parents=True)
    path, store = writable_files.put(folder, "mp3"), writable_files.store(tmp_path)
    before = path.read_bytes()
    rename(path, store, "A")
    assert path.read_bytes() != before
    (tmp_path / "before").write_bytes(before)
    new = tmp_path / "music" / name
    (tmp_path / "music" / OLD).rename(new)
    return tmp_path / "music" / OLD, new, store


@each_row("indexed", [True, False])
def test_a_change_is_undone_in_the_renamed_folder(tmp_path: Path, indexed: bool) -> None:
    old, new, store = renamed(tmp_path)
    path = new / "Dawn" / "a.mp3"
    path = next(new.rglob("*.mp3"))
    (refused,) = apply_undo.plan_undo(store, RecordQuery(item=OLD))
    assert refused.refusal, "nobody knows yet where the folder is"
    if not indexed:
        (store.folder / "index.db").unlink(missing_ok=True)
        (store.folder / "index.db").mkdir()
        store = writable_files.store(tmp_path)
    store.add_moves([move(old, new, item=OLD, renamed="New")])
    for query in (
        RecordQuery(item="New"),
        RecordQuery(path=str(path)),
        RecordQuery(file=str(path)),
        RecordQuery(below=str(new)),
        RecordQuery(below=str(new.parent)),
        RecordQuery(item="New", below=str(new / path.parent.name)),
    ):
        (step,) = apply_undo.plan_undo(store, query)
        assert (step.record.path, step.record.item, step.refusal) == (str(path), "New", "")
    for query in (
        RecordQuery(item=OLD),
        RecordQuery(path=str(old / "x")),
        RecordQuery(below=str(old)),
    ):
        assert apply_undo.plan_undo(store, query) == []
        assert not store.has_record(query)
    assert store.changed_items("music") == {"New"}
    assert apply_undo.apply_undo(store, step.record, OTHER)
    assert path.read_bytes() == (tmp_path / "before").read_bytes()
    assert apply_undo.undone_values(store, path) == {"title": {("A",)}}, (
        "and no batch makes it again"
    )


def test_what_is_changed_after_the_move_stays_where_it_is(tmp_path: Path) -> None:
    """A later folder with the old name is another one."""
    old, new, store = renamed(tmp_path)
    (first,) = store.find(RecordQuery())
    store.add_moves([move(old, new, time=first.record.time, item=OLD, renamed="New")])
    record = structs.replace(first.record, id="later", time="2098-01-01T00:00:00+00:00")
    store.add(record, {})
    assert [entry.record.item for entry in store.find(RecordQuery(item=OLD))] == [OLD]
    assert [entry.record.id for entry in store.find(RecordQuery(below=str(old)))] == ["later"]
    assert [entry.record.id for entry in store.find(RecordQuery(item="New"))] == [first.record.id]


def test_several_moves_follow_one_another(tmp_path: Path) -> None:
    old, new, store = renamed(tmp_path)
    third, moved = tmp_path / "music" / "Third", tmp_path / "other"
    store.add_moves([move(old, new, item=OLD, renamed="New")])
    store.add_moves([move(new, third, item="New", renamed="Third")])
    store.add_moves([move(tmp_path / "music", moved)])
    new.rename(third)
    (tmp_path / "music").rename(moved)
    path = next(moved.rglob("*.mp3"))
    (step,) = apply_undo.plan_undo(store, RecordQuery(item="Third"))
    assert (step.record.path, step.refusal) == (str(path), "")
    assert store.present_path(str(old)) == str(moved / "Third")
    (moved / "Third").rename(moved / OLD)
    store.add_moves([move(moved / "Third", moved / OLD, item="Third", renamed=OLD)])
    (step,) = apply_undo.plan_undo(
        store, RecordQuery(file=str(moved / OLD / path.relative_to(moved / "Third")))
    )
    assert (step.record.item, step.refusal) == (OLD, "")


def test_moves_that_are_torn_noted_twice_or_of_another_kind_do_no_harm(tmp_path: Path) -> None:
    old, new, store = renamed(tmp_path)
    here = move(old, new, item=OLD, renamed="New")
    store.add_moves([here, here, structs.replace(here, queue="movies", new="/elsewhere")])
    with (store.folder / "moves.jsonl").open("ab") as stream:
        stream.write(b'{"op":"move","time":"')
    (step,) = apply_undo.plan_undo(store, RecordQuery(item="New"))
    assert step.refusal == ""
    store.add_moves([here])
    assert len((store.folder / "moves.jsonl").read_bytes().splitlines()) == 4


def test_a_home_without_records_gets_no_notes(tmp_path: Path) -> None:
    store = UndoStore(tmp_path / "status" / "undo")
    store.add_moves([move(tmp_path / "a", tmp_path / "b")])
    assert not (tmp_path / "status").exists()


def test_a_move_into_a_folder_of_its_own_counts_once_if_noted_twice(tmp_path: Path) -> None:
    store = writable_files.store(tmp_path)
    store.folder.mkdir(parents=True, exist_ok=True)
    into = tmp_path / "music" / "library"
    for time in (AFTER, AFTER.replace("-01T", "-02T")):
        store.add_moves([move(into.parent, into, time)])
    assert store.present_path(str(into.parent / OLD / "a.mp3")) == str(into / OLD / "a.mp3")
