"""Title and year as guessit reads them; it is an extra, and may be absent."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import util
from typing import Any


@cache
def is_there() -> bool:
    """Tell whether guessit is installed; it is not imported yet."""
    return util.find_spec("guessit") is not None


def read(name: str) -> tuple[str, int]:
    """Return the title and year of a name, "" and 0 for what guessit cannot tell.

    It is always told that this is a movie: else "Blade Runner 2049" is an episode to it.
    """
    try:
        from guessit import guessit

        told: Mapping[str, Any] = guessit(name, {"type": "movie"})
    except Exception:  # noqa: BLE001 - whatever it stumbles over, our reading serves
        return "", 0
    title, year = told.get("title", ""), told.get("year", 0)
    return (title if isinstance(title, str) else ""), (year if isinstance(year, int) else 0)
