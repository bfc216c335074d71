"""Damaged files, each remade at any time from its recipe: a way, a sound and a number.

python -m tests.media.mutations cut m4a 17 > bad.m4a
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count, islice
from random import Random

from tests.media import mutations_bombs as bombs
from tests.media import mutations_changes as changes

_SYSTEMATIC: tuple[Callable[[str, int], bytes], ...] = (
    *(changes.cut, changes.length, changes.magic, changes.joined, changes.renamed, changes.text),
)
_BY_CHANCE: tuple[Callable[[str, int], bytes], ...] = (
    *(changes.flipped, changes.blanked, changes.moved, changes.spliced, changes.garbage),
    *(changes.stacked, changes.copied),
)
_CHANGES = {function.__name__: function for function in _SYSTEMATIC + _BY_CHANCE}
_BOMB = "bomb"


@dataclass(frozen=True)
class Recipe:
    """How a damaged file is made."""

    change: str
    name: str
    number: int = 0

    def __str__(self) -> str:
        return f"{self.change} {self.name} {self.number}"

    @property
    def suffix(self) -> str:
        """The extension of the file's name."""
        return changes.suffix(self.change, self.name, self.number)

    def content(self) -> bytes:
        """Make the file."""
        if self.change == _BOMB:
            return bombs.BOMBS[self.name]()
        return _CHANGES[self.change](self.name, self.number)


def recipe(text: str) -> Recipe:
    """Read a recipe that was printed."""
    change, name, number = text.split()
    return Recipe(change, name, int(number))


def listed(total: int) -> list[Recipe]:
    """Return so many recipes: all bombs, then those of all files."""
    always = [Recipe(_BOMB, name) for name in bombs.BOMBS]
    return [*always, *damaged(total - len(always), changes.NAMES)]


def damaged(total: int, names: Sequence[str], seed: int = 0) -> list[Recipe]:
    """Return recipes of some files, at most half of them systematic; the others by chance.

    Another seed selects other systematic changes and other chances.
    """
    systematic = [
        Recipe(change, name, number)
        for name in names
        for change, many in changes.counted(name).items()
        for number in range(many)
    ]
    Random(seed).shuffle(systematic)
    some = systematic[: total // 2]
    return [*some, *islice(_by_chance(names, seed * _CHANCES), total - len(some))]


_CHANCES = 1_000_000  # numbers of a seed


def _by_chance(names: Sequence[str], first: int) -> Iterator[Recipe]:
    for number in count(first):
        for change in _BY_CHANCE:
            yield from (Recipe(change.__name__, name, number) for name in names)


if __name__ == "__main__":
    sys.stdout.buffer.write(recipe(" ".join(sys.argv[1:])).content())
