"""Compare movie titles: ignoring case and articles, with numbers as digits."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

import msgspec
from rapidfuzz.distance import OSA

from mediakeep.movies.identify.weights import MovieMatchWeights

_MAX_LENGTH = 300  # characters of a title that are compared
_LETTER_REPLACEMENTS = str.maketrans(
    {"æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "ł": "l", "þ": "th", "ı": "i"}
)
_UMLAUT_SPELLINGS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe"})
_ARTICLE = re.compile(
    r"the|an?|de[rsmn]|die|das|eine?n?|l[eao]?|les|une?|el|los|las|una|il|gli|uno|os?|uma?|de|het"
    r"|det|ett"
)
_JOINING_WORD = re.compile(r"and|und|et")
_PART_WORD = re.compile(
    r"part|pt|chapter|vol(?:ume)?|episode|teil|kapitel|partie|chapitre|parte|capitulo|osa|del"
)
_NUMBER_WORDS = {"one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6"}
_NUMBER_WORDS |= {
    "seven": "7",
    "eight": "8",
    "nine": "9",
    "ten": "10",
    "eleven": "11",
    "twelve": "12",
}
_ROMAN_NUMERALS = {"ii": "2", "iii": "3", "iv": "4", "vi": "6", "vii": "7", "viii": "8", "ix": "9"}
_ROMAN_NUMERALS |= {"xi": "11", "xii": "12", "xiii": "13"}
_SINGLE_LETTER_NUMERALS = {"i": "1", "v": "5", "x": "10"}  # numbers only where one is expected
_ELIDED_ARTICLE = re.compile(r"\b(l|d|qu)['’´`](?=\w)")
_APOSTROPHE = re.compile(r"['’´`]")
_WORD_PATTERN = re.compile(r"[^\W_]+")


class ParsedMovieTitle(msgspec.Struct, frozen=True):
    """A movie title split into words without articles, with the numbers among the words."""

    words: tuple[str, ...]
    numbers: tuple[str, ...]
    full: str  # with articles, in the written order

    @property
    def key(self) -> str:
        """All letters of the title without spaces.

        Compounds may be written as one word or two.
        """
        return "".join(self.words)


def parse_title(text: str) -> tuple[ParsedMovieTitle, ...]:
    """Parse a movie title into one or two spellings.

    If it has umlauts, the second spelling writes them with an e.
    """
    return _parse_cached(text[:_MAX_LENGTH])


@lru_cache(maxsize=16_384)
def _parse_cached(text: str) -> tuple[ParsedMovieTitle, ...]:
    whole = unicodedata.normalize("NFC", text).casefold()
    spellings = dict.fromkeys((whole, whole.translate(_UMLAUT_SPELLINGS)))
    return tuple(dict.fromkeys(_parse_spelling(spelling) for spelling in spellings))


def _parse_spelling(text: str) -> ParsedMovieTitle:
    text = (
        _APOSTROPHE.sub("", _ELIDED_ARTICLE.sub(r"\1 ", text))
        .replace("&", " and ")
        .replace("+", " and ")
    )
    folded = unicodedata.normalize("NFKD", text.translate(_LETTER_REPLACEMENTS))
    bare = "".join(char for char in folded if not unicodedata.combining(char))
    counted = _convert_numbers(_WORD_PATTERN.findall(bare))
    words = _strip_articles(counted)
    return ParsedMovieTitle(
        words, tuple(sorted(word for word in words if word.isdigit())), " ".join(counted)
    )


def _convert_numbers(words: list[str]) -> list[str]:
    """Return words with numbers as digits, and without a word such as "part" before them."""
    converted: list[str] = []
    for index, word in enumerate(words):
        after_part = bool(converted) and bool(_PART_WORD.fullmatch(converted[-1]))
        number = (
            _NUMBER_WORDS.get(word)
            or _ROMAN_NUMERALS.get(word)
            or (word if word.isdecimal() else "")
        )
        if not number and (after_part or 0 < index == len(words) - 1):
            number = _SINGLE_LETTER_NUMERALS.get(word, "")
        if number and after_part and len(converted) > 1:
            converted.pop()
        converted.append((number.lstrip("0") or "0") if number else word)
    return converted


def _strip_articles(words: list[str]) -> tuple[str, ...]:
    """Return words without articles at both ends and without joining words.

    If nothing would be left, they are kept.
    """
    remaining = [word for word in words if not _JOINING_WORD.fullmatch(word)] or words
    if len(remaining) > 1 and _ARTICLE.fullmatch(remaining[-1]):
        remaining = remaining[:-1]
    if len(remaining) > 1 and _ARTICLE.fullmatch(remaining[0]):
        remaining = remaining[1:]
    return tuple(remaining)


def title_distance(title: str, other: str, weights: MovieMatchWeights) -> float:
    """Return how much two movie titles differ, from 0 (equal) to 1."""
    pairs = ((first, second) for first in parse_title(title) for second in parse_title(other))
    return min((_parsed_distance(first, second, weights) for first, second in pairs), default=1.0)


def _parsed_distance(
    title: ParsedMovieTitle, other: ParsedMovieTitle, weights: MovieMatchWeights
) -> float:
    if not (title.key and other.key):
        return 1.0
    apart = _letter_distance(title, other, weights)
    if title.numbers != other.numbers:
        odd = set(title.numbers) ^ set(other.numbers)
        apart += weights.first if odd == {"1"} else weights.sequel
    elif apart == 0 and title.full != other.full:
        apart = weights.article
    return min(apart, 1.0)


def _letter_distance(
    this: ParsedMovieTitle, other: ParsedMovieTitle, weights: MovieMatchWeights
) -> float:
    """Return how much the letters of two titles differ, from 0 to 1, ignoring numbers."""
    first, second = (
        tuple(word for word in title.words if not word.isdigit()) or title.words
        for title in (this, other)
    )
    keys = "".join(first), "".join(second)
    if keys[0] == keys[1]:
        return 0.0
    written = OSA.normalized_distance(this.full, other.full)
    apart = min(OSA.normalized_distance(*keys), written) * weights.letters
    apart = max(apart, _worst_word_distance(this.full.split(), other.full.split()) * weights.word)
    if sorted(first) == sorted(second):
        apart = min(apart, weights.order)
    short, long = sorted((first, second), key=len)
    if long[: len(short)] == short:
        apart = min(apart, weights.subtitle)
    return apart


def _worst_word_distance(words: list[str], other_words: list[str]) -> float:
    """Return how much the two most different words of two titles differ, from 0 to 1.

    Words are compared in order. Return 0 if the titles differ in the number of words.
    """
    if len(words) != len(other_words):
        return 0.0
    pairs = zip(words, other_words, strict=True)
    return max(OSA.distance(*pair) / max(_MIN_WORD_LENGTH, *map(len, pair)) for pair in pairs)


_MIN_WORD_LENGTH = 4  # letters: one letter of a shorter word counts no more


def is_part_of_title(short: str, long: str) -> bool:
    """Return True if the title `long` has all words of the title `short`, and more."""
    return set(parse_title(short)[0].words) < set(parse_title(long)[0].words)


def is_single_word(text: str) -> bool:
    """Return True if a title is a single word, which many movies may have as title."""
    return all(len(title.words) < _MIN_WORDS for title in parse_title(text))


_MIN_WORDS = 2
