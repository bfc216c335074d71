"""Wherever a write next to a movie is interrupted or fails, the file is the old or the new one."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
from itertools import count
from pathlib import Path

from mediakeep.errors import MediakeepError
from mediakeep.media.safewrite import atomic_replace, sidecar_file
from mediakeep.media.safewrite.record_and_replace import UndoContext
from mediakeep.media.undo import apply_undo
from mediakeep.media.undo.apply_undo import RecordQuery
from mediakeep.media.undo.record import FieldChange
from mediakeep.media.undo.store import UndoStore
from mediakeep.movies.item import MOVIES
from tests.crash.faults import InterruptingTap, ProcessDied, Refusal
from tests.crash.tap import Tap
from tests.media import writable_files
from tests.media.safewrite.test_sidecar_file import FIELDS, NEW, OLD, STAMP
from tests.sampling import each_row

LONG = NEW + b"<!-- " + os.urandom(9000).hex().encode() + b" -->"  # more than a record holds
STEPS = {
    "put": (None, NEW),
    "replace": (OLD, NEW),
    "replace what is long": (LONG, OLD),
    "take back": (NEW, OLD),
    "remove": (OLD, None),
}


def begin(root: Path, was: bytes | None) -> tuple[Path, UndoStore]:
    for name in ("movies", "status"):
        shutil.rmtree(root / name, ignore_errors=True)
    path = root / "movies" / "Harbour Lights (1994).nfo"
    path.parent.mkdir()
    if was is not None:
        path.write_bytes(was)
    return path, writable_files.store(root)


def write(path: Path, data: bytes | None, was: bytes | None, store: UndoStore) -> None:
    desk = UndoContext(store, STAMP, atomic_replace.ReplaceRules(), MOVIES.name)
    if data is not None:
        sidecar_file.write(path, data, was, FIELDS, desk)
    elif was is not None:
        sidecar_file.remove(path, was, FIELDS, desk)


def do(step: str, path: Path, store: UndoStore, tap: Tap) -> MediakeepError | None:
    """Run a step under a tap; the preparation runs without it."""
    was, data = STEPS[step]
    record = None
    if step == "take back":
        path.write_bytes(OLD)
        desk = UndoContext(store, STAMP, atomic_replace.ReplaceRules(), MOVIES.name)
        record = sidecar_file.write(path, NEW, OLD, {"plot": FieldChange()}, desk)
    try:
        with tap, contextlib.suppress(ProcessDied):
            apply_undo.apply_undo(store, record) if record else write(path, data, was, store)
    except MediakeepError as error:
        return error
    return None


def there(path: Path) -> bytes | None:
    return path.read_bytes() if path.exists() else None


def walk_back(path: Path, store: UndoStore, step: str) -> None:
    """Undo all changes possible; then the file must be as in the beginning."""
    for one in apply_undo.plan_undo(store, RecordQuery()):
        apply_undo.apply_undo(store, one.record)
    was, data = STEPS[step]
    assert there(path) == (data if step == "take back" else was)


@each_row("step", STEPS)
def test_wherever_it_is_cut_off_the_file_is_whole_and_can_be_taken_back(
    memory: Path, step: str
) -> None:
    was, data = STEPS[step]
    ends = []
    for number in count(1):
        path, store = begin(memory, was)
        cut = InterruptingTap(number, 0.5)
        assert do(step, path, store, cut) is None
        assert there(path) in (was, data)
        ends.append(there(path) == data)
        walk_back(path, writable_files.store(memory), step)
        assert [one for one in path.parent.iterdir() if one.suffix not in (".tmp", ".nfo")] == []
        if not cut.fired:
            break
    assert ends == sorted(ends)
    assert ends.count(False) > 3
    assert ends.count(True) > 1


@each_row("step", STEPS)
def test_whatever_fails_the_file_is_as_before_or_all_was_well(memory: Path, step: str) -> None:
    was, data = STEPS[step]
    failed = 0
    for place in count(1):
        path, store = begin(memory, was)
        refusal = Refusal(place, (errno.ENOSPC, errno.EIO)[place % 2])
        error = do(step, path, store, refusal)
        failed += error is not None
        assert there(path) == (was if error else data), refusal.refused
        left = [one for one in path.parent.iterdir() if one.suffix == ".tmp"]
        assert not left or (refusal.refused and refusal.refused.name == "unlink")
        walk_back(path, writable_files.store(memory), step)
        if not refusal.refused:
            break
    assert failed > 3
