"""What is known here of a movie that is to be found, and how its name may be read."""

from __future__ import annotations

import msgspec

from mediakeep.movies.identify import titles
from mediakeep.movies.identify.weights import Weights


class Clue(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is known here of a movie; `titles` are readings of its name, the best first.

    `minutes` is how long the file lasts, 0 where that is not known; with an `edition` it may last
    longer or shorter than the movie that was shown in cinemas. The name is `bare` where it is a
    title and a year without brackets, and no more: people name films of their own so. `folders` are
    the names of the folders that it lies in, below the library. A name such as "Show - s01e01" is
    that of an `episode`.
    """

    titles: tuple[str, ...]
    year: int = 0
    minutes: float = 0.0
    edition: bool = False
    bare: bool = False
    folders: tuple[str, ...] = ()
    episode: bool = False


class Reading(msgspec.Struct, frozen=True):
    """One reading of a name, what is taken off for it, and the year that is left beside it."""

    title: str
    doubt: float
    year: int


def readings(clue: Clue, weights: Weights) -> tuple[Reading, ...]:
    """Read a name in all its ways; a year that is a word of the title is the year of nothing."""
    return tuple(
        Reading(title, _doubt(clue.titles[0], title, weights), year_beside(title, clue.year))
        for title in clue.titles
    )


def year_beside(title: str, year: int) -> int:
    """Return the year of a name, 0 where it is a word of the title, as in "Harbour 1984"."""
    words = title.split()
    return 0 if len(words) > 1 and str(year) in words else year


def _doubt(first: str, title: str, weights: Weights) -> float:
    """Return what is taken off for a reading of a name that is not the first one."""
    if title == first:
        return 0.0
    return weights.piece if titles.is_part(title, first) else weights.spare
