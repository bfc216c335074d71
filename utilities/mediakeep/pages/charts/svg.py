"""Render SVG 1.1 elements with untrusted text escaped.

The result is well-formed XML and also valid inside an HTML page.
"""

from __future__ import annotations

import html
import unicodedata

from mediakeep import files

LONGEST = 200  # characters of a name
BOLD = 1.12  # width of bold text relative to regular text
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
    """Render an element with its children; the attribute `class_` becomes `class`."""
    rendered = "".join(f' {key.rstrip("_")}="{_value(value)}"' for key, value in attributes.items())
    return f"<{name}{rendered}>{''.join(inner)}</{name}>" if inner else f"<{name}{rendered}/>"


def text(words: str, x: float, y: float, **attributes: str) -> str:
    """Render text starting at a point; the classes `middle` and `end` change its anchor."""
    return tag("text", words_of(words), x=x, y=y, **attributes)


def words_of(words: str) -> str:
    """Escape markup in a text, and truncate a very long one."""
    return html.escape(_cut(words))


def point(number: float) -> str:
    """Format a length or coordinate in hundredths, so that all machines agree."""
    written = f"{number:.2f}".rstrip("0").rstrip(".")
    return "0" if written == "-0" else written


def fitted(words: str, room: float, size: float) -> str:
    """Truncate a text to a width of `room` at the font size `size`."""
    shown = _cut(words)
    if width(shown, size) <= room:
        return shown
    room -= width("…", size)
    taken = 0
    while taken < len(shown) and width(shown[: taken + 1], size) <= room:
        taken += 1
    return f"{shown[:taken].rstrip()}…"


def width(words: str, size: float) -> float:
    """Return the approximate width of a text, measured in DejaVu Sans, a wide font."""
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
