"""Front covers that the Cover Art Archive has, as the match of an album says."""

from __future__ import annotations

import msgspec

from mediakeep.lookups.musicbrainz.model import Release, ReleaseGroup
from mediakeep.music.matching.match_result import AlbumMatch


class ArchiveCover(msgspec.Struct, frozen=True):
    """An available front cover, by the MBID of its release or release group."""

    mbid: str
    kind: str  # "release" or "release group"; selects the archive's endpoint

    def __str__(self) -> str:
        """Return the entity and its MBID, for messages."""
        return f"{self.kind} {self.mbid}"


def find_for_match(match: AlbumMatch | None) -> ArchiveCover | None:
    """Return the front cover of an album with a certain match, or None if there is none.

    If editions are tied, it is the cover of the release group, which they share.
    """
    if match is None or match.group is None:
        return None
    if match.release:
        return find_for_release(match.release)
    return find_for_group(match.group, match.releases)


def find_for_release(release: Release) -> ArchiveCover | None:
    """Return the front cover of a release, or None if it has none."""
    return ArchiveCover(release.id, "release") if release.cover_art_archive.front else None


def find_for_group(group: ReleaseGroup, releases: tuple[Release, ...]) -> ArchiveCover | None:
    """Return the front cover of a release group, or None if none of the releases has one."""
    has_one = any(release.cover_art_archive.front for release in releases)
    return ArchiveCover(group.id, "release group") if has_one else None
