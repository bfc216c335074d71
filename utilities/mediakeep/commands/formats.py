"""A list of report formats as an option's value."""

from __future__ import annotations

from typing import Any

import click

from mediakeep import suggest

KNOWN = ("md", "html", "json", "csv")


class Formats(click.ParamType[tuple[str, ...]]):
    """Comma-separated formats, without duplicates."""

    name = "formats"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, ...]:
        """Parse the formats."""
        if isinstance(value, tuple):
            return value
        chosen = tuple(dict.fromkeys(part.strip().lower() for part in str(value).split(",")))
        unknown = [name for name in chosen if name not in KNOWN]
        if unknown:
            near = suggest.did_you_mean(unknown[0], KNOWN)
            message = f'unknown format "{unknown[0]}"; known formats: {", ".join(KNOWN)}'
            self.fail(f"{message}.{near}" if near else message, param, ctx)
        return chosen
