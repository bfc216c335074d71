"""The edits of one command: one per file, without contradictions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from msgspec import structs

from mediakeep.commands import targets
from mediakeep.errors import UsageFailed
from mediakeep.media.edits.changes import Edit, Lift
from mediakeep.music.plans import Wish


@dataclass(frozen=True)
class Order:
    """The changes of one file, by field."""

    path: Path
    by_field: dict[str, Wish] = field(default_factory=dict)

    @property
    def wishes(self) -> list[Wish]:
        """All changes of the file."""
        return list(self.by_field.values())


class Orders:
    """The edits of one command, by file."""

    def __init__(self) -> None:
        self._by_file: dict[Path, Order] = {}

    @property
    def all(self) -> list[Order]:
        """All edits, one for each file."""
        return list(self._by_file.values())

    def add(self, path: Path, changes: Iterable[Wish]) -> None:
        """Add changes of a file; raise UsageError if they contradict earlier ones."""
        edit = self._by_file.setdefault(path.resolve(), Order(path))
        for change in changes:
            if conflict := self.clash(path, change):
                raise UsageFailed(f"{targets.shown(path)}: {conflict}.")
            edit.by_field.setdefault(_field(change), change)

    def clash(self, path: Path, change: Wish) -> str:
        """Return how a change contradicts an earlier one, as a clause, or ""."""
        edit = self._by_file.get(path.resolve())
        other = edit.by_field.get(_field(change)) if edit else None
        if other is None or _content(other) == _content(change):
            return ""
        return f"conflicting values of {_field(change)} ({other.reason})"


def _field(change: Wish) -> str:
    if isinstance(change, Edit):
        return change.field
    return "container" if isinstance(change, Lift) else "cover"


def _content(change: Wish) -> Wish:
    return structs.replace(change, reason="")
