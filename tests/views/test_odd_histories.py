"""Histories out of the ordinary: brought back, killed, dated wrongly, without their logs."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from mediakeep import clock
from mediakeep.app.reports import period_report
from mediakeep.app.reports.period_report import ReportContext
from mediakeep.music.item import MUSIC
from mediakeep.queue import actions
from mediakeep.queue.history import index, queries
from mediakeep.queue.queue import Queue
from mediakeep.views.periods import DAY, WEEK
from mediakeep.views.report import report_files
from tests.queue import rig
from tests.sampling import each_row
from tests.views import months
from tests.views.months import Months
from tests.views.naive import Ledger, span
from tests.views.test_report_numbers import facts, naive_facts, spans


def test_a_replay_counts_what_it_brought_back(tmp_path: Path) -> None:
    month_history = Months(tmp_path, 4, artists=months.ARTISTS[:30])
    month_history.batch(5)
    early = month_history.checkpoint()
    month_history.at("2026-11-12T20:00:00")
    month_history.batch(8)
    month_history.by_hand(months.ARTISTS[0])
    month_history.restore(early)
    month_history.batch(3)
    month_history.at("2026-11-17T20:00:00")
    assert month_history.replay().back
    _agrees(month_history)
    _counted_twice(month_history)


def test_a_replay_counts_what_happened_to_several_at_once(tmp_path: Path) -> None:
    month_history = Months(tmp_path, 4, artists=months.ARTISTS[:30])
    month_history.batch(9)
    early = month_history.checkpoint()
    month_history.at("2026-11-12T20:00:00")
    month_history.scan(*months.ARTISTS[:2])
    month_history.again(*months.ARTISTS[2:5])
    month_history.restore(early)
    month_history.at("2026-11-17T20:00:00")
    assert set(month_history.replay().back) == set(months.ARTISTS[:5])
    _agrees(month_history)
    _counted_twice(month_history)


def test_a_replay_counts_what_it_brought_back_over_a_later_scan(tmp_path: Path) -> None:
    month_history = Months(tmp_path, 4, artists=months.ARTISTS[:30])
    month_history.batch(9)
    early = month_history.checkpoint()
    month_history.at("2026-11-12T20:00:00")
    month_history.batch(9)
    done = [key for key, item in _queue(month_history).items() if item["status"] == "completed"]
    month_history.restore(early)
    month_history.scan(*done[-2:])
    month_history.at("2026-11-17T20:00:00")
    assert set(month_history.replay().back) >= set(done[-2:])
    _agrees(month_history)
    _counted_twice(month_history)


def test_a_replay_brings_back_one_line_of_work_not_those_that_were_left_before(
    tmp_path: Path,
) -> None:
    month_history = Months(tmp_path, 4, artists=months.ARTISTS[:30])
    month_history.batch(5)
    early = month_history.checkpoint()
    month_history.batch(4)  # this line is left at once
    month_history.restore(early)
    month_history.at("2026-11-12T20:00:00")
    month_history.batch(4)  # the same artists
    month_history.restore(early)
    month_history.at("2026-11-17T20:00:00")
    assert month_history.replay().back
    _agrees(month_history)
    here = [
        stats.flow
        for stats in spans(month_history.where.folder, month_history.now, WEEK, months.ZONE)
    ]
    assert sum(stats.again for stats in here) == 0
    assert sum(stats.completed for stats in here) == sum(
        item["status"] == "completed" for item in _queue(month_history).values()
    )
    _counted_twice(month_history)


def test_what_is_forgotten_counts_no_longer_and_as_new_when_it_returns(tmp_path: Path) -> None:
    month_history = Months(tmp_path, 4, artists=months.ARTISTS[:30])
    month_history.batch(9)
    month_history.at("2026-11-12T20:00:00")
    month_history.scan(*months.ARTISTS[:4])
    _counted_twice(month_history)
    month_history.forget()
    _agrees(month_history)
    _counted_twice(month_history)
    month_history.at("2026-11-17T20:00:00")
    month_history.scan(*months.ARTISTS[:2])
    month_history.batch(30)
    _agrees(month_history)
    _counted_twice(month_history)
    level = spans(month_history.where.folder, month_history.now, WEEK, months.ZONE)[-1].level
    assert level.total == 28


def test_a_renamed_artist_goes_on_with_its_issues_and_is_not_done_again(tmp_path: Path) -> None:
    month_history = Months(tmp_path, 4, artists=months.ARTISTS[:12])
    month_history.batch(9)
    done = [key for key, item in _queue(month_history).items() if item["status"] == "completed"]
    month_history.at("2026-11-12T20:00:00")
    month_history.rename(done[0], "Another Name")
    _agrees(month_history)
    _counted_twice(month_history)
    month_history.at("2026-11-17T20:00:00")
    month_history.by_hand("Another Name")
    month_history.scan(done[1])
    month_history.rename(done[2], "A Third")
    _agrees(month_history)
    _counted_twice(month_history)
    weeks = spans(month_history.where.folder, month_history.now, WEEK, months.ZONE)
    assert weeks[-1].level.completed == len(done)
    flows = [week.flow for week in weeks]
    assert [sum(flow.vanished for flow in flows), sum(flow.reappeared for flow in flows)] == [1, 1]


def _counted_twice(history: Months) -> None:
    ledger = Ledger(history.where.folder)
    for stats in spans(history.where.folder, history.now, DAY, months.ZONE):
        expected = ledger.told(*span(stats.period.first, DAY, months.ZONE))
        assert facts(stats) == naive_facts(expected), stats.period.name


def _queue(history: Months) -> dict[str, Any]:
    data: dict[str, Any] = json.loads((history.where.folder / "processing_queue.json").read_text())
    return dict(data["artists"])


def _agrees(history: Months) -> None:
    """Check that the history's last numbers are those of the queue."""
    level = spans(history.where.folder, history.now, WEEK, months.ZONE)[-1].level
    items = _queue(history).values()
    assert level.completed == sum(item["status"] == "completed" for item in items)
    open_ones: Counter[str] = Counter()
    for item in items:
        if item["status"] != "skipped":
            open_ones.update(item.get("issues", {}))
    assert level.open == dict(open_ones)


def test_a_clock_that_goes_back_changes_no_sum(tmp_path: Path) -> None:
    """Newer events then are in an older month's file; an item's settles keep their order."""
    month_history = Months(tmp_path, 6, artists=months.ARTISTS[:6])
    month_history.clock.moment = datetime(2027, 3, 2, 12, tzinfo=UTC)  # wrong
    month_history.batch(6)
    month_history.clock.moment = datetime(2026, 11, 10, 12, tzinfo=UTC)
    month_history.again(*month_history.artists)
    month_history.batch(5)
    month_history.at("2027-03-05T12:00:00")
    with index.open_for_query(month_history.where.folder) as base:
        grown = {
            name: base.execute(f"SELECT * FROM {name}").fetchall() for name in ("issue", "item")
        }
    (month_history.where.folder / index.FILE).unlink()
    _agrees(month_history)
    with index.open_for_query(month_history.where.folder) as base:
        for name, rows in grown.items():
            assert sorted(base.execute(f"SELECT * FROM {name}").fetchall()) == sorted(rows)
    ever = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
    flow = [
        stats.flow
        for stats in spans(month_history.where.folder, month_history.now, WEEK, months.ZONE)
    ]
    expected = Ledger(month_history.where.folder).told(*ever)
    for name in ("new", "closed", "regressed"):
        assert sum((Counter(getattr(stats, name)) for stats in flow), Counter()) == getattr(
            expected, name
        )
    assert sum(stats.again for stats in flow) == expected.again


def test_a_report_after_a_killed_batch_shows_all_that_it_did(tmp_path: Path) -> None:
    month_history = Months(tmp_path, 6, artists=months.ARTISTS[:9])
    month_history.batch(3)
    month_history.batch(4, kill=True)
    context = ReportContext(month_history.home, month_history.now, months.ZONE)
    report = period_report.collect_report(context, context.current_period(WEEK))
    assert report is not None
    (kind,) = report.kinds
    assert kind.gained == kind.flow.completed == kind.completed
    assert report.invested == 3 * 90 + 2 + 4 * 90


def test_sessions_whose_logs_were_moved_away_are_distinguished(tmp_path: Path) -> None:
    """Without its log, the next session of that day may get the same name."""
    month_history = Months(tmp_path, 6, artists=months.ARTISTS[:9])
    month_history.batch(3)
    shutil.rmtree(month_history.where.folder / "session_logs")
    month_history.clock.forward(hours=5)
    month_history.batch(3)
    (day,) = spans(month_history.where.folder, month_history.now, DAY, months.ZONE)
    begin, end = span(day.period.first, 1, months.ZONE)
    expected = Ledger(month_history.where.folder).told(begin, end)
    assert (expected.sessions, expected.invested) == (2, 2 * 272)
    assert facts(day) == naive_facts(expected)


def test_an_item_marked_as_completed_by_the_user_is_processed_again(tmp_path: Path) -> None:
    month_history = Months(tmp_path, 6, artists=months.ARTISTS[:3])
    with Queue.open(month_history.where, MUSIC) as queue:
        queue.commit(actions.mark_completed(months.ARTISTS[0], clock.format_iso(month_history.now)))
    month_history.again(months.ARTISTS[0])
    month_history.batch(3)
    (week,) = spans(month_history.where.folder, month_history.now, WEEK, months.ZONE)
    assert (week.flow.completed, week.flow.again) == (3, 1)


def test_a_home_without_a_queue_gets_no_report(tmp_path: Path) -> None:
    context = ReportContext(tmp_path, datetime(2026, 11, 20, tzinfo=UTC), months.ZONE)
    assert period_report.first_activity(context) is None
    assert list(period_report.write_due_reports(context, ["md"], daily=True)) == []
    assert not (tmp_path / report_files.FOLDER).exists()


def test_a_clock_behind_the_whole_history_writes_nothing_and_harms_nothing(tmp_path: Path) -> None:
    month_history = Months(tmp_path, 6, artists=months.ARTISTS[:6])
    month_history.batch(3)
    early = ReportContext(tmp_path, datetime(2020, 2, 3, tzinfo=UTC), months.ZONE)
    assert list(period_report.write_due_reports(early, ["md"], daily=True)) == []
    assert period_report.collect_report(early, early.current_period(WEEK)) is None
    assert not (tmp_path / report_files.FOLDER).exists()


@each_row("days", [DAY, WEEK])
def test_work_that_is_dated_1970_is_counted_and_no_year_is_missing(
    tmp_path: Path, days: int
) -> None:
    """Small computers without a battery believe so until they hear better."""
    month_history = Months(tmp_path, 6, "1970-01-01T00:00:20+00:00", months.ARTISTS[:9])
    month_history.batch(3)
    month_history.at("2026-11-20T10:00:00")
    month_history.batch(3)
    context = ReportContext(tmp_path, month_history.now, months.ZONE)
    report = period_report.collect_report(context, context.current_period(days))
    assert report is not None
    (kind,) = report.kinds
    assert (kind.completed - kind.gained, kind.flow.completed) == (3, kind.gained)
    list(period_report.write_due_reports(context, ["html"], daily=False))
    path = report_files.report_path(tmp_path, context.current_period(WEEK), "html")
    assert path.stat().st_size < 1_000_000


def test_an_edit_that_takes_items_away_and_adds_some_is_followed(tmp_path: Path) -> None:
    month_history = Months(tmp_path, 4, artists=months.ARTISTS[:20])
    month_history.batch(9)
    path = month_history.where.folder / "processing_queue.json"
    queue = json.loads(path.read_text())
    done = [key for key, item in queue["artists"].items() if item["status"] == "completed"]
    for key in done[:3]:
        del queue["artists"][key]
    queue["artists"]["New"] = {"status": "completed", "path": "/music/New"}
    path.write_text(json.dumps(queue))
    month_history.at("2026-11-17T20:00:00")
    month_history.batch(2)
    _agrees(month_history)


def test_a_queue_that_is_rebuilt_begins_at_nothing_and_keeps_the_history(tmp_path: Path) -> None:
    month_history = Months(tmp_path, 4, artists=months.ARTISTS[:20])
    month_history.batch(9)
    before = len(month_history.history())
    for name in ("processing_queue.json", "processing_queue.journal", "checkpoints"):
        _remove(month_history.where.folder / name)
    month_history.at("2026-11-17T20:00:00")
    Queue.create(month_history.where, MUSIC, "/music", rig.found(months.ARTISTS[:20])).close()
    month_history.open.clear()
    month_history.batch(4)
    assert len(month_history.history()) > before + 4
    _agrees(month_history)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def test_records_without_a_state_are_understood(tmp_path: Path) -> None:
    month_history = Months(tmp_path, 4, artists=months.ARTISTS[:20])
    month_history.batch(9)
    month_history.again(*months.ARTISTS[:9])
    month_history.batch(3)
    for path in (month_history.where.folder / "history").iterdir():
        lines = [json.loads(line) for line in path.read_text().splitlines()]
        for line in lines:
            if line["op"] == "reset":
                line.pop("state", None)
        path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    (month_history.where.folder / index.FILE).unlink(missing_ok=True)
    _agrees(month_history)


@each_row(
    ("old", "new"),
    [('"time":"2026', '"time":"2x26'), ('"open_ids":[', '"open_ids":null,"x":['), ("{", "[")],
    ids=["time", "ids", "line"],
)
def test_a_damaged_line_costs_itself_alone(tmp_path: Path, old: str, new: str) -> None:
    month_history = Months(tmp_path, 4, artists=months.ARTISTS[:20])
    month_history.batch(9)
    (path,) = (month_history.where.folder / "history").iterdir()
    lines = path.read_text().splitlines(keepends=True)
    number = next(n for n, line in enumerate(lines) if n > 3 and old in line and "open_ids" in line)
    whole = _completed(month_history)
    lines[number] = lines[number].replace(old, new, 1)
    path.write_text("".join(lines))
    (month_history.where.folder / index.FILE).unlink(missing_ok=True)
    assert _completed(month_history) == whole - 1


def _completed(history: Months) -> int:
    (week,) = spans(history.where.folder, history.now, WEEK, months.ZONE)
    return week.flow.completed


def test_an_index_damaged_deep_inside_is_rebuilt_and_asked_again(tmp_path: Path) -> None:
    month_history = Months(tmp_path, 4, artists=months.ARTISTS[:60])
    month_history.batch(50, seconds=1000)
    path = month_history.where.folder / index.FILE
    pace = index.query_history_index(month_history.where.folder, queries.read_throughput)
    assert path.stat().st_size > 3 * 4096
    with path.open("r+b") as stream:
        stream.seek(4096)
        stream.write(bytes(range(256)) * ((path.stat().st_size - 4096) // 256))
    assert index.query_history_index(month_history.where.folder, queries.read_throughput) == pace
    assert index.query_history_index(month_history.where.folder, queries.read_first_time)


def test_an_index_in_use_is_not_taken_for_a_damaged_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index, "_BUSY_TIMEOUT", 0.05)  # the time that a user would have to wait
    month_history = Months(tmp_path, 4, artists=months.ARTISTS[:9])
    month_history.batch(4)
    pace = index.query_history_index(month_history.where.folder, queries.read_throughput)
    path = month_history.where.folder / index.FILE
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    try:
        assert (
            index.query_history_index(month_history.where.folder, queries.read_throughput) == pace
        )
        assert path.exists()
    finally:
        other.close()
