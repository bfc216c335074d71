"""What is searched for, in which order: from what is likeliest to find the one movie on.

1. Each reading of the name: among the movies first shown in its year, and then among all. What the
   second search leaves out, as only a page of it is read, is looked for in that year by the date
   of any release, and in the years beside it.
2. Where nothing near was found, the name is changed: without the number of a part, with "&" for
   "and", without its subtitle, and then either half of it alone, as the other may be misspelled.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from mediakeep.movies.identify.clue import Clue, year_beside

FULL = 20  # movies on a page of what a search finds
_READINGS = 3  # of a name
_LONGEST = 200  # letters of a question
_SUBTITLE = re.compile(r"(?::\s|\s[-–—]\s).*$")
_PART = re.compile(
    r"\s+(?:(?:part|pt|chapter|vol|volume|teil|kapitel|partie|parte)\.?\s+\w+"
    r"|[2-9]|1\d|[ivx]{2,4}|[vx])(?=$|[:\s])",
    re.IGNORECASE,
)


class Step(msgspec.Struct, frozen=True):
    """One search; with `primary` the year is that in which a movie was first shown."""

    text: str
    year: int = 0
    primary: bool = True


def plain(clue: Clue) -> Iterator[Step]:
    """Give the searches for a name as it is written."""
    readings = [one[:_LONGEST].strip() for one in clue.titles if one.strip()][:_READINGS]
    for text in dict.fromkeys(readings):
        if year := year_beside(text, clue.year):
            yield Step(text, year)
        yield Step(text)
    for text in readings[:1] if clue.year else ():
        yield Step(text, clue.year, primary=False)
        yield from (Step(text, clue.year + off) for off in (-1, 1))


def bent(clue: Clue) -> Iterator[Step]:
    """Give the searches for a name that is written otherwise than the movie's."""
    if not clue.titles:
        return
    text = clue.titles[0][:_LONGEST]
    for one in dict.fromkeys((_PART.sub("", text), _joined(text), _SUBTITLE.sub("", text))):
        if one and one != text:
            yield Step(one, clue.year)
    yield from (Step(one, clue.year) for one in _halves(text.split()))


def _joined(text: str) -> str:
    return text.replace("&", "and") if "&" in text else re.sub(r"\band\b", "&", text)


def _halves(words: list[str]) -> list[str]:
    """Cut a name in two that have about as many letters each."""
    cuts = [[" ".join(words[:place]), " ".join(words[place:])] for place in range(1, len(words))]
    return min(cuts, key=lambda cut: abs(len(cut[0]) - len(cut[1])), default=[])
