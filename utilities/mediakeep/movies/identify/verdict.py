"""The identity of a movie."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from mediakeep.lookups.tmdb.films import Movie
from mediakeep.lookups.tmdb.known import Candidate


class Sure(StrEnum):
    """How a movie was matched; the values are those of MovieItem.match."""

    AUTO = "auto"
    USER = "user"  # chosen by the user
    REVIEW = "review"  # the user has to choose among the candidates
    UNMATCHED = "unmatched"  # nothing similar was found
    UNKNOWN = ""  # not looked up yet


class Identity(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The identity of a movie; the `candidates` are sorted best first.

    `decided_by` is "queue" (the user's choice there), "nfo", "name", "search" or "person" (the
    user, in this run). `movie` is the details from TMDb, or None if not identified or not
    available. `lookup_error` says why a lookup was not made or failed, "" if it succeeded;
    `is_service_failure` is true if a service failed.
    """

    sure: Sure = Sure.UNKNOWN
    by: str = ""
    tmdb_id: int = 0
    imdb_id: str = ""
    confidence: float = 0.0
    movie: Movie | None = None
    candidates: tuple[Candidate, ...] = ()
    conflicts: tuple[str, ...] = ()  # contradicting IDs, a sentence each
    removed: tuple[int, ...] = ()  # given IDs that TMDb does not have any more
    why: str = ""
    failed: bool = False

    @property
    def is_certain(self) -> bool:
        """True if the movie is identified with certainty."""
        return self.sure in (Sure.AUTO, Sure.USER)
