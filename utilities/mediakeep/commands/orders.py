"""What a person wants of files: each file once, and nothing that contradicts itself."""

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
    """What is wanted of one file, by field."""

    path: Path
    by_field: dict[str, Wish] = field(default_factory=dict)

    @property
    def wishes(self) -> list[Wish]:
        """All that is wanted."""
        return list(self.by_field.values())


class Orders:
    """The orders of one command, by the files that they are about."""

    def __init__(self) -> None:
        self._by_file: dict[Path, Order] = {}

    @property
    def all(self) -> list[Order]:
        """One order for each file."""
        return list(self._by_file.values())

    def add(self, path: Path, wishes: Iterable[Wish]) -> None:
        """Add what is wanted of a file; UsageFailed where that contradicts what is there."""
        order = self._by_file.setdefault(path.resolve(), Order(path))
        for wish in wishes:
            if clash := self.clash(path, wish):
                raise UsageFailed(f"{targets.shown(path)}: {clash}.")
            order.by_field.setdefault(_field(wish), wish)

    def clash(self, path: Path, wish: Wish) -> str:
        """Say what contradicts a wish, as a sentence's end; "" where nothing does."""
        order = self._by_file.get(path.resolve())
        other = order.by_field.get(_field(wish)) if order else None
        if other is None or _content(other) == _content(wish):
            return ""
        return f"something else is wanted of its {_field(wish)} ({other.reason})"


def _field(wish: Wish) -> str:
    if isinstance(wish, Edit):
        return wish.field
    return "container" if isinstance(wish, Lift) else "cover"


def _content(wish: Wish) -> Wish:
    return structs.replace(wish, reason="")
