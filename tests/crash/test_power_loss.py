"""After a power loss at any moment the queue opens, and nothing that was promised is lost."""

from __future__ import annotations

import itertools
import os
import random
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from mediakeep.errors import MediakeepError, NoQueue, SnapshotDamaged
from mediakeep.item import Item
from mediakeep.music.item import MUSIC
from mediakeep.queue import (
    checkpoints,
    external_change,
    item_archive,
    journal_lookup,
    snapshot,
)
from mediakeep.queue.history import event_log
from mediakeep.queue.store import QueueStore
from tests.crash import faults, script
from tests.crash.disk import Disk, FileState
from tests.crash.script import CallLog, Mark
from tests.crash.tap import FileCall
from tests.queue import rig


@dataclass
class Tally:
    """What came of the states that were tried."""

    states: int = 0
    refused: int = 0  # a torn file of the user: reported, and rebuilt
    violations: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True)
class Case:
    """What a power loss left behind, and what must be found in it."""

    files: dict[str, FileState]
    last: Mark | None  # the last promise
    next: Mark | None  # what was under way
    checkpoints: int  # written for good
    events: tuple[int, ...]  # numbers of events that the history must contain


@pytest.fixture(scope="module", params=["small", "large"])
def life(disk_folder: Path, request: pytest.FixtureRequest) -> CallLog:
    """Record the life of a queue; a large one writes its snapshots without the lock."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        if request.param == "large":
            monkeypatch.setattr("mediakeep.queue.store.LARGE_QUEUE", 0)
        # A process that gets tests of both in turn makes each life more than once.
        folder = Path(tempfile.mkdtemp(dir=disk_folder, prefix=request.param))
        return script.record(folder, monkeypatch)


@pytest.fixture(autouse=True)
def _nobody_is_copying(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the queue look again without a pause where it is damaged."""
    monkeypatch.setattr(snapshot, "_PAUSE", 0)


def cases(life: CallLog) -> Iterator[Case]:
    """Give every case, moment by moment."""
    chance = random.Random(1)
    disk, last, left = Disk(life.root), None, life.marks()
    promised, kept = 0, ()
    known: set[int] = set()
    for event in life.events:
        if isinstance(event, Mark):
            last = left.pop(0)
            promised += last.checkpoint
            kept += (last.seq,) if last.op and last.op not in event_log.TRANSIENT_OPS else ()
        else:
            disk.take(event)
        for files in disk.states(chance):
            case = Case(files, last, left[0] if left else None, promised, kept)
            seen = hash((frozenset(files.items()), last and last.seq))
            if seen not in known:
                known.add(seen)
                yield case


def lay_out(case: Case, life: CallLog, folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    first: dict[int, Path] = {}
    for path, left in case.files.items():
        target = folder / Path(path).relative_to(life.root)
        target.parent.mkdir(parents=True, exist_ok=True)
        if left.inode in first:
            os.link(first[left.inode], target)
            continue
        first[left.inode] = target
        target.write_bytes(left.data)
        os.utime(target, ns=(left.mtime, left.mtime))


def store(folder: Path) -> QueueStore:
    where = rig.at(folder, rig.Clock())
    if not journal_lookup.queue_exists(where.folder):
        raise NoQueue("music", folder, "", "")
    opened = QueueStore(where, MUSIC, external_change.accept_replaced_snapshot)
    try:
        with opened.hold_lock():
            opened.read_new_changes()
    except BaseException:
        os.close(opened._lock_handle)  # thousands of refused queues in one process
        raise
    return opened


def judge(case: Case, folder: Path, tally: Tally) -> None:
    """Open what is left, go on with it, and open it again."""
    tally.states += 1
    try:
        opened = store(folder)
    except NoQueue:
        if case.last:
            tally.violations["no queue"] += 1
        return
    except SnapshotDamaged:
        rebuilt = journal_lookup.rebuild_previous_state(rig.at(folder).folder, MUSIC)
        if not (case.last and case.last.person and rebuilt and rebuilt.items == case.last.items):
            tally.violations["cannot be read"] += 1
        tally.refused += 1
        return
    except (MediakeepError, OSError) as error:
        tally.violations[type(error).__name__] += 1
        return
    if not _allowed(case, opened.state.items, opened.state.seq):
        tally.violations["lost"] += 1
        opened.close()
        return
    if case.last and _is_lost_twice(case.last, opened, folder):
        tally.violations["a retired item is lost"] += 1
    opened.read_new_changes()
    current = opened._require_journal()
    if any(
        found.content.records
        for found in journal_lookup.iter_unsealed_journals(rig.at(folder).folder)
        if found.path != current.path
    ):
        tally.violations["an old journal could be taken for the one in use"] += 1
    if (
        len(list(checkpoints.iter_valid_checkpoints(rig.at(folder).folder, MUSIC)))
        < case.checkpoints
    ):
        tally.violations["a checkpoint is gone"] += 1
    _go_on(case, opened, folder, tally)


def _allowed(case: Case, items: dict[str, Item], seq: int) -> bool:
    known = [mark.items for mark in (case.last, case.next) if mark]
    return items in known and seq >= (case.last.seq if case.last else 0)


def _is_lost_twice(last: Mark, opened: QueueStore, folder: Path) -> bool:
    """Return whether a retired item is neither in the queue nor in the archive."""
    retired = item_archive.load_retired(rig.at(folder).folder, MUSIC)
    return not last.retired <= {*opened.state.items, *retired}


def _go_on(case: Case, opened: QueueStore, folder: Path, tally: Tally) -> None:
    try:
        opened.commit(script.note("second start"))
        items = dict(opened.state.items)
        opened.close()
        events = [event["seq"] for event in rig.events(rig.at(folder))]
        if not {*case.events} <= {*events} or events != sorted(set(events)):
            tally.violations["the history has gaps"] += 1
        again = store(folder)
        if again.state.items != items:
            tally.violations["lost at the second start"] += 1
        again.close()
        torn_copy = case.last and case.last.person  # of a user's: that is a stranger's
        if not torn_copy and any(rig.at(folder).folder.glob("aside/unseen*")):
            tally.violations["own file taken for a stranger's"] += 1
    except (MediakeepError, OSError) as error:
        tally.violations[f"{type(error).__name__} at the second start"] += 1


def try_cases(life: CallLog, memory: Path, chosen: Iterable[Case], *, first: bool = False) -> Tally:
    """Try cases; with `first`, until one of them goes wrong."""
    tally = Tally()
    for case in chosen:
        lay_out(case, life, memory / "case")
        judge(case, memory / "case", tally)
        if first and tally.violations:
            break
    print(f"{tally.states} states, {tally.refused} refused, {dict(tally.violations)}")
    return tally


@pytest.mark.parametrize("every", [300, pytest.param(1, marks=pytest.mark.slow)])
def test_nothing_that_was_promised_is_lost(life: CallLog, memory: Path, every: int) -> None:
    tally = try_cases(life, memory, itertools.islice(cases(life), 0, None, every))
    assert tally.states > 15_000 // every
    assert tally.violations == {}
    assert tally.refused  # torn copies were among the cases


def without_syncs(life: CallLog, fits: Callable[[FileCall, FileCall], bool]) -> CallLog:
    """Return the life as it had been without some of its syncs.

    Each is judged by itself and by the last call that changed the file.
    """
    kept, last = CallLog(life.root), {}
    for event in life.events:
        if isinstance(event, FileCall) and not event.name.endswith("sync"):
            last[event.path] = event
        if isinstance(event, Mark) or not fits(event, last.get(event.path, event)):
            kept.events.append(event)
    return kept


MUTATIONS = {
    "the commit's": lambda call, last: call.name == "sync" and faults.append(last),
    "the seal's": lambda call, last: call.name == "sync" and faults.seal(last),
    "the folders'": lambda call, last: call.name == "fsync",
    "the history's": lambda call, last: call.name == "sync" and "history" in call.path,
    "the archive's": lambda call, last: call.name == "sync" and "archive" in call.path,
    "the snapshot's": lambda call, last: call.name == "sync" and call.path.endswith(".tmp"),
}
Fits = Callable[[FileCall, FileCall], bool]


@pytest.mark.slow
@pytest.mark.parametrize("fits", MUTATIONS.values(), ids=MUTATIONS)
def test_without_one_of_its_syncs_something_would_be(
    life: CallLog, memory: Path, fits: Fits
) -> None:
    chosen = itertools.islice(cases(without_syncs(life, fits)), 0, None, 50)
    assert try_cases(life, memory, chosen, first=True).violations.total() == 1


@pytest.mark.slow
@pytest.mark.parametrize("fits", MUTATIONS.values(), ids=MUTATIONS)
def test_without_one_of_its_syncs_much_would_be(life: CallLog, memory: Path, fits: Fits) -> None:
    chosen = itertools.islice(cases(without_syncs(life, fits)), 0, None, 10)
    assert try_cases(life, memory, chosen).violations.total() > 100


def test_the_life_holds_all_that_a_queue_does(life: CallLog) -> None:
    calls = {event.name for event in life.events if isinstance(event, FileCall)}
    wanted = {"open", "write", "pwrite", "ftruncate", "sync", "fsync", "mkdir"}
    assert calls == wanted | {"link", "unlink", "replace"}
    folders = {Path(event.path).parent.name for event in life.events if isinstance(event, FileCall)}
    assert {"processing_queue.journal", "checkpoints", "history", "aside", "archive"} <= folders
