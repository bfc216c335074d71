"""What MusicBrainz answers to questions for several entities; what is none of these is refused."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

from mediakeep.lookups.catalogue import Artist, Group, Release

T = TypeVar("T")


def read(content: bytes, kind: type[T]) -> T:
    """Read an answer; a null where a value belongs is as good as a key that is not there.

    msgspec.DecodeError where it is nothing of the kind.
    """
    try:
        return msgspec.json.decode(content, type=kind)
    except msgspec.ValidationError:
        return msgspec.convert(_without_nulls(msgspec.json.decode(content)), kind)


def _without_nulls(thing: Any) -> Any:
    if isinstance(thing, dict):
        return {name: _without_nulls(one) for name, one in thing.items() if one is not None}
    return [_without_nulls(one) for one in thing] if isinstance(thing, list) else thing


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
