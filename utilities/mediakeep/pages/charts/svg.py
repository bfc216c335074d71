"""Elements of SVG 1.1 as text, with everything from strangers escaped.

What is written is well-formed XML, and reads the same where an HTML page holds it.
"""

from __future__ import annotations

import html
import unicodedata

from mediakeep import files

LONGEST = 200  # characters of one name, as a reader may unfold it
BOLD = 1.12  # times as wide
_EMS = {
    char: ems
    for chars, ems in (
        ("ijlI.,:;'|! ", 0.33),
        ('trf()[]{}/\\-"', 0.43),
        ("csvxyzkJ?*_", 0.59),
        ("mwMW@%…", 1.0),
        ("<>=+#~^&", 0.84),
    )
    for char in chars
}


def tag(name: str, *inner: str, **attributes: str | float) -> str:
    """Write one element around others; the attribute `class_` is written `class`."""
    given = "".join(f' {key.rstrip("_")}="{_value(value)}"' for key, value in attributes.items())
    return f"<{name}{given}>{''.join(inner)}</{name}>" if inner else f"<{name}{given}/>"


def text(words: str, x: float, y: float, **attributes: str) -> str:
    """Write words that begin at a point; the classes `middle` and `end` lay them about it."""
    return tag("text", words_of(words), x=x, y=y, **attributes)


def words_of(words: str) -> str:
    """Write words so that they are no markup, cut if very long."""
    return html.escape(_cut(words))


def point(number: float) -> str:
    """Write a length or place in hundredths, so that no machine differs in the last digit."""
    written = f"{number:.2f}".rstrip("0").rstrip(".")
    return "0" if written == "-0" else written


def fitted(words: str, room: float, size: float) -> str:
    """Cut words so that they take no more than `room`, letters being `size` high."""
    shown = _cut(words)
    if width(shown, size) <= room:
        return shown
    room -= width("…", size)
    taken = 0
    while taken < len(shown) and width(shown[: taken + 1], size) <= room:
        taken += 1
    return f"{shown[:taken].rstrip()}…"


def width(words: str, size: float) -> float:
    """Return about how wide words are drawn: as wide as in DejaVu Sans, a broad font."""
    return sum(map(_ems, words)) * size


def _ems(char: str) -> float:
    if char.isascii() or char in _EMS:
        return _EMS.get(char, 0.72 if char.isupper() else 0.64)
    return 1.0 if unicodedata.east_asian_width(char) in "WF" or not char.isalpha() else 0.85


def _cut(words: str) -> str:
    if len(words) > LONGEST:
        words = f"{words[: LONGEST - 1]}…"
    return files.printable(words)


def _value(value: str | float) -> str:
    return html.escape(value) if isinstance(value, str) else point(value)
