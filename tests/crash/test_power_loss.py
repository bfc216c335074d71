"""After a power loss at any moment the queue opens, and nothing that was promised is lost."""

from __future__ import annotations

import itertools
import os
import random
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from mediakeep.errors import MediakeepError, NoQueue, SnapshotDamaged
from mediakeep.item import Item
from mediakeep.kinds import MUSIC
from mediakeep.queue import adoption, binding, snapshot
from mediakeep.queue.store import Store

from tests.crash import faults, script
from tests.crash.disk import Disk, Left
from tests.crash.script import Life, Mark
from tests.crash.tap import Call
from tests.queue import rig

MEMORY = Path("/dev/shm")
SAMPLE = 350


@dataclass
class Tally:
    """What came of the states that were tried."""

    states: int = 0
    refused: int = 0  # a torn file of a person's: told, and rebuilt
    violations: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True)
class Case:
    """What a power loss left behind, and what must be found in it."""

    files: dict[str, Left]
    last: Mark | None  # the last promise
    next: Mark | None  # what was under way


@pytest.fixture(scope="module")
def bench() -> Iterator[Path]:
    """A folder in memory, where the system has one: nothing here is about the real disk."""
    folder = Path(tempfile.mkdtemp(dir=MEMORY if MEMORY.is_dir() else None))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def life(bench: Path) -> Life:
    with pytest.MonkeyPatch.context() as monkeypatch:
        return script.record(bench / "life", monkeypatch)


@pytest.fixture(autouse=True)
def _nobody_is_copying(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the queue look again without a pause where it is damaged."""
    monkeypatch.setattr(snapshot, "_PAUSE", 0)


def cases(life: Life, drop: Callable[[Call], bool]) -> Iterator[Case]:
    """Give every case, moment by moment; the calls to be dropped are never made."""
    chance = random.Random(1)
    disk, last, left = Disk(life.root), None, life.marks()
    known: set[int] = set()
    for event in life.events:
        if isinstance(event, Mark):
            last = left.pop(0)
        elif not drop(event):
            disk.take(event)
        for files in disk.states(chance):
            case = Case(files, last, left[0] if left else None)
            seen = hash((frozenset(files.items()), last and last.seq))
            if seen not in known:
                known.add(seen)
                yield case


def lay_out(case: Case, life: Life, folder: Path) -> None:
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


def store(folder: Path) -> Store:
    where = rig.at(folder, rig.Clock())
    if not binding.present(where.folder):
        raise NoQueue("music", folder, "", "")
    opened = Store(where, MUSIC, adoption.adopt)
    with opened.locked():
        opened.follow()
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
        rebuilt = binding.rebuild(rig.at(folder).folder, MUSIC)
        if not (case.last and case.last.person and rebuilt and rebuilt.items == case.last.items):
            tally.violations["cannot be read"] += 1
        tally.refused += 1
        return
    except (MediakeepError, OSError) as error:
        tally.violations[type(error).__name__] += 1
        return
    if not _allowed(case, opened.state.items, opened.state.seq):
        tally.violations["lost"] += 1
        return
    _go_on(case, opened, folder, tally)


def _allowed(case: Case, items: dict[str, Item], seq: int) -> bool:
    known = [mark.items for mark in (case.last, case.next) if mark]
    return items in known and seq >= (case.last.seq if case.last else 0)


def _go_on(case: Case, opened: Store, folder: Path, tally: Tally) -> None:
    try:
        opened.commit(script.note("second start"))
        items = dict(opened.state.items)
        opened.close()
        again = store(folder)
        if again.state.items != items:
            tally.violations["lost at the second start"] += 1
        again.close()
        torn_copy = case.last and case.last.person  # of a person's: that is a stranger's
        if not torn_copy and any(rig.at(folder).folder.glob("aside/unseen*")):
            tally.violations["own file taken for a stranger's"] += 1
    except (MediakeepError, OSError) as error:
        tally.violations[f"{type(error).__name__} at the second start"] += 1


def sampled(given: Iterator[Case], count: int) -> list[Case]:
    """Choose so many, each with the same chance, without keeping the others."""
    chance, chosen = random.Random(2), list(itertools.islice(given, count))
    for number, case in enumerate(given, len(chosen)):
        place = chance.randrange(number + 1)
        if place < count:
            chosen[place] = case
    return chosen


def tried(life: Life, bench: Path, drop: Callable[[Call], bool], share: int | None) -> Tally:
    """Try a share of the cases, or all."""
    tally = Tally()
    chosen = cases(life, drop)
    if share:
        chosen = iter(sampled(chosen, share))
    for case in chosen:
        lay_out(case, life, bench / "case")
        judge(case, bench / "case", tally)
    print(f"{tally.states} states, {tally.refused} refused, {dict(tally.violations)}")
    return tally


SIZES = [SAMPLE, pytest.param(None, marks=pytest.mark.slow)]


@pytest.mark.parametrize("share", SIZES)
def test_nothing_that_was_promised_is_lost(life: Life, bench: Path, share: int | None) -> None:
    tally = tried(life, bench, lambda _: False, share)
    assert tally.states > 300
    assert tally.violations == {}
    assert tally.refused  # torn copies were among the cases


def _sync(name: str, part: str) -> Callable[[Call], bool]:
    return lambda call: call.name == name and part in call.path


MUTATIONS = {
    "the commit's": lambda call: call.name == "sync" and faults.journal(call),
    "the folders'": lambda call: call.name == "fsync",
    "the snapshot's": _sync("sync", ".tmp"),
}


@pytest.mark.parametrize("share", SIZES)
@pytest.mark.parametrize("drop", MUTATIONS.values(), ids=MUTATIONS)
def test_without_one_of_its_syncs_something_would_be(
    life: Life, bench: Path, drop: Callable[[Call], bool], share: int | None
) -> None:
    assert tried(life, bench, drop, share).violations.total() > 0


def test_the_life_holds_all_that_a_queue_does(life: Life) -> None:
    calls = {event.name for event in life.events if isinstance(event, Call)}
    wanted = {"open", "write", "pwrite", "ftruncate", "sync", "fsync", "mkdir"}
    assert calls == wanted | {"link", "unlink", "replace"}
    folders = {Path(event.path).parent.name for event in life.events if isinstance(event, Call)}
    assert {"processing_queue.journal", "checkpoints", "history", "aside"} <= folders
