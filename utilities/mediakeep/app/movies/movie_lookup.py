"""Look up movies at TMDb by title or id."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from pathlib import Path

from mediakeep.app.console import CommandResult, Console
from mediakeep.app.lookups import cache_warnings
from mediakeep.app.movies import tmdb_text
from mediakeep.errors import UsageError
from mediakeep.lookups.service_config import ServiceConfig
from mediakeep.lookups.tmdb.context import TmdbContext


def look_up(
    home: Path, what: str, word: str, access: ServiceConfig, console: Console, *, year: int = 0
) -> CommandResult:
    """Return what TMDb has: `what` is "search" for a title, "movie" or "find" for an id.

    Raise UsageError if the title or id is empty.
    """
    name = " ".join(word.split())
    if not name or not name.isprintable():
        raise UsageError(f"There is nothing to {what}.")
    with (
        contextlib.closing(TmdbContext(home / "status" / "cache", access)) as context,
        cache_warnings.report_cache_warnings(context, console),
    ):
        if what == "search":
            output = tmdb_text.search_movies(context, name, year)
        else:
            output = (
                tmdb_text.show_movie(context, name)
                if what == "movie"
                else tmdb_text.find_by_imdb_id(context, name)
            )
        counts = {"requests": context.stats.requests, "hits": context.stats.hits}
        return replace(output, data=output.data | counts)
