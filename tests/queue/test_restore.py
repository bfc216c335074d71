"""A plain `cp` over the queue restores exactly that file, with and without a running batch."""

from __future__ import annotations

import itertools
import re
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import pytest

from mediakeep.errors import NoQueue, SnapshotDamaged
from mediakeep.item import Item, Status
from mediakeep.music.item import MUSIC
from mediakeep.queue import journal, journal_lookup, readonly, snapshot
from mediakeep.queue.compaction import QueueLocation
from mediakeep.queue.queue import Queue
from tests.queue import rig
from tests.queue.neighbour import Neighbour
from tests.sampling import some

Put = Callable[[Path, Path], None]


@dataclass
class Scene:
    """A queue with a checkpoint at five completed items and four more completed since."""

    where: QueueLocation
    checkpoint: Path
    then: dict[str, Item]  # the items at the checkpoint
    now: dict[str, Item]
    seq: int  # of the last change
    batch: Neighbour | None  # which holds two items
    held: list[str]

    @property
    def file(self) -> Path:
        return rig.file(self.where)


@pytest.fixture(params=["alone", "under a batch"])
def scene(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Scene]:
    where = rig.at(tmp_path)
    with ExitStack() as stack:
        with rig.make(where, 20) as queue:
            queue.begin_session()
            rig.settle(queue, 5)
            rig.settle(queue, 1, rig.FAILED)
            queue.claim(1)  # held by a session that then ends
            checkpoint = queue.write_checkpoint()
            then = dict(queue.state.items)
            rig.settle(queue, 4)
            queue.end_session()
        batch, claimed = None, []
        if request.param == "under a batch":
            batch = stack.enter_context(Neighbour(where.folder))
            claimed = batch.claim(2)
        with Queue.open(where, MUSIC) as queue:
            now, seq = dict(queue.state.items), queue.state.seq
        yield Scene(where, checkpoint, then, now, seq, batch, claimed)


def pending(items: dict[str, Item]) -> dict[str, Item]:
    """Return items as a restore brings them back: what was in progress is pending."""
    state = rig.state(items)
    held = {key: {"status": "pending", "session": None, "claim": None} for key in items}
    return {
        key: state.build_changed_item(key, held[key]) if item.status is Status.IN_PROGRESS else item
        for key, item in items.items()
    }


def restored(scene: Scene) -> Queue:
    """Open the queue after a restore and check that it is the checkpoint, and nothing else."""
    queue = Queue.open(scene.where, MUSIC)
    assert queue.state.items == pending(scene.then)
    assert queue.state.seq > scene.seq
    assert queue.state.head.restored
    assert queue.state.head.restored.source == scene.checkpoint.name
    return queue


PUTS = {"written in place": rig.cp, "renamed over": rig.rename_over}


@pytest.mark.parametrize("put", PUTS.values(), ids=PUTS)
def test_a_checkpoint_copied_over_the_queue_is_the_queue(scene: Scene, put: Put) -> None:
    put(scene.checkpoint, scene.file)
    restored(scene).close()
    restored(scene).close()  # and stays it
    loaded = snapshot.load(scene.checkpoint, MUSIC)
    assert loaded.items == scene.then  # the checkpoint itself is untouched


@pytest.mark.parametrize("put", PUTS.values(), ids=PUTS)
def test_a_running_batch_notices_at_its_next_record_and_its_claims_are_void(
    scene: Scene, put: Put
) -> None:
    put(scene.checkpoint, scene.file)
    if not scene.batch:
        restored(scene).close()
        return
    assert scene.batch.settle(scene.held[0]) is False
    (warning,) = scene.batch.warnings()
    assert f"{scene.checkpoint.name} became the queue." in warning
    assert "--replay-aside before_" in warning
    with restored(scene):
        pass
    again = scene.batch.claim(2)
    assert scene.batch.settle(again[0])
    assert scene.batch.settle(scene.held[1]) is (scene.held[1] in again)


def test_a_batch_goes_on_where_another_process_noticed_first(scene: Scene) -> None:
    rig.cp(scene.checkpoint, scene.file)
    restored(scene).close()
    if scene.batch:
        assert scene.batch.settle(scene.held[0]) is False
        assert scene.batch.settle(*scene.batch.claim(1))
        assert scene.batch.seq() > scene.seq


def test_the_queue_as_it_was_is_set_aside_whole(scene: Scene) -> None:
    rig.cp(scene.checkpoint, scene.file)
    restored(scene).close()
    (aside,) = rig.asides(scene.where)
    loaded = snapshot.load(aside, MUSIC)
    assert loaded.items == scene.now
    assert loaded.head.seq == scene.seq
    rig.cp(aside, scene.file)  # and a plain copy brings that back, too
    with Queue.open(scene.where, MUSIC) as queue:
        assert queue.state.items == pending(scene.now)


def test_numbers_are_never_used_again(scene: Scene) -> None:
    for _ in range(3):
        rig.cp(scene.checkpoint, scene.file)
        queue = restored(scene)
        queue.begin_session()
        rig.settle(queue, 1)
        scene.seq = queue.state.seq
        queue.end_session()
        queue.close()
    events = rig.events(scene.where)
    seqs = [event["seq"] for event in events]
    assert seqs == sorted(set(seqs))


def test_the_history_records_the_restore_and_what_it_undid(scene: Scene) -> None:
    rig.cp(scene.checkpoint, scene.file)
    at = snapshot.load(scene.checkpoint, MUSIC).head.seq
    with restored(scene) as queue:
        told = queue.state.head.restored
    events = rig.events(scene.where)
    (event,) = [event for event in events if event["op"] == "restore"]
    assert event["undone"] == [at + 1, scene.seq]
    assert event["seq"] == scene.seq + 1
    assert event["source"] == scene.checkpoint.name
    assert told
    assert told.undone == (at + 1, scene.seq)
    assert event["aside"] == told.aside == rig.asides(scene.where)[0].name
    settles = [event["seq"] for event in events if event["op"] == "settle"]
    assert len([seq for seq in settles if seq > at]) == 4  # the record keeps what was undone


def test_a_reader_sees_the_file_as_it_is_at_once(scene: Scene) -> None:
    rig.cp(scene.checkpoint, scene.file)
    assert readonly.load_state(scene.where.folder, MUSIC).items == scene.then


def test_a_copy_of_the_queue_as_it_is_restores_nothing(scene: Scene, tmp_path: Path) -> None:
    Queue.open(scene.where, MUSIC).close()
    if scene.batch:
        scene.batch.rewrite()
    copy = tmp_path / "copy.json"
    rig.cp(scene.file, copy)
    for put in PUTS.values():
        put(copy, scene.file)
        with Queue.open(scene.where, MUSIC) as queue:
            assert queue.state.items == scene.now
            assert queue.state.head.restored is None
    assert rig.asides(scene.where) == []
    if scene.batch:
        assert scene.batch.settle(scene.held[0])


@pytest.mark.parametrize("put", PUTS.values(), ids=PUTS)
def test_an_older_copy_of_the_queue_restores_exactly_that(
    scene: Scene, put: Put, tmp_path: Path
) -> None:
    copy = tmp_path / "copy.json"
    rig.cp(scene.file, copy)
    then = snapshot.load(copy, MUSIC).items
    with Queue.open(scene.where, MUSIC) as queue:
        queue.begin_session()
        rig.settle(queue, 2)
        queue.end_session()
        scene.seq = queue.state.seq
    put(copy, scene.file)
    with Queue.open(scene.where, MUSIC) as queue:
        assert queue.state.items == pending(then)
        assert queue.state.seq > scene.seq
        assert "a copy of the queue of 20" in queue.take_warnings()[0]
    if scene.batch:
        assert scene.batch.settle(scene.held[0]) is False


def contents(where: QueueLocation) -> dict[Path, bytes]:
    paths = (path for path in where.folder.rglob("*") if path.is_file())
    return {path: path.read_bytes() for path in paths if path.parent.name != "live"}


@pytest.mark.parametrize("length", some([0, -200, 1, 300], 2))
def test_a_torn_copy_is_refused_with_the_line_that_helps(scene: Scene, length: int) -> None:
    whole = scene.checkpoint.read_bytes()
    scene.file.write_bytes(whole[:length])
    before = contents(scene.where)
    attempts: list[Callable[[], object]] = [
        lambda: Queue.open(scene.where, MUSIC),
        lambda: readonly.load_state(scene.where.folder, MUSIC),
    ]
    if scene.batch:
        attempts.append(lambda: scene.batch and scene.batch.settle(scene.held[0]))
    for attempt in attempts:
        with pytest.raises(SnapshotDamaged, match="Nothing was changed") as caught:
            attempt()
        assert caught.value.exit_code == 3
    assert contents(scene.where) == before
    match = re.search(r"^  (cp .*)$", str(caught.value), re.MULTILINE)
    assert match
    subprocess.run(match[1], shell=True, check=True)
    restored(scene).close()
    (aside,) = rig.asides(scene.where)
    assert snapshot.load(aside, MUSIC).items == scene.now


@pytest.mark.linux  # no other system tells who has a file open
def test_a_copy_that_takes_its_time_is_waited_for(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = scene.checkpoint.read_bytes()
    begun, waited = threading.Event(), threading.Event()

    def copy_slowly() -> None:
        with scene.file.open("wb", buffering=0) as stream:
            stream.write(whole[: len(whole) // 2])
            begun.set()
            waited.wait()
            stream.write(whole[len(whole) // 2 :])

    copying = threading.Thread(target=copy_slowly, daemon=True)  # a failure leaves it
    tries = itertools.count(1)

    def sleep(_: float) -> None:  # the copy ends while it is waited for, however slow it is
        if next(tries) == 4 * snapshot._MAX_TRIES:
            waited.set()
            copying.join()

    monkeypatch.setattr(snapshot, "time", SimpleNamespace(sleep=sleep))
    copying.start()
    begun.wait()
    assert readonly.load_state(scene.where.folder, MUSIC).counts[Status.COMPLETED] == 5
    if scene.batch:  # another process
        assert scene.batch.settle(scene.held[0]) is False
    restored(scene).close()
    assert not copying.is_alive()


def test_a_copy_of_the_whole_folder_is_the_same_queue(scene: Scene, tmp_path: Path) -> None:
    elsewhere = rig.at(tmp_path / "elsewhere")
    elsewhere.folder.parent.mkdir(parents=True)
    subprocess.run(["cp", "-r", scene.where.folder, elsewhere.folder], check=True)
    with Queue.open(elsewhere, MUSIC) as queue:
        assert {key: item.status for key, item in queue.state.items.items()} == {
            key: item.status for key, item in pending(scene.now).items()
        }
        assert sorted(queue.recovered_items) == scene.held  # nobody holds them there
        assert queue.state.head.restored is None
        queue.begin_session()
        assert rig.settle(queue)
    assert rig.asides(elsewhere) == []
    if scene.batch:
        assert scene.batch.settle(scene.held[0])


def test_a_snapshot_that_is_gone_is_reported_and_never_rebuilt(scene: Scene) -> None:
    scene.file.unlink()
    before = contents(scene.where)
    with pytest.raises(SnapshotDamaged, match=r"(?s)No such file.*--repair.*\n  cp "):
        Queue.open(scene.where, MUSIC)
    with pytest.raises(SnapshotDamaged, match=r"No such file"):
        readonly.load_state(scene.where.folder, MUSIC)
    with pytest.raises(SnapshotDamaged, match="it is gone"):
        rig.make(scene.where, 3)
    if scene.batch:
        with pytest.raises(SnapshotDamaged, match="No such file"):
            scene.batch.settle(scene.held[0])
    assert contents(scene.where) == before
    rebuilt = journal_lookup.rebuild_previous_state(scene.where.folder, MUSIC)
    assert rebuilt
    assert rebuilt.items == scene.now
    rig.cp(scene.checkpoint, scene.file)
    restored(scene).close()


def test_a_queue_file_alone_is_enough_to_start_from(scene: Scene, tmp_path: Path) -> None:
    elsewhere = rig.at(tmp_path / "elsewhere")
    elsewhere.folder.mkdir(parents=True)
    with pytest.raises(NoQueue):
        Queue.open(elsewhere, MUSIC)
    rig.cp(scene.checkpoint, rig.file(elsewhere))
    with Queue.open(elsewhere, MUSIC) as queue:
        assert queue.state.items == pending(scene.then)
        queue.begin_session()
        assert rig.settle(queue)


def test_a_lost_journal_folder_costs_what_it_held_and_no_more(scene: Scene) -> None:
    at = snapshot.load(scene.file, MUSIC).items
    shutil.rmtree(scene.where.folder / journal_lookup.JOURNAL_FOLDER)
    with Queue.open(scene.where, MUSIC) as queue:
        assert queue.state.items == pending(at)
        assert "copy of the queue" in queue.take_warnings()[0]


def flip(path: Path, text: bytes) -> None:
    """Change a bit in a file, right behind a text that it holds."""
    data = bytearray(path.read_bytes())
    data[data.index(text) + len(text)] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize("text", [b'"op":"', b'{"crc":"'], ids=["in a line", "in the header"])
def test_a_checkpoint_can_be_restored_over_a_damaged_journal(scene: Scene, text: bytes) -> None:
    with Queue.open(scene.where, MUSIC) as queue:
        queue.begin_session()
        rig.settle(queue, 3)
        scene.seq = queue.state.seq
        current = rig.journals(scene.where)[-1]
        flip(current, text)
        damaged = current.read_bytes()
        rig.cp(scene.checkpoint, scene.file)
        with restored(scene):
            pass
    contents = [path.read_bytes() for path in rig.asides(scene.where)]
    assert damaged in contents
    assert journal.last_seq(rig.journals(scene.where)[-1]) >= 0


def test_zeros_behind_the_last_record_cost_nothing(scene: Scene) -> None:
    with rig.journals(scene.where)[-1].open("ab") as stream:
        stream.write(bytes(300))
    with Queue.open(scene.where, MUSIC) as queue:
        assert queue.state.items == scene.now
        queue.begin_session()
        rig.settle(queue)
    if scene.batch:
        assert scene.batch.settle(scene.held[0])
