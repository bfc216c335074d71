"""The known IDs of a movie: from the user, its NFO and its name."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import msgspec

from mediakeep.item import MovieItem
from mediakeep.lookups.tmdb import terms
from mediakeep.lookups.tmdb.films import Movie as TmdbMovie
from mediakeep.movies.model import Movie

_TMDB = re.compile(r"[1-9]\d{0,9}", re.ASCII)
_SOURCES = {"queue": "the queue", "nfo": "the NFO", "name": "the name"}


class Stated(msgspec.Struct, frozen=True):
    """The IDs from one source: "queue", "nfo" or "name"; 0 and "" if not given."""

    by: str
    tmdb_id: int = 0
    imdb_id: str = ""

    @property
    def text(self) -> str:
        """The IDs and their source, as part of a sentence."""
        tmdb = f"TMDb {self.tmdb_id}" if self.tmdb_id else ""
        ids = " and ".join(name for name in (tmdb, f"IMDb {self.imdb_id}") if name[-1:].isalnum())
        return f"{_SOURCES[self.by]} says {ids}"

    def fits(self, movie: TmdbMovie) -> bool:
        """Return True if none of the IDs contradicts the movie."""
        same_tmdb = self.tmdb_id in (0, movie.id)
        return same_tmdb and (not (self.imdb_id and movie.imdb_id) or self.imdb_id == movie.imdb_id)


def ids(local: Movie, item: MovieItem, nfo_ids: Mapping[str, str]) -> tuple[Stated, ...]:
    """Return the IDs of all sources, by precedence, without invalid ones."""
    sources = _sources(local, item, nfo_ids)
    return tuple(known for known in sources if known.tmdb_id or known.imdb_id)


def _sources(local: Movie, item: MovieItem, nfo_ids: Mapping[str, str]) -> Iterator[Stated]:
    if item.match == "user":
        yield Stated("queue", item.tmdb_id, imdb(item.imdb_id) or item.imdb_id.strip())
    yield Stated("nfo", _tmdb(nfo_ids.get("tmdb", "")), imdb(nfo_ids.get("imdb", "")))
    yield Stated("name", local.name.tmdb_id, imdb(local.name.imdb_id))


def imdb(text: str) -> str:
    """Return the normalized IMDb ID, or "" if invalid."""
    text = text.strip().lower()
    return text if terms.is_imdb_id(text) else ""


def _tmdb(text: str) -> int:
    text = text.strip()
    return int(text) if _TMDB.fullmatch(text) else 0
