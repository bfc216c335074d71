"""Compare and format texts: blank texts, loose equality, and quoting in details."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache, wraps
from typing import TypeVar

from mediakeep import files

T = TypeVar("T")

# Zero-width characters; a text of these alone is blank.
_WIDTHLESS = "\u200b\u200c\u200d\u2060\ufeff"

_UNSEEN = re.compile("[\u200b\u2060\ufeff]")

_QUOTED = 200  # characters; longer texts are quoted truncated
_JUDGED = 2000  # characters of a text that are examined
_REMEMBERED = 4096  # cached texts
_SHOWN = 5  # texts that a detail quotes; the others are counted

# Letters without a decomposition, and symbols that stand for words.
_PLAIN = str.maketrans(
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
_OTHERS = re.compile("[^a-z0-9\0]+")
_BETWEEN_FIGURES = re.compile("(?<=[0-9])[^a-z0-9]+(?=[0-9])")
_KEPT = frozenset("LMN")  # Unicode's categories of letters, marks and numbers


def holds(text: str) -> bool:
    """Return whether a text has more than whitespace and zero-width characters."""
    return bool(text.strip().strip(_WIDTHLESS + " \t\n\v\f\r\u00a0\0"))


def quoted(text: str) -> str:
    """Quote a text for a detail: escape control characters, and truncate a very long text."""
    shown = text if len(text) <= _QUOTED else text[: _QUOTED - 1] + "…"
    return f'"{files.printable(shown)}"'


def remembered(function: Callable[[str], T]) -> Callable[[str], T]:
    """Cache a pure function of a text.

    Only the start of a text longer than taggers write is passed on, and the result is not cached.
    """
    cached = lru_cache(maxsize=_REMEMBERED)(function)

    @wraps(function)
    def call(text: str) -> T:
        return cached(text) if len(text) <= _QUOTED else function(text[:_JUDGED])

    return call


@remembered
def loose(text: str) -> str:
    """Return the key by which texts are compared: only their letters and digits.

    Two texts are loosely equal if their keys are equal: case, accents, punctuation, spaces, a
    leading "The" and the sign for "and" do not matter. Separate numbers stay separate: "1.5" is not
    "15". A text of punctuation alone, such as "!!!", is only stripped.
    """
    folded = text.lower().replace("\0", " ") if text.isascii() else _unaccented(text)
    core = _AND.sub(" and ", _ARTICLE.sub("", folded))
    core = _SHARP.sub(r"\1sharp", core)
    if core.isascii():
        return _OTHERS.sub("", _BETWEEN_FIGURES.sub("\0", core)) or neat(folded)
    return _letters(core) or neat(folded)


def neat(text: str) -> str:
    """Return a text without superfluous whitespace, in composed form (NFC)."""
    if not text.isascii():
        text = unicodedata.normalize("NFC", _UNSEEN.sub("", text))
    return " ".join(text.split())


def listed(parts: Sequence[str], between: str = ", ") -> str:
    """Join the parts of a detail; of many parts only the first few are listed."""
    more = len(parts) - _SHOWN
    if more < 2:
        return between.join(parts)
    return between.join([*parts[:_SHOWN], f"and {more} more"])


def tallied(counts: Mapping[str, int]) -> str:
    """Format how many tracks have each value, most first: '"AC/DC" (41 tracks), "AC-DC" (2)'."""
    ranked = sorted(counts.items(), key=lambda entry: (-entry[1], entry[0]))
    (first, highest), *others = ranked
    parts = [f"{first} ({highest} {'track' if highest == 1 else 'tracks'})"]
    return listed([*parts, *(f"{text} ({count})" for text, count in others)])


def first(texts: Iterable[str]) -> str:
    """Return the first text that is not blank, or ""."""
    return next((text for text in texts if holds(text)), "")


def _unaccented(text: str) -> str:
    """Remove accents; NFKD also unifies character widths, ligatures and superscripts."""
    decomposed = unicodedata.normalize("NFKD", _UNSEEN.sub("", text)).casefold()
    stripped = _ACCENTS.sub("", unicodedata.normalize("NFKD", decomposed))
    return unicodedata.normalize("NFKC", stripped).translate(_PLAIN)


def _letters(text: str) -> str:
    chars: list[str] = []
    after_gap = False
    for char in text:
        if unicodedata.category(char)[0] not in _KEPT:
            after_gap = bool(chars)
            continue
        if after_gap and char.isdigit() and chars[-1].isdigit():
            chars.append("\0")
        chars.append(char)
        after_gap = False
    return "".join(chars)
