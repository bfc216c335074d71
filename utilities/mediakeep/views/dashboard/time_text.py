"""Format times on the dashboard: short local times, and durations until or since now."""

from __future__ import annotations

from datetime import datetime

import msgspec

from mediakeep.views import terminal
from mediakeep.views.periods import TimeZone


class DisplayTime(msgspec.Struct, frozen=True):
    """The current moment and the time zone in which the dashboard shows times."""

    moment: datetime
    zone: TimeZone = None

    def format_time(self, text: str) -> str:
        """Format a timestamp as local time; a day other than today is shown with its date."""
        local = datetime.fromisoformat(text).astimezone(self.zone)
        today = self.moment.astimezone(self.zone)
        if local.date() == today.date():
            return f"{local:%H:%M:%S}"
        return f"{local:%d %b %H:%M}" if local.year == today.year else f"{local:%d %b %Y}"

    def format_elapsed(self, text: str) -> str:
        """Format how long ago a timestamp is."""
        return terminal.format_duration(max(0.0, self.seconds_since(text)))

    def format_remaining(self, text: str) -> str:
        """Format how long it is until a timestamp; return "now" if it has passed."""
        rest = -self.seconds_since(text)
        return f"in {terminal.format_duration(rest)}" if rest > 0 else "now"

    def seconds_since(self, text: str) -> float:
        """Return the seconds since a timestamp; negative if it is in the future."""
        return (self.moment - datetime.fromisoformat(text)).total_seconds()


def format_day(text: str) -> str:
    """Format a date such as 2026-03-14 as "14 Mar 2026"."""
    return f"{datetime.fromisoformat(text):%-d %b %Y}"
