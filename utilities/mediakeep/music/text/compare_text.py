"""Compare and format texts: blank texts, loose equality, and quoting in details."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache, wraps
from typing import TypeVar

from mediakeep import path_text
from mediakeep.counts import rank_counts

T = TypeVar("T")

# Zero-width characters; a text of these alone is blank.
_ZERO_WIDTH = "\u200b\u200c\u200d\u2060\ufeff"

_ZERO_WIDTH_CHARS = re.compile("[\u200b\u2060\ufeff]")

_MAX_QUOTED = 200  # characters; longer texts are quoted truncated
_MAX_JUDGED = 2000  # characters of a text that are examined
_CACHE_SIZE = 4096  # cached texts
_MAX_LISTED = 5  # texts that a detail quotes; the others are counted

# Letters without a decomposition, and symbols that stand for words.
_BASE_LETTERS = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "ħ": "h", "ı": "i", "♯": "sharp"}
    | {"æ": "ae", "œ": "oe", "þ": "th", "♭": "flat"}
)
# Accents of Latin, Greek and Cyrillic (except й, a separate letter), points of Hebrew and
# Arabic. Marks of other scripts are vowels or form other letters, so they stay.
_ACCENTS = re.compile(
    "(?!(?<=и)\u0306)[\u0300-\u036f]|[\u0591-\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670]"
)
_ARTICLE = re.compile(r"^\s*the\s+(?=\S)|\s?,\s?the\s?$")
_AND = re.compile(r"[&+]")
_SHARP = re.compile(r"\b([a-g])#")
_NOT_ALNUM = re.compile("[^a-z0-9\0]+")
_BETWEEN_DIGITS = re.compile("(?<=[0-9])[^a-z0-9]+(?=[0-9])")
_KEPT_CATEGORIES = frozenset("LMN")  # Unicode's categories of letters, marks and numbers


def has_text(text: str) -> bool:
    """Return whether a text has more than whitespace and zero-width characters."""
    # Most texts begin with a letter or a digit.
    return text[:1].isalnum() or bool(text.strip().strip(_ZERO_WIDTH + " \t\n\v\f\r\u00a0\0"))


def quote(text: str) -> str:
    """Quote a text for a detail: escape control characters, and truncate a very long text."""
    shown = text if len(text) <= _MAX_QUOTED else text[: _MAX_QUOTED - 1] + "…"
    return f'"{path_text.to_printable(shown)}"'


def cache_by_text(function: Callable[[str], T]) -> Callable[[str], T]:
    """Return a function that remembers its results for texts.

    Only the start of a text longer than taggers write is passed on, and its result is not
    remembered.
    """
    cached = lru_cache(maxsize=_CACHE_SIZE)(function)

    @wraps(function)
    def call(text: str) -> T:
        return cached(text) if len(text) <= _MAX_QUOTED else function(text[:_MAX_JUDGED])

    return call


@cache_by_text
def comparison_key(text: str) -> str:
    """Return the key by which texts are compared: only their letters and digits.

    Two texts are loosely equal if their keys are equal: case, accents, punctuation, spaces, a
    leading "The" and the sign for "and" do not matter. Separate numbers stay separate: "1.5" is not
    "15". A text of punctuation alone, such as "!!!", is only stripped.
    """
    folded = text.lower().replace("\0", " ") if text.isascii() else _strip_accents(text)
    core = _AND.sub(" and ", _ARTICLE.sub("", folded))
    core = _SHARP.sub(r"\1sharp", core)
    if core.isascii():
        return _NOT_ALNUM.sub("", _BETWEEN_DIGITS.sub("\0", core)) or normalize_spaces(folded)
    return _keep_letters(core) or normalize_spaces(folded)


def normalize_spaces(text: str) -> str:
    """Return a text without superfluous whitespace, in composed form (NFC)."""
    if not text.isascii():
        text = unicodedata.normalize("NFC", _ZERO_WIDTH_CHARS.sub("", text))
    return " ".join(text.split())


def join_parts(parts: Sequence[str], between: str = ", ") -> str:
    """Join the parts of a detail; of many parts only the first few are listed."""
    remaining = len(parts) - _MAX_LISTED
    if remaining < 2:
        return between.join(parts)
    return between.join([*parts[:_MAX_LISTED], f"and {remaining} more"])


def format_counts(counts: Mapping[str, int]) -> str:
    """Format how many tracks have each value, most first: '"AC/DC" (41 tracks), "AC-DC" (2)'."""
    (first, highest), *others = rank_counts(counts).items()
    parts = [f"{first} ({highest} {'track' if highest == 1 else 'tracks'})"]
    return join_parts([*parts, *(f"{text} ({count})" for text, count in others)])


def first_text(texts: Iterable[str]) -> str:
    """Return the first text that is not blank, or ""."""
    return next((text for text in texts if has_text(text)), "")


def _strip_accents(text: str) -> str:
    """Remove accents; NFKD also unifies character widths, ligatures and superscripts."""
    decomposed = unicodedata.normalize("NFKD", _ZERO_WIDTH_CHARS.sub("", text)).casefold()
    stripped = _ACCENTS.sub("", unicodedata.normalize("NFKD", decomposed))
    return unicodedata.normalize("NFKC", stripped).translate(_BASE_LETTERS)


def _keep_letters(text: str) -> str:
    chars: list[str] = []
    after_gap = False
    for char in text:
        if unicodedata.category(char)[0] not in _KEPT_CATEGORIES:
            after_gap = bool(chars)
            continue
        if after_gap and char.isdigit() and chars[-1].isdigit():
            chars.append("\0")
        chars.append(char)
        after_gap = False
    return "".join(chars)
