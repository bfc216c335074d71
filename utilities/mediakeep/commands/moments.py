"""A moment as a person names it: a day, a time, or how long ago."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import click

from mediakeep import clock, config

_SHOWN = "%Y-%m-%d %H:%M"


class Moment(click.ParamType[str]):
    """2026-11-20, 2026-11-20 14:30, 2h, today or yesterday; given as the record writes it."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Read the moment; days and times without a zone are those of this machine's."""
        try:
            return clock.text(_read(str(value).strip().lower(), clock.now()))
        except (ValueError, OverflowError):
            wanted = '2026-11-20, "2026-11-20 14:30", yesterday, or 2h for two hours ago'
            self.fail(f'"{value}" is no time; write it like {wanted}', param, ctx)


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
    """Show a moment of the record in the time of this machine."""
    return datetime.fromisoformat(text).astimezone().strftime(_SHOWN)
