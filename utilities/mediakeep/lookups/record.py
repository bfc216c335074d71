"""Export of the MusicBrainz lookups to status/cache/musicbrainz_cache.json."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import msgspec

from mediakeep.lookups.export import FORMAT, Record, Told, filled, settle
from mediakeep.lookups.known import Known, Resolved

__all__ = ["FILE", "FORMAT", "check", "export", "settle"]

FILE = "musicbrainz_cache.json"


def check(folder: Path, store: Known) -> list[str]:
    """Clear the store if the file was deleted, rewrite a damaged file; return messages."""
    return _record(folder, store).check()


def export(folder: Path, store: Known) -> None:
    """Write the file; if it was deleted meanwhile, clear the store instead."""
    _record(folder, store).export()


def _record(folder: Path, store: Known) -> Record:
    def tell() -> Told:
        return {"artists": {key: _told(resolved) for key, resolved in store.every()}}

    return Record(folder / FILE, "artists", store, tell)


def _told(resolved: Resolved) -> Told:
    entry: Told = {"name": resolved.name, "lookup": resolved.state, "asked": resolved.asked}
    if artist := resolved.artist:
        entry |= {"mbid": artist.id, "musicbrainz_name": artist.name, "found_by": resolved.by}
        entry |= filled({"disambiguation": artist.disambiguation})
    entry |= filled({"merged": resolved.merged, "deleted": list(resolved.deleted)})
    entry |= filled({"choices": list(_choices(resolved))})
    albums = {place: msgspec.to_builtins(album) for place, album in resolved.albums.items()}
    return entry | {"albums": albums}


def _choices(resolved: Resolved) -> Iterable[Told]:
    for choice in resolved.choices:
        artist = choice.artist
        entry = {"mbid": artist.id, "name": artist.name, "disambiguation": artist.disambiguation}
        yield filled(entry) | {"albums": list(choice.titles)}
