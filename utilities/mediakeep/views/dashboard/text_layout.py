"""Rows of coloured text on the dashboard, shortened to fit the width."""

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
    """The meaning of a piece of text, with its terminal colour as an SGR code (ECMA-48)."""

    PLAIN = ""
    TITLE = "1;36"
    FIGURE = "1"
    GOOD = "32"
    WARN = "33"
    BAD = "1;31"
    DIM = "2"


class TerminalStyle(msgspec.Struct, frozen=True):
    """What a terminal can show: colour, and characters beyond ASCII."""

    colour: bool = False
    ascii: bool = False

    @property
    def ellipsis(self) -> str:
        """The mark at the end of a shortened text."""
        return "..." if self.ascii else "…"

    @property
    def rule_char(self) -> str:
        """The character that horizontal lines are drawn with."""
        return "-" if self.ascii else "─"

    def split_bar(self, share: float, width: int) -> tuple[str, str]:
        """Return the filled and the empty part of a progress bar, `width` cells together.

        `share` is from 0 to 1. The bar is only completely filled at 1.
        """
        full = width if share >= 1 else min(int(width * share), width - 1)
        return ("#" if self.ascii else "█") * full, ("." if self.ascii else "░") * (width - full)

    def sparkline(self, numbers: Sequence[int]) -> str:
        """Draw numbers as a row of small columns; the highest number gets the highest column.

        Return "" if the terminal can only show ASCII.
        """
        highest = max(numbers, default=0)
        if self.ascii or not highest:
            return ""
        return "".join("▁▂▃▄▅▆▇█"[round(7 * number / highest)] for number in numbers)

    def escape(self, text: str) -> str:
        """Return a text without control characters, and in ASCII if the terminal needs that."""
        plain = path_text.to_printable(text)
        return plain.encode("ascii", "backslashreplace").decode() if self.ascii else plain

    def align_column(self, names: Sequence[str], max_cells: int) -> list[str]:
        """Shorten names to `max_cells` cells, and pad them with spaces to the same width."""
        shown = [
            display_width.truncate_to_cells(self.escape(name), max_cells, self.ellipsis)
            for name in names
        ]
        widest = max(map(display_width.text_width, shown), default=0)
        return [display_width.pad_to_cells(name, widest) for name in shown]


class TextPiece(msgspec.Struct, frozen=True):
    """A part of a row of text, with a colour.

    If a row is too long, optional pieces are left out first. Then pieces with `can_shrink` are
    shortened.
    """

    text: str
    colour: Colour = Colour.PLAIN
    can_shrink: bool = False
    is_optional: bool = False


TextRow = Sequence[TextPiece]


def text_row(text: str, colour: Colour = Colour.PLAIN) -> TextRow:
    """Return a row with one piece of text, which can be shortened."""
    return (TextPiece(text, colour, can_shrink=True),)


def draw_text_row(row: TextRow, width: int, style: TerminalStyle) -> str:
    """Draw a row of text pieces as one line of exactly `width` cells."""
    pieces = _fit_pieces([_escape_piece(piece, style) for piece in row], width, style)
    line = "".join(_colour_piece(piece, style) for piece in pieces)
    return line + " " * (width - sum(map(_piece_width, pieces)))


def _escape_piece(piece: TextPiece, style: TerminalStyle) -> TextPiece:
    return msgspec.structs.replace(piece, text=style.escape(piece.text))


def _piece_width(piece: TextPiece) -> int:
    return display_width.text_width(piece.text)


def _fit_pieces(pieces: list[TextPiece], width: int, style: TerminalStyle) -> list[TextPiece]:
    """Return the pieces that fit into `width` cells.

    From the end, drop optional pieces, shorten pieces that allow it, then drop more.
    """
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
            max_cells = max(_MIN_PIECE_WIDTH, _piece_width(pieces[last]) - over)
            pieces[last] = _truncate_piece(pieces[last], max_cells, style)
        elif len(pieces) > 1:
            pieces.pop()
        else:
            return [_truncate_piece(pieces[0], width, style)]
    return pieces


def _truncate_piece(piece: TextPiece, max_cells: int, style: TerminalStyle) -> TextPiece:
    """Shorten a piece to `max_cells` cells; spaces at its end are removed first."""
    short = display_width.truncate_to_cells(piece.text.rstrip(), max_cells, style.ellipsis)
    return TextPiece(
        display_width.pad_to_cells(short, min(max_cells, _piece_width(piece))), piece.colour
    )


def _colour_piece(piece: TextPiece, style: TerminalStyle) -> str:
    if not (style.colour and piece.colour.value):
        return piece.text
    return f"\x1b[{piece.colour.value}m{piece.text}\x1b[0m"


def flow_pieces(
    pieces: Iterable[TextPiece], width: int, style: TerminalStyle, between: str = ", "
) -> list[TextRow]:
    """Lay out pieces of text one after the other, in as many rows of `width` cells as needed."""
    rows: list[list[TextPiece]] = [[]]
    cells_left = width
    for number, piece in enumerate(_escape_piece(unsafe, style) for unsafe in pieces):
        comma = between if number else ""
        if rows[-1] and display_width.text_width(piece.text) + len(comma) > cells_left:
            rows[-1].append(TextPiece(comma.rstrip()))
            rows, cells_left, comma = [*rows, []], width, ""
        rows[-1] += [TextPiece(comma), piece] if comma else [piece]
        cells_left -= len(comma) + display_width.text_width(piece.text) + len(between.rstrip())
    return [row for row in rows if row]


def wrap_text(
    text: str, width: int, style: TerminalStyle, colour: Colour = Colour.PLAIN
) -> list[TextRow]:
    """Wrap a sentence into rows of at most `width` cells."""
    return flow_pieces((TextPiece(word, colour) for word in text.split()), width, style, " ")


def wrap_command(line: str, width: int, style: TerminalStyle) -> list[TextRow]:
    """Wrap a shell command into rows of at most `width` cells, without breaking its words."""
    lines = [""]
    for word in _SHELL_WORD.findall(line):
        longer = f"{lines[-1]} {word}" if lines[-1] else word
        if lines[-1] and display_width.text_width(style.escape(longer)) > width - 4:
            lines[-1] += " \\"
            longer = f"  {word}"
            lines.append("")
        lines[-1] = longer
    return [(TextPiece(line, Colour.DIM, can_shrink=True),) for line in lines]
