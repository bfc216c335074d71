"""The console of a use case, and the result of a command."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
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
    """The result of a command: lines of text, JSON data, and the exit code."""

    lines: list[str]
    data: Any = field(default_factory=dict)
    code: int = 0
