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

from mediakeep.movies.identify.clues import MovieClues, year_outside_title

PAGE_SIZE = 20  # movies on a page of search results
_MAX_READINGS = 3  # of a name
_MAX_QUERY_LENGTH = 200  # characters of a query
_SUBTITLE_PATTERN = re.compile(r"(?::\s|\s[-–—]\s).*$")
_PART_PATTERN = re.compile(
    r"\s+(?:(?:part|pt|chapter|vol|volume|teil|kapitel|partie|parte)\.?\s+\w+"
    r"|[2-9]|1\d|[ivx]{2,4}|[vx])(?=$|[:\s])",
    re.IGNORECASE,
)


class SearchStep(msgspec.Struct, frozen=True):
    """One search for a movie at TMDb by text and year.

    If `is_first_release` is True, the year is that of the first release in any country.
    """

    text: str
    year: int = 0
    is_first_release: bool = True


def list_exact_searches(clues: MovieClues) -> Iterator[SearchStep]:
    """Yield the searches for a movie's name as written."""
    readings = [title[:_MAX_QUERY_LENGTH].strip() for title in clues.titles if title.strip()][
        :_MAX_READINGS
    ]
    for text in dict.fromkeys(readings):
        if year := year_outside_title(text, clues.year):
            yield SearchStep(text, year)
        yield SearchStep(text)
    for text in readings[:1] if clues.year else ():
        yield SearchStep(text, clues.year, is_first_release=False)
        yield from (SearchStep(text, clues.year + off) for off in (-1, 1))


def list_relaxed_searches(clues: MovieClues) -> Iterator[SearchStep]:
    """Yield the searches for changed forms of a movie's name.

    They find a movie whose title is written differently.
    """
    if not clues.titles:
        return
    text = clues.titles[0][:_MAX_QUERY_LENGTH]
    for variant in dict.fromkeys(
        (_PART_PATTERN.sub("", text), _swap_ampersand(text), _SUBTITLE_PATTERN.sub("", text))
    ):
        if variant and variant != text:
            yield SearchStep(variant, clues.year)
    yield from (SearchStep(half, clues.year) for half in _split_in_halves(text.split()))


def _swap_ampersand(text: str) -> str:
    return text.replace("&", "and") if "&" in text else re.sub(r"\band\b", "&", text)


def _split_in_halves(words: list[str]) -> list[str]:
    """Split the words of a name into two parts of about equal length."""
    cuts = [[" ".join(words[:place]), " ".join(words[place:])] for place in range(1, len(words))]
    return min(cuts, key=lambda cut: abs(len(cut[0]) - len(cut[1])), default=[])
