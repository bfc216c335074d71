"""The console of the use cases at a terminal or a pipe."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

import click

from mediakeep.commands import app

T = TypeVar("T")

_CLEAR_LINE = "\r\x1b[2K"  # ECMA-48: erase in line


class ClickConsole:
    """Prints results to stdout, and everything else to stderr."""

    def print_result(self, lines: Sequence[str], data: Any, *, as_json: bool) -> None:
        """Print lines of text, or the data as JSON."""
        app.print_result(list(lines), data, as_json=as_json)

    def print_lines(self, lines: Sequence[str]) -> None:
        """Print lines of text."""
        app.print_result(list(lines), None, as_json=False)

    def print_message(self, text: str) -> None:
        """Print a message to stderr."""
        app.print_message(text)

    def print_warning(self, text: str) -> None:
        """Print a warning to stderr."""
        app.print_message(f"Warning: {text}")

    def confirm(self, question: str) -> bool:
        """Ask a question, and return whether the answer is yes."""
        return click.confirm(question, err=True)

    def track_progress(self, values: Sequence[T]) -> Iterator[T]:
        """Yield the values, and show a counter on a terminal."""
        is_terminal = sys.stderr.isatty()
        try:
            for number, value in enumerate(values, 1):
                if is_terminal:
                    click.echo(f"{_CLEAR_LINE}{number:,}/{len(values):,}", nl=False, err=True)
                yield value
        finally:
            if is_terminal:
                click.echo(_CLEAR_LINE, nl=False, err=True)
