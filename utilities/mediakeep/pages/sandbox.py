"""Templates of a person's own: they reach nothing but what they are given, and end in time."""

from __future__ import annotations

import contextlib
import functools
import resource
import signal
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from jinja2 import BytecodeCache, FileSystemLoader, StrictUndefined
from jinja2.exceptions import SecurityError
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment

LIMIT = 10.0  # seconds that a template may take
MEMORY = 2**28  # bytes that it may take besides
_LONGEST = 1_000_000  # characters or entries of what a template multiplies
_PADDING = ("batch", "center", "indent", "tojson")  # filters that are told how much to add


class Sandbox(ImmutableSandboxedEnvironment):
    """Jinja's sandbox, which also keeps a template from making numbers and texts without end."""

    intercepted_binops = frozenset({"*", "**"})

    def __init__(self, *folders: Path, compiled: BytecodeCache | None = None) -> None:
        super().__init__(
            bytecode_cache=compiled,
            loader=FileSystemLoader(folders),
            undefined=StrictUndefined,
            autoescape=lambda name: bool(name and name.endswith(".html.j2")),
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
        )
        for name in _PADDING:
            self.filters[name] = _refusing_length(self.filters[name])

    def call(self, *given: Any, **named: Any) -> Any:
        """Call what is safe; SecurityError where it is told of a length that is too long."""
        _, obj, *words = given
        if isinstance(getattr(obj, "__self__", None), str | int):  # as str.center, int.to_bytes
            _refuse_length(words, named)
        return super().call(*given, **named)

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """Calculate what is safe; SecurityError for powers, and for what would become too long."""
        if operator == "**":
            raise SecurityError("powers are not for templates")
        for text, times in ((left, right), (right, left)):
            if isinstance(times, int) and hasattr(text, "__len__") and len(text) * times > _LONGEST:
                raise SecurityError("this would be too long")
        return super().call_binop(context, operator, left, right)


def _refusing_length(function: Callable[..., Any]) -> Callable[..., Any]:
    """Have a filter refuse a length that is too long; the value that it filters is none."""
    before = 2 if hasattr(function, "jinja_pass_arg") else 1  # arguments before any length

    @functools.wraps(function)
    def refusing(*given: Any, **named: Any) -> Any:
        _refuse_length(given[before:], named)
        return function(*given, **named)

    return refusing


def _refuse_length(given: Iterable[Any], named: Mapping[str, Any]) -> None:
    if any(isinstance(one, int) and one > _LONGEST for one in (*given, *named.values())):
        raise SecurityError("this would be too long")


@contextlib.contextmanager
def limited() -> Iterator[None]:
    """Break off what takes longer than `LIMIT` with TimeoutError; in the main thread alone.

    What takes more memory than `MEMORY` ends with MemoryError, on Linux.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(*_: object) -> None:
        raise TimeoutError(f"it takes longer than {LIMIT:g} seconds")

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, LIMIT)
    try:
        with _bounded_memory():
            yield
    except MemoryError as error:
        error.args = (f"it takes more than {MEMORY >> 20} MB of memory",)
        raise
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@contextlib.contextmanager
def _bounded_memory() -> Iterator[None]:
    """Let this process grow by `MEMORY` at most; where its size is not known, by anything."""
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[0])
    except (OSError, ValueError):
        yield
        return
    most = pages * resource.getpagesize() + MEMORY
    if soft == resource.RLIM_INFINITY or soft > most:
        resource.setrlimit(resource.RLIMIT_AS, (most, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
