"""Small files next to movies are created and replaced, but never overwrite other changes."""

from __future__ import annotations

import contextlib
import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mediakeep.errors import ConcurrentChange, UndoRefused, Unreadable, WriteRefused
from mediakeep.media.audio.tag_edits import SetField
from mediakeep.media.safewrite import atomic_replace, sidecar_file
from mediakeep.media.safewrite.record_and_replace import UndoContext
from mediakeep.media.undo import apply_undo, prune
from mediakeep.media.undo.apply_undo import RecordQuery
from mediakeep.media.undo.record import ChangeRecord, FieldChange
from mediakeep.media.undo.store import UndoStore
from mediakeep.movies.item import MOVIES
from mediakeep.outcome import Stamp
from mediakeep_samples.music import track_files
from tests.media import writable_files
from tests.media.failing_writes import blobs

STAMP = Stamp("20251217_session_001", "Harbour Lights (1994)", 7, 7)
OLD, NEW = (
    b"<movie>\n  <title>Old</title>\n</movie>\n",
    b"<movie>\n  <title>New</title>\n</movie>\n",
)
FIELDS = {"title": FieldChange(("Old",), ("New",), "missing-plot: as TMDb has it")}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[UndoStore]:
    with contextlib.closing(writable_files.store(tmp_path)) as one:
        yield one


@pytest.fixture
def nfo(tmp_path: Path) -> Path:
    path = tmp_path / "movies" / "Harbour Lights (1994).nfo"
    path.parent.mkdir()
    path.write_bytes(OLD)
    return path


def write(
    path: Path, data: bytes, was: bytes | None, store: UndoStore, hardlinks: str = "refuse"
) -> ChangeRecord | None:
    desk = UndoContext(store, STAMP, atomic_replace.ReplaceRules(hardlinks), MOVIES.name)
    return sidecar_file.write(path, data, was, FIELDS, desk)


def written(path: Path, data: bytes, was: bytes | None, store: UndoStore) -> ChangeRecord:
    made = write(path, data, was, store)
    assert made
    assert path.read_bytes() == data
    return made


@pytest.mark.parametrize("change", ["replace", "remove"])
def test_a_restored_file_has_its_former_time_where_times_are_kept(
    nfo: Path, store: UndoStore, change: str
) -> None:
    os.utime(nfo, ns=(10**18, 10**18))
    if change == "replace":
        written(nfo, NEW, OLD, store)
    else:
        desk = UndoContext(store, STAMP, atomic_replace.ReplaceRules(), MOVIES.name)
        assert sidecar_file.remove(nfo, OLD, FIELDS, desk)
    rules = atomic_replace.ReplaceRules(keep_mtime=True)
    step = apply_undo.plan_undo(store, RecordQuery())[0]
    redo = apply_undo.apply_undo(store, step.record, rules=rules)
    assert (nfo.read_bytes(), nfo.stat().st_mtime_ns) == (OLD, 10**18)
    assert redo
    assert redo.new.matches(nfo.stat())


def test_a_file_is_put_replaced_and_taken_back_step_by_step(
    tmp_path: Path, store: UndoStore
) -> None:
    path = tmp_path / "a.nfo"
    for was, data in ((None, OLD), (OLD, NEW), (NEW, b"third " * 5000)):
        written(path, data, was, store)
    for data in (NEW, OLD):
        apply_undo.apply_undo(store, apply_undo.plan_undo(store, RecordQuery())[0].record)
        assert path.read_bytes() == data
    apply_undo.apply_undo(store, apply_undo.plan_undo(store, RecordQuery())[0].record)
    assert [one.name for one in tmp_path.iterdir()] == ["status"]
    assert apply_undo.plan_undo(store, RecordQuery()) == []


def test_all_of_a_file_is_taken_back_at_once_and_made_again(
    tmp_path: Path, store: UndoStore
) -> None:
    path = tmp_path / "a-metadata.json"
    written(path, OLD, None, store)
    written(path, NEW, OLD, store)
    undoings = [
        apply_undo.apply_undo(store, step.record)
        for step in apply_undo.plan_undo(store, RecordQuery())
    ]
    assert not path.exists()
    for made in reversed(undoings):
        assert made
        assert made.queue == "movies"
        assert apply_undo.apply_undo(store, made)
    assert path.read_bytes() == NEW


@pytest.mark.real_disk
def test_a_file_is_removed_only_as_it_was_read_and_brought_back(
    nfo: Path, store: UndoStore
) -> None:
    desk = UndoContext(store, STAMP, atomic_replace.ReplaceRules(), MOVIES.name)
    link, other = nfo.with_name("link.nfo"), nfo.with_name("other.nfo")
    link.symlink_to(nfo.name)
    for path, was in ((nfo, NEW), (nfo, OLD[:-1]), (nfo, b""), (link, OLD)):
        with pytest.raises(ConcurrentChange):
            sidecar_file.remove(path, was, FIELDS, desk)
    other.hardlink_to(nfo)
    with pytest.raises(WriteRefused, match="2 names"):
        sidecar_file.remove(nfo, OLD, FIELDS, desk)
    other.unlink()
    assert store.find(RecordQuery()) == []
    record = sidecar_file.remove(nfo, OLD, FIELDS, desk)
    assert record
    assert not nfo.exists()
    assert sidecar_file.remove(nfo, OLD, FIELDS, desk) is None
    (step,) = apply_undo.plan_undo(store, RecordQuery())
    assert not step.refusal
    apply_undo.check_undo(store, step)
    assert apply_undo.apply_undo(store, step.record)
    assert nfo.read_bytes() == OLD


def test_the_same_bytes_are_not_written_again(nfo: Path, store: UndoStore) -> None:
    before = nfo.stat()
    for was in (OLD, None, b"other"):
        assert write(nfo, OLD, was, store) is None
    assert nfo.stat().st_mtime_ns == before.st_mtime_ns
    assert store.find(RecordQuery()) == []


@pytest.mark.parametrize("was", [None, b"", NEW, OLD + b"\n", OLD[:-1]])
def test_what_is_not_as_it_was_read_stays(nfo: Path, store: UndoStore, was: bytes | None) -> None:
    with pytest.raises(ConcurrentChange):
        write(nfo, b"ours", was, store)
    with pytest.raises(ConcurrentChange):
        sidecar_file.needs_write(nfo, b"ours", was)
    assert nfo.read_bytes() == OLD
    assert store.find(RecordQuery()) == []


def test_a_file_that_is_gone_is_not_made_again(nfo: Path, store: UndoStore) -> None:
    nfo.unlink()
    with pytest.raises(ConcurrentChange):
        write(nfo, NEW, OLD, store)
    assert not nfo.exists()


def test_what_is_due_is_told_without_a_change(nfo: Path) -> None:
    before = atomic_replace.stat_identity(nfo.stat())
    assert sidecar_file.needs_write(nfo, NEW, OLD)
    assert not sidecar_file.needs_write(nfo, OLD, None)
    assert sidecar_file.needs_write(nfo.with_suffix(".jpg"), NEW, None)
    assert atomic_replace.stat_identity(nfo.stat()) == before
    assert [one.name for one in nfo.parent.iterdir()] == [nfo.name]


@pytest.mark.real_disk
def test_mode_and_attributes_stay(nfo: Path, store: UndoStore) -> None:
    nfo.chmod(0o640)
    if sys.platform == "linux":
        os.setxattr(nfo, "user.note", b"mine")
    record = written(nfo, NEW, OLD, store)
    assert stat.S_IMODE(nfo.stat().st_mode) == 0o640
    if sys.platform == "linux":
        assert os.getxattr(nfo, "user.note") == b"mine"
    apply_undo.apply_undo(store, record)
    assert stat.S_IMODE(nfo.stat().st_mode) == 0o640


def test_the_file_that_a_link_leads_to_is_written(nfo: Path, store: UndoStore) -> None:
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


@pytest.mark.real_disk
def test_a_file_of_several_names_is_refused_unless_links_may_break(
    nfo: Path, store: UndoStore
) -> None:
    other = nfo.parent / "other.nfo"
    other.hardlink_to(nfo)
    with pytest.raises(WriteRefused, match="2 names"):
        write(nfo, NEW, OLD, store)
    with pytest.raises(WriteRefused, match="2 names"):
        sidecar_file.needs_write(nfo, NEW, OLD)
    assert write(nfo, NEW, OLD, store, "break")
    assert (nfo.read_bytes(), other.read_bytes()) == (NEW, OLD)


def test_what_is_no_small_file_is_refused(
    tmp_path: Path, store: UndoStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.mkfifo(tmp_path / "pipe.nfo")
    (tmp_path / "folder.nfo").mkdir()
    for name in ("pipe.nfo", "folder.nfo"):
        with pytest.raises(Unreadable):
            write(tmp_path / name, NEW, OLD, store)
    monkeypatch.setattr(sidecar_file, "MAX_SIZE", 10)
    (tmp_path / "large.nfo").write_bytes(OLD)
    with pytest.raises(Unreadable, match="larger than 64 MiB"):
        sidecar_file.read(tmp_path / "large.nfo")
    assert sidecar_file.read(tmp_path / "gone.nfo") is None


def test_what_somebody_changed_since_stays_and_by_force_is_kept_aside(
    nfo: Path, store: UndoStore, tmp_path: Path
) -> None:
    record = written(nfo, NEW, OLD, store)
    nfo.write_bytes(b"theirs")
    (step,) = apply_undo.plan_undo(store, RecordQuery())
    assert step.refusal == "it was changed since"
    with pytest.raises(UndoRefused, match="it was changed since"):
        apply_undo.apply_undo(store, record)
    apply_undo.check_undo(store, step)
    assert nfo.read_bytes() == b"theirs"
    made = apply_undo.apply_undo(store, record, force=True)
    assert made
    assert nfo.read_bytes() == OLD
    assert Path(made.aside).read_bytes() == b"theirs"
    assert apply_undo.apply_undo(store, made)
    assert nfo.read_bytes() == b"theirs"


def test_a_file_that_was_put_there_and_then_changed_is_rehearsed_as_a_whole(
    nfo: Path, store: UndoStore
) -> None:
    nfo.unlink()
    written(nfo, OLD, None, store)
    written(nfo, NEW, OLD, store)
    steps = apply_undo.plan_undo(store, RecordQuery())
    assert [(step.refusal, step.follows) for step in steps] == [("", False), ("", True)]
    for step in steps:
        apply_undo.check_undo(store, step)
    assert nfo.read_bytes() == NEW
    for step in steps:
        apply_undo.apply_undo(store, step.record)
    assert not nfo.exists()


def test_a_name_that_is_too_long_is_refused_before_anything_is_recorded(
    nfo: Path, store: UndoStore
) -> None:
    for tried in (write, lambda *words: sidecar_file.needs_write(*words[:3])):
        with pytest.raises(Unreadable, match="too long"):
            tried(nfo.with_name("x" * 300), NEW, None, store)
    assert not store.find(RecordQuery())


def test_an_empty_file_is_brought_back_too(nfo: Path, store: UndoStore) -> None:
    nfo.write_bytes(b"")
    record = written(nfo, NEW, b"", store)
    assert apply_undo.apply_undo(store, record)
    assert nfo.read_bytes() == b""


def test_a_picture_is_kept_once_however_often_it_is_replaced(
    tmp_path: Path, store: UndoStore
) -> None:
    poster, photo = track_files.read_seed_file("cover.jpg"), writable_files.PHOTO
    paths = [tmp_path / f"{name}-poster.jpg" for name in "ab"]
    for path in paths:
        path.write_bytes(poster)
        record = written(path, photo, poster, store)
        assert (record.kind, record.essence) == ("image/jpeg", "")
    assert [blob.read_bytes() for blob in blobs(tmp_path)] == [poster]
    for step in apply_undo.plan_undo(store, RecordQuery()):
        apply_undo.check_undo(store, step)
        apply_undo.apply_undo(store, step.record)
    assert [path.read_bytes() for path in paths] == [poster, poster]


def test_records_tell_the_kind_of_their_item(nfo: Path, music: Path, store: UndoStore) -> None:
    """Two kinds of items may have the same key."""
    written(nfo, NEW, OLD, store)
    song = writable_files.put(music, "flac")
    writable_files.write(song, store.folder.parents[1], SetField("title", ("Ebb",)))
    assert store.changed_items("movies") == {STAMP.key}
    assert store.changed_items("music") == {writable_files.STAMP.key}
    assert [
        change.path for change in store.find_effective_changes(STAMP.key, 7, queue="movies")
    ] == [str(nfo)]
    assert store.find_effective_changes(STAMP.key, 7, queue="music") == []
    for indexed in (True, False):
        if not indexed:
            (store.folder / "index.db").unlink()
            (store.folder / "index.db").mkdir()
        found = [entry.record.path for entry in store.find(RecordQuery(queue="movies"))]
        assert found == [str(nfo)]
        assert store.changed_items("movies") == {STAMP.key}


def test_what_was_taken_back_is_known_after_the_library_was_moved(
    tmp_path: Path, store: UndoStore
) -> None:
    movies = tmp_path / "movies"
    path = movies / "Series" / STAMP.key / "movie.nfo"
    path.parent.mkdir(parents=True)
    stamp = Stamp("", f"Series/{STAMP.key}", 7, 7)
    desk = UndoContext(store, stamp, atomic_replace.ReplaceRules(), MOVIES.name)
    record = sidecar_file.write(path, NEW, None, {"nfo": FieldChange((), ("sha256:x",))}, desk)
    assert record
    apply_undo.apply_undo(store, record)
    moved = movies.rename(tmp_path / "elsewhere")
    assert store.undone_values(moved / path.relative_to(movies)) == {
        "nfo": frozenset({("sha256:x",)})
    }
    assert store.undone_values(moved / "Series" / "movie.nfo") == {}


def test_forgotten_a_change_cannot_be_taken_back(nfo: Path, store: UndoStore) -> None:
    record = written(nfo, NEW, OLD, store)
    prune.prune(store, "2999")
    (entry,) = store.find(RecordQuery(id=record.id))
    with pytest.raises(UndoRefused):
        apply_undo.apply_undo(store, entry.record)
    assert nfo.read_bytes() == NEW
