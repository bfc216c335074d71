"""The quota ledger: limits by the day of California, over all processes."""

from __future__ import annotations

import multiprocessing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mediakeep.errors import LimitReached
from mediakeep.lookups.youtube.quota import PRESETS, QuotaLedger, QuotaLimits, estimate_end
from tests.sampling import each_row

START = datetime(2026, 11, 24, 20, tzinfo=UTC)  # noon in California


class SetClock:
    def __init__(self, moment: datetime = START) -> None:
        self.moment = moment

    def __call__(self) -> float:
        return self.moment.timestamp()


def fill(ledger: QuotaLedger, call: str) -> tuple[int, datetime]:
    """Record a call until a limit is reached; return how often, and the end of the limit."""
    for count in range(20_000):
        try:
            ledger.record(call)
        except LimitReached as error:
            return count, error.until
    raise AssertionError("there is no limit")


@each_row(
    ("limits", "call", "count"),
    [
        (PRESETS["2026"], "videos.insert", 100),
        (PRESETS["2026"], "playlistItems.insert", 200),
        (PRESETS["2026"], "captions.insert", 25),
        (PRESETS["legacy"], "videos.insert", 6),
        (QuotaLimits(uploads=2), "videos.insert", 2),
        (QuotaLimits(uploads=0), "videos.insert", 0),
        (QuotaLimits(units=30), "playlistItems.insert", 0),
    ],
)
def test_each_limit_ends_at_midnight_in_california(
    tmp_path: Path, limits: QuotaLimits, call: str, count: int
) -> None:
    clock = SetClock()
    ledger = QuotaLedger(tmp_path / "quota.db", limits, clock)
    midnight = datetime(2026, 11, 25, 8, tzinfo=UTC)
    assert fill(ledger, call) == (count, midnight)
    clock.moment = midnight
    assert fill(ledger, call)[0] == count


@each_row(
    ("now", "midnight"),
    [
        ("2026-07-01T06:59:59", "2026-07-01T07:00:00"),
        ("2026-07-01T07:00:00", "2026-07-02T07:00:00"),
        ("2026-03-08T09:00:00", "2026-03-09T07:00:00"),  # a day of 23 hours
        ("2026-11-01T08:00:00", "2026-11-02T08:00:00"),  # of 25 hours
    ],
)
def test_days_are_those_of_california(tmp_path: Path, now: str, midnight: str) -> None:
    clock = SetClock(datetime.fromisoformat(now).replace(tzinfo=UTC))
    ledger = QuotaLedger(tmp_path / "quota.db", QuotaLimits(uploads=1), clock)
    until = datetime.fromisoformat(midnight).replace(tzinfo=UTC)
    assert fill(ledger, "videos.insert") == (1, until)


def test_a_limit_that_youtube_reports_holds_for_its_calls_until_it_ends(tmp_path: Path) -> None:
    clock = SetClock()
    ledger = QuotaLedger(tmp_path / "quota.db", QuotaLimits(), clock)
    ledger.record("videos.insert")
    error = ledger.block("videos.insert", "uploadLimitExceeded", 86_400)
    assert error.until == datetime(2026, 11, 25, 20, tzinfo=UTC)
    other = QuotaLedger(tmp_path / "quota.db", QuotaLimits(), clock)
    with pytest.raises(
        LimitReached, match=r"YouTube: a limit of the service \(uploadLimitExceeded\) reached"
    ) as raised:
        other.record("videos.insert")
    assert raised.value.until == error.until
    assert f"{error.until.astimezone():%Y-%m-%d %H:%M}" in str(raised.value)
    other.record("playlistItems.insert")
    clock.moment = error.until
    assert fill(ledger, "videos.insert")[0] == 100
    ledger.block("channels.list", "rateLimitExceeded", 60)
    with pytest.raises(LimitReached) as raised:
        ledger.record("channels.list")
    assert (raised.value.until - clock.moment).total_seconds() == 60


def test_entries_of_a_wrong_clock_do_not_count_for_ever(tmp_path: Path) -> None:
    clock = SetClock(datetime(2030, 1, 1, tzinfo=UTC))
    ledger = QuotaLedger(tmp_path / "quota.db", QuotaLimits(uploads=1), clock)
    ledger.record("videos.insert")
    clock.moment = START
    assert ledger.get_usage() == {"uploads": (0, 1), "quota units": (0, 10_000)}
    ledger.record("videos.insert")
    clock.moment = datetime(2026, 11, 24, 1, tzinfo=UTC)  # back by a day: counts still
    assert fill(ledger, "videos.insert") == (0, datetime(2026, 11, 25, 8, tzinfo=UTC))


def test_old_entries_are_removed(tmp_path: Path) -> None:
    clock = SetClock()
    ledger = QuotaLedger(tmp_path / "quota.db", QuotaLimits(), clock)
    for _ in range(50):
        ledger.record("videos.list")
        clock.moment += timedelta(days=1)
    with ledger._file.reading() as database:
        assert database.execute("SELECT count(*) FROM entries").fetchone() == (31,)


def _record_many(path: Path) -> int:
    return fill(QuotaLedger(path, QuotaLimits(uploads=40), SetClock()), "videos.insert")[0]


def test_processes_share_the_limit(tmp_path: Path) -> None:
    with multiprocessing.get_context("fork").Pool(4) as pool:
        counts = pool.map(_record_many, [tmp_path / "quota.db"] * 4, chunksize=1)
    assert sum(counts) == 40


@each_row(
    ("remaining", "calls", "more", "days", "limit"),
    [
        (200, {"videos.insert": 1, "playlistItems.insert": 1}, {}, 2, "100 uploads a day"),
        (25, {"videos.insert": 1, "captions.insert": 1}, {}, 1, "10,000 quota units a day"),
        (10, {"videos.insert": 1}, {"every week": 1 / 7}, 70, "every week"),
        (0, {"videos.insert": 1}, {}, 0, "100 uploads a day"),
        (10, {"videos.insert": 1}, {"pace of the last 14 days": 0.0}, None, "pace of"),
    ],
)
def test_an_estimate_names_the_limit_that_decides(
    tmp_path: Path,
    remaining: int,
    calls: dict[str, int],
    more: dict[str, float],
    days: int | None,
    limit: str,
) -> None:
    ledger = QuotaLedger(tmp_path / "quota.db", QuotaLimits())
    end, name = estimate_end(remaining, ledger.compute_rates(calls) | more, START)
    assert (end and round((end - START).total_seconds() / 86_400)) == days
    assert name.startswith(limit)
