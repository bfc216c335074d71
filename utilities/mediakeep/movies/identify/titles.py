"""Compare movie titles: case-folded, with numbers as digits, without articles."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

import msgspec
from rapidfuzz.distance import OSA

from mediakeep.movies.identify.weights import Weights

_LONGEST = 300  # characters of a title that are compared
_PLAIN = str.maketrans(
    {"æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "ł": "l", "þ": "th", "ı": "i"}
)
_SPELLED = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe"})
_ARTICLE = re.compile(
    r"the|an?|de[rsmn]|die|das|eine?n?|l[eao]?|les|une?|el|los|las|una|il|gli|uno|os?|uma?|de|het"
    r"|det|ett"
)
_JOINT = re.compile(r"and|und|et")
_PART = re.compile(
    r"part|pt|chapter|vol(?:ume)?|episode|teil|kapitel|partie|chapitre|parte|capitulo|osa|del"
)
_COUNTED = {"one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6"}
_COUNTED |= {"seven": "7", "eight": "8", "nine": "9", "ten": "10", "eleven": "11", "twelve": "12"}
_ROMAN = {"ii": "2", "iii": "3", "iv": "4", "vi": "6", "vii": "7", "viii": "8", "ix": "9"}
_ROMAN |= {"xi": "11", "xii": "12", "xiii": "13"}
_LONE = {"i": "1", "v": "5", "x": "10"}  # numbers only where one is expected
_ELIDED = re.compile(r"\b(l|d|qu)['’´`](?=\w)")
_SILENT = re.compile(r"['’´`]")
_WORD = re.compile(r"[^\W_]+")


class Title(msgspec.Struct, frozen=True):
    """A parsed title: its words without articles, and the numbers among them."""

    words: tuple[str, ...]
    numbers: tuple[str, ...]
    full: str  # with articles, in the written order

    @property
    def key(self) -> str:
        """All letters without spaces, as compounds may be written as one word or two."""
        return "".join(self.words)


def parsed(text: str) -> tuple[Title, ...]:
    """Parse a title; a second result spells umlauts with an e, if there are any."""
    return _parsed(text[:_LONGEST])


@lru_cache(maxsize=16_384)
def _parsed(text: str) -> tuple[Title, ...]:
    whole = unicodedata.normalize("NFC", text).casefold()
    spellings = dict.fromkeys((whole, whole.translate(_SPELLED)))
    return tuple(dict.fromkeys(_title(spelling) for spelling in spellings))


def _title(text: str) -> Title:
    text = _SILENT.sub("", _ELIDED.sub(r"\1 ", text)).replace("&", " and ").replace("+", " and ")
    folded = unicodedata.normalize("NFKD", text.translate(_PLAIN))
    bare = "".join(char for char in folded if not unicodedata.combining(char))
    counted = _figures(_WORD.findall(bare))
    words = _bare(counted)
    return Title(words, tuple(sorted(word for word in words if word.isdigit())), " ".join(counted))


def _figures(words: list[str]) -> list[str]:
    """Write numbers as digits, and drop the word for a part before them."""
    converted: list[str] = []
    for index, word in enumerate(words):
        after_part = bool(converted) and bool(_PART.fullmatch(converted[-1]))
        number = _COUNTED.get(word) or _ROMAN.get(word) or (word if word.isdecimal() else "")
        if not number and (after_part or 0 < index == len(words) - 1):
            number = _LONE.get(word, "")
        if number and after_part and len(converted) > 1:
            converted.pop()
        converted.append((number.lstrip("0") or "0") if number else word)
    return converted


def _bare(words: list[str]) -> tuple[str, ...]:
    """Drop articles at both ends, and joining words, unless nothing would be left."""
    remaining = [word for word in words if not _JOINT.fullmatch(word)] or words
    if len(remaining) > 1 and _ARTICLE.fullmatch(remaining[-1]):
        remaining = remaining[:-1]
    if len(remaining) > 1 and _ARTICLE.fullmatch(remaining[0]):
        remaining = remaining[1:]
    return tuple(remaining)


def distance(title: str, other: str, weights: Weights) -> float:
    """Return how much two titles differ, from 0 to 1."""
    pairs = ((first, second) for first in parsed(title) for second in parsed(other))
    return min((_distance(first, second, weights) for first, second in pairs), default=1.0)


def _distance(title: Title, other: Title, weights: Weights) -> float:
    if not (title.key and other.key):
        return 1.0
    apart = _apart(title, other, weights)
    if title.numbers != other.numbers:
        odd = set(title.numbers) ^ set(other.numbers)
        apart += weights.first if odd == {"1"} else weights.sequel
    elif apart == 0 and title.full != other.full:
        apart = weights.article
    return min(apart, 1.0)


def _apart(this: Title, other: Title, weights: Weights) -> float:
    """Return the distance of the letters of two titles, ignoring numbers."""
    first, second = (
        tuple(word for word in title.words if not word.isdigit()) or title.words
        for title in (this, other)
    )
    keys = "".join(first), "".join(second)
    if keys[0] == keys[1]:
        return 0.0
    written = OSA.normalized_distance(this.full, other.full)
    apart = min(OSA.normalized_distance(*keys), written) * weights.letters
    apart = max(apart, _worst(this.full.split(), other.full.split()) * weights.word)
    if sorted(first) == sorted(second):
        apart = min(apart, weights.order)
    short, long = sorted((first, second), key=len)
    if long[: len(short)] == short:
        apart = min(apart, weights.subtitle)
    return apart


def _worst(words: list[str], other_words: list[str]) -> float:
    """Return the distance of the words that differ most; 0 if the numbers of words differ."""
    if len(words) != len(other_words):
        return 0.0
    pairs = zip(words, other_words, strict=True)
    return max(OSA.distance(*pair) / max(_SHORT, *map(len, pair)) for pair in pairs)


_SHORT = 4  # letters: one letter of a shorter word counts no more


def is_part(short: str, long: str) -> bool:
    """Return True if a title has all words of another one, and more."""
    return set(parsed(short)[0].words) < set(parsed(long)[0].words)


def is_vague(text: str) -> bool:
    """Return True if a title is a single word, which many movies may share."""
    return all(len(title.words) < _FEW for title in parsed(text))


_FEW = 2
