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

from mediakeep.errors import MediakeepError, NotUndone, Refused, StateDamaged, Unreadable
from mediakeep.media import additions, swap, undo
from mediakeep.media.undo import Query
from mediakeep.media.undoing import pruning
from mediakeep.media.undoing.ending import Desk, Draft
from mediakeep.media.undoing.record import Changed, Record
from mediakeep.media.undoing.store import FORGOTTEN, Store
from mediakeep.rehearsal import tracks
from tests.crash.faults import Cut, Dead, Refusal
from tests.crash.tap import Tap
from tests.media import shelves
from tests.media.attempts import blobs

IMAGE = tracks.seed("cover.jpg")
FIELDS = {"cover_file": Changed((), ("sha256:x",), "missing-cover: a cover")}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with contextlib.closing(shelves.store(tmp_path)) as one:
        yield one


def put(path: Path, store: Store, data: bytes = IMAGE) -> Record | None:
    draft = Draft("image/jpeg", additions.EMPTY, {}, FIELDS)
    return additions.put(path, data, draft, Desk(store, shelves.STAMP, swap.Rules()))


def put_one(path: Path, store: Store) -> Record:
    made = put(path, store)
    assert made
    return made


def walk_back(store: Store) -> list[str]:
    """Undo all changes possible; return the reasons for the rest."""
    refused = []
    for step in undo.plan(store, Query()):
        try:
            undo.apply(store, step.record)
        except NotUndone as error:
            refused.append(str(error))
    return refused


def test_a_file_is_put_where_none_was_and_taken_away_and_brought_back(
    music: Path, store: Store
) -> None:
    path = music / "cover.jpg"
    before = list(music.iterdir())
    record = put_one(path, store)
    assert path.read_bytes() == IMAGE
    assert stat.S_IMODE(path.stat().st_mode) == 0o666 & ~umask()
    assert [entry.state for entry in store.find(Query())] == ["done"]
    back = undo.apply(store, record)
    assert back
    assert list(music.iterdir()) == before
    again = undo.apply(store, back)
    assert again
    assert path.read_bytes() == IMAGE
    assert [one.name for one in music.iterdir()] == ["cover.jpg"]
    assert undo.apply(store, again)
    assert list(music.iterdir()) == before
    assert back.undoes == record.id
    assert store.undone(path) == {"cover_file": frozenset({("sha256:x",)})}


def umask() -> int:
    found = os.umask(0)
    os.umask(found)
    return found


@pytest.mark.parametrize("kind", ["file", "empty", "folder", "link", "dead link"])
def test_what_is_there_is_never_replaced(music: Path, store: Store, kind: str) -> None:
    path = music / "cover.jpg"
    make: dict[str, Callable[[], object]] = {
        "file": lambda: path.write_bytes(b"theirs"),
        "empty": path.touch,
        "folder": path.mkdir,
        "link": lambda: path.symlink_to(__file__),
        "dead link": lambda: path.symlink_to("nowhere"),
    }
    make[kind]()
    before = path.lstat()
    assert put(path, store) is None
    assert path.lstat() == before
    assert store.find(Query()) == []


def test_one_that_comes_at_the_last_moment_is_not_replaced_either(
    music: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, link = music / "cover.jpg", os.link

    def late(source: Path, target: Path) -> None:
        path.write_bytes(b"theirs")
        link(source, target)

    monkeypatch.setattr(os, "link", late)
    assert put(path, store) is None
    assert path.read_bytes() == b"theirs"
    assert [entry.state for entry in store.find(Query())] == ["void"]
    assert undo.plan(store, Query()) == []


@pytest.mark.parametrize("late", [False, True])
def test_where_the_disk_knows_no_links_nothing_is_replaced_either(
    music: Path, store: Store, monkeypatch: pytest.MonkeyPatch, late: bool
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


def test_a_file_that_was_changed_since_stays_also_by_force(music: Path, store: Store) -> None:
    path = music / "cover.jpg"
    record = put_one(path, store)
    path.write_bytes(b"theirs")
    (step,) = undo.plan(store, Query())
    assert step.refusal == "it was changed since"
    for force in (False, True):
        with pytest.raises(NotUndone, match=r"no longer the file that was created\. It is kept"):
            undo.apply(store, record, force=force)
    with pytest.raises(NotUndone):
        undo.rehearse(store, step)
    assert path.read_bytes() == b"theirs"


@pytest.mark.parametrize("same", [False, True])
def test_a_link_is_not_the_file_that_was_put_there_wherever_it_leads(
    music: Path, tmp_path: Path, store: Store, same: bool
) -> None:
    path, other = music / "cover.jpg", tmp_path / "other.jpg"
    record = put_one(path, store)
    other.write_bytes(IMAGE if same else b"theirs")
    path.unlink()
    path.symlink_to(other)
    with pytest.raises(NotUndone):
        undo.apply(store, record)
    assert path.is_symlink()
    assert other.exists()


def test_a_file_that_is_gone_needs_no_taking_away(music: Path, store: Store) -> None:
    path = music / "cover.jpg"
    record = put_one(path, store)
    path.unlink()
    assert undo.plan(store, Query()) == []
    assert undo.apply(store, record) is None
    shutil.rmtree(music)  # as an unmounted library: then nobody can tell
    (step,) = undo.plan(store, Query())
    with pytest.raises(Unreadable):
        undo.apply(store, step.record)


def test_one_that_was_taken_away_does_not_take_the_place_of_another(
    music: Path, store: Store
) -> None:
    path = music / "cover.jpg"
    back = undo.apply(store, put_one(path, store))
    assert back
    path.write_bytes(b"theirs")
    with pytest.raises(NotUndone):
        undo.apply(store, back)
    assert path.read_bytes() == b"theirs"
    path.write_bytes(IMAGE)
    assert undo.apply(store, back) is None


def test_where_the_folder_cannot_be_written_it_is_said(store: Store) -> None:
    with tempfile.TemporaryDirectory() as folder:  # which every user may enter
        Path(folder).chmod(0o555)
        privileged = os.geteuid() == 0
        if privileged:  # root may write anywhere
            os.seteuid(65534)
        try:
            with pytest.raises(Refused, match="may not write to"):
                put(Path(folder) / "cover.jpg", store)
        finally:
            if privileged:
                os.seteuid(0)
        assert list(Path(folder).iterdir()) == []


def test_forgotten_it_stays(music: Path, store: Store) -> None:
    record = put_one(music / "cover.jpg", store)
    undo.apply(store, record)
    put_one(music / "cover.jpg", store)
    assert pruning.forget(store, "2999").records == 3
    steps = undo.plan(store, Query())
    assert [step.refusal for step in steps] == [FORGOTTEN]
    assert (music / "cover.jpg").exists()
    assert not any((store.folder / "blobs").rglob("*/*"))


def test_what_brings_a_file_back_is_kept_and_a_lost_one_is_told(
    music: Path, tmp_path: Path, store: Store
) -> None:
    back = undo.apply(store, put_one(music / "cover.jpg", store))
    assert back
    (blob,) = blobs(tmp_path)
    pruning.forget(store, "2000")
    assert blob.exists()
    blob.write_bytes(b"spoilt")
    with pytest.raises(StateDamaged):
        undo.apply(shelves.store(tmp_path), back)
    assert list(music.iterdir()) == []


# Whatever happens at any call


def begin(root: Path) -> tuple[Path, Store]:
    shutil.rmtree(root / "music", ignore_errors=True)
    shutil.rmtree(root / "status", ignore_errors=True)
    (root / "music").mkdir()
    return root / "music" / "cover.jpg", shelves.store(root)


def do(act: str, path: Path, store: Store, tap: Tap) -> MediakeepError | None:
    """Create, remove or recreate a file under a tap; the preparation runs without it."""
    record = None if act == "put" else put_one(path, store)
    if act == "bring back" and record:
        record = undo.apply(store, record)
    try:
        with tap, contextlib.suppress(Dead):
            undo.apply(store, record) if record else put(path, store)
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
        cut = Cut(number, 0.5)
        assert do(act, path, store, cut) is None
        ends.append(path.exists())
        assert not path.exists() or path.read_bytes() == IMAGE
        store = shelves.store(memory)
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
        assert walk_back(shelves.store(memory)) == []
        if not refusal.refused:
            break
    assert failed > 3
