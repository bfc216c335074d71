"""Conditions on the current values of fields; only files that meet all of them are edited."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from mediakeep.commands import wording
from mediakeep.errors import UsageFailed
from mediakeep.media.edits import changes
from mediakeep.media.reading import Reading


@dataclass(frozen=True)
class Condition:
    """A field, and the exact values that it must hold now."""

    field: str
    values: tuple[str, ...] = ()

    def fits(self, reading: Reading) -> bool:
        """Return whether a file meets the condition."""
        kind = reading.facts.format
        current = changes.canonical(self.field, changes.value(reading.tags, self.field), kind)
        return current == changes.canonical(self.field, self.values, kind)


def of(texts: Iterable[str]) -> list[Condition]:
    """Parse conditions such as "genre=Rock"; values of the same field are combined.

    Raise UsageError if a condition is malformed.
    """
    by_field: dict[str, list[str]] = {}
    for text in texts:
        name, sign, value = text.partition("=")
        if not sign:
            raise UsageFailed(f'Invalid condition "{text}": write it as FIELD=OLD.')
        by_field.setdefault(wording.field(name), []).extend([value] if value else [])
    return [condition for field, values in by_field.items() for condition in _read(field, values)]


def _read(field: str, values: list[str]) -> list[Condition]:
    if not values:
        return [Condition(field)]
    return [Condition(edit.field, edit.values) for edit in wording.parsed(field, values, "")]
