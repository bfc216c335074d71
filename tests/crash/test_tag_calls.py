"""Each call of a write of tags, and of its undoing, is interrupted once and fails once.

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
from tests.crash.faults import InterruptingTap, ProcessDied, Refusal, Tap
from tests.media import writable_files
from tests.media.failing_writes import FORMATS, copy_by_hand
from tests.sampling import some

GROWN = [SetCover(writable_files.IMAGE, "image/png"), SetField("title", ("Ebb " * 2000,))]
FITTING = [SetField("title", ("Ebb",))]


class Workspace:
    """A file that was changed twice, so that a picture is stored; recreated for each try."""

    def __init__(self, root: Path, name: str) -> None:
        self.root, self.file = root / "workspace", f"a.{name.rpartition('.')[2]}"
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
        """Return which version is there, and undo it; leftovers next to it can be removed."""
        version = {self.old: "old", new: "new"}.get(self.path.read_bytes(), "damaged")
        atomic_files.remove_stale_temp_files(self.path.parent, older=-1)
        assert list(self.path.parent.iterdir()) == [self.path]
        store = self.store()
        for step in apply_undo.plan_undo(store, RecordQuery()):
            if not step.record.undoes:
                assert step.refusal == ""
                apply_undo.apply_undo(store, step.record)
        assert self.path.read_bytes() == self.first
        store.close()
        return version


def write(workspace: Workspace) -> None:
    store = workspace.store()
    write_tags.write(
        workspace.path,
        [SetField("album", ("Flood",)), SetCover(b"GIF89a", "image/gif")],
        store,
        queue="music",
    )


def undo(workspace: Workspace) -> None:
    store = workspace.store()
    (step, *_) = apply_undo.plan_undo(store, RecordQuery())
    apply_undo.apply_undo(store, step.record)


ACTS: dict[str, Callable[[Workspace], None]] = {"write": write, "undo": undo}

# Undo restores bytes of any meaning; two formats show it, all do by hand.
TRIALS = [
    *(pytest.param(name, "write") for name in FORMATS),
    *(pytest.param(name, "undo") for name in ("mp3", "ogg")),
    *(pytest.param(name, "undo", marks=pytest.mark.slow) for name in ("m4a", "flac", "opus")),
]


def run_undisturbed(workspace: Workspace, act: str) -> bytes:
    """Do it undisturbed, and return the new file."""
    workspace.begin()
    ACTS[act](workspace)
    return workspace.path.read_bytes()


@pytest.fixture(autouse=True)
def _by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    copy_by_hand(monkeypatch)


def run_once(workspace: Workspace, act: str, tap: Tap) -> MediakeepError | None:
    """Do it once under a tap."""
    workspace.begin()
    try:
        with tap, contextlib.suppress(ProcessDied):
            ACTS[act](workspace)
    except MediakeepError as error:
        return error
    return None


@pytest.mark.parametrize(("name", "act"), some(TRIALS, 6))
def test_after_any_interruption_the_file_is_the_old_or_the_new_one(
    memory: Path, name: str, act: str
) -> None:
    workspace = Workspace(memory, name)
    new, ends = run_undisturbed(workspace, act), list[str]()
    for number in count(1):
        cut = InterruptingTap(number, 0.5)
        assert run_once(workspace, act, cut) is None
        ends.append(workspace.judge(new))
        if not cut.fired:
            break
    assert ends == sorted(ends, key=["old", "new"].index)
    assert ends.count("old") > 4
    assert ends.count("new") > 1


@pytest.mark.parametrize(("name", "act"), some(TRIALS, 6))
def test_after_any_failure_the_file_is_the_old_or_the_new_one(
    memory: Path, name: str, act: str
) -> None:
    workspace = Workspace(memory, name)
    new, failed = run_undisturbed(workspace, act), 0
    for place in count(1):
        refusal = Refusal(place, (errno.ENOSPC, errno.EIO)[place % 2])
        error = run_once(workspace, act, refusal)
        failed += error is not None
        assert not list(workspace.path.parent.glob(".*"))
        assert workspace.judge(new) == ("old" if error else "new"), refusal.refused
        if not refusal.refused:
            break
    assert failed > 4
