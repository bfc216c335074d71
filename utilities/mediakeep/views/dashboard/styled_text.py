"""Coloured text of the dashboard: names are escaped, and never parsed as markup."""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import StrEnum

from rich.cells import cell_len, split_graphemes
from rich.segment import Segment
from rich.text import Text

from mediakeep import path_text
from mediakeep.views import terminal

# A word of a shell command with its quotes: plain, '...' and $'...' parts in any order.
_SHELL_WORD = re.compile(r"""(?:\$'(?:[^'\\]|\\.)*'|'[^']*'|"[^"]*"|\S)+""")
_ASCII_CHARS = str.maketrans("…" + terminal.SPARKS, "~" + "_.-=+*%#")


class Colour(StrEnum):
    """The meaning of a piece of text, with its style in the terminal."""

    PLAIN = ""
    TITLE = "bold cyan"
    FIGURE = "bold"
    GOOD = "green"
    WARN = "yellow"
    BAD = "bold red"
    DIM = "dim"


TextPiece = str | tuple[str, Colour]


def compose_text(*pieces: TextPiece, is_row: bool = False) -> Text:
    """Join pieces of text, each plain or with a colour; control characters are escaped.

    The text is wrapped at the width of the window; if `is_row`, it is shortened to one line.
    """
    text = Text(no_wrap=is_row, overflow="ellipsis" if is_row else None)
    for piece in pieces:
        content, colour = (piece, Colour.PLAIN) if isinstance(piece, str) else piece
        text.append(path_text.to_printable(content), colour)
    return text


def join_pieces(pieces: Sequence[TextPiece], separator: str = ", ") -> Text:
    """Join pieces of text by a separator; the text is wrapped at the width of the window."""
    return compose_text(separator).join([compose_text(piece) for piece in pieces])


def wrap_command(line: str, width: int) -> list[Text]:
    """Wrap a shell command into rows of at most `width` cells, without breaking its words."""
    lines = [""]
    for word in _SHELL_WORD.findall(path_text.to_printable(line)):
        longer = f"{lines[-1]} {word}" if lines[-1] else word
        if lines[-1] and cell_len(longer) > width - 4:
            lines[-1] += " \\"
            longer = f"  {word}"
            lines.append("")
        lines[-1] = longer
    return [compose_text((text, Colour.DIM), is_row=True) for text in lines]


def convert_to_ascii(segment: Segment) -> Segment:
    """Return a segment of the same width for a terminal that only shows ASCII."""
    if segment.text.isascii():
        return segment
    drawn = segment.text.translate(_ASCII_CHARS)
    clusters = [(drawn[start:end], width) for start, end, width in split_graphemes(drawn)[0]]
    text = "".join(char if char.isascii() else "?" * width for char, width in clusters)
    return Segment(text, segment.style, segment.control)
