"""Which front cover the Cover Art Archive has of an album, as its match tells."""

from __future__ import annotations

import msgspec

from mediakeep.lookups.catalogue import Group, Release
from mediakeep.music.matching.verdict import Match


class Front(msgspec.Struct, frozen=True):
    """A front cover that is there: by the MBID of its release, or of its release group."""

    mbid: str
    kind: str  # "release" or "release group", as the archive is asked for it

    def __str__(self) -> str:
        """Name it for people."""
        return f"{self.kind} {self.mbid}"


def of(match: Match | None) -> Front | None:
    """Return the front cover of an album that is certain; None where there is none.

    Where editions tie it is that of their release group, which is the same for all of them.
    """
    if match is None or match.group is None:
        return None
    if match.release:
        return of_release(match.release)
    return of_group(match.group, match.releases)


def of_release(release: Release) -> Front | None:
    """Return the front cover of a release, where it says that it has one."""
    return Front(release.id, "release") if release.cover_art_archive.front else None


def of_group(group: Group, releases: tuple[Release, ...]) -> Front | None:
    """Return the front cover of a release group, where one of these releases has any."""
    has_one = any(one.cover_art_archive.front for one in releases)
    return Front(group.id, "release group") if has_one else None
