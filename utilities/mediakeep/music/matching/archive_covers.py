"""Find front covers in the Cover Art Archive for matched albums, without any request."""

from __future__ import annotations

import msgspec

from mediakeep.lookups.musicbrainz.model import Release, ReleaseGroup
from mediakeep.music.matching.match_result import AlbumMatch


class ArchiveCover(msgspec.Struct, frozen=True):
    """A front cover in the Cover Art Archive, given by the MBID of a release or release group."""

    mbid: str
    kind: str  # "release" or "release group"; selects the archive's endpoint

    def __str__(self) -> str:
        """Return the entity and its MBID, for messages."""
        return f"{self.kind} {self.mbid}"


def find_cover_for_match(match: AlbumMatch | None) -> ArchiveCover | None:
    """Return the front cover for a matched album, or None if there is none or it is uncertain.

    If several editions are equally likely, the cover of their release group is returned.
    """
    if match is None or match.group is None:
        return None
    if match.release:
        return find_cover_for_release(match.release)
    return find_cover_for_release_group(match.group, match.releases)


def find_cover_for_release(release: Release) -> ArchiveCover | None:
    """Return the front cover of a release, or None if it has none."""
    return ArchiveCover(release.id, "release") if release.cover_art_archive.front else None


def find_cover_for_release_group(
    group: ReleaseGroup, releases: tuple[Release, ...]
) -> ArchiveCover | None:
    """Return the front cover of a release group, or None if none of the releases has one."""
    has_one = any(release.cover_art_archive.front for release in releases)
    return ArchiveCover(group.id, "release group") if has_one else None
