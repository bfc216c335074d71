"""The order of searches for a movie, starting with those most likely to find it.

1. Each reading of the name: among movies first released in its year, then among all. As only one
   page of the second search is read, further ones look in that year by the date of any release,
   and in the years next to it.
2. If nothing similar was found, the name is changed: without the number of a part, with "&" for
   "and", without its subtitle, and then each half alone, as the other may be misspelled.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from mediakeep.movies.identify.clue import Clue, year_beside

FULL = 20  # movies on a page of search results
_READINGS = 3  # of a name
_LONGEST = 200  # characters of a query
_SUBTITLE = re.compile(r"(?::\s|\s[-–—]\s).*$")
_PART = re.compile(
    r"\s+(?:(?:part|pt|chapter|vol|volume|teil|kapitel|partie|parte)\.?\s+\w+"
    r"|[2-9]|1\d|[ivx]{2,4}|[vx])(?=$|[:\s])",
    re.IGNORECASE,
)


class Step(msgspec.Struct, frozen=True):
    """One search; with `is_first_release`, the year is that of the first release."""

    text: str
    year: int = 0
    primary: bool = True


def plain(clue: Clue) -> Iterator[Step]:
    """Yield the searches for a name as written."""
    readings = [title[:_LONGEST].strip() for title in clue.titles if title.strip()][:_READINGS]
    for text in dict.fromkeys(readings):
        if year := year_beside(text, clue.year):
            yield Step(text, year)
        yield Step(text)
    for text in readings[:1] if clue.year else ():
        yield Step(text, clue.year, primary=False)
        yield from (Step(text, clue.year + off) for off in (-1, 1))


def bent(clue: Clue) -> Iterator[Step]:
    """Yield the searches for a name that is written differently from the movie's."""
    if not clue.titles:
        return
    text = clue.titles[0][:_LONGEST]
    for variant in dict.fromkeys((_PART.sub("", text), _joined(text), _SUBTITLE.sub("", text))):
        if variant and variant != text:
            yield Step(variant, clue.year)
    yield from (Step(half, clue.year) for half in _halves(text.split()))


def _joined(text: str) -> str:
    return text.replace("&", "and") if "&" in text else re.sub(r"\band\b", "&", text)


def _halves(words: list[str]) -> list[str]:
    """Split a name into two parts of about equal length."""
    cuts = [[" ".join(words[:place]), " ".join(words[place:])] for place in range(1, len(words))]
    return min(cuts, key=lambda cut: abs(len(cut[0]) - len(cut[1])), default=[])
