"""Times of the day in which work may run, such as 22:00-06:00, in local time."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, tzinfo

import msgspec

_SPAN_PATTERN = re.compile(r"(\d{1,2}):(\d\d)(?::(\d\d))?-(\d{1,2}):(\d\d)(?::(\d\d))?")
_DAY = 86400  # seconds
_MINUTES_SEARCHED = 3 * 24 * 60  # a window may be missing on a day when clocks are changed


class TimeWindows(msgspec.Struct, frozen=True):
    """Times of the day, as the text that the user gave and as pairs of seconds after midnight.

    A window whose end is not after its begin goes over midnight. Without windows, all times are in
    one. A `zone` of None is the local time of the system.
    """

    text: str = ""
    spans: tuple[tuple[int, int], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.spans)

    def is_open(self, moment: datetime, zone: tzinfo | None = None) -> bool:
        """Return whether a moment is in a window."""
        if not self.spans:
            return True
        local = moment.astimezone(zone)
        at = 3600 * local.hour + 60 * local.minute + local.second
        return any(
            begin <= at < end if begin < end else at >= begin or at < end
            for begin, end in self.spans
        )

    def find_next_start(self, moment: datetime, zone: tzinfo | None = None) -> datetime:
        """Return the first moment from `moment` on that is in a window, in whole seconds.

        The clock is followed minute by minute, so that days on which clocks are changed are right.
        """
        start = moment.astimezone(UTC).replace(microsecond=0)
        if self.is_open(start, zone):
            return start
        minute = start.replace(second=0)
        for _ in range(_MINUTES_SEARCHED):
            for begin in self._list_begins(minute.astimezone(zone)):
                if (opening := minute + timedelta(seconds=begin)) >= start:
                    return opening
            minute += timedelta(minutes=1)
            if self.is_open(minute, zone):
                return minute
        return minute

    def _list_begins(self, minute: datetime) -> list[int]:
        """Return the seconds of a minute at which windows begin."""
        number = 60 * minute.hour + minute.minute
        return sorted(begin % 60 for begin, _ in self.spans if begin // 60 == number)


def parse_windows(text: str) -> TimeWindows:
    """Parse windows such as "22:00-06:00" or "12:00-13:00,22:00-06:00".

    Raise ValueError if the text is invalid; "" means no windows.
    """
    words = [word for word in re.split(r"[,\s]+", text.strip()) if word]
    return TimeWindows(text.strip(), tuple(map(_parse_span, words)))


def _parse_span(word: str) -> tuple[int, int]:
    match = _SPAN_PATTERN.fullmatch(word)
    if not match:
        raise ValueError(f'"{word}" is no time window; write it like 22:00-06:00')
    numbers = [int(number or 0) for number in match.groups()]
    begin, end = (_parse_time(word, *numbers[index : index + 3]) for index in (0, 3))
    if begin == end % _DAY:
        raise ValueError(f'"{word}" begins when it ends; leave it out to work at any time')
    return begin, end


def _parse_time(word: str, hour: int, minute: int, second: int) -> int:
    seconds = 3600 * hour + 60 * minute + second
    if minute > 59 or second > 59 or seconds > _DAY:
        raise ValueError(f'"{word}" has a time that does not exist; hours are 0 to 24')
    return seconds
