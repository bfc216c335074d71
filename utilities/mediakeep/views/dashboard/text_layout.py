"""Rows of the dashboard: pieces of text that fit any width, with optional colour."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from enum import Enum

import msgspec

from mediakeep import path_text
from mediakeep.views import display_width

# A word of a shell command with its quotes: plain, '...' and $'...' parts in any order.
_SHELL_WORD = re.compile(r"""(?:\$'(?:[^'\\]|\\.)*'|'[^']*'|"[^"]*"|\S)+""")
_MIN_PIECE_WIDTH = 8  # minimum cells of a shortened piece, before others are left out


class Colour(Enum):
    """The role of a piece and its colour, an SGR code (ECMA-48)."""

    PLAIN = ""
    TITLE = "1;36"
    FIGURE = "1"
    GOOD = "32"
    WARN = "33"
    BAD = "1;31"
    DIM = "2"


class TerminalStyle(msgspec.Struct, frozen=True):
    """Capabilities of the terminal: colour, and characters beyond ASCII."""

    colour: bool = False
    ascii: bool = False

    @property
    def ellipsis(self) -> str:
        """The ending of a truncated text."""
        return "..." if self.ascii else "…"

    @property
    def rule_char(self) -> str:
        """The character of horizontal lines."""
        return "-" if self.ascii else "─"

    def split_bar(self, share: float, width: int) -> tuple[str, str]:
        """Return the full and the empty part of a bar; completely full only if the share is 1."""
        full = width if share >= 1 else min(int(width * share), width - 1)
        return ("#" if self.ascii else "█") * full, ("." if self.ascii else "░") * (width - full)

    def sparkline(self, numbers: Sequence[int]) -> str:
        """Draw numbers as columns, scaled to the highest; "" if only ASCII can be shown."""
        most = max(numbers, default=0)
        if self.ascii or not most:
            return ""
        return "".join("▁▂▃▄▅▆▇█"[round(7 * number / most)] for number in numbers)

    def escape(self, text: str) -> str:
        """Return text without control characters, in ASCII if the terminal needs it."""
        plain = path_text.to_printable(text)
        return plain.encode("ascii", "backslashreplace").decode() if self.ascii else plain

    def align_column(self, names: Sequence[str], most: int) -> list[str]:
        """Truncate names to `most` cells and pad them to equal width."""
        shown = [display_width.truncate(self.escape(name), most, self.ellipsis) for name in names]
        widest = max(map(display_width.text_width, shown), default=0)
        return [display_width.pad(name, widest) for name in shown]


class TextPiece(msgspec.Struct, frozen=True):
    """A text that is shown whole or not at all, unless `can_shrink` allows shortening it.

    Optional pieces are left out before anything else is shortened.
    """

    text: str
    colour: Colour = Colour.PLAIN
    can_shrink: bool = False
    is_optional: bool = False


TextRow = Sequence[TextPiece]


def text_row(words: str, ink: Colour = Colour.PLAIN) -> TextRow:
    """Return a row of one piece that can be shortened."""
    return (TextPiece(words, ink, can_shrink=True),)


def draw_row(row: TextRow, width: int, style: TerminalStyle) -> str:
    """Draw a row in exactly `width` cells."""
    pieces = _fit_pieces([_escape_piece(piece, style) for piece in row], width, style)
    line = "".join(_colour_piece(piece, style) for piece in pieces)
    return line + " " * (width - sum(map(_piece_width, pieces)))


def _escape_piece(piece: TextPiece, style: TerminalStyle) -> TextPiece:
    return msgspec.structs.replace(piece, text=style.escape(piece.text))


def _piece_width(piece: TextPiece) -> int:
    return display_width.text_width(piece.text)


def _fit_pieces(pieces: list[TextPiece], width: int, style: TerminalStyle) -> list[TextPiece]:
    """Drop optional pieces, shorten those that can shrink, then drop more; from the end."""
    while (over := sum(map(_piece_width, pieces)) - width) > 0:
        if spare := [n for n, piece in enumerate(pieces) if piece.is_optional]:
            del pieces[spare[-1]]
            continue
        shrinkable = [
            n
            for n, piece in enumerate(pieces)
            if piece.can_shrink and _piece_width(piece) > _MIN_PIECE_WIDTH
        ]
        if shrinkable:
            last = shrinkable[-1]
            most = max(_MIN_PIECE_WIDTH, _piece_width(pieces[last]) - over)
            pieces[last] = _truncate_piece(pieces[last], most, style)
        elif len(pieces) > 1:
            pieces.pop()
        else:
            return [_truncate_piece(pieces[0], width, style)]
    return pieces


def _truncate_piece(piece: TextPiece, most: int, style: TerminalStyle) -> TextPiece:
    """Shorten a piece; trailing padding goes first."""
    short = display_width.truncate(piece.text.rstrip(), most, style.ellipsis)
    return TextPiece(display_width.pad(short, min(most, _piece_width(piece))), piece.colour)


def _colour_piece(piece: TextPiece, style: TerminalStyle) -> str:
    if not (style.colour and piece.colour.value):
        return piece.text
    return f"\x1b[{piece.colour.value}m{piece.text}\x1b[0m"


def flow_pieces(
    pieces: Iterable[TextPiece], width: int, style: TerminalStyle, between: str = ", "
) -> list[TextRow]:
    """Lay out pieces one after the other, in as many rows as needed."""
    rows: list[list[TextPiece]] = [[]]
    room = width
    for number, piece in enumerate(_escape_piece(unsafe, style) for unsafe in pieces):
        comma = between if number else ""
        if rows[-1] and display_width.text_width(piece.text) + len(comma) > room:
            rows[-1].append(TextPiece(comma.rstrip()))
            rows, room, comma = [*rows, []], width, ""
        rows[-1] += [TextPiece(comma), piece] if comma else [piece]
        room -= len(comma) + display_width.text_width(piece.text) + len(between.rstrip())
    return [row for row in rows if row]


def wrap_text(
    words: str, width: int, style: TerminalStyle, ink: Colour = Colour.PLAIN
) -> list[TextRow]:
    """Wrap a sentence into rows."""
    return flow_pieces((TextPiece(word, ink) for word in words.split()), width, style, " ")


def wrap_command(line: str, width: int, style: TerminalStyle) -> list[TextRow]:
    """Wrap a shell command between its words."""
    lines = [""]
    for word in _SHELL_WORD.findall(line):
        longer = f"{lines[-1]} {word}" if lines[-1] else word
        if lines[-1] and display_width.text_width(style.escape(longer)) > width - 4:
            lines[-1] += " \\"
            longer = f"  {word}"
            lines.append("")
        lines[-1] = longer
    return [(TextPiece(line, Colour.DIM, can_shrink=True),) for line in lines]
