"""Every number of a report is counted a second time, from the raw history, and must be the same."""

from __future__ import annotations

import itertools
import json
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from mediakeep.app.reports import period_report
from mediakeep.app.reports.period_report import ReportContext
from mediakeep.music.item import MUSIC
from mediakeep.queue import readonly
from mediakeep.queue.history import index, queries
from mediakeep.views import period_stats, periods, summary
from mediakeep.views.period_stats import PeriodStats
from mediakeep.views.periods import DAY, WEEK
from mediakeep.views.report.kind_progress import KindProgress
from mediakeep.views.running_totals import RunningTotals
from mediakeep.views.summary import SummaryContext
from tests.sampling import some
from tests.views import months
from tests.views.months import Months
from tests.views.naive import AMOUNTS, Ledger, PeriodCounts, moment, mondays, span

ZONES = ("Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Pacific/Apia", "UTC")
COUNTS = (
    *("completed", "again", "failed", "skipped", "by_hand", "vanished", "reappeared"),
    *("progress", "sessions"),
)
BY_KIND = (
    *("new", "regressed", "closed", "repaired", "mended", "left", "returned"),
    *("reverted", "reopened"),
)


def queue_of(home: Path) -> Path:
    return home / "status" / "music"


def months_made(home: Path) -> Months:
    return months.make_history(home)


def summer_time(home: Path) -> Months:
    """Work at the hours in which the clocks go forward and back, 2026-03-29 and 2026-10-25."""
    month_history = Months(home, 1, "2026-03-27T12:00:00+00:00", months.ARTISTS[:60])
    month_history.batch(4)
    month_history.at("2026-03-28T23:30:00")
    month_history.batch(12, seconds=1200)  # through the hour that is not there
    month_history.at("2026-03-29T23:50:00")
    month_history.batch(3, seconds=400)
    month_history.at("2026-10-24T23:58:00")
    month_history.again(*months.ARTISTS[:8])
    month_history.batch(14, seconds=1100)  # through the hour that comes twice
    month_history.at("2026-10-25T23:59:00")
    month_history.batch(2, seconds=59)
    month_history.at("2026-10-26T08:00:00")
    month_history.batch(5)
    return month_history


def one_item(home: Path) -> Months:
    month_history = Months(home, 3, artists=["Solo"])
    month_history.batch(1)
    month_history.at("2026-11-20T10:00:00")
    month_history.again("Solo")
    month_history.batch(1)
    month_history.at("2026-12-15T10:00:00")
    return month_history


def at_once(home: Path) -> Months:
    """Two commands of a user during a batch, and sessions that do nothing."""
    months_ = months.Months(home, 9, artists=months.ARTISTS[:30])
    months_.batch(9)
    months_.at("2026-11-11T10:00:00")
    months_.batch(0)
    with months_.beside(4):
        months_.by_hand(months.ARTISTS[0], months.ARTISTS[1])
        months_.batch(4)
    months_.batch(2, kill=True)
    months_.batch(0, kill=True)
    months_.batch(3)
    return months_


def restored(home: Path) -> Months:
    """Go back to a checkpoint, on from there, and then to one of the line that was left."""
    month_history = Months(home, 4, artists=months.ARTISTS[:40])
    month_history.batch(5)
    early = month_history.checkpoint()
    month_history.at("2026-11-12T20:00:00")
    month_history.batch(6)
    month_history.by_hand(months.ARTISTS[0])
    late = month_history.checkpoint()
    month_history.batch(3)
    month_history.at("2026-11-17T20:00:00")
    month_history.restore(early)
    month_history.batch(4)
    month_history.scan(months.ARTISTS[1])
    month_history.at("2026-11-18T20:00:00")
    month_history.restore(late)
    month_history.again(*months.ARTISTS[:3])
    month_history.batch(7)
    month_history.at("2026-11-20T20:00:00")
    return month_history


HISTORIES = {one.__name__: one for one in (months_made, summer_time, one_item, at_once, restored)}


@pytest.fixture(scope="module")
def histories(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Months]:
    return {name: make(tmp_path_factory.mktemp(name)) for name, make in HISTORIES.items()}


def spans(folder: Path, now: datetime, days: int, zone: ZoneInfo) -> list[PeriodStats]:
    with index.open_for_query(folder) as base:
        begin = datetime.fromisoformat(queries.read_first_time(base))
        lines = periods.period_at(begin, days, zone).list_until(periods.period_at(now, days, zone))
        return period_stats.compute_stats(base, lines)


def facts(stats: PeriodStats) -> dict[str, Any]:
    """Lay out the package's figures of a period."""
    flow, level = stats.flow, stats.level
    return {
        **{name: getattr(flow, name) for name in (*COUNTS, *BY_KIND, "found", "resolved")},
        "amounts": {
            name: round(value, 6) for name, value in flow.amounts.items() if name in AMOUNTS
        },
        "invested": round(flow.invested, 6),
        "level": (level.completed, level.total, level.open),
    }


def naive_facts(result: PeriodCounts) -> dict[str, Any]:
    """Lay out the figures of the second count in the same way."""
    return {
        **{name: getattr(result, name) for name in (*COUNTS, "found", "resolved")},
        **{name: dict(+getattr(result, name)) for name in BY_KIND},
        "amounts": {name: round(value, 6) for name, value in result.amounts.items() if value},
        "invested": round(result.invested, 6),
        "level": (result.done, result.total, dict(+result.open)),
    }


# Each history and each zone in every run, all of their pairs in slow ones.
@pytest.mark.parametrize(("name", "zone"), some(itertools.product(HISTORIES, ZONES), 2))
def test_each_week_and_each_day_is_counted_twice(
    histories: dict[str, Months], name: str, zone: str
) -> None:
    history, here = histories[name], ZoneInfo(zone)
    folder = history.where.folder
    ledger = Ledger(folder)
    for days in (WEEK, DAY):
        stats = spans(folder, history.now, days, here)
        for one in stats:
            begin, end = span(one.period.first, days, here)
            assert (one.period.start, one.period.end) == (begin, end)
            assert facts(one) == naive_facts(ledger.told(begin, end)), one.period.name


def test_the_histories_contain_everything_countable(histories: dict[str, Months]) -> None:
    ever = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
    seen = [naive_facts(Ledger(history.where.folder).told(*ever)) for history in histories.values()]
    missing = {name for name in seen[0] if not any(stats_[name] for stats_ in seen)}
    assert missing == {"skipped", "reopened"}, "random histories have these"


@pytest.mark.parametrize("name", HISTORIES)
def test_the_history_ends_at_the_state_of_the_queue(
    histories: dict[str, Months], name: str
) -> None:
    history = histories[name]
    queue = json.loads((history.where.folder / "processing_queue.json").read_text())["artists"]
    level = spans(history.where.folder, history.now, WEEK, months.ZONE)[-1].level
    assert level.completed == sum(item["status"] == "completed" for item in queue.values())
    assert level.total == len(queue)
    open_ones: Counter[str] = Counter()
    for item in queue.values():
        if item["status"] != "skipped":
            open_ones.update(item.get("issues", {}))
    assert level.open == dict(open_ones)


@pytest.mark.parametrize("name", HISTORIES)
def test_pace_estimate_and_failures_are_counted_twice(
    histories: dict[str, Months], name: str
) -> None:
    history = histories[name]
    queue = json.loads((history.where.folder / "processing_queue.json").read_text())["artists"]
    ledger = Ledger(history.where.folder)
    loaded = readonly.load_state_and_position(history.where.folder, MUSIC)
    context = SummaryContext(history.now, months.ZONE)
    totals = RunningTotals(loaded.state)
    summary_ = index.query_history_index(
        history.where.folder,
        lambda db: summary.summarize_with_index(db, loaded.state, context, totals),
        loaded.records,
    )
    settled, seconds, sessions = ledger.pace()
    assert (summary_.pace.settled, summary_.pace.sessions) == (settled, sessions)
    assert summary_.pace.seconds == pytest.approx(seconds)
    left = sum(item["status"] in ("pending", "in_progress") for item in queue.values())
    assert summary_.status.items_left == left
    if left and settled:
        assert summary_.status.seconds_left == pytest.approx(left * seconds / settled)
    expected = ledger.estimate(history.now, left)
    assert (summary_.estimate is None) == (expected is None)
    if summary_.estimate and expected:
        days, rest = expected
        day = (history.now + timedelta(rest)).astimezone(months.ZONE).date()
        assert (summary_.estimate.days, summary_.estimate.date) == (round(days), f"{day}")
        assert summary_.estimate.per_week == pytest.approx(7 * left / rest, abs=0.06)
    for day, completed in summary_.completed_by_day:
        _, end = span(date.fromisoformat(day), 1, months.ZONE)
        assert completed == ledger.told(end, end).done
    failed = {
        key: item["error_message"] for key, item in queue.items() if item["status"] == "error"
    }
    assert {failed.item: failed.error for failed in summary_.failed_items} == failed


@pytest.mark.parametrize("days", [WEEK, DAY])
@pytest.mark.parametrize("name", HISTORIES)
def test_each_report_shows_what_is_counted(
    histories: dict[str, Months], name: str, days: int
) -> None:
    history, zone = histories[name], months.ZONE
    context, ledger = ReportContext(history.home, history.now, zone), Ledger(history.where.folder)
    first = period_report.first_activity(context)
    assert first == min(map(moment, ledger.counting))
    expected = mondays(first, history.now, zone)
    lines = periods.period_at(first, days, zone).list_until(context.current_period(days))
    assert [one.first for one in lines if days == WEEK] == (expected if days == WEEK else [])
    for period in lines[:3] + lines[-9:]:
        report = period_report.collect_report(context, period)
        assert report is not None
        begin, end = span(period.first, days, zone)
        (kind,) = report.kinds
        now = ledger.told(begin, end)
        _report(kind, now, begin == context.current_period(days).start)
        assert report.invested == pytest.approx(now.invested)
        ever = ledger.told(datetime(2000, 1, 1, tzinfo=UTC), end)
        assert report.invested_ever == pytest.approx(ever.invested)
        before = ledger.told(*span(period.first - timedelta(days), days, zone))
        assert (kind.before is None) == (period == lines[0])
        _rows(kind, now, before if kind.before else None)


def _report(kind: KindProgress, now: PeriodCounts, running: bool) -> None:
    assert (kind.completed, kind.total, kind.gained) == (now.done, now.total, now.progress)
    assert kind.total
    assert kind.share == pytest.approx(100 * now.done / kind.total, abs=0.051)
    assert kind.share_gained == pytest.approx(100 * now.progress / kind.total, abs=0.11)
    assert kind.open == now.open.total()
    assert kind.flow.failed == now.failed
    assert [(gain.item, gain.fixed, gain.closed) for gain in kind.gains] == now.gains[:5]
    assert (kind.present is not None) or not running
    for issue in kind.issues:
        counts = (issue.new, issue.regressed, issue.closed, issue.repaired, issue.open)
        answers, at_once = now.reopened & now.closed, now.repaired - now.mended
        repaired = at_once - (now.reverted & at_once)  # what was undone is not counted
        flows_ = (now.new, now.regressed - answers, now.closed - answers, repaired, now.open)
        assert counts == tuple(stats[issue.kind] for stats in flows_)
        came = now.new[issue.kind] + now.regressed[issue.kind] + now.returned[issue.kind]
        assert issue.more == came - now.closed[issue.kind] - now.left[issue.kind]
    kinds = {kind for one in (*(getattr(now, name) for name in BY_KIND), now.open) for kind in +one}
    assert {issue.kind for issue in kind.issues} == kinds


def _rows(kind: KindProgress, now: PeriodCounts, before: PeriodCounts | None) -> None:
    """Check the table of a report, whose rows are left out where both numbers are 0."""

    def numbers(result: PeriodCounts) -> dict[str, float]:
        return {
            "artists completed": result.completed,
            "of these, done before": result.again,
            "tracks processed": result.amounts.get("tracks", 0),
            "issues found": result.found,
            "issues resolved": result.resolved,
            "issues resolved, then undone by your commands": result.undone,
            "attempts that failed": result.failed,
            "artists read again by your commands": result.by_hand,
            "artists that vanished": result.vanished,
            "artists that came back": result.reappeared,
            "fields filled": result.amounts.get("fields_filled", 0),
            "time invested": result.invested,
        }

    new, old = numbers(now), numbers(before) if before else {}
    cells = {row.name: (row.now, row.before) for row in kind.rows}
    assert cells == {
        name: (pytest.approx(new[name]), pytest.approx(old[name]) if before else None)
        for name in new
        if new[name] or old.get(name)
    }


def test_what_is_open_since_when_is_counted_twice(histories: dict[str, Months]) -> None:
    for history in histories.values():
        ledger, first = Ledger(history.where.folder), {}
        for line, _, old, new in ledger.steps():
            first.update(dict.fromkeys(new.seen - old.seen, line["time"]))
        with index.open_for_query(history.where.folder) as base:
            issues = queries.read_open_issues(base)
        items = ledger.items(datetime(2100, 1, 1, tzinfo=UTC))
        assert issues == {issue: first[issue] for item in items.values() for issue in item.open}
