"""How many requests the look-ups of movies take, before any is made."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from mediakeep.item import MovieItem

BY_ID, BY_NAME = 1, 2  # requests for all that TMDb knows of a movie
PICTURES = 2  # its poster and its fanart


def of(items: Mapping[str, MovieItem], known: Collection[str]) -> int:
    """Estimate the requests for movies, given by their keys; what is `known` is not asked again.

    Those whose ids only their names or NFO tell are reckoned by name: no file is read for this.
    """
    new = [one for key, one in items.items() if key not in known]
    given = sum(bool(one.tmdb_id or one.imdb_id) for one in new)
    return given * BY_ID + (len(new) - given) * BY_NAME + len(new) * PICTURES
