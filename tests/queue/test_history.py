"""The history keeps each event exactly once, despite torn files and clock changes."""

from __future__ import annotations

from pathlib import Path

import msgspec

from mediakeep.queue import actions
from mediakeep.queue.history import event_log
from mediakeep.queue.journal import JournalRecord
from tests.queue import rig
from tests.sampling import each_row


def record(seq: int, op: str = "settle", time: str = "2025-12-17T10:00:00+00:00") -> JournalRecord:
    return JournalRecord(
        seq=seq, time=time, op=op, session="s1", items={"U2": {}}, facts={"n": seq}
    )


def seqs(folder: Path) -> dict[str, list[int]]:
    files = event_log.list_files(folder)
    return {path.stem: [event["seq"] for _, event in event_log.iter_events(path)] for path in files}


def test_an_event_is_one_line_that_says_all(tmp_path: Path) -> None:
    event_log.append_missing(tmp_path, [record(3)])
    (line,) = (tmp_path / "history" / "2025-12.jsonl").read_text().splitlines()
    assert msgspec.json.decode(line) == {
        "seq": 3,
        "time": "2025-12-17T10:00:00+00:00",
        "op": "settle",
        "session": "s1",
        "item": "U2",
        "n": 3,
    }


@each_row("op", ["seal", "claim", "release", "part", "retry"])
def test_passing_events_are_not_kept(op: str, tmp_path: Path) -> None:
    event_log.append_missing(tmp_path, [record(1), record(2, op), record(3)])
    assert seqs(tmp_path) == {"2025-12": [1, 3]}


def test_absorbing_again_adds_only_what_is_new(tmp_path: Path) -> None:
    records = [record(seq) for seq in range(1, 6)]
    for count in (2, 2, 5, 3):
        event_log.append_missing(tmp_path, records[:count])
    assert seqs(tmp_path) == {"2025-12": [1, 2, 3, 4, 5]}
    assert event_log.last_seq(tmp_path) == 5


def test_each_month_has_its_file(tmp_path: Path) -> None:
    times = ["2025-11-30T23:59:59+00:00", "2025-12-01T00:00:00+00:00", "2026-01-01T00:00:00+00:00"]
    event_log.append_missing(
        tmp_path, [record(seq, time=time) for seq, time in enumerate(times, 1)]
    )
    assert seqs(tmp_path) == {"2025-11": [1], "2025-12": [2], "2026-01": [3]}
    assert event_log.last_seq(tmp_path) == 3


def test_a_clock_that_was_wrong_brings_no_event_twice(tmp_path: Path) -> None:
    event_log.append_missing(tmp_path, [record(1), record(2, time="2031-01-01T00:00:00+00:00")])
    later = [record(3), record(4)]
    for _ in range(2):  # as after a crash between the history and the rename
        event_log.append_missing(tmp_path, later)
    assert seqs(tmp_path) == {"2025-12": [1, 3, 4], "2031-01": [2]}
    assert event_log.last_seq(tmp_path) == 4


@each_row("length", range(1, len(event_log.format_line(record(2)))))
def test_a_line_torn_anywhere_is_cut_and_written_whole(length: int, tmp_path: Path) -> None:
    event_log.append_missing(tmp_path, [record(1)])
    path = tmp_path / "history" / "2025-12.jsonl"
    with path.open("ab") as stream:
        stream.write(event_log.format_line(record(2))[:length])
    assert seqs(tmp_path) == {"2025-12": [1]}
    event_log.append_missing(tmp_path, [record(2), record(3)])
    assert path.read_bytes() == b"".join(event_log.format_line(record(seq)) for seq in (1, 2, 3))


def test_a_line_that_a_power_loss_took_from_before_another_is_written_again(
    tmp_path: Path,
) -> None:
    event_log.append_missing(tmp_path, [record(1), record(2)])
    path = tmp_path / "history" / "2025-12.jsonl"
    batch = b"".join(event_log.format_line(record(seq)) for seq in (3, 4, 5))
    for lost in range(1, len(batch)):
        whole = path.read_bytes()[: 2 * len(event_log.format_line(record(1)))]
        path.write_bytes(whole + bytes(lost) + batch[lost:])
        event_log.append_missing(tmp_path, [record(seq) for seq in (3, 4, 5, 6)])
        assert path.read_bytes() == whole + batch + event_log.format_line(record(6))


def test_damage_from_before_is_left_for_the_repair(tmp_path: Path) -> None:
    event_log.append_missing(tmp_path, [record(seq) for seq in range(1, 5)])
    path = tmp_path / "history" / "2025-12.jsonl"
    damaged = path.read_bytes().replace(b'"seq":2', b'"seq":\0')
    path.write_bytes(damaged)
    event_log.append_missing(tmp_path, [record(5)])
    assert path.read_bytes() == damaged + event_log.format_line(record(5))


def test_a_tail_of_zeros_is_cut(tmp_path: Path) -> None:
    event_log.append_missing(tmp_path, [record(1)])
    path = tmp_path / "history" / "2025-12.jsonl"
    with path.open("ab") as stream:
        stream.write(bytes(5000))
    event_log.append_missing(tmp_path, [record(2)])
    assert path.read_bytes() == event_log.format_line(record(1)) + event_log.format_line(record(2))


def test_an_event_longer_than_a_glance_is_still_found(tmp_path: Path) -> None:
    long = JournalRecord(
        seq=7, time="2025-12-17", op="settle", facts={"open_ids": ["x" * 90] * 2000}
    )
    event_log.append_missing(tmp_path, [record(6), long])
    assert event_log.last_seq(tmp_path) == 7


def test_everything_that_ends_or_resets_an_item_reaches_the_history(tmp_path: Path) -> None:
    where = rig.at(tmp_path)
    with rig.make(where, 3) as queue:
        queue.begin_session(batch_size=2)
        (done,) = rig.settle(queue)
        rig.settle(queue, 1, rig.FAILED)
        queue.commit(actions.reset_items(where, actions.select_by_name([done])))
        queue.end_session(done=2)
    (path,) = event_log.list_files(where.folder)
    events = [event for _, event in event_log.iter_events(path)]
    assert [event["op"] for event in events] == ["start", "settle", "settle", "reset", "end"]
    assert [event.get("state") for event in events[1:3]] == ["completed", "error"]
    assert events[1]["open_ids"] == []
    assert events[2]["error"] == "The file is gone."
    assert [event.get("item") for event in events[1:4]] == [done, "Artist 001", done]
