"""The terminal as one display: rich draws it; keys, signals and window sizes are handled here.

The terminal is restored at the end, also after an error or a signal.
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
from types import TracebackType
from typing import Any, Self

from rich.console import Console, RenderableType
from rich.live import Live

from mediakeep.commands import app
from mediakeep.runner.signals import block_signals

_TICK = 0.2  # seconds between two checks of the window size
_STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)


class FullScreen:
    """Shows a renderable on the alternate screen within a `with` block.

    A stop signal, or closing the terminal, raises KeyboardInterrupt.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._live = Live(
            console=console,
            screen=True,
            auto_refresh=False,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self._input = sys.stdin.fileno() if sys.stdin and sys.stdin.isatty() else -1
        self._terminal_mode: list[Any] = []
        self._previous_handlers: dict[signal.Signals, Any] = {}
        self._must_suspend = False

    def __enter__(self) -> Self:
        handlers: dict[signal.Signals, Any] = dict.fromkeys(
            _STOP_SIGNALS, signal.default_int_handler
        )
        handlers[signal.SIGTSTP] = self._on_suspend
        try:
            for number, handler in handlers.items():
                self._previous_handlers[number] = signal.signal(number, handler)
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
        for stop in _STOP_SIGNALS:  # nothing may interrupt restoring the terminal
            signal.signal(stop, signal.SIG_IGN)
        self._close()
        for number, handler in self._previous_handlers.items():
            signal.signal(number, handler)

    def show(self, renderable: RenderableType) -> None:
        """Show a renderable in place of the last one."""
        self._update_size()
        try:
            with block_signals(_STOP_SIGNALS):  # else rich keeps half a picture in its buffer
                self._live.update(renderable, refresh=True)
        except OSError as error:
            app.discard_output()
            raise KeyboardInterrupt from error

    def wait(self, seconds: float) -> bool:
        """Wait, and draw again if the window changes its size; return False if q is pressed."""
        end = time.monotonic() + seconds
        while (rest := end - time.monotonic()) > 0:
            if self._read_key(min(rest, _TICK)):
                return False
            if self._must_suspend:
                self._suspend()
            elif self._update_size():
                self.show(self._live.get_renderable())
        return True

    def _update_size(self) -> bool:
        """Give the console the size of the window; return whether it has changed."""
        try:
            columns, lines = os.get_terminal_size(sys.stdout.fileno())
        except OSError:
            return False
        before, self._console.size = self._console.size, (columns or 80, lines or 24)
        return self._console.size != before

    def _read_key(self, seconds: float) -> bool:
        """Wait for a key; return whether it is q."""
        if self._input < 0:
            time.sleep(seconds)
            return False
        if not select.select([self._input], [], [], seconds)[0]:
            return False
        try:
            keys = os.read(self._input, 1024)
        except OSError:
            keys = b""
        if not keys:
            raise KeyboardInterrupt
        return b"q" in keys.lower()

    def _on_suspend(self, _number: int, _frame: object) -> None:
        self._must_suspend = True

    def _suspend(self) -> None:
        """Restore the terminal, suspend the process, and take the terminal again."""
        self._must_suspend = False
        self._close()
        handler = signal.signal(signal.SIGTSTP, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGTSTP)
        signal.signal(signal.SIGTSTP, handler)
        self._open()

    def _open(self) -> None:
        if self._input >= 0:
            self._terminal_mode = termios.tcgetattr(self._input)
            tty.setcbreak(self._input, termios.TCSANOW)
        with block_signals(_STOP_SIGNALS):
            self._live.start(refresh=True)

    def _close(self) -> None:
        try:
            self._live.stop()
        except OSError:  # the terminal was closed
            app.discard_output()
        with contextlib.suppress(OSError, termios.error):
            if self._terminal_mode:
                termios.tcsetattr(self._input, termios.TCSANOW, self._terminal_mode)
