"""Each call of a write of tags, and of its undoing, is cut off once and fails once.

Afterwards the file is the old one or the new one, and all can be walked back to the first byte.
"""

from __future__ import annotations

import contextlib
import errno
import shutil
from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest

from mediakeep import atomic_files
from mediakeep.errors import MediakeepError
from mediakeep.media.safewrite import write_tags
from mediakeep.media.safewrite.write_tags import SetCover, SetField
from mediakeep.media.undo import apply_undo
from mediakeep.media.undo.apply_undo import RecordQuery
from mediakeep.media.undo.store import UndoStore
from tests.crash.faults import Cut, Dead, Refusal, Tap
from tests.media import writable_files
from tests.media.failing_writes import FORMATS, copy_by_hand
from tests.sampling import some

GROWN = [SetCover(writable_files.IMAGE, "image/png"), SetField("title", ("Ebb " * 2000,))]
FITTING = [SetField("title", ("Ebb",))]


class Yard:
    """A file that was changed twice, so that a picture is to be kept; made anew for every try."""

    def __init__(self, root: Path, name: str) -> None:
        self.root, self.file = root / "yard", f"a.{name.rpartition('.')[2]}"
        self._prepared = root / "prepared"
        shutil.rmtree(self._prepared, ignore_errors=True)
        self.first = writable_files.whole(name)
        self.begin(empty=True)
        for changes in (FITTING, GROWN):
            assert write_tags.write(self.path, changes, self.store(), queue="music")
        self.old = self.path.read_bytes()
        self.root.rename(self._prepared)

    @property
    def path(self) -> Path:
        return self.root / "music" / self.file

    def store(self) -> UndoStore:
        return UndoStore(self.root / "status" / "undo")

    def begin(self, *, empty: bool = False) -> None:
        shutil.rmtree(self.root, ignore_errors=True)
        if empty:
            self.path.parent.mkdir(parents=True)
            self.path.write_bytes(self.first)
        else:
            shutil.copytree(self._prepared, self.root)

    def judge(self, new: bytes) -> str:
        """Tell which version is there, and walk it back; what was left beside it can be swept."""
        found = {self.old: "old", new: "new"}.get(self.path.read_bytes(), "damaged")
        atomic_files.remove_stale_temp_files(self.path.parent, older=-1)
        assert list(self.path.parent.iterdir()) == [self.path]
        store = self.store()
        for step in apply_undo.plan_undo(store, RecordQuery()):
            if not step.record.undoes:
                assert step.refusal == ""
                apply_undo.apply_undo(store, step.record)
        assert self.path.read_bytes() == self.first
        store.close()
        return found


def write(yard: Yard) -> None:
    store = yard.store()
    write_tags.write(
        yard.path,
        [SetField("album", ("Flood",)), SetCover(b"GIF89a", "image/gif")],
        store,
        queue="music",
    )


def take_back(yard: Yard) -> None:
    store = yard.store()
    (step, *_) = apply_undo.plan_undo(store, RecordQuery())
    apply_undo.apply_undo(store, step.record)


ACTS: dict[str, Callable[[Yard], None]] = {"write": write, "undo": take_back}

# Undoing puts bytes back whatever they mean; two formats show it, all do by hand.
TRIALS = [
    *(pytest.param(name, "write") for name in FORMATS),
    *(pytest.param(name, "undo") for name in ("mp3", "ogg")),
    *(pytest.param(name, "undo", marks=pytest.mark.slow) for name in ("m4a", "flac", "opus")),
]


def become(yard: Yard, act: str) -> bytes:
    """Do it undisturbed, and return the new file."""
    yard.begin()
    ACTS[act](yard)
    return yard.path.read_bytes()


@pytest.fixture(autouse=True)
def _by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    copy_by_hand(monkeypatch)


def trial(yard: Yard, act: str, tap: Tap) -> MediakeepError | None:
    """Do it once under a tap."""
    yard.begin()
    try:
        with tap, contextlib.suppress(Dead):
            ACTS[act](yard)
    except MediakeepError as error:
        return error
    return None


@pytest.mark.parametrize(("name", "act"), some(TRIALS, 6))
def test_wherever_it_is_cut_off_the_file_is_the_old_or_the_new_one(
    memory: Path, name: str, act: str
) -> None:
    yard = Yard(memory, name)
    new, ends = become(yard, act), list[str]()
    for number in count(1):
        cut = Cut(number, 0.5)
        assert trial(yard, act, cut) is None
        ends.append(yard.judge(new))
        if not cut.fired:
            break
    assert ends == sorted(ends, key=["old", "new"].index)
    assert ends.count("old") > 4
    assert ends.count("new") > 1


@pytest.mark.parametrize(("name", "act"), some(TRIALS, 6))
def test_whatever_fails_the_file_is_the_old_one_or_all_was_well(
    memory: Path, name: str, act: str
) -> None:
    yard = Yard(memory, name)
    new, failed = become(yard, act), 0
    for place in count(1):
        refusal = Refusal(place, (errno.ENOSPC, errno.EIO)[place % 2])
        error = trial(yard, act, refusal)
        failed += error is not None
        assert not list(yard.path.parent.glob(".*"))
        assert yard.judge(new) == ("old" if error else "new"), refusal.refused
        if not refusal.refused:
            break
    assert failed > 4
