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
from mediakeep.kinds import MUSIC
from mediakeep.queue import actions
from mediakeep.queue.history import index, queries
from mediakeep.queue.queue import Queue
from mediakeep.views.periods import DAY, WEEK
from mediakeep.views.report import report_files
from tests.queue import rig
from tests.views import months
from tests.views.months import Months
from tests.views.naive import Ledger, span
from tests.views.test_report_numbers import facts, plainly, spans


def test_a_replay_counts_what_it_brought_back(tmp_path: Path) -> None:
    told = Months(tmp_path, 4, artists=months.ARTISTS[:30])
    told.batch(5)
    early = told.checkpoint()
    told.at("2026-11-12T20:00:00")
    told.batch(8)
    told.by_hand(months.ARTISTS[0])
    told.restore(early)
    told.batch(3)
    told.at("2026-11-17T20:00:00")
    assert told.replay().back
    _agrees(told)
    _counted_twice(told)


def test_a_replay_counts_what_happened_to_several_at_once(tmp_path: Path) -> None:
    told = Months(tmp_path, 4, artists=months.ARTISTS[:30])
    told.batch(9)
    early = told.checkpoint()
    told.at("2026-11-12T20:00:00")
    told.scan(*months.ARTISTS[:2])
    told.again(*months.ARTISTS[2:5])
    told.restore(early)
    told.at("2026-11-17T20:00:00")
    assert set(told.replay().back) == set(months.ARTISTS[:5])
    _agrees(told)
    _counted_twice(told)


def test_a_replay_counts_what_it_brought_back_over_a_later_scan(tmp_path: Path) -> None:
    told = Months(tmp_path, 4, artists=months.ARTISTS[:30])
    told.batch(9)
    early = told.checkpoint()
    told.at("2026-11-12T20:00:00")
    told.batch(9)
    done = [key for key, item in _queue(told).items() if item["status"] == "completed"]
    told.restore(early)
    told.scan(*done[-2:])
    told.at("2026-11-17T20:00:00")
    assert set(told.replay().back) >= set(done[-2:])
    _agrees(told)
    _counted_twice(told)


def test_a_replay_brings_back_one_line_of_work_not_those_that_were_left_before(
    tmp_path: Path,
) -> None:
    told = Months(tmp_path, 4, artists=months.ARTISTS[:30])
    told.batch(5)
    early = told.checkpoint()
    told.batch(4)  # this line is left at once
    told.restore(early)
    told.at("2026-11-12T20:00:00")
    told.batch(4)  # the same artists
    told.restore(early)
    told.at("2026-11-17T20:00:00")
    assert told.replay().back
    _agrees(told)
    here = [one.flow for one in spans(told.where.folder, told.now, WEEK, months.ZONE)]
    assert sum(one.again for one in here) == 0
    assert sum(one.completed for one in here) == sum(
        item["status"] == "completed" for item in _queue(told).values()
    )
    _counted_twice(told)


def test_what_is_forgotten_counts_no_longer_and_as_new_when_it_returns(tmp_path: Path) -> None:
    told = Months(tmp_path, 4, artists=months.ARTISTS[:30])
    told.batch(9)
    told.at("2026-11-12T20:00:00")
    told.scan(*months.ARTISTS[:4])
    _counted_twice(told)
    told.forget()
    _agrees(told)
    _counted_twice(told)
    told.at("2026-11-17T20:00:00")
    told.scan(*months.ARTISTS[:2])
    told.batch(30)
    _agrees(told)
    _counted_twice(told)
    level = spans(told.where.folder, told.now, WEEK, months.ZONE)[-1].level
    assert level.total == 28


def test_a_renamed_artist_goes_on_with_its_issues_and_is_not_done_anew(tmp_path: Path) -> None:
    told = Months(tmp_path, 4, artists=months.ARTISTS[:12])
    told.batch(9)
    done = [key for key, item in _queue(told).items() if item["status"] == "completed"]
    told.at("2026-11-12T20:00:00")
    told.rename(done[0], "Another Name")
    _agrees(told)
    _counted_twice(told)
    told.at("2026-11-17T20:00:00")
    told.by_hand("Another Name")
    told.scan(done[1])
    told.rename(done[2], "A Third")
    _agrees(told)
    _counted_twice(told)
    weeks = spans(told.where.folder, told.now, WEEK, months.ZONE)
    assert weeks[-1].level.completed == len(done)
    flows = [week.flow for week in weeks]
    assert [sum(flow.vanished for flow in flows), sum(flow.reappeared for flow in flows)] == [1, 1]


def _counted_twice(made: Months) -> None:
    ledger = Ledger(made.where.folder)
    for one in spans(made.where.folder, made.now, DAY, months.ZONE):
        expected = ledger.told(*span(one.period.first, DAY, months.ZONE))
        assert facts(one) == plainly(expected), one.period.name


def _queue(told: Months) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((told.where.folder / "processing_queue.json").read_text())
    return dict(found["artists"])


def _agrees(made: Months) -> None:
    """Check that the history's last numbers are those of the queue."""
    level = spans(made.where.folder, made.now, WEEK, months.ZONE)[-1].level
    items = _queue(made).values()
    assert level.completed == sum(item["status"] == "completed" for item in items)
    open_ones: Counter[str] = Counter()
    for item in items:
        if item["status"] != "skipped":
            open_ones.update(item.get("issues", {}))
    assert level.open == dict(open_ones)


def test_a_clock_that_goes_back_changes_no_sum(tmp_path: Path) -> None:
    """Newer events then lie in an older month's file; an item's settles keep their order."""
    told = Months(tmp_path, 6, artists=months.ARTISTS[:6])
    told.clock.moment = datetime(2027, 3, 2, 12, tzinfo=UTC)  # wrong
    told.batch(6)
    told.clock.moment = datetime(2026, 11, 10, 12, tzinfo=UTC)
    told.again(*told.artists)
    told.batch(5)
    told.at("2027-03-05T12:00:00")
    with index.open_for_query(told.where.folder) as base:
        grown = {
            name: base.execute(f"SELECT * FROM {name}").fetchall() for name in ("issue", "item")
        }
    (told.where.folder / index.FILE).unlink()
    _agrees(told)
    with index.open_for_query(told.where.folder) as base:
        for name, rows in grown.items():
            assert sorted(base.execute(f"SELECT * FROM {name}").fetchall()) == sorted(rows)
    ever = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
    flow = [one.flow for one in spans(told.where.folder, told.now, WEEK, months.ZONE)]
    expected = Ledger(told.where.folder).told(*ever)
    for name in ("new", "closed", "regressed"):
        assert sum((Counter(getattr(one, name)) for one in flow), Counter()) == getattr(
            expected, name
        )
    assert sum(one.again for one in flow) == expected.again


def test_a_report_after_a_killed_batch_tells_all_that_it_did(tmp_path: Path) -> None:
    told = Months(tmp_path, 6, artists=months.ARTISTS[:9])
    told.batch(3)
    told.batch(4, kill=True)
    desk = ReportContext(told.home, told.now, months.ZONE)
    report = period_report.collect_report(desk, desk.current_period(WEEK))
    assert report is not None
    (kind,) = report.kinds
    assert kind.gained == kind.flow.completed == kind.completed
    assert report.invested == 3 * 90 + 2 + 4 * 90


def test_sessions_whose_logs_were_moved_away_are_told_apart(tmp_path: Path) -> None:
    """Without its log, the next session of that day may get the same name."""
    told = Months(tmp_path, 6, artists=months.ARTISTS[:9])
    told.batch(3)
    shutil.rmtree(told.where.folder / "session_logs")
    told.clock.forward(hours=5)
    told.batch(3)
    (day,) = spans(told.where.folder, told.now, DAY, months.ZONE)
    begin, end = span(day.period.first, 1, months.ZONE)
    expected = Ledger(told.where.folder).told(begin, end)
    assert (expected.sessions, expected.invested) == (2, 2 * 272)
    assert facts(day) == plainly(expected)


def test_what_a_person_marked_as_completed_is_done_again_by_a_batch(tmp_path: Path) -> None:
    told = Months(tmp_path, 6, artists=months.ARTISTS[:3])
    with Queue.open(told.where, MUSIC) as queue:
        queue.commit(actions.mark_completed(months.ARTISTS[0], clock.format_iso(told.now)))
    told.again(months.ARTISTS[0])
    told.batch(3)
    (week,) = spans(told.where.folder, told.now, WEEK, months.ZONE)
    assert (week.flow.completed, week.flow.again) == (3, 1)


def test_a_home_without_a_queue_gets_no_report(tmp_path: Path) -> None:
    desk = ReportContext(tmp_path, datetime(2026, 11, 20, tzinfo=UTC), months.ZONE)
    assert period_report.first_activity(desk) is None
    assert list(period_report.write_due_reports(desk, ["md"], daily=True)) == []
    assert not (tmp_path / report_files.FOLDER).exists()


def test_a_clock_behind_the_whole_history_writes_nothing_and_harms_nothing(tmp_path: Path) -> None:
    told = Months(tmp_path, 6, artists=months.ARTISTS[:6])
    told.batch(3)
    early = ReportContext(tmp_path, datetime(2020, 2, 3, tzinfo=UTC), months.ZONE)
    assert list(period_report.write_due_reports(early, ["md"], daily=True)) == []
    assert period_report.collect_report(early, early.current_period(WEEK)) is None
    assert not (tmp_path / report_files.FOLDER).exists()


@pytest.mark.parametrize("days", [DAY, WEEK])
def test_work_that_is_dated_1970_is_counted_and_no_year_is_missing(
    tmp_path: Path, days: int
) -> None:
    """Small computers without a battery believe so until they hear better."""
    told = Months(tmp_path, 6, "1970-01-01T00:00:20+00:00", months.ARTISTS[:9])
    told.batch(3)
    told.at("2026-11-20T10:00:00")
    told.batch(3)
    desk = ReportContext(tmp_path, told.now, months.ZONE)
    report = period_report.collect_report(desk, desk.current_period(days))
    assert report is not None
    (kind,) = report.kinds
    assert (kind.completed - kind.gained, kind.flow.completed) == (3, kind.gained)
    list(period_report.write_due_reports(desk, ["html"], daily=False))
    path = report_files.report_path(tmp_path, desk.current_period(WEEK), "html")
    assert path.stat().st_size < 1_000_000


def test_an_edit_that_takes_items_away_and_adds_some_is_followed(tmp_path: Path) -> None:
    told = Months(tmp_path, 4, artists=months.ARTISTS[:20])
    told.batch(9)
    path = told.where.folder / "processing_queue.json"
    queue = json.loads(path.read_text())
    done = [key for key, item in queue["artists"].items() if item["status"] == "completed"]
    for key in done[:3]:
        del queue["artists"][key]
    queue["artists"]["New"] = {"status": "completed", "path": "/music/New"}
    path.write_text(json.dumps(queue))
    told.at("2026-11-17T20:00:00")
    told.batch(2)
    _agrees(told)


def test_a_queue_that_is_made_anew_begins_at_nothing_and_keeps_the_history(tmp_path: Path) -> None:
    told = Months(tmp_path, 4, artists=months.ARTISTS[:20])
    told.batch(9)
    before = len(told.history())
    for name in ("processing_queue.json", "processing_queue.journal", "checkpoints"):
        _remove(told.where.folder / name)
    told.at("2026-11-17T20:00:00")
    Queue.create(told.where, MUSIC, "/music", rig.found(months.ARTISTS[:20])).close()
    told.open.clear()
    told.batch(4)
    assert len(told.history()) > before + 4
    _agrees(told)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def test_records_of_before_the_state_was_told_are_understood(tmp_path: Path) -> None:
    told = Months(tmp_path, 4, artists=months.ARTISTS[:20])
    told.batch(9)
    told.again(*months.ARTISTS[:9])
    told.batch(3)
    for path in (told.where.folder / "history").iterdir():
        lines = [json.loads(line) for line in path.read_text().splitlines()]
        for line in lines:
            if line["op"] == "reset":
                line.pop("state", None)
        path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    (told.where.folder / index.FILE).unlink(missing_ok=True)
    _agrees(told)


@pytest.mark.parametrize(
    ("old", "new"),
    [('"time":"2026', '"time":"2x26'), ('"open_ids":[', '"open_ids":null,"x":['), ("{", "[")],
    ids=["time", "ids", "line"],
)
def test_a_damaged_line_costs_itself_alone(tmp_path: Path, old: str, new: str) -> None:
    told = Months(tmp_path, 4, artists=months.ARTISTS[:20])
    told.batch(9)
    (path,) = (told.where.folder / "history").iterdir()
    lines = path.read_text().splitlines(keepends=True)
    number = next(n for n, line in enumerate(lines) if n > 3 and old in line and "open_ids" in line)
    whole = _completed(told)
    lines[number] = lines[number].replace(old, new, 1)
    path.write_text("".join(lines))
    (told.where.folder / index.FILE).unlink(missing_ok=True)
    assert _completed(told) == whole - 1


def _completed(told: Months) -> int:
    (week,) = spans(told.where.folder, told.now, WEEK, months.ZONE)
    return week.flow.completed


def test_an_index_damaged_deep_inside_is_made_anew_and_asked_again(tmp_path: Path) -> None:
    told = Months(tmp_path, 4, artists=months.ARTISTS[:60])
    told.batch(50, seconds=1000)
    path = told.where.folder / index.FILE
    pace = index.query_history_index(told.where.folder, queries.read_throughput)
    assert path.stat().st_size > 3 * 4096
    with path.open("r+b") as stream:
        stream.seek(4096)
        stream.write(bytes(range(256)) * ((path.stat().st_size - 4096) // 256))
    assert index.query_history_index(told.where.folder, queries.read_throughput) == pace
    assert index.query_history_index(told.where.folder, queries.read_first_time)


def test_an_index_in_use_is_not_taken_for_a_damaged_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index, "_BUSY_TIMEOUT", 0.05)  # the time that a person would have to wait
    told = Months(tmp_path, 4, artists=months.ARTISTS[:9])
    told.batch(4)
    pace = index.query_history_index(told.where.folder, queries.read_throughput)
    path = told.where.folder / index.FILE
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    try:
        assert index.query_history_index(told.where.folder, queries.read_throughput) == pace
        assert path.exists()
    finally:
        other.close()
