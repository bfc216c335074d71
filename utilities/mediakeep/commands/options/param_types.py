"""Values given by the user that need to be parsed: times, sizes and lists of formats."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import click

from mediakeep import clock, quantity_parsing, size_text, suggestions

REPORT_FORMATS = ("md", "html", "json", "csv")
LEAST_MEMORY = 100_000_000  # bytes; a worker with PyAV starts with a third of that


class FormatListParam(click.ParamType[tuple[str, ...]]):
    """Comma-separated formats, without duplicates."""

    name = "formats"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, ...]:
        """Parse the formats."""
        if isinstance(value, tuple):
            return value
        chosen = tuple(dict.fromkeys(part.strip().lower() for part in str(value).split(",")))
        unknown = [name for name in chosen if name not in REPORT_FORMATS]
        if unknown:
            near = suggestions.suggest_closest_name(unknown[0], REPORT_FORMATS)
            message = f'unknown format "{unknown[0]}"; known formats: {", ".join(REPORT_FORMATS)}'
            self.fail(f"{message}.{near}" if near else message, param, ctx)
        return chosen


class MemoryLimitParam(click.ParamType[int]):
    """A memory limit such as 2G, in bytes; 0 and "none" mean no limit."""

    name = "size"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Parse the size."""
        text = str(value).strip().lower()
        try:
            limit = 0 if text in ("none", "") else quantity_parsing.parse_size(text)
        except ValueError as error:
            self.fail(str(error), param, ctx)
        if 0 < limit < LEAST_MEMORY:
            least = size_text.format_size(LEAST_MEMORY)
            self.fail(f"{value} is not enough for a worker; use at least {least}", param, ctx)
        return limit


class TimestampParam(click.ParamType[str]):
    """2026-11-20, 2026-11-20 14:30, 2h, today or yesterday; converted to the record's format."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Parse the time; dates and times without a zone are local."""
        try:
            return clock.format_iso(_parse_timestamp(str(value).strip().lower(), clock.now()))
        except (ValueError, OverflowError):
            wanted = '2026-11-20, "2026-11-20 14:30", yesterday, or 2h for two hours ago'
            self.fail(f'invalid time "{value}": use a form like {wanted}', param, ctx)


def _parse_timestamp(text: str, now: datetime) -> datetime:
    days_ago = {"today": 0, "yesterday": 1}.get(text)
    if days_ago is not None:
        midnight = datetime.combine(now.astimezone().date(), datetime.min.time())
        return (midnight - timedelta(days=days_ago)).astimezone()
    try:
        return datetime.fromisoformat(text.upper()).astimezone()
    except ValueError:
        return now - timedelta(seconds=quantity_parsing.parse_duration(text))
