"""The terminal as one picture that is renewed, and left as it was found, however it ends.

The sequences are those of ECMA-48 and of xterm (alternate screen 1049, cursor 25, autowrap 7),
which every terminal of today knows.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import sys
import termios
import time
import tty
from collections.abc import Sequence
from types import FrameType, TracebackType
from typing import Any, Self

_ENTER = "\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[2J"
_LEAVE = "\x1b[?7h\x1b[?25h\x1b[?1049l"
_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)


class Left(BaseException):
    """A person, or a signal, ended the picture; the code is the command's."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


def fit() -> bool:
    """Tell whether a picture can be renewed here at all: on a terminal that can move its cursor."""
    return sys.stdout.isatty() and os.environ.get("TERM", "dumb") != "dumb"


def colourful() -> bool:
    """Tell whether colour is wanted here, by https://no-color.org and by what the terminal is."""
    return fit() and not os.environ.get("NO_COLOR")


class Screen:
    """The terminal for as long as a `with` block; Left is raised where a person wants to go."""

    def __init__(self) -> None:
        self._out = sys.stdout.fileno()
        self._in = sys.stdin.fileno() if sys.stdin and sys.stdin.isatty() else -1
        self._shown: list[str] = []
        self._size = self.size()
        self._restore: list[Any] = []
        self._signals: dict[int, Any] = {}
        self._heard = self._told = -1

    def __enter__(self) -> Self:
        self._heard, self._told = os.pipe()
        for handle in (self._heard, self._told):
            os.set_blocking(handle, False)
        signal.set_wakeup_fd(self._told, warn_on_full_buffer=False)
        handlers: dict[int, Any] = dict.fromkeys(_ENDING, _leave)
        handlers |= {signal.SIGWINCH: _nothing, signal.SIGTSTP: self._sleep}
        try:
            for number, act in handlers.items():
                self._signals[number] = signal.signal(number, act)
            self._open()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for ending in _ENDING:  # nothing may break off what restores the terminal
            signal.signal(ending, signal.SIG_IGN)
        self._close()
        signal.set_wakeup_fd(-1)
        for number, act in self._signals.items():
            signal.signal(number, act)
        os.close(self._heard)
        os.close(self._told)

    def _open(self) -> None:
        if self._in >= 0:
            self._restore = termios.tcgetattr(self._in)
            tty.setcbreak(self._in, termios.TCSANOW)
        self._shown = []
        self._write(_ENTER)

    def _close(self) -> None:
        with contextlib.suppress(OSError, Left):  # a terminal that is gone needs no tidying
            self._write(_LEAVE)
        with contextlib.suppress(OSError, termios.error):
            if self._restore:
                termios.tcsetattr(self._in, termios.TCSANOW, self._restore)

    def _sleep(self, number: int, _: FrameType | None) -> None:
        """Ctrl-Z: give the terminal back, sleep, and take it again."""
        self._close()
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)
        signal.signal(number, self._sleep)
        self._open()

    @staticmethod
    def size() -> tuple[int, int]:
        """Return columns and lines."""
        try:
            found = os.get_terminal_size(sys.stdout.fileno())
        except OSError:
            return 80, 24
        return found.columns or 80, found.lines or 24

    def draw(self, lines: Sequence[str]) -> None:
        """Show lines; only those that differ are written, and all in one piece."""
        size = self.size()
        before = self._shown if size == self._size else []
        text = "" if before else "\x1b[2J"
        for number, line in enumerate(lines):
            if number >= len(before) or before[number] != line:
                # Erased first: behind a full line its last cell would go.
                text += f"\x1b[{number + 1};1H\x1b[K{line}\x1b[0m"
        for number in range(len(lines), len(before)):
            text += f"\x1b[{number + 1};1H\x1b[K"
        self._shown, self._size = list(lines), size
        self._write(text)

    def _write(self, text: str) -> None:
        data = text.encode(sys.stdout.encoding or "utf-8", "backslashreplace")
        try:
            while data:
                data = data[os.write(self._out, data) :]
        except OSError as error:  # the window was closed
            raise Left(130) from error

    def wait(self, seconds: float) -> bool:
        """Wait; True at once where the window has another size. Left where a person ends it."""
        until = time.monotonic() + seconds
        while (rest := until - time.monotonic()) > 0:
            watched = [self._heard, *([self._in] if self._in >= 0 else [])]
            ready = select.select(watched, [], [], rest)[0]
            if self._in in ready:
                self._hear()
            if self._heard in ready:
                os.read(self._heard, 4096)
            if not self._shown or self.size() != self._size:
                return True
        return False

    def _hear(self) -> None:
        try:
            keys = os.read(self._in, 1024)
        except OSError:
            keys = b""
        if not keys:
            raise Left(130)
        if b"q" in keys.lower():
            raise Left(0)


def _leave(*_: object) -> None:
    raise Left(130)


def _nothing(*_: object) -> None:
    """Be there, so that the signal ends a wait."""
