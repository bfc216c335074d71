"""What the subjects with reviews share: access to the records of items, and texts on issues."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from mediakeep import command_text, kinds
from mediakeep.item import Item


class RecordFiles(msgspec.Struct, frozen=True):
    """The JSON records of a kind; `template` is their path below the home.

    `module` has the functions that read a record. It is imported when one is needed.
    """

    template: str
    module: str

    def find_place(self, item: Item) -> str:
        """Return the path of an item's record, relative to the home."""
        return self.template.format(item.output_name)

    def read(self, function: str, home: Path, item: Item, *more: Any) -> Any:
        """Return what a function of the module reads; None without a record."""
        path = home / self.find_place(item)
        return kinds.load(f"{self.module}:{function}")(path, *more) if path.exists() else None

    def read_reviews(self, home: Path, item: Item) -> list[dict[str, str]]:
        entries = item.manual_reviews and self.read("read_reviews", home, item, home, item.path)
        return entries or []


def build_cure_finder(table: str) -> Callable[[Path, str], str]:
    """Return a function that takes the home and an issue kind, and says what to do.

    `table` names the table of issue kinds, as "module:name". It is imported when one is needed.
    """

    def find_cure(home: Path, kind: str) -> str:
        cures = {row.name: row.cure for row in kinds.load(table)}
        return command_text.rewrite_commands(cures.get(kind, ""), home)

    return find_cure
