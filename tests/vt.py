"""A terminal to try things in: a pseudo-terminal, and what a screen shows of what is written to it.

Only the sequences that our programs need are known (ECMA-48: CUP, ED, EL, SGR; xterm: the alternate
screen, the cursor, autowrap; OSC 8: links; iTerm2 and kitty: pictures); any other is an error, so
that a name that steers the terminal does not pass.
"""

from __future__ import annotations

import codecs
import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from rich.cells import split_graphemes

_SEQUENCE = re.compile(r"\x1b\[(\??)([\d;]*)([A-Za-z])")
_LINK = re.compile(r"\x1b\]8;[ -~]*\x1b\\|\x1b\]1337;[ -~]*\a|\x1b_G[ -~]*?\x1b\\")
_PATIENCE = 120.0  # seconds, after which a test is stuck
_EMPTY = " "


def read_to_end(parent: int) -> bytes:
    """Read a pseudo-terminal until its other side is closed, and close it."""
    read = b""
    while True:
        assert select.select([parent], [], [], _PATIENCE)[0], read
        try:
            data = os.read(parent, 65536)
        except OSError:  # how Linux tells that the other side is closed
            data = b""
        if not data:
            os.close(parent)
            return read
        read += data


class Screen:
    """What a terminal shows."""

    def __init__(self, columns: int, lines: int) -> None:
        self.columns, self.lines = columns, lines
        self.modes = {"25": True, "7": True, "1049": False}  # cursor, autowrap, alternate screen
        self._column = self._line = 0
        self._decode = codecs.getincrementaldecoder("utf-8")()
        self._rest = ""
        self._grid: list[list[str]] = []  # a character with its marks, or "" behind a wide one
        self.printed = ""  # outside the alternate screen
        self._clear()

    def _clear(self) -> None:
        self._grid = [[_EMPTY] * self.columns for _ in range(self.lines)]

    def resize(self, columns: int, lines: int) -> None:
        self.columns, self.lines = columns, lines
        self._clear()

    def feed(self, data: bytes) -> None:
        """Show what was written."""
        text = self._rest + self._decode.decode(data)
        self._rest = ""
        while text:
            if text[0] != "\x1b":
                plain, _, _ = text.partition("\x1b")
                for part in re.findall(r"[\r\n]|[^\r\n]+", plain):
                    for start, end, width in split_graphemes(part)[0]:
                        self._put(part[start:end], width)
                text = text[len(plain) :]
            elif found := _SEQUENCE.match(text):
                self._act(*found.groups())
                text = text[found.end() :]
            elif link := _LINK.match(text):
                text = text[link.end() :]
            else:
                assert re.fullmatch(
                    r"\x1b(\[\??[\d;]*|\](8;?[ -~]*\x1b?|1[ -~]*)?|_[ -~]*\x1b?)?", text
                ), f"a strange sequence: {text[:20]!r}"
                self._rest = text
                return

    def _put(self, cluster: str, width: int) -> None:
        if not self.modes["1049"]:
            self.printed += cluster
            return
        if cluster in "\r\n":
            self._column, self._line = 0, self._line + (cluster == "\n")
            assert self._line < self.lines, "the screen would scroll"
            return
        assert cluster.isprintable(), repr(cluster)
        if self._column + width <= self.columns and self._line < self.lines:
            line = self._grid[self._line]
            line[self._column : self._column + width] = [cluster, *[""] * (width - 1)]
        self._column += width

    def _act(self, private: str, numbers: str, final: str) -> None:
        if private:
            assert final in "hl"
            assert numbers in self.modes, numbers
            self.modes[numbers] = final == "h"
            return
        if final == "A" and not self.modes["1049"]:
            return  # a progress bar is drawn again
        if final == "H":
            line, column = map(int, (numbers or "1;1").split(";"))
            self._line, self._column = line - 1, column - 1
        elif final == "K":
            line_cells = self._grid[self._line] if self._line < self.lines else []
            line_cells[self._column :] = [_EMPTY] * (len(line_cells) - self._column)
        elif final == "J" and numbers == "2":
            self._clear()
        elif final != "m":
            raise AssertionError(f"a strange sequence: {numbers}{final}")

    @property
    def is_whole(self) -> bool:
        """Whether no frame of the alternate screen is underway: each fills all lines."""
        is_at_end = self._line == self.lines - 1 and self._column >= self.columns
        return is_at_end or not self.modes["1049"]

    @property
    def text(self) -> str:
        """The screen as text."""
        return "\n".join("".join(line).rstrip() for line in self._grid)


class Terminal:
    """A program in a pseudo-terminal; killed at the end where it still runs."""

    def __init__(
        self,
        command: Sequence[str | Path],
        environment: Mapping[str, str],
        columns: int = 80,
        lines: int = 24,
    ) -> None:
        self.screen = Screen(columns, lines)
        self.raw = b""
        self._parent, child = pty.openpty()
        self._set_size(columns, lines)
        self.modes = termios.tcgetattr(self._parent)
        self.program = subprocess.Popen(
            command,
            stdin=child,
            stdout=child,
            stderr=child,
            env=environment,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )
        os.close(child)

    def _set_size(self, columns: int, lines: int) -> None:
        size = struct.pack("HHHH", lines, columns, 0, 0)
        fcntl.ioctl(self._parent, termios.TIOCSWINSZ, size)

    def resize(self, columns: int, lines: int) -> None:
        """Give the window another size, as its person does."""
        self.screen.resize(columns, lines)
        self._set_size(columns, lines)

    def type(self, keys: bytes) -> None:
        os.write(self._parent, keys)

    def read(self, seconds: float = 0.1) -> bool:
        """Take what is written within so many seconds; False where nobody will write any more."""
        if not select.select([self._parent], [], [], seconds)[0]:
            return True
        try:
            data = os.read(self._parent, 65536)
        except OSError:  # how Linux tells that the other side is closed
            return False
        self.raw += data
        self.screen.feed(data)
        return bool(data)

    def until(self, seen: Callable[[str], bool]) -> str:
        """Read until the screen shows something, and a whole frame; return its text."""
        end = time.monotonic() + _PATIENCE
        while not (seen(self.screen.text) and self.screen.is_whole):
            assert time.monotonic() < end, f"never seen:\n{self.screen.text}\n{self.screen.printed}"
            assert self.read() or seen(self.screen.text), f"it ended: {self.screen.printed}"
        return self.screen.text

    def end(self) -> int:
        """Read to the end, and return the exit code."""
        end = time.monotonic() + _PATIENCE
        while self.read():
            assert time.monotonic() < end, f"it never ended:\n{self.screen.text}"
            if self.program.poll() is not None and not select.select([self._parent], [], [], 0)[0]:
                break
        return self.program.wait(_PATIENCE)

    def hang_up(self) -> int:
        """Close the window, and return the exit code."""
        os.close(self._parent)
        self._parent = -1
        return self.program.wait(_PATIENCE)

    @property
    def clean(self) -> bool:
        """Whether the terminal is as it was before the program began."""
        plain = self.screen.modes == {"25": True, "7": True, "1049": False}
        return plain and termios.tcgetattr(self._parent) == self.modes

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.program.poll() is None:
            self.program.kill()
            self.program.wait(_PATIENCE)
        if self._parent >= 0:
            os.close(self._parent)
