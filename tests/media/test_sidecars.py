"""Small files next to movies are created and replaced, but never overwrite other changes."""

from __future__ import annotations

import contextlib
import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mediakeep import kinds
from mediakeep.errors import ChangedMeanwhile, NotUndone, Refused, Unreadable
from mediakeep.media import sidecars, swap, undo
from mediakeep.media.undo import Query
from mediakeep.media.undoing import pruning
from mediakeep.media.undoing.ending import Desk
from mediakeep.media.undoing.record import Changed, Record
from mediakeep.media.undoing.store import Store
from mediakeep.outcome import Stamp
from mediakeep.rehearsal import tracks
from tests.media import shelves
from tests.media.attempts import blobs

STAMP = Stamp("20251217_session_001", "Harbour Lights (1994)", 7, 7)
OLD, NEW = (
    b"<movie>\n  <title>Old</title>\n</movie>\n",
    b"<movie>\n  <title>New</title>\n</movie>\n",
)
FIELDS = {"title": Changed(("Old",), ("New",), "missing-plot: as TMDb has it")}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with contextlib.closing(shelves.store(tmp_path)) as one:
        yield one


@pytest.fixture
def nfo(tmp_path: Path) -> Path:
    path = tmp_path / "movies" / "Harbour Lights (1994).nfo"
    path.parent.mkdir()
    path.write_bytes(OLD)
    return path


def write(
    path: Path, data: bytes, was: bytes | None, store: Store, hardlinks: str = "refuse"
) -> Record | None:
    desk = Desk(store, STAMP, swap.Rules(hardlinks), kinds.MOVIES.name)
    return sidecars.write(path, data, was, FIELDS, desk)


def written(path: Path, data: bytes, was: bytes | None, store: Store) -> Record:
    made = write(path, data, was, store)
    assert made
    assert path.read_bytes() == data
    return made


def test_a_file_is_put_replaced_and_taken_back_step_by_step(tmp_path: Path, store: Store) -> None:
    path = tmp_path / "a.nfo"
    for was, data in ((None, OLD), (OLD, NEW), (NEW, b"third " * 5000)):
        written(path, data, was, store)
    for data in (NEW, OLD):
        undo.apply(store, undo.plan(store, Query())[0].record)
        assert path.read_bytes() == data
    undo.apply(store, undo.plan(store, Query())[0].record)
    assert [one.name for one in tmp_path.iterdir()] == ["status"]
    assert undo.plan(store, Query()) == []


def test_all_of_a_file_is_taken_back_at_once_and_made_again(tmp_path: Path, store: Store) -> None:
    path = tmp_path / "a-metadata.json"
    written(path, OLD, None, store)
    written(path, NEW, OLD, store)
    undoings = [undo.apply(store, step.record) for step in undo.plan(store, Query())]
    assert not path.exists()
    for made in reversed(undoings):
        assert made
        assert made.queue == "movies"
        assert undo.apply(store, made)
    assert path.read_bytes() == NEW


def test_a_file_is_removed_only_as_it_was_read_and_brought_back(nfo: Path, store: Store) -> None:
    desk = Desk(store, STAMP, swap.Rules(), kinds.MOVIES.name)
    link, other = nfo.with_name("link.nfo"), nfo.with_name("other.nfo")
    link.symlink_to(nfo.name)
    for path, was in ((nfo, NEW), (nfo, OLD[:-1]), (nfo, b""), (link, OLD)):
        with pytest.raises(ChangedMeanwhile):
            sidecars.remove(path, was, FIELDS, desk)
    other.hardlink_to(nfo)
    with pytest.raises(Refused, match="2 names"):
        sidecars.remove(nfo, OLD, FIELDS, desk)
    other.unlink()
    assert store.find(Query()) == []
    record = sidecars.remove(nfo, OLD, FIELDS, desk)
    assert record
    assert not nfo.exists()
    assert sidecars.remove(nfo, OLD, FIELDS, desk) is None
    (step,) = undo.plan(store, Query())
    assert not step.refusal
    undo.rehearse(store, step)
    assert undo.apply(store, step.record)
    assert nfo.read_bytes() == OLD


def test_the_same_bytes_are_not_written_again(nfo: Path, store: Store) -> None:
    before = nfo.stat()
    for was in (OLD, None, b"other"):
        assert write(nfo, OLD, was, store) is None
    assert nfo.stat().st_mtime_ns == before.st_mtime_ns
    assert store.find(Query()) == []


@pytest.mark.parametrize("was", [None, b"", NEW, OLD + b"\n", OLD[:-1]])
def test_what_is_not_as_it_was_read_stays(nfo: Path, store: Store, was: bytes | None) -> None:
    with pytest.raises(ChangedMeanwhile):
        write(nfo, b"ours", was, store)
    with pytest.raises(ChangedMeanwhile):
        sidecars.due(nfo, b"ours", was)
    assert nfo.read_bytes() == OLD
    assert store.find(Query()) == []


def test_a_file_that_is_gone_is_not_made_again(nfo: Path, store: Store) -> None:
    nfo.unlink()
    with pytest.raises(ChangedMeanwhile):
        write(nfo, NEW, OLD, store)
    assert not nfo.exists()


def test_what_is_due_is_told_without_a_change(nfo: Path) -> None:
    before = nfo.stat()
    assert sidecars.due(nfo, NEW, OLD)
    assert not sidecars.due(nfo, OLD, None)
    assert sidecars.due(nfo.with_suffix(".jpg"), NEW, None)
    assert nfo.stat() == before
    assert [one.name for one in nfo.parent.iterdir()] == [nfo.name]


def test_mode_and_attributes_stay(nfo: Path, store: Store) -> None:
    nfo.chmod(0o640)
    if sys.platform == "linux":
        os.setxattr(nfo, "user.note", b"mine")
    record = written(nfo, NEW, OLD, store)
    assert stat.S_IMODE(nfo.stat().st_mode) == 0o640
    if sys.platform == "linux":
        assert os.getxattr(nfo, "user.note") == b"mine"
    undo.apply(store, record)
    assert stat.S_IMODE(nfo.stat().st_mode) == 0o640


def test_the_file_that_a_link_leads_to_is_written(nfo: Path, store: Store) -> None:
    link = nfo.parent / "link.nfo"
    link.symlink_to(nfo.name)
    record = write(link, NEW, OLD, store)
    assert record
    assert link.is_symlink()
    assert nfo.read_bytes() == NEW
    assert record.path == str(nfo)
    (nfo.parent / "dead.nfo").symlink_to("nowhere")
    with pytest.raises(Unreadable):
        write(nfo.parent / "dead.nfo", NEW, None, store)


def test_a_file_of_several_names_is_refused_unless_links_may_break(nfo: Path, store: Store) -> None:
    other = nfo.parent / "other.nfo"
    other.hardlink_to(nfo)
    with pytest.raises(Refused, match="2 names"):
        write(nfo, NEW, OLD, store)
    with pytest.raises(Refused, match="2 names"):
        sidecars.due(nfo, NEW, OLD)
    assert write(nfo, NEW, OLD, store, "break")
    assert (nfo.read_bytes(), other.read_bytes()) == (NEW, OLD)


def test_what_is_no_small_file_is_refused(
    tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.mkfifo(tmp_path / "pipe.nfo")
    (tmp_path / "folder.nfo").mkdir()
    for name in ("pipe.nfo", "folder.nfo"):
        with pytest.raises(Unreadable):
            write(tmp_path / name, NEW, OLD, store)
    monkeypatch.setattr(sidecars, "LARGEST", 10)
    (tmp_path / "large.nfo").write_bytes(OLD)
    with pytest.raises(Unreadable, match="larger than 64 MiB"):
        sidecars.read(tmp_path / "large.nfo")
    assert sidecars.read(tmp_path / "gone.nfo") is None


def test_what_somebody_changed_since_stays_and_by_force_is_kept_aside(
    nfo: Path, store: Store, tmp_path: Path
) -> None:
    record = written(nfo, NEW, OLD, store)
    nfo.write_bytes(b"theirs")
    (step,) = undo.plan(store, Query())
    assert step.refusal == "it was changed since"
    with pytest.raises(NotUndone, match="it was changed since"):
        undo.apply(store, record)
    undo.rehearse(store, step)
    assert nfo.read_bytes() == b"theirs"
    made = undo.apply(store, record, force=True)
    assert made
    assert nfo.read_bytes() == OLD
    assert Path(made.aside).read_bytes() == b"theirs"
    assert undo.apply(store, made)
    assert nfo.read_bytes() == b"theirs"


def test_a_file_that_was_put_there_and_then_changed_is_rehearsed_as_a_whole(
    nfo: Path, store: Store
) -> None:
    nfo.unlink()
    written(nfo, OLD, None, store)
    written(nfo, NEW, OLD, store)
    steps = undo.plan(store, Query())
    assert [(step.refusal, step.follows) for step in steps] == [("", False), ("", True)]
    for step in steps:
        undo.rehearse(store, step)
    assert nfo.read_bytes() == NEW
    for step in steps:
        undo.apply(store, step.record)
    assert not nfo.exists()


def test_a_name_that_is_too_long_is_refused_before_anything_is_recorded(
    nfo: Path, store: Store
) -> None:
    for tried in (write, lambda *words: sidecars.due(*words[:3])):
        with pytest.raises(Unreadable, match="too long"):
            tried(nfo.with_name("x" * 300), NEW, None, store)
    assert not store.find(Query())


def test_an_empty_file_is_brought_back_too(nfo: Path, store: Store) -> None:
    nfo.write_bytes(b"")
    record = written(nfo, NEW, b"", store)
    assert undo.apply(store, record)
    assert nfo.read_bytes() == b""


def test_a_picture_is_kept_once_however_often_it_is_replaced(tmp_path: Path, store: Store) -> None:
    poster, photo = tracks.seed("cover.jpg"), shelves.PHOTO
    paths = [tmp_path / f"{name}-poster.jpg" for name in "ab"]
    for path in paths:
        path.write_bytes(poster)
        record = written(path, photo, poster, store)
        assert (record.kind, record.essence) == ("image/jpeg", "")
    assert [blob.read_bytes() for blob in blobs(tmp_path)] == [poster]
    for step in undo.plan(store, Query()):
        undo.rehearse(store, step)
        undo.apply(store, step.record)
    assert [path.read_bytes() for path in paths] == [poster, poster]


def test_records_tell_the_kind_of_their_item(nfo: Path, music: Path, store: Store) -> None:
    """Two kinds of items may have the same key."""
    written(nfo, NEW, OLD, store)
    song = shelves.put(music, "flac")
    shelves.write(song, store.folder.parents[1], shelves.safewrite.Edit("title", ("Ebb",)))
    assert store.items("movies") == {STAMP.key}
    assert store.items("music") == {shelves.STAMP.key}
    assert [one.path for one in store.changes(STAMP.key, 7, queue="movies")] == [str(nfo)]
    assert store.changes(STAMP.key, 7) == []
    for indexed in (True, False):
        if not indexed:
            (store.folder / "index.db").unlink()
            (store.folder / "index.db").mkdir()
        found = [entry.record.path for entry in store.find(Query(queue="movies"))]
        assert found == [str(nfo)]
        assert store.items("movies") == {STAMP.key}


def test_what_was_taken_back_is_known_after_the_library_was_moved(
    tmp_path: Path, store: Store
) -> None:
    movies = tmp_path / "movies"
    path = movies / "Series" / STAMP.key / "movie.nfo"
    path.parent.mkdir(parents=True)
    stamp = Stamp("", f"Series/{STAMP.key}", 7, 7)
    desk = Desk(store, stamp, swap.Rules(), kinds.MOVIES.name)
    record = sidecars.write(path, NEW, None, {"nfo": Changed((), ("sha256:x",))}, desk)
    assert record
    undo.apply(store, record)
    moved = movies.rename(tmp_path / "elsewhere")
    assert store.undone(moved / path.relative_to(movies)) == {"nfo": frozenset({("sha256:x",)})}
    assert store.undone(moved / "Series" / "movie.nfo") == {}


def test_forgotten_a_change_cannot_be_taken_back(nfo: Path, store: Store) -> None:
    record = written(nfo, NEW, OLD, store)
    pruning.forget(store, "2999")
    (entry,) = store.find(Query(id=record.id))
    with pytest.raises(NotUndone):
        undo.apply(store, entry.record)
    assert nfo.read_bytes() == NEW
