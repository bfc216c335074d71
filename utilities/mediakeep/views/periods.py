"""Days and ISO weeks in a time zone, with their start and end in UTC."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta, tzinfo

import msgspec

DAY, WEEK = 1, 7
TimeZone = tzinfo | None  # None is the local zone of this machine

_WEEK_NAME = re.compile(r"(\d{4})-?[Ww](\d{2})")


class Period(msgspec.Struct, frozen=True, order=True):
    """A period of days in a time zone: a day, an ISO 8601 week (Monday to Sunday), or longer."""

    first: date
    days: int = WEEK
    zone: TimeZone = None

    @property
    def name(self) -> str:
        """The name in file names and commands, such as 2025-W51 or 2025-12-17."""
        year, week, _ = self.first.isocalendar()
        return f"{year}-W{week:02d}" if self.days == WEEK else f"{self.first}"

    @property
    def last(self) -> date:
        """The last day of the period."""
        return self.first + timedelta(self.days - 1)

    @property
    def start(self) -> datetime:
        """The first moment of the period, in UTC."""
        return _midnight_utc(self.first, self.zone)

    @property
    def end(self) -> datetime:
        """The first moment after the period, in UTC."""
        return _midnight_utc(self.first + timedelta(self.days), self.zone)

    def shift(self, count: int) -> Period:
        """Return the period of equal length `count` periods later, or earlier if negative."""
        return Period(self.first + timedelta(count * self.days), self.days, self.zone)

    def list_until(self, last: Period) -> list[Period]:
        """List the consecutive periods from this one to `last`, both included."""
        count = (last.first - self.first).days // self.days
        return [self.shift(number) for number in range(count + 1)]


def period_at(moment: datetime, days: int = WEEK, zone: TimeZone = None) -> Period:
    """Return the day or week that contains a moment; `days` is the length of the period."""
    today = moment.astimezone(zone).date()
    first = today - timedelta(today.weekday()) if days == WEEK else today
    return Period(first, days, zone)


def parse_period(text: str, zone: TimeZone = None) -> Period:
    """Parse a week or day name such as 2025-W51 or 2025-12-17; raise ValueError if invalid."""
    if match := _WEEK_NAME.fullmatch(text.strip()):
        try:
            return Period(date.fromisocalendar(int(match[1]), int(match[2]), 1), WEEK, zone)
        except ValueError:
            raise ValueError(f"Week {text} does not exist") from None
    try:
        return Period(date.fromisoformat(text.strip()), DAY, zone)
    except ValueError:
        raise ValueError(
            f'Invalid period "{text}": use a week such as 2025-W51 or a day such as 2025-12-17'
        ) from None


def _midnight_utc(day: date, zone: TimeZone) -> datetime:
    begin = datetime.combine(day, time(), zone)
    return begin.astimezone(UTC)


_MONTH_NAMES = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_DAY_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def format_date(day: date) -> str:
    """Format a date as in "17 December 2025"."""
    return f"{day.day} {_MONTH_NAMES[day.month - 1]} {day.year}"


def format_time(text: str, zone: TimeZone) -> str:
    """Format a UTC timestamp as local time, as in "22 December 2026, 06:00"."""
    local = datetime.fromisoformat(text).astimezone(zone)
    return f"{format_date(local.date())}, {local:%H:%M}"


def format_short_date(day: date) -> str:
    """Format a date as in "17 Dec", for charts."""
    return f"{day.day} {_MONTH_NAMES[day.month - 1][:3]}"


def format_period(period: Period) -> str:
    """Format a period, as in "15 to 21 December 2025" or "Wednesday, 17 December 2025"."""
    first, last = period.first, period.last
    if period.days == DAY:
        return f"{_DAY_NAMES[first.weekday()]}, {format_date(first)}"
    begin = format_date(first) if first.year != last.year else format_date(first).rpartition(" ")[0]
    if (first.year, first.month) == (last.year, last.month):
        begin = str(first.day)
    return f"{begin} to {format_date(last)}"
