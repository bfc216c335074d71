"""Each call of each operation fails once, as on a full or failing disk: what was promised holds."""

from __future__ import annotations

import contextlib
import errno
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mediakeep.errors import RecordNotWritten
from mediakeep.music.item import MUSIC
from mediakeep.queue import readonly
from mediakeep.queue.queue import Queue
from tests.crash import faults, script
from tests.crash.faults import Refusal
from tests.crash.test_every_call import copy_folder, follow, prepare, restore
from tests.queue import rig
from tests.sampling import each_row, some


def fold(queue: Queue) -> None:
    with queue._store.hold_lock():
        queue._store.read_new_changes()
        queue._store.try_rewrite_snapshot()


def settle_and_fold(queue: Queue) -> None:
    rig.settle(queue, 1)
    fold(queue)


ACTS: dict[str, Callable[[Queue], Any]] = {
    "a claim and a settle": lambda queue: rig.settle(queue, 1),
    "a rewrite": fold,
    "a settle and a rewrite": settle_and_fold,
    "a checkpoint": lambda queue: queue.write_checkpoint(),
}

REFUSALS = (errno.ENOSPC, errno.EIO)  # of a full disk, of a failing one


def check_disk(queue: Queue) -> None:
    """What this process knows, anybody reads."""
    seen = readonly.load_state(queue.location.folder, MUSIC)
    assert seen.items == queue.state.items
    assert seen.seq == queue.state.seq


# Every act and both refusals in each run, all of their pairs in slow ones.
@pytest.mark.parametrize(
    ("name", "number"), some(((act, refusal) for act in ACTS for refusal in REFUSALS), 3)
)
def test_a_call_that_fails_costs_no_record_and_no_later_one(
    name: str, number: int, memory: Path
) -> None:
    where = prepare(memory / "prepared")
    tried = 0
    while True:
        tried += 1
        copy = copy_folder(where, memory / "copy")
        with Queue.open(copy, MUSIC) as queue:
            queue.begin_session()
            rig.settle(queue, 1)
            known, poisoned = queue.state.seq, False
            with Refusal(tried, number) as refusal:
                try:
                    ACTS[name](queue)
                except RecordNotWritten:
                    poisoned = refusal.refused is not None and refusal.refused.name == "sync"
                except OSError:
                    assert "checkpoint" in name
            assert queue.state.seq >= known
            if poisoned:
                with pytest.raises(RecordNotWritten):
                    queue.commit(script.note("too late"))
            else:
                check_disk(queue)
                queue.commit(script.note("goes on"))
                check_disk(queue)
            items = dict(queue.state.items)
        with Queue.open(copy, MUSIC) as queue:
            assert _without_sessions(queue) == _given_back(items)
            queue.commit(script.note("next time"))
        assert not list(copy.folder.glob("aside/unseen*"))
        if refusal.refused is None:
            break
    assert tried > 3


def _given_back(items: dict[str, Any]) -> dict[str, Any]:
    return {key: (item.settled, item.note, item.issues_found) for key, item in items.items()}


def _without_sessions(queue: Queue) -> dict[str, Any]:
    return _given_back(queue.state.items)


@pytest.mark.loop
@pytest.mark.parametrize("number", some(REFUSALS, 2))
def test_a_restore_that_fails_is_done_at_the_next_look(number: int, memory: Path) -> None:
    where = prepare(memory / "prepared")
    wanted = copy_folder(where, memory / "wanted")
    restore(wanted)
    with Queue.open(wanted, MUSIC) as queue:
        items = dict(queue.state.items)
    tried = 0
    while True:
        tried += 1
        copy = copy_folder(where, memory / "copy")
        with Queue.open(copy, MUSIC) as queue:
            queue.begin_session()
            known = queue.state.seq
            restore(copy)
            with Refusal(tried, number) as refusal, contextlib.suppress(OSError, RecordNotWritten):
                follow(queue)
            follow(queue)
            assert queue.state.items == items
            assert queue.state.seq > known
            check_disk(queue)
            assert rig.asides(copy)
            queue.commit(script.note("goes on"))
        if refusal.refused is None:
            break
    assert tried > 20


@each_row("point", ["before seal", "after seal", "renamed", "history torn"])
def test_a_rewrite_that_fails_never_fails_the_commit(
    point: str, memory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mediakeep.queue.store.REWRITE_LEAST", 0)
    monkeypatch.setattr("mediakeep.queue.store.REWRITE_SHARE", 0)
    phase, fits = faults.POINTS[point]
    fired = []

    def refuse(call: Any) -> None:
        if fits(call) and not fired:
            fired.append(call)
            raise OSError(errno.ENOSPC, "No space left on device")

    with rig.make(rig.at(memory), 9) as queue:
        queue.begin_session()
        before, after = (refuse, faults.ignore) if phase != "after" else (faults.ignore, refuse)
        with faults.Tap(before, after):
            for _ in range(4):
                rig.settle(queue, 1)
                check_disk(queue)
        assert fired
        assert any("could not be rewritten" in warning for warning in queue.take_warnings())
        rig.settle(queue, 1)
        check_disk(queue)
