"""Format the wait of a parked item: until when, and why."""

from __future__ import annotations

from datetime import datetime

from mediakeep.views.periods import TimeZone


def format_wait(until: str, why: str, now: datetime, zone: TimeZone = None) -> str:
    """Format a wait as in "waiting until 08:00: the service is closed".

    `until` is a timestamp, which is shown as local time, with the date unless it is today. A wait
    that is over is shown as in "due since 08:00: the service is closed". Without `until`, return
    `why`.
    """
    if not until:
        return why
    moment = datetime.fromisoformat(until)
    word = "due since" if moment <= now else "waiting until"
    text = f"{word} {format_moment(moment, now, zone)}"
    return f"{text}: {why}" if why else text


def format_moment(moment: datetime, now: datetime, zone: TimeZone = None) -> str:
    """Format a moment as local time, with the date unless it is today."""
    local, today = moment.astimezone(zone), now.astimezone(zone)
    if local.date() == today.date():
        return f"{local:%H:%M}"
    return f"{local:%d %b %H:%M}" if local.year == today.year else f"{local:%d %b %Y %H:%M}"
