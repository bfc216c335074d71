"""What MusicBrainz answers to questions for several entities; what is none of these is refused.

An entry of a list that cannot be used is left out, and costs no other.
"""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

from mediakeep.lookups import valid_entries
from mediakeep.lookups.catalogue import Artist, Group, Release

T = TypeVar("T")


def read(content: bytes, kind: type[T], odd: list[str] | None = None) -> T:
    """Read an answer; a null where a value belongs is as good as a key that is not there.

    The reasons why entries of a page were left out are added to `odd`, one for each.
    msgspec.DecodeError where it is nothing of the kind, or none of its entries is.
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
            # A release that lacks a medium would seem to be another edition.
            name: one if name == "media" and one and None in one else _without_nulls(one)
            for name, one in thing.items()
            if one is not None
        }
    if isinstance(thing, list):
        return [_without_nulls(one) for one in thing if one is not None]
    return thing


class Releases(
    msgspec.Struct, frozen=True, rename={"entries": "releases", "count": "release-count"}
):
    """One page of a list of releases, and how many it has in all."""

    entries: tuple[Release, ...]
    count: int


class Groups(
    msgspec.Struct,
    frozen=True,
    rename={"entries": "release-groups", "count": "release-group-count"},
):
    """One page of a list of release groups, and how many it has in all."""

    entries: tuple[Group, ...]
    count: int


class ReleasesFound(msgspec.Struct, frozen=True):
    """The first page of what a search found, best first."""

    releases: tuple[Release, ...]


class ArtistsFound(msgspec.Struct, frozen=True):
    """The first page of what a search found, best first."""

    artists: tuple[Artist, ...]


_ENTRIES: dict[type[Any], tuple[str, type[Any]]] = {
    Releases: ("releases", Release),
    Groups: ("release-groups", Group),
    ReleasesFound: ("releases", Release),
    ArtistsFound: ("artists", Artist),
}
