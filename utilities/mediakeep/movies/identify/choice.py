"""The identity of a movie, and the user's choice of one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import msgspec

from mediakeep.movies.identify.verdict import Identity
from mediakeep.movies.model import Movie


class Choice(msgspec.Struct, frozen=True):
    """The answer to a prompt: "take" the movie of an ID, decide "later", "never" ask, or "stop"."""

    what: Literal["take", "later", "never", "stop"]
    tmdb_id: int = 0
    imdb_id: str = ""


Choose = Callable[[Movie, Identity], Choice]


class NeverAsk(Exception):
    """The user never wants to be asked again about this file."""
