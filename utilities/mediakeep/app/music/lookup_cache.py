"""Check the cache of MusicBrainz and the Cover Art Archive before a batch."""

from __future__ import annotations

import contextlib
from pathlib import Path

from mediakeep.lookups.coverart.cover_cache import CoverCache
from mediakeep.lookups.musicbrainz import cache_json
from mediakeep.lookups.musicbrainz.context import MusicBrainzContext
from mediakeep.lookups.service_config import ServiceConfig


def check_cache(home: Path, access: ServiceConfig) -> list[str]:
    """Return warnings about the lookup cache; raise NoCache if it is unusable.

    Covers that nobody needs any more are removed from it.
    """
    context = MusicBrainzContext(home / "status" / "cache", access)
    if context.is_unavailable:
        return []
    CoverCache(context.folder).remove_expired()
    with contextlib.closing(context):
        warnings = cache_json.check_file(context.folder, context.store)
        if access.is_enabled:
            warnings += cache_json.record_host(context.store, access.catalogue.host)
        return [*warnings, *context.store.damage_notes]
