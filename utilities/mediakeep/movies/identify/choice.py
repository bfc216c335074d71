"""What a person says when asked which movie it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import msgspec

from mediakeep.movies.identify.verdict import Identity
from mediakeep.movies.model import Movie


class Choice(msgspec.Struct, frozen=True):
    """An answer: "take" the movie of one of the ids, "skip" this one, or "stop" altogether."""

    what: Literal["take", "skip", "stop"]
    tmdb_id: int = 0
    imdb_id: str = ""


Choose = Callable[[Movie, Identity], Choice]


class Skipped(Exception):
    """A person left it open which movie it is."""
