"""What all checks of texts share: when one is blank, when two are alike, and how they are told."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache, wraps
from typing import TypeVar

from mediakeep import files

T = TypeVar("T")

# A text of these alone is blank.
_WIDTHLESS = "\u200b\u200c\u200d\u2060\ufeff"

_UNSEEN = re.compile("[\u200b\u2060\ufeff]")

_QUOTED = 200  # letters of a text that are quoted
_JUDGED = 2000  # letters of a text that are looked at
_REMEMBERED = 4096  # texts
_SHOWN = 5  # texts that a detail quotes before it only counts

# Letters that no decomposition takes apart, and signs that stand for words.
_PLAIN = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "ħ": "h", "ı": "i", "♯": "sharp"}
    | {"æ": "ae", "œ": "oe", "þ": "th", "♭": "flat"}
)
# Accents of Latin, Greek and Cyrillic (but for й, a letter of its own), points of Hebrew and
# Arabic. The marks of other scripts are vowels, or make another letter: they stay.
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
    """Tell whether there is more to a text than white space and characters of no width."""
    return bool(text.strip().strip(_WIDTHLESS + " \t\n\v\f\r\u00a0\0"))


def quoted(text: str) -> str:
    """Quote a text for a detail, control characters made visible, and a very long one cut."""
    shown = text if len(text) <= _QUOTED else text[: _QUOTED - 1] + "…"
    return f'"{files.printable(shown)}"'


def remembered(ask: Callable[[str], T]) -> Callable[[str], T]:
    """Let a pure function of a text be asked once for each.

    Of a text longer than taggers write only the beginning is judged, each time anew.
    """
    known = lru_cache(maxsize=_REMEMBERED)(ask)

    @wraps(ask)
    def answer(text: str) -> T:
        return known(text) if len(text) <= _QUOTED else ask(text[:_JUDGED])

    return answer


@remembered
def loose(text: str) -> str:
    """Return what is left of a text where only its letters and figures count.

    Two texts are loosely equal if this is the same: case, accents, punctuation, spaces, a leading
    "The" and the sign for "and" make no difference. Figures stay apart: "1.5" is not "15". A text
    of punctuation alone, such as "!!!", is left as it is.
    """
    folded = text.lower().replace("\0", " ") if text.isascii() else _unaccented(text)
    core = _AND.sub(" and ", _ARTICLE.sub("", folded))
    core = _SHARP.sub(r"\1sharp", core)
    if core.isascii():
        return _OTHERS.sub("", _BETWEEN_FIGURES.sub("\0", core)) or neat(folded)
    return _letters(core) or neat(folded)


def neat(text: str) -> str:
    """Return a text without superfluous white space, its accents composed."""
    if not text.isascii():
        text = unicodedata.normalize("NFC", _UNSEEN.sub("", text))
    return " ".join(text.split())


def listed(parts: Sequence[str], between: str = ", ") -> str:
    """Join the parts of a detail; of many only the first few are told."""
    more = len(parts) - _SHOWN
    if more < 2:
        return between.join(parts)
    return between.join([*parts[:_SHOWN], f"and {more} more"])


def tallied(counts: Mapping[str, int]) -> str:
    """Tell how many tracks bear what, most first: '"AC/DC" (41 tracks), "AC-DC" (2)'."""
    ranked = sorted(counts.items(), key=lambda entry: (-entry[1], entry[0]))
    (first, most), *rest = ranked
    parts = [f"{first} ({most} {'track' if most == 1 else 'tracks'})"]
    return listed([*parts, *(f"{text} ({count})" for text, count in rest)])


def first(texts: Iterable[str]) -> str:
    """Return the first text that is not blank, or ""."""
    return next((text for text in texts if holds(text)), "")


def _unaccented(text: str) -> str:
    """NFKD also makes one of full and half width, ligatures and raised figures."""
    parted = unicodedata.normalize("NFKD", _UNSEEN.sub("", text)).casefold()
    plain = _ACCENTS.sub("", unicodedata.normalize("NFKD", parted))
    return unicodedata.normalize("NFKC", plain).translate(_PLAIN)


def _letters(text: str) -> str:
    kept: list[str] = []
    apart = False
    for char in text:
        if unicodedata.category(char)[0] not in _KEPT:
            apart = bool(kept)
            continue
        if apart and char.isdigit() and kept[-1].isdigit():
            kept.append("\0")
        kept.append(char)
        apart = False
    return "".join(kept)
