"""What a person says when asked which movie it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import msgspec

from mediakeep.movies.identify.verdict import Identity
from mediakeep.movies.model import Movie


class Choice(msgspec.Struct, frozen=True):
    """An answer: "take" the movie of one of the ids, ask "later", "never" again, or "stop"."""

    what: Literal["take", "later", "never", "stop"]
    tmdb_id: int = 0
    imdb_id: str = ""


Choose = Callable[[Movie, Identity], Choice]


class NeverAsk(Exception):
    """The user does not want to be asked again which movie a file is."""
