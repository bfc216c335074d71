"""Titles of albums: when two of them mean one album, and which disc a title names at its end."""

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

_LONG = 8  # letters that a title has at least to be called a slip of the pen of another
_LONGEST = 200  # beyond that nobody looks
_SLIP = 2  # letters that a slip changes at most


@letters.remembered
def parted(title: str) -> tuple[str, str]:
    """Part a title from the disc at its end: "Dawn (Disc 2)" is ("Dawn", "2")."""
    found = _DISC.search(title)
    if not found or not letters.holds(title[: found.start()]):
        return title, ""
    return title[: found.start()], disc_number(found["disc"])


def disc_number(text: str) -> str:
    """Write a disc's number plainly: "02", "CD 2" and "Two" are "2", "0" is none, "A" is "a"."""
    plain = text.strip().lower()
    if figures := _FIGURES.search(plain):
        return figures[0].lstrip("0")
    return str(_WORDS.index(plain) + 1) if plain in _WORDS else plain


@letters.remembered
def core(title: str) -> str:
    """Return a title as albums are told apart by it: loosely, mended, without a disc."""
    return letters.loose(parted(garbling.restored(title))[0])


def slips(counts: Mapping[str, int]) -> dict[str, str]:
    """Find titles that are the most frequent one with a slip of the pen, by how often each stands.

    Gives the slip and what it stands for. At most a third of the tracks may bear one.
    """
    usual, _ = Counter(counts).most_common(1)[0]
    total = sum(counts.values())
    return {
        title: usual
        for title, count in counts.items()
        if title != usual and count * 3 <= total and _is_slip(title, usual)
    }


def _is_slip(title: str, usual: str) -> bool:
    core_of_both = letters.loose(title), letters.loose(usual)
    return (
        all(_LONG <= len(text) <= _LONGEST for text in core_of_both)
        and _figures(title) == _figures(usual)
        and 0 < _distance(*core_of_both) <= _SLIP
    )


def _figures(title: str) -> list[str]:
    """The words that tell parts of a series apart: figures, numbers and single letters."""
    return [word for word in _WORD.findall(title.casefold()) if _counts(word)]


def _counts(word: str) -> bool:
    return (
        len(word) == 1
        or any(char.isdigit() for char in word)
        or word in _COUNTS
        or _ROMAN.fullmatch(word) is not None
    )


def _distance(one: str, other: str) -> int:
    """Count the letters to change, add or leave out; more than a slip is not counted exactly."""
    if abs(len(one) - len(other)) > _SLIP:
        return _SLIP + 1
    above: Iterable[int] = range(len(other) + 1)
    for number, char in enumerate(one, 1):
        last = list(above)
        row = [number]
        for place, against in enumerate(other):
            row.append(min(last[place] + (char != against), last[place + 1] + 1, row[place] + 1))
        above = row
    return list(above)[-1]
