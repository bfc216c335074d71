"""Times on a board: short, of the zone that the reader lives in, or told from now."""

from __future__ import annotations

from datetime import datetime

import msgspec

from mediakeep.views import terminal
from mediakeep.views.periods import Zone


class Now(msgspec.Struct, frozen=True):
    """The moment that a board shows, and the zone of its times."""

    moment: datetime
    zone: Zone = None

    def clock(self, text: str) -> str:
        """Write a time of the record: of today by the clock, of another day with its date."""
        when = datetime.fromisoformat(text).astimezone(self.zone)
        today = self.moment.astimezone(self.zone)
        if when.date() == today.date():
            return f"{when:%H:%M:%S}"
        return f"{when:%d %b %H:%M}" if when.year == today.year else f"{when:%d %b %Y}"

    def since(self, text: str) -> str:
        """Tell how long ago a time was."""
        return terminal.duration(max(0.0, self.after(text)))

    def until(self, text: str) -> str:
        """Tell how far off a time is: "now" when it has come."""
        rest = -self.after(text)
        return f"in {terminal.duration(rest)}" if rest > 0 else "now"

    def after(self, text: str) -> float:
        """Return how many seconds ago a time was; of one to come, less than 0."""
        return (self.moment - datetime.fromisoformat(text)).total_seconds()


def day(text: str) -> str:
    """Write a day such as 2026-03-14 for people: 14 Mar 2026."""
    return f"{datetime.fromisoformat(text):%-d %b %Y}"
