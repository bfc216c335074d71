"""What it came to when it was asked which movie a file is."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from mediakeep.lookups.tmdb.films import Movie
from mediakeep.lookups.tmdb.known import Candidate


class Sure(StrEnum):
    """How sure it is; these are the values of MovieItem.match."""

    AUTO = "auto"
    USER = "user"  # a person said so
    REVIEW = "review"  # a person decides among the candidates
    UNMATCHED = "unmatched"  # nothing near is known
    UNKNOWN = ""  # nobody could be asked yet


class Identity(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Which movie it is; the `candidates` come best first.

    `by` tells what decided: "queue" (a person's word there), "nfo", "name", "search" or "person"
    (asked just now). `movie` is all that TMDb knows of it, None where it is not certain or could
    not be asked for. `why` says why a look-up could not be made or ended, `failed` whether a
    service failed then; "" where all was asked.
    """

    sure: Sure = Sure.UNKNOWN
    by: str = ""
    tmdb_id: int = 0
    imdb_id: str = ""
    confidence: float = 0.0
    movie: Movie | None = None
    candidates: tuple[Candidate, ...] = ()
    conflicts: tuple[str, ...] = ()  # ids that contradict each other, a sentence each
    removed: tuple[int, ...] = ()  # ids given here that TMDb has no more
    why: str = ""
    failed: bool = False

    @property
    def is_certain(self) -> bool:
        """Whether it is certain which movie it is."""
        return self.sure in (Sure.AUTO, Sure.USER)
