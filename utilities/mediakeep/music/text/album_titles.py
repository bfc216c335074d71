"""Compare album titles, and find the disc that the end of a title names."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping

from mediakeep.music.text import compare_text, mojibake

_NUMBER_WORDS = [
    *("one", "two", "three", "four", "five", "six"),
    *("seven", "eight", "nine", "ten", "eleven", "twelve"),
]
_DISC_SUFFIX = re.compile(
    r"[\s,;:\-\u2013\u2014]{0,4}[(\[{]?\s?\b(?:cd|dis[ck])[\s.:#_\-]{0,3}"
    rf"(?P<disc>\d{{1,2}}|{'|'.join(_NUMBER_WORDS)})(?:\s?(?:of|/)\s?\d{{1,2}})?\s?[)\]}}]?\s?$",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W_]+")
_DIGITS = re.compile("[0-9]{1,9}")
_ROMAN_NUMERAL = re.compile("[ivxlcdm]+")
_COUNTING_WORDS = frozenset(
    [
        *_NUMBER_WORDS,
        "first",
        "second",
        "third",
        "fourth",
        "fifth",
        "sixth",
        "seventh",
        "eighth",
        "ninth",
    ]
)

_MIN_TYPO_LENGTH = 8  # characters; shorter titles are not compared for typos
_MAX_TYPO_LENGTH = 200  # characters; longer titles are not compared
_MAX_TYPO_EDITS = 2  # edits that a typo has at most


@compare_text.cache_by_text
def split_disc(title: str) -> tuple[str, str]:
    """Split the disc from the end of an album title: "Dawn (Disc 2)" gives ("Dawn", "2")."""
    match = _DISC_SUFFIX.search(title)
    if not match or not compare_text.has_text(title[: match.start()]):
        return title, ""
    return title[: match.start()], normalize_disc_number(match["disc"])


def normalize_disc_number(text: str) -> str:
    """Normalize a disc number: "02", "CD 2" and "Two" are "2", "0" is "", "A" is "a"."""
    plain = text.strip().lower()
    if figures := _DIGITS.search(plain):
        return figures[0].lstrip("0")
    return str(_NUMBER_WORDS.index(plain) + 1) if plain in _NUMBER_WORDS else plain


@compare_text.cache_by_text
def title_key(title: str) -> str:
    """Return the key by which album titles are compared: repaired, without disc, letters only."""
    return compare_text.comparison_key(split_disc(mojibake.decode_mojibake(title))[0])


def find_typos(counts: Mapping[str, int]) -> dict[str, str]:
    """Return the right title for each misspelled one; `counts` has the tracks of each title.

    The right title is the most frequent one. At most a third of the tracks may be misspelled.
    """
    most_common, _ = Counter(counts).most_common(1)[0]
    total = sum(counts.values())
    return {
        title: most_common
        for title, count in counts.items()
        if title != most_common and count * 3 <= total and _is_typo(title, most_common)
    }


def _is_typo(title: str, correct: str) -> bool:
    keys = compare_text.comparison_key(title), compare_text.comparison_key(correct)
    return (
        all(_MIN_TYPO_LENGTH <= len(text) <= _MAX_TYPO_LENGTH for text in keys)
        and _counting_words(title) == _counting_words(correct)
        and 0 < _edit_distance(*keys) <= _MAX_TYPO_EDITS
    )


def _counting_words(title: str) -> list[str]:
    """Return the words that distinguish parts of a series: digits, numbers and single letters."""
    return [word for word in _WORD.findall(title.casefold()) if _is_counting_word(word)]


def _is_counting_word(word: str) -> bool:
    return (
        len(word) == 1
        or any(char.isdigit() for char in word)
        or word in _COUNTING_WORDS
        or _ROMAN_NUMERAL.fullmatch(word) is not None
    )


def _edit_distance(first: str, second: str) -> int:
    """Return how many letters differ between two texts; above the limit it is not exact."""
    if abs(len(first) - len(second)) > _MAX_TYPO_EDITS:
        return _MAX_TYPO_EDITS + 1
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
