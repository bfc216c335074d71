"""The cells that text takes in a terminal: CJK takes two, accents none, and names are cut between.

Widths go by East_Asian_Width (Unicode Standard Annex 11): W and F are two cells, marks none. What
is A (ambiguous) is one, as it is in terminals that are not set to a legacy East Asian encoding.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

_NUMBER = re.compile(r"\d[\d.,]*")
_JAMO = range(0x1160, 0x1200)  # vowels and finals of Hangul, which join the syllable before
_EMOJI_STYLE = "\ufe0f"  # asks for the wide picture of a character that has a narrow one


@lru_cache(4096)
def _cell(char: str) -> int:
    if unicodedata.category(char) in ("Mn", "Me", "Cf", "Cc") or ord(char) in _JAMO:
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def clusters(text: str) -> Iterator[tuple[str, int]]:
    """Give each character with the marks that belong to it, and the cells that they take."""
    held, cells = "", 0
    for char in text:
        wide = _cell(char)
        if wide and held:
            yield held, cells
            held, cells = "", 0
        held, cells = held + char, cells + wide
        if char == _EMOJI_STYLE and cells == 1:
            cells = 2
    if held:
        yield held, cells


def width(text: str) -> int:
    """Return how many cells a text takes."""
    if text.isascii() and text.isprintable():
        return len(text)
    return sum(cells for _, cells in clusters(text))


def cut(text: str, most: int, ending: str = "…") -> str:
    """Shorten a text to so many cells, with an ending that says so; no number is cut through."""
    if width(text) <= most:
        return text
    room = most - width(ending)
    if room < 0:
        return ending[: max(0, most)]
    kept = _first(text, room)
    for number in _NUMBER.finditer(text):
        if number.start() < len(kept) < number.end():
            kept = text[: number.start()]
    return kept.rstrip() + ending


def _first(text: str, room: int) -> str:
    kept = ""
    for cluster, cells in clusters(text):
        if cells > room:
            break
        kept, room = kept + cluster, room - cells
    return kept


def padded(text: str, cells: int) -> str:
    """Fill a text up with spaces to so many cells."""
    return text + " " * (cells - width(text))
