"""Templates of a person's own: they reach nothing but what they are given, and end in time."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from jinja2 import BytecodeCache, FileSystemLoader, StrictUndefined
from jinja2.exceptions import SecurityError
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment

LIMIT = 10.0  # seconds that a template may take
_LONGEST = 1_000_000  # characters or entries of what a template multiplies


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

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """Calculate what is safe; SecurityError for powers, and for what would become too long."""
        if operator == "**":
            raise SecurityError("powers are not for templates")
        for text, times in ((left, right), (right, left)):
            if isinstance(times, int) and hasattr(text, "__len__") and len(text) * times > _LONGEST:
                raise SecurityError("this would be too long")
        return super().call_binop(context, operator, left, right)


@contextlib.contextmanager
def limited() -> Iterator[None]:
    """Break off what takes longer than `LIMIT` with TimeoutError; in the main thread alone."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(*_: object) -> None:
        raise TimeoutError(f"it takes longer than {LIMIT:g} seconds")

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, LIMIT)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
