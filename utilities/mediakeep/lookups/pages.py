"""Responses of MusicBrainz to browse and search requests.

Invalid entries of a list are skipped; the others are used.
"""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

from mediakeep.lookups import valid_entries
from mediakeep.lookups.catalogue import Artist, Group, Release

T = TypeVar("T")


def read(content: bytes, kind: type[T], odd: list[str] | None = None) -> T:
    """Decode a response; a null is treated as a missing key.

    The reasons why entries of a page were skipped are added to `odd`, one for each. Raise
    msgspec.DecodeError if the response has another type, or no valid entry.
    """
    try:
        return msgspec.json.decode(content, type=kind)
    except msgspec.ValidationError:
        data = msgspec.json.decode(content)
        if odd is not None and isinstance(data, dict) and kind in _ENTRIES:
            data |= valid_entries.keep_valid(data, *_ENTRIES[kind], odd, _without_nulls)
        return msgspec.convert(_without_nulls(data), kind)


def _without_nulls(thing: Any) -> Any:
    if isinstance(thing, dict):
        return {
            # Keep null media: a release without one of its media would look like another edition.
            name: value if name == "media" and value and None in value else _without_nulls(value)
            for name, value in thing.items()
            if value is not None
        }
    if isinstance(thing, list):
        return [_without_nulls(value) for value in thing if value is not None]
    return thing


class Releases(
    msgspec.Struct, frozen=True, rename={"entries": "releases", "count": "release-count"}
):
    """One page of a list of releases, and the size of the list."""

    entries: tuple[Release, ...]
    count: int


class Groups(
    msgspec.Struct,
    frozen=True,
    rename={"entries": "release-groups", "count": "release-group-count"},
):
    """One page of a list of release groups, and the size of the list."""

    entries: tuple[Group, ...]
    count: int


class ReleasesFound(msgspec.Struct, frozen=True):
    """The first page of a release search, best matches first."""

    releases: tuple[Release, ...]


class ArtistsFound(msgspec.Struct, frozen=True):
    """The first page of an artist search, best matches first."""

    artists: tuple[Artist, ...]


_ENTRIES: dict[type[Any], tuple[str, type[Any]]] = {
    Releases: ("releases", Release),
    Groups: ("release-groups", Group),
    ReleasesFound: ("releases", Release),
    ArtistsFound: ("artists", Artist),
}
