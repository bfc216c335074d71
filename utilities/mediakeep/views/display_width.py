"""The width of text in terminal cells: CJK characters take two, combining marks none.

Widths follow East_Asian_Width (Unicode Standard Annex 11): classes W and F take two cells, marks
none. Class A (ambiguous) takes one, as in terminals that are not set to a legacy East Asian
encoding.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

_NUMBER_PATTERN = re.compile(r"\d[\d.,]*")
_JOINING_JAMO = range(0x1160, 0x1200)  # Hangul vowels and finals, which join the preceding syllable
_EMOJI_SELECTOR = "\ufe0f"  # selects the wide emoji form of a character


@lru_cache(4096)
def _char_width(char: str) -> int:
    if unicodedata.category(char) in ("Mn", "Me", "Cf", "Cc") or ord(char) in _JOINING_JAMO:
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def iter_clusters(text: str) -> Iterator[tuple[str, int]]:
    """Yield each character together with its combining marks, and their width in terminal cells."""
    cluster, cells = "", 0
    for char in text:
        char_width = _char_width(char)
        if char_width and cluster:
            yield cluster, cells
            cluster, cells = "", 0
        cluster, cells = cluster + char, cells + char_width
        if char == _EMOJI_SELECTOR and cells == 1:
            cells = 2
    if cluster:
        yield cluster, cells


def text_width(text: str) -> int:
    if text.isascii() and text.isprintable():
        return len(text)
    return sum(cells for _, cells in iter_clusters(text))


def truncate_to_cells(text: str, max_cells: int, ending: str = "…") -> str:
    """Shorten a text to at most `max_cells` terminal cells, including the ending.

    A number is never cut in two.
    """
    if text_width(text) <= max_cells:
        return text
    room = max_cells - text_width(ending)
    if room < 0:
        return ending[: max(0, max_cells)]
    short = _take_cells(text, room)
    for number in _NUMBER_PATTERN.finditer(text):
        if number.start() < len(short) < number.end():
            short = text[: number.start()]
    return short.rstrip() + ending


def _take_cells(text: str, cells_left: int) -> str:
    prefix = ""
    for cluster, cells in iter_clusters(text):
        if cells > cells_left:
            break
        prefix, cells_left = prefix + cluster, cells_left - cells
    return prefix


def pad_to_cells(text: str, cells: int) -> str:
    return text + " " * (cells - text_width(text))
