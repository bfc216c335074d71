"""Parse the title and year of a movie's name with guessit, an optional dependency."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import util
from typing import Any


@cache
def is_installed() -> bool:
    """Return True if guessit is installed, without importing it."""
    return util.find_spec("guessit") is not None


def parse(name: str) -> tuple[str, int]:
    """Return the title and year in a movie's name, or "" and 0 if guessit finds none.

    The type "movie" is always passed: otherwise guessit takes "Blade Runner 2049" for an episode.
    """
    try:
        from guessit import guessit

        guess: Mapping[str, Any] = guessit(name, {"type": "movie"})
    except Exception:  # noqa: BLE001 - after any failure, our own parser is used
        return "", 0
    title, year = guess.get("title", ""), guess.get("year", 0)
    return (title if isinstance(title, str) else ""), (year if isinstance(year, int) else 0)
