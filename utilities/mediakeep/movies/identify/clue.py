"""What is known of a movie before its lookup, and the query made of it."""

from __future__ import annotations

import msgspec

from mediakeep.movies.identify import titles
from mediakeep.movies.identify.weights import Weights


class Clue(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is known of a movie to be identified; `titles` are readings of its name, best first.

    `minutes` is the runtime of the file, 0 if unknown; a movie with an `edition` may be longer or
    shorter than the theatrical release. The name is `bare` if it is just a title and a year without
    brackets, as home videos are often named. `folders` are the names of its parent folders below
    the library. `episode` marks a name such as "Show - s01e01".
    """

    titles: tuple[str, ...]
    year: int = 0
    minutes: float = 0.0
    edition: bool = False
    bare: bool = False
    folders: tuple[str, ...] = ()
    episode: bool = False


class Reading(msgspec.Struct, frozen=True):
    """One reading of a name, its penalty, and the year that remains next to it."""

    title: str
    doubt: float
    year: int


def readings(clue: Clue, weights: Weights) -> tuple[Reading, ...]:
    """Return all readings of a name; a year that is a word of the title is not its year."""
    return tuple(
        Reading(title, _doubt(clue.titles[0], title, weights), year_beside(title, clue.year))
        for title in clue.titles
    )


def year_beside(title: str, year: int) -> int:
    """Return the year of a name, or 0 if it is a word of the title, as in "Harbour 1984"."""
    words = title.split()
    return 0 if len(words) > 1 and str(year) in words else year


def _doubt(first: str, title: str, weights: Weights) -> float:
    """Return the penalty of a reading that is not the first one."""
    if title == first:
        return 0.0
    return weights.piece if titles.is_part(title, first) else weights.spare
