"""Items that a command adds, sources that are consumed, and items that retire."""

from __future__ import annotations

import os
import tarfile
import uuid
from pathlib import Path

import pytest
from msgspec import structs

from mediakeep.errors import InvalidItemData, ItemInUse, ScanRefused, UsageError
from mediakeep.item import NewItem, Status
from mediakeep.outcome import Outcome
from mediakeep.queue import item_archive, readonly, replay, scan_diff, validate
from mediakeep.queue.backups import backup_folder
from mediakeep.queue.history import event_log
from mediakeep.queue.new_jobs import AddResult
from mediakeep.queue.queue import Queue
from mediakeep.queue.settle import SettleRequest
from mediakeep.queue.store import QueueChange
from tests.queue import rig, staged_rig
from tests.queue.staged_rig import JOBS, Job

P, I, C, E, S = Status  # noqa: E741
DONE = SettleRequest(Outcome())


def scan(queue: Queue, keys: list[str], fingerprint: str = "f1") -> scan_diff.ScanDiff:
    """Scan as the queue manager does, and commit what changed."""
    state = queue.state
    retired = item_archive.load_retired(queue.location.folder, JOBS, state.items)
    entries = staged_rig.found(keys, fingerprint)
    diff = scan_diff.compare_with_scan(state, entries, retired=retired)
    if diff.build_patches():
        queue.commit(lambda _: QueueChange("scan", diff.build_patches()))
    return diff


def faults(queue: Queue) -> list[validate.QueueFault]:
    return queue.call_with_lock(
        lambda state: list(validate.check_queue_files(queue.location.folder, state))
    )


def test_added_items_have_their_own_settings_and_output_names(tmp_path: Path) -> None:
    with staged_rig.make(staged_rig.at(tmp_path), 1) as queue:
        new = [NewItem(name="Show", fields={"quality": number}) for number in range(2)]
        keys = queue.add([*new, NewItem(name="Job 000", path="/in/x")])
        assert [uuid.UUID(key).version for key in keys] == [4, 4, 4]
        items = [queue.state.items[key] for key in keys]
        assert [item.quality for item in items if isinstance(item, Job)] == [0, 1, 0]
        assert len({item.output_name for item in queue.state.items.values()}) == 4
        assert {item.status for item in items} == {P}
        assert queue.add([]) == {}
        assert [claim.key for claim in queue.claim(9)][0:1] <= [*keys, "Job 000"]
        assert readonly.load_state(queue.location.folder, JOBS).items == queue.state.items


def test_an_added_item_with_a_wrong_field_is_refused_and_none_is_added(tmp_path: Path) -> None:
    with staged_rig.make(staged_rig.at(tmp_path), 1) as queue:
        wrong = NewItem(name="Show", fields={"quality": "high"})
        with pytest.raises(InvalidItemData, match=r"quality.*Show"):
            queue.add([NewItem(name="Fine"), wrong])
        assert list(queue.state.items) == ["Job 000"]


def test_an_item_is_added_once_with_its_path_and_settings(tmp_path: Path) -> None:
    with staged_rig.make(staged_rig.at(tmp_path), 1) as queue:
        new = NewItem(name="x", path="/in/x", fingerprint="f1", settings={"quality": 1})
        (key,) = queue.add([new, new])
        assert queue.state.items[key].added_date == "2025-12-17T10:00:00+00:00"
        assert queue.add([new]) == {key: AddResult.ALREADY_QUEUED}
        (claim,) = queue.claim_by_key(key)
        assert queue.add([structs.replace(new, fingerprint="f2")]) == {
            key: AddResult.ALREADY_QUEUED
        }
        queue.settle(claim, SettleRequest(Outcome(E, "no")))
        assert queue.add([new]) == {key: AddResult.RESET}
        assert queue.state.items[key].status is P
        (other,) = queue.add([structs.replace(new, settings={"quality": 2})])
        assert other != key
        assert set(queue.add([NewItem(name="x"), NewItem(name="x")]).values()) == {AddResult.ADDED}
        (claim,) = queue.claim_by_key(key)
        queue.settle(claim, DONE)
        assert queue.add([new]) == {key: AddResult.DONE}
        (another,) = queue.add([structs.replace(new, fingerprint="f2")])  # the first is consumed
        assert another not in (key, other)


def test_an_item_that_is_added_again_after_its_source_has_changed_is_pending(
    tmp_path: Path,
) -> None:
    with staged_rig.make(staged_rig.at(tmp_path), 0) as queue:
        new = NewItem(name="x", path="/in/x", fingerprint="f1", fields={"noted": "old"})
        (key,) = queue.add([new])
        (claim,) = queue.claim_by_key(key)
        queue.settle(claim, SettleRequest(Outcome(S, "no", data={"skip_reason": "cancelled"})))
        assert queue.add([new]) == {key: AddResult.RESET}
        changed = structs.replace(new, fingerprint="f2", fields={"noted": "new"})
        assert queue.add([changed]) == {key: AddResult.RESET}
        item = queue.state.items[key]
        assert (item.status, item.fingerprint, getattr(item, "noted", "")) == (P, "f2", "new")


def test_a_scan_leaves_added_items_whose_source_exists(tmp_path: Path) -> None:
    with staged_rig.make(staged_rig.at(tmp_path), 1) as queue:
        there, gone, none = queue.add(
            [
                NewItem(name="there", path=str(tmp_path)),
                NewItem(name="gone", path="/in/gone", fingerprint="f1"),
                NewItem(name="none"),
            ]
        )
        diff = scan(queue, ["Job 000", "gone"])
        assert not diff.build_patches()  # the source "gone" is not added again
        (other,) = queue.add([NewItem(name="other", path="/in/other")])  # without a fingerprint
        (claim,) = queue.claim_by_key(other)
        queue.settle(claim, SettleRequest(Outcome(E, "no")))
        assert not scan(queue, ["Job 000", "gone", "other"]).build_patches()
        diff = scan(queue, ["Job 000", "other"])
        assert list(diff.vanished) == [gone]
        assert queue.state.items[there].status is queue.state.items[none].status is P


def test_a_consumed_source_is_no_change(tmp_path: Path) -> None:
    with staged_rig.make(staged_rig.at(tmp_path), 4) as queue:
        done, working, waiting, _ = queue.claim(4)
        queue.settle(done, DONE)
        queue.advance_stage(working, Outcome(next_stage="converting", data={"copied": True}), 0.0)
        queue.settle(working, SettleRequest(Outcome(E, "no")))
        queue.release([waiting])
        diff = scan(queue, [])
        assert list(diff.vanished) == [waiting.key]
        scan_diff.refuse_mass_removal(scan_diff.ScanDiff(), queue.state, "/in")  # an empty folder
        diff = scan(queue, [done.key, waiting.key], "f2")
        assert list(diff.changed) == [waiting.key]
        assert queue.state.items[done.key].status is C


def test_an_empty_library_is_still_refused_for_other_kinds() -> None:
    with pytest.raises(ScanRefused):
        scan_diff.refuse_mass_removal(scan_diff.ScanDiff(), rig.state({}), "/music")


def test_a_retired_item_is_not_added_again_and_can_be_restored(tmp_path: Path) -> None:
    where = staged_rig.at(tmp_path)
    with staged_rig.make(where, 3) as queue:
        early = queue.write_checkpoint()
        done, claimed = queue.claim(2)
        queue.settle(done, DONE)
        item = queue.state.items[done.key]
        with pytest.raises(ItemInUse):
            queue.retire([done.key, claimed.key])
        assert queue.retire([done.key]) == [done.key]
        assert done.key not in queue.state.items
        assert done.key not in scan(queue, [done.key, claimed.key, "Job 002"]).new
        queue.release([claimed])
        assert done.key not in [claim.key for claim in queue.claim(9)]
    rig.cp(early, rig.file(where))
    with Queue.open(where, JOBS) as queue:
        assert done.key not in queue.state.items
        assert {one.status for one in queue.state.items.values()} == {P}
        with pytest.raises(
            UsageError, match=r'no retired job named "Job 002"\. It is in the queue'
        ):
            queue.restore_retired("Job 002")
        assert queue.restore_retired("job 000") == done.key
        assert queue.state.items[done.key] == item
        assert faults(queue) == []
        queue.retire([done.key])
        assert list(scan(queue, ["Job 000", "Job 001", "Job 002"], "f2").new) == [done.key]
        with pytest.raises(UsageError):
            queue.restore_retired(done.key)
        assert faults(queue) == []
    ops = [
        event["op"]
        for path in event_log.list_files(where.folder)
        for _, event in event_log.iter_events(path)
    ]
    assert [op for op in ops if op in ("retire", "restore", "add")] == [
        "retire",
        "restore",
        "add",
        "retire",
    ]


def test_an_outputs_name_stays_with_a_retired_item(tmp_path: Path) -> None:
    with staged_rig.make(staged_rig.at(tmp_path), 1) as queue:
        name = queue.state.items["Job 000"].output_name
        queue.retire(["Job 000"])
        (key,) = queue.add([NewItem(name="Job 000")])
        assert queue.state.items[key].output_name != name
        assert name not in {
            one["output_name"] for one in scan(queue, ["Job 000"], "f2").new.values()
        }


def test_a_replay_does_not_bring_back_what_was_retired_since(tmp_path: Path) -> None:
    where = staged_rig.at(tmp_path)
    with staged_rig.make(where, 2) as queue:
        early = queue.write_checkpoint()
        (claim,) = queue.claim(1)
        queue.settle(claim, DONE)
    rig.cp(early, rig.file(where))
    with Queue.open(where, JOBS) as queue:
        restored = queue.state.head.restored
        assert restored
        queue.retire([claim.key])
        plan = replay.plan_replay(where.folder, queue.state, restored.aside)
        assert plan.left == {claim.key: "was retired"}
        assert plan.back == {}


def test_a_retired_item_whose_fingerprint_changed_does_not_run_again(tmp_path: Path) -> None:
    where = staged_rig.at(tmp_path)
    with staged_rig.make(where, 2) as queue:
        early = queue.write_checkpoint()
        (claim,) = queue.claim(1)
        queue.settle(claim, SettleRequest(Outcome(data={"fingerprint": "f2"})))
        queue.retire([claim.key])
        late = queue.write_checkpoint()
    rig.cp(early, rig.file(where))
    with Queue.open(where, JOBS) as queue:
        assert list(queue.state.items) == ["Job 001"]
        assert list(scan(queue, ["Job 000", "Job 001"], "f3").new) == [claim.key]
        again = queue.write_checkpoint()
    for path in (late, again):
        rig.cp(path, rig.file(where))
        with Queue.open(where, JOBS) as queue:
            assert (claim.key in queue.state.items) is (path == again)


def test_a_checkpoint_has_what_was_restored_before_it_was_written(tmp_path: Path) -> None:
    where = staged_rig.at(tmp_path)
    with staged_rig.make(where, 1) as queue:
        (key,) = queue.add([NewItem(name="x")])
        before = queue.write_checkpoint()
        queue.retire([key])
        without = queue.write_checkpoint()
        queue.restore_retired(key)
        item = queue.state.items[key]
        after = queue.write_checkpoint()
    for path, expected in [(without, None), (after, item), (without, None), (before, None)]:
        rig.cp(path, rig.file(where))
        with Queue.open(where, JOBS) as queue:
            assert queue.state.items.get(key) == expected
            assert faults(queue) == []
            retired = item_archive.load_retired(where.folder, JOBS, queue.state.items)
            assert list(retired) == ([] if expected else [key])


def test_what_a_crash_left_in_the_archive_is_no_retirement(tmp_path: Path) -> None:
    where = staged_rig.at(tmp_path)
    with staged_rig.make(where, 2) as queue:
        items = {"Job 000": queue.state.items["Job 000"]}
        time = "2025-12-17T10:00:00+00:00"
        item_archive.append_items(where.folder, queue.state.seq + 1, time, items)
        (path,) = item_archive.list_files(where.folder)
        with path.open("ab") as stream:
            stream.write(b"\0" * 40 + b'\n{"seq":')
        assert scan(queue, ["Job 000", "Job 001"]).build_patches() == {}
        assert faults(queue) == []
        queue.retire(["Job 001"])
        assert path.read_bytes().count(b"\n") == 1
        assert set(item_archive.load_retired(where.folder, JOBS)) == {"Job 001"}
        data = path.read_bytes()
        queue.retire(["Job 000"])
        os.truncate(path, 0)
        path.write_bytes(b"x" + data + path.read_bytes())
        assert faults(queue) == []  # nothing follows the damage
        (key,) = queue.add([NewItem(name="x")])
        queue.retire([key])


def test_a_backup_contains_the_archive(tmp_path: Path) -> None:
    where = staged_rig.at(tmp_path)
    with staged_rig.make(where, 2) as queue:
        queue.retire(["Job 000"])
        made = backup_folder.create_backup(where, JOBS, lambda _: [], tmp_path / "b.tar")
    with tarfile.open(made.path) as packed:
        (name,) = [one for one in packed.getnames() if "archive" in one.split("/")]
        member = packed.extractfile(name)
        assert member
        assert member.read() == item_archive.list_files(where.folder)[0].read_bytes()
