"""Rows of the dashboard: pieces of text that fit any width, with optional colour."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from enum import Enum

import msgspec

from mediakeep import files
from mediakeep.views import cells

# A word of a shell command with its quotes: plain, '...' and $'...' parts in any order.
_SHELL_WORD = re.compile(r"""(?:\$'(?:[^'\\]|\\.)*'|'[^']*'|"[^"]*"|\S)+""")
_LEAST = 8  # minimum cells of a shortened piece, before others are left out


class Ink(Enum):
    """The role of a piece and its colour, an SGR code (ECMA-48)."""

    PLAIN = ""
    TITLE = "1;36"
    FIGURE = "1"
    GOOD = "32"
    WARN = "33"
    BAD = "1;31"
    DIM = "2"


class Style(msgspec.Struct, frozen=True):
    """Capabilities of the terminal: colour, and characters beyond ASCII."""

    colour: bool = False
    ascii: bool = False

    @property
    def ending(self) -> str:
        """The ending of a truncated text."""
        return "..." if self.ascii else "…"

    @property
    def rule(self) -> str:
        """The character of horizontal lines."""
        return "-" if self.ascii else "─"

    def bar(self, share: float, width: int) -> tuple[str, str]:
        """Return the full and the empty part of a bar; completely full only if the share is 1."""
        full = width if share >= 1 else min(int(width * share), width - 1)
        return ("#" if self.ascii else "█") * full, ("." if self.ascii else "░") * (width - full)

    def sparks(self, numbers: Sequence[int]) -> str:
        """Draw numbers as columns, scaled to the highest; "" if only ASCII can be shown."""
        most = max(numbers, default=0)
        if self.ascii or not most:
            return ""
        return "".join("▁▂▃▄▅▆▇█"[round(7 * number / most)] for number in numbers)

    def safe(self, text: str) -> str:
        """Return text without control characters, in ASCII if the terminal needs it."""
        plain = files.printable(text)
        return plain.encode("ascii", "backslashreplace").decode() if self.ascii else plain

    def column(self, names: Sequence[str], most: int) -> list[str]:
        """Truncate names to `most` cells and pad them to equal width."""
        shown = [cells.cut(self.safe(name), most, self.ending) for name in names]
        widest = max(map(cells.width, shown), default=0)
        return [cells.padded(name, widest) for name in shown]


class Piece(msgspec.Struct, frozen=True):
    """A text that is shown whole or not at all, unless `can_shrink` allows shortening it.

    Optional pieces are left out before anything else is shortened.
    """

    text: str
    ink: Ink = Ink.PLAIN
    gives: bool = False
    spare: bool = False


Row = Sequence[Piece]


def text(words: str, ink: Ink = Ink.PLAIN) -> Row:
    """Return a row of one piece that can be shortened."""
    return (Piece(words, ink, gives=True),)


def drawn(row: Row, width: int, style: Style) -> str:
    """Draw a row in exactly `width` cells."""
    pieces = _fitted([_safe(piece, style) for piece in row], width, style)
    line = "".join(_inked(piece, style) for piece in pieces)
    return line + " " * (width - sum(map(_width, pieces)))


def _safe(piece: Piece, style: Style) -> Piece:
    return msgspec.structs.replace(piece, text=style.safe(piece.text))


def _width(piece: Piece) -> int:
    return cells.width(piece.text)


def _fitted(pieces: list[Piece], width: int, style: Style) -> list[Piece]:
    """Drop optional pieces, shorten those that can shrink, then drop more; from the end."""
    while (over := sum(map(_width, pieces)) - width) > 0:
        if spare := [n for n, piece in enumerate(pieces) if piece.spare]:
            del pieces[spare[-1]]
            continue
        shrinkable = [n for n, piece in enumerate(pieces) if piece.gives and _width(piece) > _LEAST]
        if shrinkable:
            last = shrinkable[-1]
            most = max(_LEAST, _width(pieces[last]) - over)
            pieces[last] = _cut(pieces[last], most, style)
        elif len(pieces) > 1:
            pieces.pop()
        else:
            return [_cut(pieces[0], width, style)]
    return pieces


def _cut(piece: Piece, most: int, style: Style) -> Piece:
    """Shorten a piece; trailing padding goes first."""
    short = cells.cut(piece.text.rstrip(), most, style.ending)
    return Piece(cells.padded(short, min(most, _width(piece))), piece.ink)


def _inked(piece: Piece, style: Style) -> str:
    if not (style.colour and piece.ink.value):
        return piece.text
    return f"\x1b[{piece.ink.value}m{piece.text}\x1b[0m"


def flowed(pieces: Iterable[Piece], width: int, style: Style, between: str = ", ") -> list[Row]:
    """Lay out pieces one after the other, in as many rows as needed."""
    rows: list[list[Piece]] = [[]]
    room = width
    for number, piece in enumerate(_safe(unsafe, style) for unsafe in pieces):
        comma = between if number else ""
        if rows[-1] and cells.width(piece.text) + len(comma) > room:
            rows[-1].append(Piece(comma.rstrip()))
            rows, room, comma = [*rows, []], width, ""
        rows[-1] += [Piece(comma), piece] if comma else [piece]
        room -= len(comma) + cells.width(piece.text) + len(between.rstrip())
    return [row for row in rows if row]


def wrapped(words: str, width: int, style: Style, ink: Ink = Ink.PLAIN) -> list[Row]:
    """Wrap a sentence into rows."""
    return flowed((Piece(word, ink) for word in words.split()), width, style, " ")


def command(line: str, width: int, style: Style) -> list[Row]:
    """Wrap a shell command between its words."""
    lines = [""]
    for word in _SHELL_WORD.findall(line):
        longer = f"{lines[-1]} {word}" if lines[-1] else word
        if lines[-1] and cells.width(style.safe(longer)) > width - 4:
            lines[-1] += " \\"
            longer = f"  {word}"
            lines.append("")
        lines[-1] = longer
    return [(Piece(line, Ink.DIM, gives=True),) for line in lines]
