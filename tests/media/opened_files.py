"""Observe which files are opened, with Python's audit hooks."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from typing import Any

_opened: list[str] | None = None


def _hear(event: str, arguments: tuple[Any, ...]) -> None:
    if _opened is not None and event == "open":
        _opened.append(os.fsdecode(arguments[0]) if isinstance(arguments[0], str | bytes) else "")


sys.addaudithook(_hear)  # audit hooks cannot be removed


@contextlib.contextmanager
def listening() -> Iterator[list[str]]:
    """Yield the list of paths opened within the `with` block."""
    global _opened
    before, _opened = _opened, []
    try:
        yield _opened
    finally:
        _opened = before
