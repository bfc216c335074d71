"""Look up artists, albums, releases, missing albums and covers at MusicBrainz."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from mediakeep import path_text
from mediakeep.app.console import CommandResult, Console
from mediakeep.app.lookups import cache_warnings
from mediakeep.app.music import (
    artist_search,
    cover_download,
    release_search,
)
from mediakeep.app.music.cover_download import CoverRequest
from mediakeep.errors import UsageError
from mediakeep.lookups.musicbrainz.context import MusicBrainzContext
from mediakeep.lookups.service_config import ServiceConfig


class LookupRequest(NamedTuple):
    """What is looked up: "artist", "album", "release" or "cover", by names or an MBID.

    `titles` are albums of an artist. A cover is written to `output`.
    """

    what: str
    names: Sequence[str]
    titles: Sequence[str] = ()
    output: Path = Path()
    size: str = "full"
    back: bool = False
    force: bool = False


def look_up(
    home: Path, request: LookupRequest, access: ServiceConfig, console: Console
) -> CommandResult:
    """Return what MusicBrainz has, or download a cover; raise UsageError if a name is invalid."""
    with (
        contextlib.closing(MusicBrainzContext(home / "status" / "cache", access)) as context,
        cache_warnings.report_cache_warnings(context, console),
    ):
        if request.what == "cover":
            cover = CoverRequest(request.names[0], request.size, request.back)
            return cover_download.download_cover(
                context, cover, request.output, force=request.force
            )
        with context.musicbrainz.bypassing_cache(access.fresh):
            output = _look_up_entity(context, request)
        counts = {"requests": context.stats.requests, "hits": context.stats.hits}
        return replace(output, data=output.data | counts)


def _look_up_entity(context: MusicBrainzContext, request: LookupRequest) -> CommandResult:
    names = [*map(_check_name, request.names)]
    if request.what == "artist":
        return artist_search.show_artist(context, names[0], [*map(_check_name, request.titles)])
    if request.what == "album":
        return release_search.show_album(context, names[0], names[1])
    return release_search.show_release(context, names[0])


def _check_name(text: str) -> str:
    """Return a normalized name; raise UsageError if it is invalid."""
    name = " ".join(text.split())
    if not name or not name.isprintable():
        raise UsageError(
            f'"{path_text.to_printable(path_text.escape_path(text))}" is not a valid name.'
        )
    return name
