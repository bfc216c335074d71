"""What MusicBrainz answers to questions for several entities; what is none of these is refused."""

from __future__ import annotations

import msgspec

from mediakeep.lookups.catalogue import Artist, Group, Release


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
