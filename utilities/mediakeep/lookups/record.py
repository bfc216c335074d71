"""status/cache/musicbrainz_cache.json: what was looked up at MusicBrainz, for people to read."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import msgspec

from mediakeep.lookups.export import FORMAT, Record, Told, filled, settle
from mediakeep.lookups.known import Known, Resolved

__all__ = ["FILE", "FORMAT", "check", "export", "settle"]

FILE = "musicbrainz_cache.json"


def check(folder: Path, known: Known) -> list[str]:
    """Take a record that is gone as the wish to have all looked up anew; say what was found."""
    return _record(folder, known).check()


def export(folder: Path, known: Known) -> None:
    """Write the record, if anything is known; one that was deleted meanwhile is not written."""
    _record(folder, known).export()


def _record(folder: Path, known: Known) -> Record:
    def tell() -> Told:
        return {"artists": {key: _told(one) for key, one in known.every()}}

    return Record(folder / FILE, "artists", known, tell)


def _told(one: Resolved) -> Told:
    """Return what the record says of an artist."""
    told: Told = {"name": one.name, "lookup": one.state, "asked": one.asked}
    if one.artist:
        told |= {"mbid": one.artist.id, "musicbrainz_name": one.artist.name, "found_by": one.by}
        told |= filled({"disambiguation": one.artist.disambiguation})
    told |= filled({"merged": one.merged, "deleted": list(one.deleted)})
    told |= filled({"choices": list(_choices(one))})
    albums = {place: msgspec.to_builtins(album) for place, album in one.albums.items()}
    return told | {"albums": albums}


def _choices(one: Resolved) -> Iterable[Told]:
    for choice in one.choices:
        artist = choice.artist
        told = {"mbid": artist.id, "name": artist.name, "disambiguation": artist.disambiguation}
        yield filled(told) | {"albums": list(choice.titles)}
