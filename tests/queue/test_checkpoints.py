"""Checkpoints: when one is due, how it is named, and which may go."""

from __future__ import annotations

import os
from datetime import date, timedelta
from pathlib import Path

import pytest

from mediakeep import command_text
from mediakeep.errors import MediakeepError
from mediakeep.item import Status
from mediakeep.music.item import MUSIC
from mediakeep.queue import actions, checkpoints, snapshot
from mediakeep.queue.checkpoints import Checkpoint
from mediakeep.queue.queue import Queue
from tests.queue import rig
from tests.sampling import each_row

DUE = [
    # items, every, settled, due
    (10, 50, 49, False),
    (10, 50, 50, True),
    (10, 50, 51, False),
    (10, 50, 100, True),
    (5000, 50, 50, True),
    (5001, 50, 50, True),  # 1 % of 5,001 is 50
    (20_000, 50, 50, False),
    (20_000, 50, 200, True),
    (20_000, 300, 200, False),
    (20_000, 300, 300, True),
    (10, 0, 50, False),
    (10, 1, 1, True),
]


@each_row(("count", "every", "settled", "due"), DUE)
def test_a_checkpoint_is_due_every_so_many_items_or_each_per_cent(
    count: int, every: int, settled: int, due: bool
) -> None:
    item = rig.item()
    state = rig.state({str(number): item for number in range(count)}, settled=settled)
    assert checkpoints.is_checkpoint_due(state, every) == due


def test_the_count_runs_over_all_batches_and_survives(tmp_path: Path) -> None:
    where = rig.at(tmp_path)
    with rig.make(where) as queue:
        queue.begin_session()
        rig.settle(queue, 3)
        rig.settle(queue, 1, rig.FAILED)
    with Queue.open(where, MUSIC) as queue:
        queue.begin_session()
        rig.settle(queue, 1)
        assert queue.state.settled == 5
        assert checkpoints.is_checkpoint_due(queue.state, 5)


def test_a_checkpoint_has_its_day_and_the_number_of_completed_items(tmp_path: Path) -> None:
    where = rig.at(tmp_path, rig.Clock())
    with rig.make(where) as queue:
        queue.begin_session()
        made = [queue.write_checkpoint().name]
        rig.settle(queue, 2)
        rig.settle(queue, 1, rig.FAILED)
        made += [queue.write_checkpoint().name for _ in range(3)]
        queue.commit(actions.reset_items(where, actions.select_by_status(Status.COMPLETED)))
        made.append(queue.write_checkpoint().name)
    assert made == [
        "checkpoint_2025-12-17_artist_000.json",
        "checkpoint_2025-12-17_artist_002.json",
        "checkpoint_2025-12-17_artist_002_2.json",
        "checkpoint_2025-12-17_artist_002_3.json",
        "checkpoint_2025-12-17_artist_000_2.json",
    ]


def test_a_checkpoint_is_a_full_copy_with_an_id_of_its_own(tmp_path: Path) -> None:
    where = rig.at(tmp_path)
    with rig.make(where, 3) as queue:
        queue.begin_session()
        rig.settle(queue, 2)
        loaded = snapshot.load(queue.write_checkpoint(), MUSIC)
        assert loaded.items == queue.state.items
        assert loaded.head.seq == queue.state.seq
        assert loaded.head.snapshot_id != queue.state.head.snapshot_id
        assert loaded.head.summary == queue.state.build_summary()
        assert checkpoints.find_checkpoint_name(where.folder, loaded.head.snapshot_id).startswith(
            "checkpoint_"
        )


def listed(days: list[int]) -> list[Checkpoint]:
    """Checkpoints of so many days ago, newest first."""
    today = date(2025, 12, 17)
    return [
        Checkpoint(Path(f"{number}.json"), 1, str(today - timedelta(days=days_ago)))
        for number, days_ago in enumerate(days)
    ]


SURPLUS = [
    ([0, 0, 0], 20, []),
    ([0, 0, 0], 2, [2]),
    ([0, 0, 0], 0, [1, 2]),
    ([0, 0, 1, 1, 2], 2, [3]),
    ([0, 1, 2, 3], 1, []),
    ([0, 0, 0, 1, 1, 1, 5], 1, [1, 2, 4, 5]),
    ([], 20, []),
]


@each_row(("days", "keep", "gone"), SURPLUS)
def test_the_newest_ones_and_one_a_day_are_kept(
    days: list[int], keep: int, gone: list[int]
) -> None:
    chosen = checkpoints.select_prunable_checkpoints(listed(days), keep)
    assert [int(entry.path.stem) for entry in chosen] == gone


def made(tmp_path: Path, count: int) -> tuple[Path, list[Path]]:
    """Make checkpoints a second apart, oldest first."""
    where = rig.at(tmp_path, rig.Clock())
    with rig.make(where, 3) as queue:
        paths = [queue.write_checkpoint() for _ in range(count)]
    for age, path in enumerate(reversed(paths)):
        os.utime(path, (1_000_000_000 - age,) * 2)
    return where.folder, paths


def test_pruning_leaves_the_newest(tmp_path: Path) -> None:
    folder, paths = made(tmp_path, 5)
    checkpoints.prune_checkpoints(folder, 2, paths[4])
    assert [checkpoint.path for checkpoint in checkpoints.list_checkpoints(folder)] == [
        paths[4],
        paths[3],
    ]


def test_the_newest_good_one_stays_however_many_damaged_ones_are_newer(tmp_path: Path) -> None:
    folder, paths = made(tmp_path, 6)
    for path in paths[2:]:
        stamp = path.stat().st_mtime
        path.write_bytes(path.read_bytes()[:-100])
        os.utime(path, (stamp, stamp))
    checkpoints.prune_checkpoints(folder, 2, paths[1])
    left = {checkpoint.path for checkpoint in checkpoints.list_checkpoints(folder)}
    assert left == {paths[5], paths[4], paths[1]}
    assert next(checkpoints.iter_valid_checkpoints(folder, MUSIC))[0] == paths[1]


def test_a_checkpoint_that_somebody_removes_meanwhile_is_no_trouble(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, paths = made(tmp_path, 4)
    choose = checkpoints.select_prunable_checkpoints

    def removed(listed: list[Checkpoint], keep: int) -> list[Checkpoint]:
        chosen = choose(listed, keep)
        chosen[0].path.unlink()
        return chosen

    monkeypatch.setattr(checkpoints, "select_prunable_checkpoints", removed)
    checkpoints.prune_checkpoints(folder, 1, paths[3])
    assert [checkpoint.path for checkpoint in checkpoints.list_checkpoints(folder)] == [paths[3]]


def test_a_checkpoint_that_is_gone_when_it_is_looked_at_is_left_out(tmp_path: Path) -> None:
    folder, paths = made(tmp_path, 2)
    (folder / "checkpoints" / "checkpoint_2025-12-18_artist_009.json").symlink_to("nowhere")
    assert [checkpoint.path for checkpoint in checkpoints.list_checkpoints(folder)] == [
        paths[1],
        paths[0],
    ]
    assert checkpoints.find_checkpoint_name(folder, "no such id") == ""


def test_a_checkpoint_that_cannot_be_written_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    where = rig.at(tmp_path)
    with rig.make(where, 3) as queue:
        before = queue.write_checkpoint()
        with monkeypatch.context() as patched:
            patched.setattr("mediakeep.atomic_files.sync_data", _full)
            with pytest.raises((OSError, MediakeepError)):
                queue.write_checkpoint()
        assert list(before.parent.iterdir()) == [before]
        queue.begin_session()
        assert rig.settle(queue)


def _full(*_: object) -> None:
    raise OSError(28, "No space left on device")


def test_the_cure_names_the_newest_good_checkpoint_as_a_line_to_paste(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, paths = made(tmp_path / "a folder", 2)
    paths[1].write_text("{")
    target = folder / "processing_queue.json"
    assert f"\n  cp '{paths[0]}' '{target}'" in checkpoints.format_restore_hint(folder, MUSIC)
    monkeypatch.setenv(command_text.PROGRAM_VARIABLE, "mediakeep")
    repair = f"mediakeep queue repair --home '{folder.parent.parent}' to rebuild"
    assert repair in checkpoints.format_restore_hint(folder, MUSIC)
    for path in paths:
        path.unlink()
    assert "\n  cp " not in checkpoints.format_restore_hint(folder, MUSIC)
