"""Files are created and removed again, and never overwrite another file."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest

from mediakeep.errors import MediakeepError, StateDamaged, UndoRefused, Unreadable, WriteRefused
from mediakeep.media.safewrite import atomic_replace, created_files
from mediakeep.media.safewrite.record_and_replace import UndoContext, UndoRecordDraft
from mediakeep.media.undo import apply_undo, prune
from mediakeep.media.undo.apply_undo import RecordQuery
from mediakeep.media.undo.record import ChangeRecord, FieldChange
from mediakeep.media.undo.store import FORGOTTEN, UndoStore
from mediakeep_samples.music import track_files
from tests.crash.faults import InterruptingTap, ProcessDied, Refusal
from tests.crash.tap import Tap
from tests.media import writable_files
from tests.media.failing_writes import blobs

IMAGE = track_files.read_seed_file("cover.jpg")
FIELDS = {"cover_file": FieldChange((), ("sha256:x",), "missing-cover: a cover")}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[UndoStore]:
    with contextlib.closing(writable_files.store(tmp_path)) as one:
        yield one


def put(path: Path, store: UndoStore, data: bytes = IMAGE) -> ChangeRecord | None:
    draft = UndoRecordDraft("image/jpeg", created_files.EMPTY_PATCH, {}, FIELDS)
    return created_files.create_file(
        path,
        data,
        draft,
        UndoContext(store, writable_files.STAMP, atomic_replace.ReplaceRules(), queue="music"),
    )


def put_one(path: Path, store: UndoStore) -> ChangeRecord:
    made = put(path, store)
    assert made
    return made


def walk_back(store: UndoStore) -> list[str]:
    """Undo all changes possible; return the reasons for the rest."""
    refused = []
    for step in apply_undo.plan_undo(store, RecordQuery()):
        try:
            apply_undo.apply_undo(store, step.record)
        except UndoRefused as error:
            refused.append(str(error))
    return refused


def test_a_file_is_put_where_none_was_and_taken_away_and_brought_back(
    music: Path, store: UndoStore
) -> None:
    path = music / "cover.jpg"
    before = list(music.iterdir())
    record = put_one(path, store)
    assert path.read_bytes() == IMAGE
    assert stat.S_IMODE(path.stat().st_mode) == 0o666 & ~umask()
    assert [entry.state for entry in store.find(RecordQuery())] == ["done"]
    back = apply_undo.apply_undo(store, record)
    assert back
    assert list(music.iterdir()) == before
    again = apply_undo.apply_undo(store, back)
    assert again
    assert path.read_bytes() == IMAGE
    assert [one.name for one in music.iterdir()] == ["cover.jpg"]
    assert apply_undo.apply_undo(store, again)
    assert list(music.iterdir()) == before
    assert back.undoes == record.id
    assert store.undone_values(path) == {"cover_file": frozenset({("sha256:x",)})}


def umask() -> int:
    found = os.umask(0)
    os.umask(found)
    return found


@pytest.mark.parametrize("kind", ["file", "empty", "folder", "link", "dead link"])
def test_what_is_there_is_never_replaced(music: Path, store: UndoStore, kind: str) -> None:
    path = music / "cover.jpg"
    make: dict[str, Callable[[], object]] = {
        "file": lambda: path.write_bytes(b"theirs"),
        "empty": path.touch,
        "folder": path.mkdir,
        "link": lambda: path.symlink_to(__file__),
        "dead link": lambda: path.symlink_to("nowhere"),
    }
    make[kind]()
    before = atomic_replace.stat_identity(path.lstat())
    assert put(path, store) is None
    assert atomic_replace.stat_identity(path.lstat()) == before
    assert store.find(RecordQuery()) == []


def test_one_that_comes_at_the_last_moment_is_not_replaced_either(
    music: Path, store: UndoStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, link = music / "cover.jpg", os.link

    def late(source: Path, target: Path) -> None:
        path.write_bytes(b"theirs")
        link(source, target)

    monkeypatch.setattr(os, "link", late)
    assert put(path, store) is None
    assert path.read_bytes() == b"theirs"
    assert [entry.state for entry in store.find(RecordQuery())] == ["void"]
    assert apply_undo.plan_undo(store, RecordQuery()) == []


@pytest.mark.parametrize("late", [False, True])
def test_where_the_disk_knows_no_links_nothing_is_replaced_either(
    music: Path, store: UndoStore, monkeypatch: pytest.MonkeyPatch, late: bool
) -> None:
    path = music / "cover.jpg"

    def refuse(*_: object) -> None:  # as FAT does; no such disk can be mounted here
        if late:
            path.write_bytes(b"theirs")
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    assert (put(path, store) is None) is late
    assert path.read_bytes() == (b"theirs" if late else IMAGE)
    assert [one.name for one in music.iterdir()] == ["cover.jpg"]
    walk_back(store)
    assert path.exists() is late


def test_a_file_that_was_changed_since_stays_also_by_force(music: Path, store: UndoStore) -> None:
    path = music / "cover.jpg"
    record = put_one(path, store)
    path.write_bytes(b"theirs")
    (step,) = apply_undo.plan_undo(store, RecordQuery())
    assert step.refusal == "it was changed since"
    for force in (False, True):
        with pytest.raises(UndoRefused, match=r"no longer the file that was created\. It is kept"):
            apply_undo.apply_undo(store, record, force=force)
    with pytest.raises(UndoRefused):
        apply_undo.check_undo(store, step)
    assert path.read_bytes() == b"theirs"


@pytest.mark.parametrize("same", [False, True])
def test_a_link_is_not_the_file_that_was_put_there_wherever_it_leads(
    music: Path, tmp_path: Path, store: UndoStore, same: bool
) -> None:
    path, other = music / "cover.jpg", tmp_path / "other.jpg"
    record = put_one(path, store)
    other.write_bytes(IMAGE if same else b"theirs")
    path.unlink()
    path.symlink_to(other)
    with pytest.raises(UndoRefused):
        apply_undo.apply_undo(store, record)
    assert path.is_symlink()
    assert other.exists()


def test_a_file_that_is_gone_needs_no_taking_away(music: Path, store: UndoStore) -> None:
    path = music / "cover.jpg"
    record = put_one(path, store)
    path.unlink()
    assert apply_undo.plan_undo(store, RecordQuery()) == []
    assert apply_undo.apply_undo(store, record) is None
    shutil.rmtree(music)  # as an unmounted library: then nobody can tell
    (step,) = apply_undo.plan_undo(store, RecordQuery())
    with pytest.raises(Unreadable):
        apply_undo.apply_undo(store, step.record)


def test_one_that_was_taken_away_does_not_take_the_place_of_another(
    music: Path, store: UndoStore
) -> None:
    path = music / "cover.jpg"
    back = apply_undo.apply_undo(store, put_one(path, store))
    assert back
    path.write_bytes(b"theirs")
    with pytest.raises(UndoRefused):
        apply_undo.apply_undo(store, back)
    assert path.read_bytes() == b"theirs"
    path.write_bytes(IMAGE)
    assert apply_undo.apply_undo(store, back) is None


def test_where_the_folder_cannot_be_written_it_is_said(store: UndoStore) -> None:
    with tempfile.TemporaryDirectory() as folder:  # which every user may enter
        Path(folder).chmod(0o555)
        privileged = os.geteuid() == 0
        if privileged:  # root may write anywhere
            os.seteuid(65534)
        try:
            with pytest.raises(WriteRefused, match="may not write to"):
                put(Path(folder) / "cover.jpg", store)
        finally:
            if privileged:
                os.seteuid(0)
        assert list(Path(folder).iterdir()) == []


def test_forgotten_it_stays(music: Path, store: UndoStore) -> None:
    record = put_one(music / "cover.jpg", store)
    apply_undo.apply_undo(store, record)
    put_one(music / "cover.jpg", store)
    assert prune.prune(store, "2999").records == 3
    steps = apply_undo.plan_undo(store, RecordQuery())
    assert [step.refusal for step in steps] == [FORGOTTEN]
    assert (music / "cover.jpg").exists()
    assert not any((store.folder / "blobs").rglob("*/*"))


def test_what_brings_a_file_back_is_kept_and_a_lost_one_is_told(
    music: Path, tmp_path: Path, store: UndoStore
) -> None:
    back = apply_undo.apply_undo(store, put_one(music / "cover.jpg", store))
    assert back
    (blob,) = blobs(tmp_path)
    prune.prune(store, "2000")
    assert blob.exists()
    blob.write_bytes(b"spoilt")
    with pytest.raises(StateDamaged):
        apply_undo.apply_undo(writable_files.store(tmp_path), back)
    assert list(music.iterdir()) == []


# Whatever happens at any call


def begin(root: Path) -> tuple[Path, UndoStore]:
    shutil.rmtree(root / "music", ignore_errors=True)
    shutil.rmtree(root / "status", ignore_errors=True)
    (root / "music").mkdir()
    return root / "music" / "cover.jpg", writable_files.store(root)


def do(act: str, path: Path, store: UndoStore, tap: Tap) -> MediakeepError | None:
    """Create, remove or recreate a file under a tap; the preparation runs without it."""
    record = None if act == "put" else put_one(path, store)
    if act == "bring back" and record:
        record = apply_undo.apply_undo(store, record)
    try:
        with tap, contextlib.suppress(ProcessDied):
            apply_undo.apply_undo(store, record) if record else put(path, store)
    except MediakeepError as error:
        return error
    return None


ACTS = {"put": (False, True), "take away": (True, False), "bring back": (False, True)}


@pytest.mark.parametrize("act", ACTS)
def test_wherever_it_is_cut_off_the_file_is_there_whole_or_not_at_all(
    memory: Path, act: str
) -> None:
    ends = []
    for number in count(1):
        path, store = begin(memory)
        cut = InterruptingTap(number, 0.5)
        assert do(act, path, store, cut) is None
        ends.append(path.exists())
        assert not path.exists() or path.read_bytes() == IMAGE
        store = writable_files.store(memory)
        assert walk_back(store) == []
        assert [one for one in path.parent.iterdir() if one.suffix != ".tmp"] == []
        if not cut.fired:
            break
    before, after = ACTS[act]
    assert ends == sorted(ends, key=[before, after].index)
    assert ends.count(before) > 3
    assert ends.count(after) > 1


@pytest.mark.parametrize("act", ACTS)
def test_whatever_fails_the_file_is_as_before_or_all_was_well(memory: Path, act: str) -> None:
    failed, (before, after) = 0, ACTS[act]
    for place in count(1):
        path, store = begin(memory)
        refusal = Refusal(place, (errno.ENOSPC, errno.EIO)[place % 2])
        error = do(act, path, store, refusal)
        failed += error is not None
        assert path.exists() is (before if error else after), refusal.refused
        assert walk_back(writable_files.store(memory)) == []
        if not refusal.refused:
            break
    assert failed > 3
