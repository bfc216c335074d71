"""Export of the MusicBrainz lookups to status/cache/musicbrainz_cache.json."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import msgspec

from mediakeep.lookups.cache_export import (
    EXPORT_FORMAT,
    CacheExport,
    JsonObject,
    record_host,
    without_empty,
)
from mediakeep.lookups.musicbrainz.lookup_store import MusicBrainzStore, ResolvedArtist

__all__ = ["EXPORT_FORMAT", "FILE_NAME", "check_file", "export", "record_host"]

FILE_NAME = "musicbrainz_cache.json"


def check_file(folder: Path, store: MusicBrainzStore) -> list[str]:
    """Clear the MusicBrainz store if the user deleted the JSON file; rewrite a damaged file.

    Return messages for the user.
    """
    return _build_export(folder, store).check_file()


def export(folder: Path, store: MusicBrainzStore) -> None:
    """Write the MusicBrainz lookups to the JSON file.

    If the user deleted the file meanwhile, clear the store instead.
    """
    _build_export(folder, store).write_file()


def _build_export(folder: Path, store: MusicBrainzStore) -> CacheExport:
    def tell() -> JsonObject:
        return {
            "artists": {key: _artist_to_json(resolved) for key, resolved in store.iter_resolved()}
        }

    return CacheExport(folder / FILE_NAME, "artists", store, tell)


def _artist_to_json(resolved: ResolvedArtist) -> JsonObject:
    entry: JsonObject = {"name": resolved.name, "lookup": resolved.state, "asked": resolved.asked}
    if artist := resolved.artist:
        entry |= {"mbid": artist.id, "musicbrainz_name": artist.name, "found_by": resolved.by}
        entry |= without_empty({"disambiguation": artist.disambiguation})
    entry |= without_empty({"merged": resolved.merged, "deleted": list(resolved.deleted)})
    entry |= without_empty({"choices": list(_choices_to_json(resolved))})
    albums = {place: msgspec.to_builtins(album) for place, album in resolved.albums.items()}
    return entry | {"albums": albums}


def _choices_to_json(resolved: ResolvedArtist) -> Iterable[JsonObject]:
    for choice in resolved.choices:
        artist = choice.artist
        entry = {"mbid": artist.id, "name": artist.name, "disambiguation": artist.disambiguation}
        yield without_empty(entry) | {"albums": list(choice.titles)}
