"""Album titles: which of them are equal, and which disc they name at their end."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping

from mediakeep.music.checks import garbling, letters

_WORDS = [
    *("one", "two", "three", "four", "five", "six"),
    *("seven", "eight", "nine", "ten", "eleven", "twelve"),
]
_DISC = re.compile(
    r"[\s,;:\-\u2013\u2014]{0,4}[(\[{]?\s?\b(?:cd|dis[ck])[\s.:#_\-]{0,3}"
    rf"(?P<disc>\d{{1,2}}|{'|'.join(_WORDS)})(?:\s?(?:of|/)\s?\d{{1,2}})?\s?[)\]}}]?\s?$",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W_]+")
_FIGURES = re.compile("[0-9]{1,9}")
_ROMAN = re.compile("[ivxlcdm]+")
_COUNTS = frozenset(
    [*_WORDS, "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth"]
)

_LONG = 8  # characters; shorter titles are not compared for typos
_LONGEST = 200  # characters; longer titles are not compared
_SLIP = 2  # edits that a typo has at most


@letters.remembered
def parted(title: str) -> tuple[str, str]:
    """Split the disc at the end of a title: "Dawn (Disc 2)" is ("Dawn", "2")."""
    match = _DISC.search(title)
    if not match or not letters.holds(title[: match.start()]):
        return title, ""
    return title[: match.start()], disc_number(match["disc"])


def disc_number(text: str) -> str:
    """Normalize a disc number: "02", "CD 2" and "Two" are "2", "0" is "", "A" is "a"."""
    plain = text.strip().lower()
    if figures := _FIGURES.search(plain):
        return figures[0].lstrip("0")
    return str(_WORDS.index(plain) + 1) if plain in _WORDS else plain


@letters.remembered
def core(title: str) -> str:
    """Return the key by which album titles are compared: loosely, repaired, without a disc."""
    return letters.loose(parted(garbling.restored(title))[0])


def slips(counts: Mapping[str, int]) -> dict[str, str]:
    """Find misspellings of the most frequent title; `counts` is the number of tracks of each title.

    Return each misspelling with the right title. At most a third of the tracks may have it.
    """
    most_common, _ = Counter(counts).most_common(1)[0]
    total = sum(counts.values())
    return {
        title: most_common
        for title, count in counts.items()
        if title != most_common and count * 3 <= total and _is_slip(title, most_common)
    }


def _is_slip(title: str, correct: str) -> bool:
    keys = letters.loose(title), letters.loose(correct)
    return (
        all(_LONG <= len(text) <= _LONGEST for text in keys)
        and _figures(title) == _figures(correct)
        and 0 < _distance(*keys) <= _SLIP
    )


def _figures(title: str) -> list[str]:
    """Return the words that distinguish parts of a series: digits, numbers and single letters."""
    return [word for word in _WORD.findall(title.casefold()) if _counts(word)]


def _counts(word: str) -> bool:
    return (
        len(word) == 1
        or any(char.isdigit() for char in word)
        or word in _COUNTS
        or _ROMAN.fullmatch(word) is not None
    )


def _distance(first: str, second: str) -> int:
    """Return the edit distance; values above the limit are not exact."""
    if abs(len(first) - len(second)) > _SLIP:
        return _SLIP + 1
    previous: Iterable[int] = range(len(second) + 1)
    for number, char in enumerate(first, 1):
        costs = list(previous)
        row = [number]
        for place, other_char in enumerate(second):
            row.append(
                min(costs[place] + (char != other_char), costs[place + 1] + 1, row[place] + 1)
            )
        previous = row
    return list(previous)[-1]
