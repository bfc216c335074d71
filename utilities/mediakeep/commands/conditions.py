"""Conditions on what a file holds now: only files that meet all of them are written."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from mediakeep.commands import wording
from mediakeep.errors import UsageFailed
from mediakeep.media.edits import changes
from mediakeep.media.reading import Reading


@dataclass(frozen=True)
class Condition:
    """A field that must hold just these values now."""

    field: str
    values: tuple[str, ...] = ()

    def fits(self, reading: Reading) -> bool:
        """Tell whether a file meets the condition."""
        kind = reading.facts.format
        held = changes.canonical(self.field, changes.value(reading.tags, self.field), kind)
        return held == changes.canonical(self.field, self.values, kind)


def of(texts: Iterable[str]) -> list[Condition]:
    """Read conditions such as "genre=Rock"; the values of one field come together.

    UsageFailed where a text is none.
    """
    by_field: dict[str, list[str]] = {}
    for text in texts:
        name, sign, value = text.partition("=")
        if not sign:
            raise UsageFailed(f'"{text}" is no condition: write it as FIELD=OLD.')
        by_field.setdefault(wording.field(name), []).extend([value] if value else [])
    return [one for field, values in by_field.items() for one in _read(field, values)]


def _read(field: str, values: list[str]) -> list[Condition]:
    if not values:
        return [Condition(field)]
    return [Condition(one.field, one.values) for one in wording.parsed(field, values, "")]
