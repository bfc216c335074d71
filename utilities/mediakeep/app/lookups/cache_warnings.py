"""Warnings about the caches of lookups, for commands that look something up."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from mediakeep.app.console import Console
from mediakeep.lookups.musicbrainz.context import MusicBrainzContext
from mediakeep.lookups.tmdb.context import TmdbContext


@contextmanager
def report_cache_warnings(
    context: MusicBrainzContext | TmdbContext, console: Console
) -> Iterator[None]:
    """Print warnings about the cache and odd answers at the end, even after an error."""
    try:
        yield
    finally:
        notes = (
            [*context.store.damage_notes, *context.http.damage_notes]
            if context.has_cache_file
            else []
        )
        notes += context.stats.skipped_entries
        for note in notes:
            console.print_warning(note)
