"""The console of the use cases at a terminal or a pipe."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypeVar

import click

from mediakeep.commands import app

T = TypeVar("T")


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

    @contextlib.contextmanager
    def track_progress(self, values: Sequence[T]) -> Iterator[Iterable[T]]:
        """Show a progress bar on a terminal within the block, unless the command is quiet."""
        if app.is_quiet() or not sys.stderr.isatty():
            yield values
            return
        from mediakeep.commands.display import progress_bar

        with progress_bar.create_progress(stderr=True) as progress:
            yield progress.track(values, description="")


def prompt_text(text: str, **settings: Any) -> str:
    """Prompt on the terminal or the pipe; raise click.Abort at the end of the input."""
    while True:
        try:
            return str(click.prompt(text, **settings)).strip()
        except UnicodeDecodeError:
            click.echo("Error: the answer is not valid text.")
