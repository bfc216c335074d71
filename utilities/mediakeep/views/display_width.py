"""Display width of text in a terminal: CJK characters take two cells, combining marks none.

Widths follow East_Asian_Width (Unicode Standard Annex 11): W and F take two cells, marks none. A
(ambiguous) takes one, as in terminals that are not set to a legacy East Asian encoding.
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
    """Yield each character with its combining marks, and the number of cells they take."""
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


def truncate(text: str, most: int, ending: str = "…") -> str:
    """Shorten text to at most `most` cells, including the ending; no number is split."""
    if text_width(text) <= most:
        return text
    room = most - text_width(ending)
    if room < 0:
        return ending[: max(0, most)]
    short = _take_cells(text, room)
    for number in _NUMBER_PATTERN.finditer(text):
        if number.start() < len(short) < number.end():
            short = text[: number.start()]
    return short.rstrip() + ending


def _take_cells(text: str, room: int) -> str:
    prefix = ""
    for cluster, cells in iter_clusters(text):
        if cells > room:
            break
        prefix, room = prefix + cluster, room - cells
    return prefix


def pad(text: str, cells: int) -> str:
    return text + " " * (cells - text_width(text))
