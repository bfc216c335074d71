"""Collect the known IDs of a movie: from the user, its NFO and its name."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import msgspec

from mediakeep.lookups.tmdb import constants
from mediakeep.lookups.tmdb.model import Movie as TmdbMovie
from mediakeep.movies.item import MovieItem
from mediakeep.movies.model import LocalMovie

_TMDB_ID = re.compile(r"[1-9]\d{0,9}", re.ASCII)
_SOURCE_NAMES = {"queue": "the queue", "nfo": "the NFO", "name": "the name"}


class KnownIds(msgspec.Struct, frozen=True):
    """The TMDb and IMDb IDs of a movie from one source; 0 and "" if not given.

    `by` is the source: "queue", "nfo" or "name".
    """

    by: str
    tmdb_id: int = 0
    imdb_id: str = ""

    @property
    def text(self) -> str:
        """The IDs and their source, as part of a sentence."""
        tmdb = f"TMDb {self.tmdb_id}" if self.tmdb_id else ""
        ids = " and ".join(name for name in (tmdb, f"IMDb {self.imdb_id}") if name[-1:].isalnum())
        return f"{_SOURCE_NAMES[self.by]} says {ids}"

    def agrees_with(self, movie: TmdbMovie) -> bool:
        """Return True if none of the IDs contradicts those of a movie at TMDb."""
        same_tmdb = self.tmdb_id in (0, movie.id)
        return same_tmdb and (not (self.imdb_id and movie.imdb_id) or self.imdb_id == movie.imdb_id)


def collect_ids(
    local: LocalMovie, item: MovieItem, nfo_ids: Mapping[str, str]
) -> tuple[KnownIds, ...]:
    """Return the valid IDs of a movie from all sources, the most trusted source first."""
    sources = _ids_by_source(local, item, nfo_ids)
    return tuple(known for known in sources if known.tmdb_id or known.imdb_id)


def _ids_by_source(
    local: LocalMovie, item: MovieItem, nfo_ids: Mapping[str, str]
) -> Iterator[KnownIds]:
    if item.match == "user":
        yield KnownIds(
            "queue", item.tmdb_id, normalize_imdb_id(item.imdb_id) or item.imdb_id.strip()
        )
    yield KnownIds(
        "nfo", _parse_tmdb_id(nfo_ids.get("tmdb", "")), normalize_imdb_id(nfo_ids.get("imdb", ""))
    )
    yield KnownIds("name", local.name.tmdb_id, normalize_imdb_id(local.name.imdb_id))


def normalize_imdb_id(text: str) -> str:
    """Return an IMDb ID in its normal form, or "" if it is invalid."""
    text = text.strip().lower()
    return text if constants.is_imdb_id(text) else ""


def _parse_tmdb_id(text: str) -> int:
    text = text.strip()
    return int(text) if _TMDB_ID.fullmatch(text) else 0
