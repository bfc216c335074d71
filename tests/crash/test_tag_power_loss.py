"""After a power loss at any moment a file is the old one or the new one, and can be undone."""

from __future__ import annotations

import functools
import itertools
import os
import random
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from mediakeep.errors import MediakeepError
from mediakeep.media.safewrite import write_tags
from mediakeep.media.safewrite.write_tags import SetCover, SetField
from mediakeep.media.undo import apply_undo
from mediakeep.media.undo.apply_undo import RecordQuery
from mediakeep.media.undo.store import UndoStore
from tests.crash.disk import Disk, FileState
from tests.crash.tap import FileCall, Tap, ignore
from tests.media import writable_files
from tests.media.failing_writes import copy_by_hand
from tests.sampling import some

IMAGE = writable_files.PHOTO[:9000]


@dataclass
class CallLog:
    """What was called while a file was changed; its versions, and where each was promised."""

    path: Path
    home: Path
    events: list[FileCall | bytes] = field(default_factory=list)  # bytes: this version is there
    versions: list[bytes] = field(default_factory=list)

    @property
    def root(self) -> Path:
        return self.path.parents[1]

    @classmethod
    def begin(cls, memory: Path, name: str, data: bytes) -> CallLog:
        """Make a file with its folder, and an empty home, in a folder for all."""
        root = Path(os.path.realpath(memory))
        path = root / name
        begun = cls(path, root / "home")
        for folder in (path.parent, begun.home):
            folder.mkdir()
            begun.events += [FileCall("mkdir", str(folder)), FileCall("fsync", str(root))]
        path.write_bytes(data)
        begun.events += [
            FileCall("open", str(path)),
            FileCall("write", str(path), "", data, -1),
            FileCall("sync", str(path)),
            FileCall("fsync", str(path.parent)),
        ]
        return begun

    def live(self, store: UndoStore, changes: Iterable[Callable[[], object]]) -> None:
        """Make the changes, then undo the last one; after each of them its version is there."""
        self._promise()
        for change in (*changes, lambda: _undo_last(store)):
            with Tap(ignore, self._take):
                change()
            self._promise()

    def _take(self, call: FileCall) -> None:
        if call.path.startswith(str(self.root)):
            self.events.append(replace(call, mtime=1))

    def _promise(self) -> None:
        self.versions.append(self.path.read_bytes())
        self.events.append(self.versions[-1])


def _undo_last(store: UndoStore) -> None:
    apply_undo.apply_undo(store, apply_undo.plan_undo(store, RecordQuery())[0].record)


Case = tuple[
    dict[str, FileState], list[bytes]
]  # what is left, and which versions of the file may be


@pytest.fixture
def life(memory: Path) -> CallLog:
    """Change a file thrice, at last so that a picture is to be kept, and undo that."""
    made = CallLog.begin(memory, "music/a.mp3", writable_files.whole("bare.mp3"))
    store = UndoStore(made.home / "status" / "undo")
    changes = (
        [SetField("title", ("Ebb",))],
        [SetCover(IMAGE, "image/png")],
        [SetField("album", ("A" * 9000,))],
    )
    with pytest.MonkeyPatch.context() as patched:
        copy_by_hand(patched)
        made.live(
            store,
            [
                functools.partial(write_tags.write, made.path, wanted, store, queue="music")
                for wanted in changes
            ],
        )
    return made


def cases(life: CallLog) -> Iterator[Case]:
    """Give every state that a power loss may leave, with the versions that may be in it."""
    chance, disk = random.Random(1), Disk(str(life.root))
    known: set[int] = set()
    allowed: list[bytes] = []
    coming = [*life.versions]
    for event in life.events:
        if isinstance(event, bytes):
            allowed = [event]
            del coming[0]
            continue
        if event.target == str(life.path):
            allowed = [*allowed, coming[0]]
        disk.take(event)
        for left in disk.states(chance) if allowed else ():  # else the first file is being made
            if (seen := hash((frozenset(left.items()), *allowed))) not in known:
                known.add(seen)
                yield left, allowed


def judge(life: CallLog, case: Case) -> str:
    """Say what is wrong with what is left, "" for nothing."""
    left, allowed = case
    for folder in (life.path.parent, life.home):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
    for name, state in left.items():
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_bytes(state.data)
    if str(life.path) not in left:
        return "gone"
    if left[str(life.path)].data not in allowed:
        return "another version"
    return _undo_all(life)


def _undo_all(life: CallLog) -> str:
    store = UndoStore(life.home / "status" / "undo")
    try:
        for step in apply_undo.plan_undo(store, RecordQuery()):
            if not step.refusal and not step.record.undoes:
                apply_undo.apply_undo(store, step.record)
    except MediakeepError as error:
        return type(error).__name__
    finally:
        store.close()
    return "" if life.path.read_bytes() == life.versions[0] else "no way back"


def try_cases(life: CallLog, chosen: Iterable[Case]) -> Counter[str]:
    counts = Counter(judge(life, case) for case in chosen)
    print(f"{counts.total()} states, {dict(counts)}")
    return counts


@pytest.mark.loop
@pytest.mark.parametrize("every", [40, pytest.param(1, marks=pytest.mark.slow)])
def test_the_old_file_or_the_new_one_is_there_with_its_way_back(life: CallLog, every: int) -> None:
    outcomes = try_cases(life, itertools.islice(cases(life), 0, None, every))
    assert outcomes.total() > 2000 // every
    assert set(outcomes) == {""}


def without_syncs(life: CallLog, fits: Callable[[FileCall], bool]) -> CallLog:
    """Return the life as it had been without some of its syncs."""
    first = life.events.index(life.versions[0])
    events = [event for event in life.events[first:] if isinstance(event, bytes) or not fits(event)]
    return replace(life, events=[*life.events[:first], *events])


SYNCS: dict[str, Callable[[FileCall], bool]] = {
    "the copy's": lambda call: call.name == "sync" and "music" in call.path,
    "the copy's folder's": lambda call: call.name == "fsync" and "music" in call.path,
    "the record's folders'": lambda call: call.name == "fsync" and call.path.endswith("status"),
    "the record's": lambda call: call.name == "sync" and call.path.endswith(".jsonl"),
    "the picture's": lambda call: call.name == "sync" and "blobs" in call.path,
    "the pictures' folders'": lambda call: call.name == "fsync" and call.path.endswith("blobs"),
}


@pytest.mark.slow
@pytest.mark.parametrize("fits", some(SYNCS.values(), 3), ids=SYNCS)
def test_without_one_of_its_syncs_that_would_not_hold(
    life: CallLog, fits: Callable[[FileCall], bool]
) -> None:
    chosen = [*cases(without_syncs(life, fits))][::-3]
    assert next(filter(None, (judge(life, case) for case in chosen)), "")


@dataclass
class GroupLife:
    """What was called while two files were changed as a group."""

    root: Path
    home: Path
    versions: dict[str, tuple[bytes, bytes]] = field(default_factory=dict)  # by path: old, new
    events: list[FileCall] = field(default_factory=list)
    begun: int = 0  # events before the group


@pytest.fixture
def group_life(memory: Path) -> GroupLife:
    root = Path(os.path.realpath(memory))
    made = GroupLife(root, root / "home")
    paths = [root / "music" / name for name in ("a.mp3", "b.mp3")]
    data = writable_files.whole("bare.mp3")
    for folder in (paths[0].parent, made.home):
        folder.mkdir()
        made.events += [FileCall("mkdir", str(folder)), FileCall("fsync", str(root))]
    for path in paths:
        path.write_bytes(data)
        made.events += [FileCall("open", str(path)), FileCall("write", str(path), "", data, -1)]
        made.events += [FileCall("sync", str(path)), FileCall("fsync", str(path.parent))]
    made.begun = len(made.events)

    def took(call: FileCall) -> None:
        if call.path.startswith(str(root)):
            made.events.append(replace(call, mtime=1))

    store = UndoStore(made.home / "status" / "undo")
    with pytest.MonkeyPatch.context() as patched:
        copy_by_hand(patched)
        with Tap(ignore, took), store.group_changes():
            for path in paths:
                write_tags.write(path, [SetField("title", ("Ebb",))], store, queue="music")
    store.close()
    made.versions = {str(path): (data, path.read_bytes()) for path in paths}
    return made


def group_faults(life: GroupLife, events: list[FileCall], every: int) -> Counter[str]:
    """Judge each so-manieth state that a power loss may leave during the group, and after it."""
    chance, disk = random.Random(1), Disk(str(life.root))
    faults: Counter[str] = Counter()
    known: set[int] = set()
    for number, event in enumerate(events, 1):
        disk.take(event)
        for left in disk.states(chance) if number > life.begun else ():
            over = number == len(events)
            if (seen := hash((frozenset(left.items()), over))) not in known:
                known.add(seen)
                if len(known) % every == 0:
                    faults[_judge_group(life, left, over=over)] += 1
    return faults


def _judge_group(life: GroupLife, left: dict[str, FileState], *, over: bool) -> str:
    for path, (old, new) in life.versions.items():
        if path not in left:
            return "gone"
        if left[path].data not in ((new,) if over else (old, new)):
            return "another version"
    for folder in (life.root / "music", life.home):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
    for name, state in left.items():
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_bytes(state.data)
    store = UndoStore(life.home / "status" / "undo")
    try:
        for step in apply_undo.plan_undo(store, RecordQuery()):
            if not step.refusal:
                apply_undo.apply_undo(store, step.record)
    except MediakeepError as error:
        return type(error).__name__
    finally:
        store.close()
    data = [Path(path).read_bytes() for path in life.versions]
    return "" if data == [old for old, _ in life.versions.values()] else "no way back"


@pytest.mark.loop
@pytest.mark.parametrize("every", [9, pytest.param(1, marks=pytest.mark.slow)])
def test_files_changed_as_a_group_are_old_or_new_and_new_after_it(
    group_life: GroupLife, every: int
) -> None:
    faults = group_faults(group_life, group_life.events, every)
    assert set(faults) == {""}
    assert faults.total() > 100 // every


@pytest.mark.loop
@pytest.mark.parametrize("every", [9, pytest.param(1, marks=pytest.mark.slow)])
def test_without_the_sync_of_its_folder_a_group_would_be_lost(
    group_life: GroupLife, every: int
) -> None:
    folder, begun = str(group_life.root / "music"), group_life.begun
    events = [
        event
        for number, event in enumerate(group_life.events)
        if number < begun or (event.name, event.path) != ("fsync", folder)
    ]
    assert len(events) == len(group_life.events) - 1  # one sync for both files
    assert group_faults(group_life, events, every)["another version"]
