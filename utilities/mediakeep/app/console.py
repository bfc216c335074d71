"""The console of a use case, and the result of a command."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

T = TypeVar("T")


class Console(Protocol):
    """Where a use case prints its messages and its result, and asks for confirmation.

    Texts may contain control characters; the console escapes them.
    """

    def print_result(self, lines: Sequence[str], data: Any, *, as_json: bool) -> None:
        """Called with the result: as lines of text, and as data for JSON."""

    def print_lines(self, lines: Sequence[str]) -> None:
        """Called with a part of a result that is printed as text."""

    def print_message(self, text: str) -> None:
        """Called with a message that is not part of the result, such as an error."""

    def print_warning(self, text: str) -> None:
        """Called with a warning."""

    def confirm(self, question: str) -> bool:
        """Called before data is lost; return whether the user agrees."""

    def track_progress(self, values: Sequence[T]) -> AbstractContextManager[Iterable[T]]:
        """Called to iterate values in a block, and show how many are done."""


@dataclass(frozen=True)
class CommandResult:
    """The result of a command: lines of text, JSON data, and the exit code.

    If the command failed and is quiet, it prints `errors`, or all lines if there are none.
    """

    lines: list[str]
    data: Any = field(default_factory=dict)
    code: int = 0
    errors: tuple[str, ...] = ()


class CollectingConsole:
    """A console that keeps what a use case prints, for callers without a terminal.

    `agrees` is the answer to all questions.
    """

    def __init__(self, *, agrees: bool = False) -> None:
        self.agrees = agrees
        self.lines: list[str] = []
        self.messages: list[str] = []
        self.data: Any = None

    def print_result(self, lines: Sequence[str], data: Any, *, as_json: bool) -> None:  # noqa: ARG002
        """Keep the lines and the data."""
        self.lines += lines
        self.data = data

    def print_lines(self, lines: Sequence[str]) -> None:
        """Keep the lines."""
        self.lines += lines

    def print_message(self, text: str) -> None:
        """Keep the message."""
        self.messages.append(text)

    print_warning = print_message

    def confirm(self, question: str) -> bool:
        """Keep the question, and return the answer."""
        self.messages.append(question)
        return self.agrees

    def track_progress(self, values: Sequence[T]) -> AbstractContextManager[Iterable[T]]:
        """Return the values; nothing is shown."""
        return nullcontext(values)
