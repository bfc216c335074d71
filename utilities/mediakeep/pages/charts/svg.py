"""Render SVG 1.1 elements with untrusted text escaped.

The result is well-formed XML and also valid inside an HTML page.
"""

from __future__ import annotations

import html
import unicodedata

from mediakeep import path_text

MAX_TEXT_CHARS = 200  # characters of a name
BOLD_WIDTH_FACTOR = 1.12  # width of bold text relative to regular text
_CHAR_WIDTHS = {
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


def render_element(name: str, *inner: str, **attributes: str | float) -> str:
    """Render an SVG element with its children; the attribute `class_` becomes `class`."""
    rendered = "".join(
        f' {key.rstrip("_")}="{_format_attribute(value)}"' for key, value in attributes.items()
    )
    return f"<{name}{rendered}>{''.join(inner)}</{name}>" if inner else f"<{name}{rendered}/>"


def render_text(text: str, x: float, y: float, **attributes: str) -> str:
    """Render an SVG text that starts at (`x`, `y`).

    The CSS classes `middle` and `end` center it there, or make it end there.
    """
    return render_element("text", escape_text(text), x=x, y=y, **attributes)


def escape_text(text: str) -> str:
    """Escape markup characters in a text, and cut off a very long text."""
    return html.escape(_truncate(text))


def format_coordinate(number: float) -> str:
    """Format a length or coordinate with two decimals, so that all machines write the same file."""
    written = f"{number:.2f}".rstrip("0").rstrip(".")
    return "0" if written == "-0" else written


def truncate_to_width(text: str, max_width: float, size: float) -> str:
    """Cut off a text so that it is at most `max_width` wide at the font size `size`."""
    shown = _truncate(text)
    if text_width(shown, size) <= max_width:
        return shown
    max_width -= text_width("…", size)
    taken = 0
    while taken < len(shown) and text_width(shown[: taken + 1], size) <= max_width:
        taken += 1
    return f"{shown[:taken].rstrip()}…"


def text_width(text: str, size: float) -> float:
    """Return the approximate width of a text at a font size.

    It is measured in DejaVu Sans, a wide font.
    """
    return sum(map(_char_width, text)) * size


def _char_width(char: str) -> float:
    if char.isascii() or char in _CHAR_WIDTHS:
        return _CHAR_WIDTHS.get(char, 0.72 if char.isupper() else 0.64)
    return 1.0 if unicodedata.east_asian_width(char) in "WF" or not char.isalpha() else 0.85


def _truncate(text: str) -> str:
    if len(text) > MAX_TEXT_CHARS:
        text = f"{text[: MAX_TEXT_CHARS - 1]}…"
    return path_text.to_printable(text)


def _format_attribute(value: str | float) -> str:
    return html.escape(value) if isinstance(value, str) else format_coordinate(value)
