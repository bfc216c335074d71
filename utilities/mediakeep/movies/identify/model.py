"""The data model of a movie's identity, and of the user's choice of a movie."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Literal

import msgspec

from mediakeep.lookups.tmdb.lookup_store import MovieCandidate
from mediakeep.lookups.tmdb.model import Movie
from mediakeep.movies.model import LocalMovie


class MatchStatus(StrEnum):
    """How a movie was matched to one at TMDb; the values are those of MovieItem.match."""

    AUTO = "auto"
    USER = "user"  # chosen by the user
    REVIEW = "review"  # the user has to choose among the candidates
    UNMATCHED = "unmatched"  # nothing similar was found
    UNKNOWN = ""  # not looked up yet


class MovieIdentity(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Which movie a file is, according to TMDb; `candidates` are the possible ones, best first.

    `decided_by` is "queue" (the user's choice there), "nfo", "name", "search" or "person" (the
    user, in this run). `movie` is the details from TMDb, or None if not identified or not
    available. `lookup_error` says why a lookup was not made or failed, "" if it succeeded;
    `is_service_failure` is True if a service failed.
    """

    status: MatchStatus = MatchStatus.UNKNOWN
    decided_by: str = ""
    tmdb_id: int = 0
    imdb_id: str = ""
    confidence: float = 0.0
    movie: Movie | None = None
    candidates: tuple[MovieCandidate, ...] = ()
    conflicts: tuple[str, ...] = ()  # contradicting IDs, a sentence each
    removed_ids: tuple[int, ...] = ()  # given IDs that TMDb does not have any more
    lookup_error: str = ""
    is_service_failure: bool = False

    @property
    def is_certain(self) -> bool:
        """True if the movie is identified with certainty."""
        return self.status in (MatchStatus.AUTO, MatchStatus.USER)


class MovieChoice(msgspec.Struct, frozen=True):
    """The user's answer to the question which movie a file is.

    `action` is "take" the movie with the given ID, decide "later", "never" ask again, or "stop".
    """

    action: Literal["take", "later", "never", "stop"]
    tmdb_id: int = 0
    imdb_id: str = ""


ChooseMovie = Callable[[LocalMovie, MovieIdentity], MovieChoice]


class NeverAsk(Exception):
    """Raised if the user never wants to be asked again about this file."""
