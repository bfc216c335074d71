"""Front covers that the Cover Art Archive has, as the match of an album says."""

from __future__ import annotations

import msgspec

from mediakeep.lookups.catalogue import Group, Release
from mediakeep.music.matching.verdict import Match


class Front(msgspec.Struct, frozen=True):
    """An available front cover, by the MBID of its release or release group."""

    mbid: str
    kind: str  # "release" or "release group"; selects the archive's endpoint

    def __str__(self) -> str:
        """Return the entity and its MBID, for messages."""
        return f"{self.kind} {self.mbid}"


def of(match: Match | None) -> Front | None:
    """Return the front cover of an album with a certain match, or None if there is none.

    If editions are tied, it is the cover of the release group, which they share.
    """
    if match is None or match.group is None:
        return None
    if match.release:
        return of_release(match.release)
    return of_group(match.group, match.releases)


def of_release(release: Release) -> Front | None:
    """Return the front cover of a release, or None if it has none."""
    return Front(release.id, "release") if release.cover_art_archive.front else None


def of_group(group: Group, releases: tuple[Release, ...]) -> Front | None:
    """Return the front cover of a release group, or None if none of the releases has one."""
    has_one = any(release.cover_art_archive.front for release in releases)
    return Front(group.id, "release group") if has_one else None
