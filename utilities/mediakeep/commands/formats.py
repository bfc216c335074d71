"""The formats of reports, as an option's value."""

from __future__ import annotations

from typing import Any

import click

from mediakeep import suggest

KNOWN = ("md", "html", "json", "csv")


class Formats(click.ParamType[tuple[str, ...]]):
    """Formats with commas between them, each at most once."""

    name = "formats"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, ...]:
        """Read the names."""
        if isinstance(value, tuple):
            return value
        given = tuple(dict.fromkeys(part.strip().lower() for part in str(value).split(",")))
        unknown = [one for one in given if one not in KNOWN]
        if unknown:
            near = suggest.did_you_mean(unknown[0], KNOWN)
            told = f'there is no format "{unknown[0]}"; there are {", ".join(KNOWN)}'
            self.fail(f"{told}.{near}" if near else told, param, ctx)
        return given
