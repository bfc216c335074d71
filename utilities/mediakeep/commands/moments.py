"""A time given by the user: a date, a time, or how long ago."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import click

from mediakeep import clock, config

_SHOWN = "%Y-%m-%d %H:%M"


class Moment(click.ParamType[str]):
    """2026-11-20, 2026-11-20 14:30, 2h, today or yesterday; converted to the record's format."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Parse the time; dates and times without a zone are local."""
        try:
            return clock.text(_read(str(value).strip().lower(), clock.now()))
        except (ValueError, OverflowError):
            wanted = '2026-11-20, "2026-11-20 14:30", yesterday, or 2h for two hours ago'
            self.fail(f'invalid time "{value}": use a form like {wanted}', param, ctx)


def _read(text: str, now: datetime) -> datetime:
    days_ago = {"today": 0, "yesterday": 1}.get(text)
    if days_ago is not None:
        midnight = datetime.combine(now.astimezone().date(), datetime.min.time())
        return (midnight - timedelta(days=days_ago)).astimezone()
    try:
        return datetime.fromisoformat(text.upper()).astimezone()
    except ValueError:
        return now - timedelta(seconds=config.seconds(text))


def shown(text: str) -> str:
    """Return a recorded time in local time."""
    return datetime.fromisoformat(text).astimezone().strftime(_SHOWN)
