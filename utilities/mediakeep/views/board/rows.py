"""Rows of a board: pieces of text that fit into any width, with colour as an addition."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from enum import Enum

import msgspec

from mediakeep import files
from mediakeep.views import cells

# A word of a command for a shell, with its quotes: plain, '...' and $'...' parts in any order.
_SHELL_WORD = re.compile(r"""(?:\$'(?:[^'\\]|\\.)*'|'[^']*'|"[^"]*"|\S)+""")
_LEAST = 8  # cells that a piece is shortened to before others are left out


class Ink(Enum):
    """What a piece is, and its colour: the codes of ECMA-48's SGR."""

    PLAIN = ""
    TITLE = "1;36"
    FIGURE = "1"
    GOOD = "32"
    WARN = "33"
    BAD = "1;31"
    DIM = "2"


class Style(msgspec.Struct, frozen=True):
    """What the terminal can show: colour, and more than ASCII."""

    colour: bool = False
    ascii: bool = False

    @property
    def ending(self) -> str:
        """What follows a text that was cut."""
        return "..." if self.ascii else "…"

    @property
    def rule(self) -> str:
        """What lines are drawn with."""
        return "-" if self.ascii else "─"

    def bar(self, share: float, width: int) -> tuple[str, str]:
        """Return the full and the empty part of a bar; full only where the share is 1."""
        full = width if share >= 1 else min(int(width * share), width - 1)
        return ("#" if self.ascii else "█") * full, ("." if self.ascii else "░") * (width - full)

    def sparks(self, numbers: Sequence[int]) -> str:
        """Draw numbers as columns, the greatest of them full; "" where only ASCII is shown."""
        most = max(numbers, default=0)
        if self.ascii or not most:
            return ""
        return "".join("▁▂▃▄▅▆▇█"[round(7 * number / most)] for number in numbers)

    def safe(self, text: str) -> str:
        """Return a text that steers no terminal and that this one can show."""
        plain = files.printable(text)
        return plain.encode("ascii", "backslashreplace").decode() if self.ascii else plain

    def column(self, names: Sequence[str], most: int) -> list[str]:
        """Return names as they stand below each other: in so many cells at most, and all alike."""
        shown = [cells.cut(self.safe(name), most, self.ending) for name in names]
        widest = max(map(cells.width, shown), default=0)
        return [cells.padded(name, widest) for name in shown]


class Piece(msgspec.Struct, frozen=True):
    """A text that is shown whole or not at all, unless it `gives`: then it may be shortened.

    What is `spare` is left out before anything else suffers.
    """

    text: str
    ink: Ink = Ink.PLAIN
    gives: bool = False
    spare: bool = False


Row = Sequence[Piece]


def text(words: str, ink: Ink = Ink.PLAIN) -> Row:
    """Make a row of one piece that may be shortened."""
    return (Piece(words, ink, gives=True),)


def drawn(row: Row, width: int, style: Style) -> str:
    """Write a row into so many cells, filled up with spaces."""
    pieces = _fitted([_safe(piece, style) for piece in row], width, style)
    line = "".join(_inked(piece, style) for piece in pieces)
    return line + " " * (width - sum(map(_width, pieces)))


def _safe(piece: Piece, style: Style) -> Piece:
    return msgspec.structs.replace(piece, text=style.safe(piece.text))


def _width(piece: Piece) -> int:
    return cells.width(piece.text)


def _fitted(pieces: list[Piece], width: int, style: Style) -> list[Piece]:
    """Leave out what is spare, shorten what gives, then leave out more; the last always first."""
    while (over := sum(map(_width, pieces)) - width) > 0:
        if spare := [n for n, one in enumerate(pieces) if one.spare]:
            del pieces[spare[-1]]
            continue
        giving = [n for n, one in enumerate(pieces) if one.gives and _width(one) > _LEAST]
        if giving:
            last = giving[-1]
            most = max(_LEAST, _width(pieces[last]) - over)
            pieces[last] = _cut(pieces[last], most, style)
        elif len(pieces) > 1:
            pieces.pop()
        else:
            return [_cut(pieces[0], width, style)]
    return pieces


def _cut(piece: Piece, most: int, style: Style) -> Piece:
    """Shorten a piece; the spaces that make a column of it go first."""
    short = cells.cut(piece.text.rstrip(), most, style.ending)
    return Piece(cells.padded(short, min(most, _width(piece))), piece.ink)


def _inked(piece: Piece, style: Style) -> str:
    if not (style.colour and piece.ink.value):
        return piece.text
    return f"\x1b[{piece.ink.value}m{piece.text}\x1b[0m"


def flowed(pieces: Iterable[Piece], width: int, style: Style, between: str = ", ") -> list[Row]:
    """Write pieces one after the other, in as many rows as that takes."""
    rows: list[list[Piece]] = [[]]
    room = width
    for number, piece in enumerate(_safe(one, style) for one in pieces):
        comma = between if number else ""
        if rows[-1] and cells.width(piece.text) + len(comma) > room:
            rows[-1].append(Piece(comma.rstrip()))
            rows, room, comma = [*rows, []], width, ""
        rows[-1] += [Piece(comma), piece] if comma else [piece]
        room -= len(comma) + cells.width(piece.text) + len(between.rstrip())
    return [row for row in rows if row]


def wrapped(words: str, width: int, style: Style, ink: Ink = Ink.PLAIN) -> list[Row]:
    """Write a sentence in as many rows as it takes."""
    return flowed((Piece(word, ink) for word in words.split()), width, style, " ")


def command(line: str, width: int, style: Style) -> list[Row]:
    """Write a command for a shell, broken between its words, in as many rows as that takes."""
    lines = [""]
    for word in _SHELL_WORD.findall(line):
        longer = f"{lines[-1]} {word}" if lines[-1] else word
        if lines[-1] and cells.width(style.safe(longer)) > width - 4:
            lines[-1] += " \\"
            longer = f"  {word}"
            lines.append("")
        lines[-1] = longer
    return [(Piece(line, Ink.DIM, gives=True),) for line in lines]
