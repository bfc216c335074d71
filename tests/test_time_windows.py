"""Times of the day in which work may run, also on days on which clocks are changed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from mediakeep.time_windows import TimeWindows, parse_windows

BERLIN = ZoneInfo("Europe/Berlin")  # clocks change on 29 March and 25 October 2026


def berlin(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("22-6", '"22-6" is no time window; write it like 22:00-06:00'),
        ("at night", '"at" is no time window'),
        ("22:00", '"22:00" is no time window'),
        ("22:60-06:00", '"22:60-06:00" has a time that does not exist'),
        ("25:00-06:00", "hours are 0 to 24"),
        ("06:00-06:00", '"06:00-06:00" begins when it ends; leave it out'),
        ("00:00-24:00", "begins when it ends"),
    ],
)
def test_a_wrong_window_is_explained(text: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        parse_windows(text)


@pytest.mark.parametrize(
    ("text", "inside", "outside"),
    [
        ("22:00-06:00", "22:00 23:59 00:00 05:59", "06:00 12:00 21:59"),
        ("12:00-13:30, 22:00-24:00", "12:00 13:29 23:59", "00:00 11:59 13:30 21:59"),
        ("9:00:30-9:01", "09:00:30 09:00:59", "09:00:29 09:01:00"),
    ],
)
def test_windows_may_go_over_midnight_and_there_may_be_several(
    text: str, inside: str, outside: str
) -> None:
    windows = parse_windows(text)
    for words, expected in ((inside, True), (outside, False)):
        moments = [berlin(f"2026-06-01T{word}") for word in words.split()]
        assert [windows.is_open(moment, BERLIN) for moment in moments] == [expected] * len(moments)


def test_without_windows_all_times_are_in_one() -> None:
    assert not parse_windows("")
    assert parse_windows("").is_open(datetime.now(UTC))


@pytest.mark.parametrize(
    ("text", "now", "opening"),
    [
        ("22:00-06:00", "2026-06-01T21:59:59.5", "2026-06-01T22:00"),
        ("22:00-06:00", "2026-06-01T06:00", "2026-06-01T22:00"),
        ("22:00-06:00", "2026-06-01T03:00:01", "2026-06-01T03:00:01"),
        ("12:00:20-12:00:40", "2026-06-01T13:00:30", "2026-06-02T12:00:20"),
        ("12:00:20-12:00:40", "2026-06-01T13:00:50", "2026-06-02T12:00:20"),
        ("12:00:50-12:00:55,12:00:20-12:00:40", "2026-06-01T12:00:45", "2026-06-01T12:00:50"),
        ("02:30-04:00", "2026-03-29T01:00", "2026-03-29T03:00"),  # there is no 02:30
        ("02:15-02:45", "2026-03-29T01:00", "2026-03-30T02:15"),  # nor this window
        ("02:30-02:45", "2026-10-25T01:00", "2026-10-25T02:30"),
    ],
)
def test_the_next_opening_is_found(text: str, now: str, opening: str) -> None:
    found = parse_windows(text).find_next_start(berlin(now), BERLIN)
    assert found == berlin(opening).astimezone(UTC)


@pytest.mark.parametrize(("day", "hours"), [("2026-03-28", 7), ("2026-10-24", 9)])
def test_a_window_over_a_change_of_clocks_ends_when_the_clock_says_so(day: str, hours: int) -> None:
    windows: TimeWindows = parse_windows("22:00-06:00")
    begin = berlin(f"{day}T22:00").astimezone(UTC)
    assert windows.is_open(begin + timedelta(hours=hours, seconds=-1), BERLIN)
    assert not windows.is_open(begin + timedelta(hours=hours), BERLIN)
