"""Read answers: single keys at a terminal, or lines if there is none."""

from __future__ import annotations

import os
import sys
import termios
import tty

import click

from mediakeep.commands import console


class KeyReader:
    """Reads keys and texts; the end of the input, and a closed terminal, raise EOFError.

    Ctrl-C raises KeyboardInterrupt. A key that was typed before the question was shown is dropped,
    as is a pasted text.
    """

    def __init__(self) -> None:
        self.has_keys = (
            sys.stdin.isatty() and sys.stdout.isatty() and os.environ.get("TERM", "") != "dumb"
        )
        self._rest = ""  # of the last line

    def read_key(self, prompt: str, with_text: str = "") -> str:
        """Return a key, or "" if something else was typed.

        Without keys, a text may follow one in `with_text` in the same line.
        """
        if not self.has_keys:
            key, _, rest = self._read_line(prompt).partition(" ")
            self._rest = rest.strip()
            return key if len(key) == 1 and (not rest or key in with_text) else ""
        try:
            typed = self._read_typed(f"{prompt} ")
        except (OSError, termios.error) as error:  # the terminal was closed
            raise EOFError from error
        if typed in ("", "\x04"):  # Ctrl-D
            raise EOFError
        is_key = len(typed) == 1
        click.echo(typed if is_key and typed.isprintable() else "")
        return typed if is_key else ""

    def _read_typed(self, prompt: str) -> str:
        """Drop what was typed before, print the prompt, and return what is typed at once."""
        handle = sys.stdin.fileno()
        before = termios.tcgetattr(handle)
        tty.setcbreak(handle, termios.TCSAFLUSH)
        try:
            click.echo(prompt, nl=False)
            return os.read(handle, 64).decode(errors="replace")
        finally:
            termios.tcsetattr(handle, termios.TCSADRAIN, before)

    def read_text(self, prompt: str) -> str:
        """Return a text without spaces at its ends; "" cancels.

        Without keys, it may follow the letter of the answer in the same line.
        """
        text, self._rest = self._rest, ""
        return text or self._read_line(prompt)

    def _read_line(self, prompt: str) -> str:
        try:
            return console.prompt_text(prompt, default="", show_default=False)
        except OSError as error:
            raise EOFError from error
        except click.Abort as error:
            if isinstance(error.__cause__ or error.__context__, KeyboardInterrupt):
                raise KeyboardInterrupt from error
            raise EOFError from error

    def confirm(self, question: str) -> bool:
        """Ask a question that y answers with yes, and everything else with no."""
        self._rest, prompt = "", f"{question} [y/N]"
        if not self.has_keys:
            return self._read_line(prompt).lower() in ("y", "yes")
        return self.read_key(prompt).lower() == "y"
