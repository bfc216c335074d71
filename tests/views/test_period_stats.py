"""What happened in a span of time, by small histories that can be counted by hand."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from mediakeep.queue.history import index, queries
from mediakeep.queue.history.queries import SessionSpan
from mediakeep.views import period_stats
from mediakeep.views.period_stats import PeriodStats
from mediakeep.views.periods import DAY, WEEK, Period
from mediakeep.views.report import kind_progress
from tests.sampling import each_row

MONDAY = date(2025, 12, 15)
Line = dict[str, Any]


def collect_stats(folder: Path, *lines: Line, days: int = DAY, count: int = 3) -> list[PeriodStats]:
    """Return stats of some days or weeks of a history that begins on Monday, 15 December 2025."""
    write_history(folder, *lines)
    with index.open_for_query(folder) as base:
        first = Period(MONDAY, days, UTC)
        return period_stats.compute_stats(base, first.list_until(first.shift(count - 1)))


def write_history(folder: Path, *lines: Line) -> None:
    (folder / "history").mkdir(exist_ok=True)
    numbered = [{"seq": number, **line} for number, line in enumerate(lines, 1)]
    text = "".join(json.dumps(line) + "\n" for line in numbered)
    (folder / "history" / "2025-12.jsonl").write_text(text)


def at(time: str, op: str, **facts: Any) -> Line:
    """Make a line: of a time such as "16 10:00", a day of December and an hour."""
    day, hour = time.split()
    return {"time": f"2025-12-{day}T{hour}:00+00:00", "op": op, **facts}


def done(time: str, item: str, *ids: str, **facts: Any) -> Line:
    return at(time, "settle", session="s", item=item, state="completed", open_ids=ids, **facts)


def test_what_an_undo_takes_back_is_not_resolved(tmp_path: Path) -> None:
    stats, later, _ = collect_stats(
        tmp_path,
        done("15 10:00", "A", "cover:1", "date:1", repairs={"case": 2, "year": 1}),
        done("15 11:00", "A", "date:1", by_hand=True),  # an answer
        done("15 12:00", "A", "cover:1", "date:1", "case:1", "case:2", by_hand=True),  # undone
        done("16 12:00", "A", "cover:1", "case:1", "case:2", repairs={"date": 1}),
        done("16 13:00", "A", "cover:1", "date:1", "case:1", "case:2", by_hand=True),
    )
    assert (stats.flow.found, stats.flow.resolved, stats.flow.undone) == (5, 1, 3)
    assert (stats.flow.settled, stats.flow.repaired_at_once) == (0, 1)
    assert (later.flow.found, later.flow.resolved, later.flow.undone) == (0, 0, 1)


def test_repairs_that_are_undone_are_not_counted_for_their_session(tmp_path: Path) -> None:
    def settle(session: str, hour: int, item: str, *ids: str, **facts: Any) -> Line:
        return {**done(f"15 {hour}:00", item, *ids, **facts), "session": session}

    write_history(
        tmp_path,
        settle("first", 10, "A", "date:1", repairs={"case": 2, "year": 1}),
        settle("first", 11, "B", repairs={"case": 1}),
        settle("second", 12, "C", repairs={"case": 1}),
        settle("third", 13, "A", repairs={"date": 1}),
        settle("undo", 14, "A", "date:1", "case:1", by_hand=True),  # of two sessions
        settle("undo", 15, "C", "case:3", by_hand=True),  # all of the second
        settle("fourth", 16, "C", repairs={"case": 1}),  # repaired again
    )
    with index.open_for_query(tmp_path) as base:
        found = queries.read_session_repairs(base, "2025-12-15", "2025-12-16")
    assert [(it.session, it.items, it.repairs) for it in found] == [
        ("fourth", 1, {"case": 1}),
        ("first", 2, {"case": 2, "year": 1}),
    ]


def test_the_kinds_of_issues_are_counted_without_what_is_undone(tmp_path: Path) -> None:
    _, later, _ = collect_stats(
        tmp_path,
        done("15 10:00", "A", "cover:1", "date:1"),
        done("16 10:00", "A", "cover:1", repairs={"case": 2, "date": 1}),
        done("16 12:00", "A", "cover:1", "date:1", "case:1", by_hand=True),  # undone
        done("16 13:00", "A", "cover:1", "date:1", "case:1", "year:1"),
    )
    issues = kind_progress.build_issue_counts(later, None, ())
    assert {it.kind: (it.new, it.regressed, it.closed, it.repaired, it.open) for it in issues} == {
        "case": (1, 0, 0, 1, 1),
        "cover": (0, 0, 0, 0, 1),
        "date": (0, 0, 0, 0, 1),
        "year": (1, 0, 0, 0, 1),
    }
    assert sum(it.new + it.regressed + it.repaired for it in issues) == later.flow.found
    assert sum(it.closed + it.repaired for it in issues) == later.flow.resolved


def test_an_empty_history_gives_no_report(tmp_path: Path) -> None:
    for span in collect_stats(tmp_path):
        assert span.flow == period_stats.PeriodTotals()
        assert (span.level.completed, span.level.total, span.level.open) == (0, None, {})
    with index.open_for_query(tmp_path) as base:
        assert period_stats.compute_stats(base, []) == []


def test_issues_come_go_and_come_back(tmp_path: Path) -> None:
    stats, two, three = collect_stats(
        tmp_path,
        done("15 10:00", "A", "cover:1", "date:1", repairs={"case": 2}),
        done("16 10:00", "A", "date:1"),
        done("16 23:59", "B", "cover:2"),
        done("17 00:00", "A", "cover:1", repairs={"case": 1}),
    )
    assert (stats.flow.new, stats.flow.repaired) == ({"cover": 1, "date": 1}, {"case": 2})
    assert (stats.flow.found, stats.flow.resolved) == (4, 2)
    assert (two.flow.new, two.flow.closed) == ({"cover": 1}, {"cover": 1})
    assert two.level.open == {"cover": 1, "date": 1}
    assert (three.flow.regressed, three.flow.closed) == ({"cover": 1}, {"date": 1})
    assert (three.flow.found, three.flow.resolved) == (2, 2)
    assert three.level.open == {"cover": 2}
    assert [span.flow.again for span in (stats, two, three)] == [0, 1, 1]
    assert [span.level.completed for span in (stats, two, three)] == [1, 2, 2]


def test_issues_of_an_item_that_vanished_do_not_count_until_it_is_back(tmp_path: Path) -> None:
    stats, two, three = collect_stats(
        tmp_path,
        done("15 10:00", "A", "cover:1", "cover:2"),
        at("16 10:00", "scan", items=["A", "B"], states=["skipped", "pending"], known=2),
        at("17 10:00", "scan", item="A", state="completed", known=2),
    )
    assert (stats.level.open, stats.level.completed) == ({"cover": 2}, 1)
    assert (two.level.open, two.level.completed) == ({}, 0)
    assert (two.flow.left, two.flow.closed, two.flow.progress) == ({"cover": 2}, {}, -1)
    assert (three.level.open, three.flow.returned) == ({"cover": 2}, {"cover": 2})
    assert (three.flow.completed, three.flow.progress) == (0, 1)


def test_the_size_is_the_last_that_was_known(tmp_path: Path) -> None:
    sizes = collect_stats(
        tmp_path,
        done("15 10:00", "A"),
        at("16 10:00", "scan", known=7),
        at("16 10:20", "scan", known=9),
        at("18 10:00", "scan", known=5),
        count=4,
    )
    assert [span.level.total for span in sizes] == [7, 9, 9, 5]


def test_commands_of_the_user_are_not_counted_as_batches(tmp_path: Path) -> None:
    stats, *_ = collect_stats(
        tmp_path,
        done("15 10:00", "A", "x:1", tracks=9),
        done("15 11:00", "A", by_hand=True, tracks=9),
        at("15 12:00", "settle", item="B", state="error", error="no", tracks=1),
        at("15 12:10", "settle", item="C", state="skipped"),
    )
    flow = stats.flow
    assert (flow.completed, flow.by_hand, flow.failed, flow.skipped) == (1, 1, 1, 1)
    assert (flow.closed, flow.again, flow.amounts["tracks"]) == ({"x": 1}, 0, 10)


def test_time_counts_where_anybody_was_at_work_once(tmp_path: Path) -> None:
    stats, two, three = collect_stats(
        tmp_path,
        at("15 10:00", "start", session="a"),
        at("15 10:30", "start", session="b", command="fix"),
        at("15 11:00", "end", session="a", seconds=3600.5),
        at("15 11:30", "end", session="b", seconds=3600),
        at("15 23:00", "start", session="c"),
        at("16 01:00", "end", session="c", seconds=7200),
        at("17 10:00", "start", session="d"),
        at("17 10:10", "settle", session="d", item="A", state="error"),  # and then it was killed
    )
    assert [span.flow.invested for span in (stats, two, three)] == [5400 + 3600, 3600, 600]
    assert [span.flow.sessions for span in (stats, two, three)] == [3, 1, 1]


def test_parts_of_a_second_count_as_the_session_measured_them(tmp_path: Path) -> None:
    stats, *_ = collect_stats(
        tmp_path,
        at("15 10:00", "start", session="a"),
        at("15 10:00", "end", session="a", seconds=0.375),
        at("15 11:00", "start", session="b"),
        at("15 11:00", "end", session="b", seconds=0.25),
    )
    assert stats.flow.invested == 0.625


@each_row(
    ("zone", "expected"),
    [
        ("Europe/Berlin", [1, 1, 0]),  # 22:45 and 23:15 UTC are on two days there
        ("UTC", [2, 0, 0]),
        ("Asia/Kathmandu", [0, 2, 0]),
        ("America/New_York", [2, 0, 0]),
        ("Pacific/Apia", [0, 2, 0]),
    ],
)
def test_days_begin_at_midnight_of_the_zone(tmp_path: Path, zone: str, expected: list[int]) -> None:
    collect_stats(tmp_path, done("15 22:45", "A"), done("15 23:15", "B"))
    first = Period(MONDAY, DAY, ZoneInfo(zone))
    with index.open_for_query(tmp_path) as base:
        stats = period_stats.compute_stats(base, first.list_until(first.shift(2)))
    assert [span.flow.completed for span in stats] == expected


def test_weeks_begin_on_mondays(tmp_path: Path) -> None:
    stats = collect_stats(
        tmp_path, done("21 23:59", "A"), done("22 00:00", "B"), done("29 10:00", "C"), days=WEEK
    )
    assert [span.flow.completed for span in stats] == [1, 1, 1]
    assert [span.level.completed for span in stats] == [1, 2, 3]


def test_a_restore_undoes_work_but_not_the_time_spent(tmp_path: Path) -> None:
    stats, two, _ = collect_stats(
        tmp_path,
        at("15 10:00", "start", session="s", known=4),
        done("15 10:10", "A", "x:1"),
        done("15 10:20", "B", "x:2"),
        at("15 10:30", "end", session="s", seconds=1800),
        at("16 10:00", "restore", undone=[3, 4]),
        {**done("16 11:00", "C"), "session": "t"},
    )
    assert (stats.flow.completed, stats.flow.invested) == (1, 1800)
    assert stats.level.open == {"x": 1}
    assert two.level.completed == 2


def test_times_that_touch_or_contain_each_other_are_added_up() -> None:
    assert queries.sum_covered_seconds([]) == 0
    assert queries.sum_covered_seconds([(0, 10), (10, 20), (12, 15), (30, 30), (-5, 1)]) == 25


def test_a_session_is_cut_at_the_ends_of_a_period() -> None:
    day = Period(MONDAY, DAY, UTC)
    begin = day.start.timestamp()

    def session(first: float, last: float, seconds: float | None = None) -> SessionSpan:
        texts = [
            (day.start + timedelta(seconds=time)).isoformat(timespec="seconds")
            for time in (first, last)
        ]
        return SessionSpan(*texts, 0, "", "s", seconds)

    sessions = period_stats.clip_sessions(
        [
            session(-100, 100),
            session(86300, 86500),
            session(-100, 0),
            session(86400, 86400),
            session(0, 0),
            session(50, 51, 1.5),
        ],
        day,
    )
    assert [(first - begin, last - begin) for first, last in sessions] == [
        (0, 100),
        (86300, 86400),
        (0, 0),
        (50, 51.5),
    ]
    assert datetime.fromtimestamp(begin, UTC) == day.start
