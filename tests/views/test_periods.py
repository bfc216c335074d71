"""Days and weeks of time zones: their names, their moments, and how people read them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediakeep.views import periods
from mediakeep.views.periods import DAY, WEEK, Period
from tests.sampling import each_row

BERLIN = ZoneInfo("Europe/Berlin")
ZONES = tuple(
    map(
        ZoneInfo,
        (
            *("Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Pacific/Apia", "UTC"),
            *("Australia/Lord_Howe", "America/St_Johns", "Pacific/Chatham", "Africa/Casablanca"),
            *("America/Santiago", "Asia/Beirut", "America/Havana"),  # midnights that do not exist
        ),
    )
)


@each_row(
    ("day", "name"),
    [
        ("2025-12-15", "2025-W51"),
        ("2025-12-29", "2026-W01"),
        ("2026-12-28", "2026-W53"),
        ("2027-01-04", "2027-W01"),
        ("2020-12-28", "2020-W53"),
        ("2021-01-04", "2021-W01"),
    ],
)
def test_a_week_is_named_by_iso_8601_and_found_by_its_name(day: str, name: str) -> None:
    first = date.fromisoformat(day)
    for more in range(7):
        noon = datetime.combine(first + timedelta(more), datetime.min.time(), UTC).replace(hour=12)
        period = periods.period_at(noon, WEEK, UTC)
        assert (period.first, period.last, period.name) == (first, first + timedelta(6), name)
    assert periods.parse_period(name, UTC) == Period(first, WEEK, UTC)
    assert periods.parse_period(f" {name.lower().replace('-', '')} ", UTC) == Period(
        first, WEEK, UTC
    )


def test_a_day_is_named_by_its_date() -> None:
    period = periods.parse_period("2026-02-28", BERLIN)
    assert (period.name, period.last, period.days) == ("2026-02-28", date(2026, 2, 28), DAY)
    assert period.shift(1).name == "2026-03-01"


@each_row(
    "text",
    ["", "2025-W00", "2025-W53", "2027-W54", "2026-02-29", "W51", "x", "2025-W5", "0000-W01"],
)
def test_what_names_no_period_is_said_so(text: str) -> None:
    with pytest.raises(
        ValueError, match=r"^Week .* does not exist$|^Invalid period .* use a week such as 2025-W51"
    ):
        periods.parse_period(text)


@each_row(
    ("zone", "day", "hours"),
    [
        ("Europe/Berlin", "2026-03-29", 23),
        ("Europe/Berlin", "2026-10-25", 25),
        ("America/New_York", "2026-03-08", 23),
        ("America/New_York", "2026-11-01", 25),
        ("Australia/Lord_Howe", "2026-10-04", 23.5),
        ("Asia/Kathmandu", "2026-03-29", 24),
        ("America/Santiago", "2026-09-06", 23),  # begins at one o'clock
        ("America/Havana", "2026-11-01", 25),  # begins twice
    ],
)
def test_days_are_as_long_as_the_clocks_on_the_walls_say(zone: str, day: str, hours: float) -> None:
    period = Period(date.fromisoformat(day), DAY, ZoneInfo(zone))
    assert period.end - period.start == timedelta(hours=hours)
    week = periods.period_at(period.start, WEEK, period.zone)
    assert week.end - week.start == timedelta(hours=6 * 24 + hours)


@given(
    moment=st.integers(1356998400, 2114380800).map(lambda one: datetime.fromtimestamp(one, UTC)),
    zone=st.sampled_from(ZONES),
    days=st.sampled_from([DAY, WEEK]),
)
def test_each_time_is_in_one_period_and_periods_are_adjacent(
    moment: datetime, zone: ZoneInfo, days: int
) -> None:
    period = periods.period_at(moment, days, zone)
    assert period.start <= moment < period.end
    assert period.shift(1).start == period.end
    assert periods.parse_period(period.name, zone) == period
    assert period.start.timestamp() % 900 == 0, "the index keeps sums of quarters of an hour"
    assert periods.period_at(period.start, days, zone) == period
    assert periods.period_at(period.end, days, zone) == period.shift(1)
    assert period.list_until(period.shift(3))[-1] == period.shift(3)
    assert period.list_until(period.shift(-1)) == []


@each_row(
    ("name", "title"),
    [
        ("2025-W51", "15 to 21 December 2025"),
        ("2025-W48", "24 to 30 November 2025"),
        ("2025-W40", "29 September to 5 October 2025"),
        ("2026-W53", "28 December 2026 to 3 January 2027"),
        ("2025-12-17", "Wednesday, 17 December 2025"),
    ],
)
def test_a_period_is_written_out_for_people(name: str, title: str) -> None:
    assert periods.format_period(periods.parse_period(name)) == title


def test_moments_are_written_as_the_clock_on_the_wall_shows_them() -> None:
    assert periods.format_time("2026-03-29T00:59:00+00:00", BERLIN) == "29 March 2026, 01:59"
    assert periods.format_time("2026-03-29T01:00:00+00:00", BERLIN) == "29 March 2026, 03:00"
    assert periods.format_time("2026-12-31T23:30:00+00:00", BERLIN) == "1 January 2027, 00:30"
    assert periods.format_short_date(date(2026, 12, 7)) == "7 Dec"
