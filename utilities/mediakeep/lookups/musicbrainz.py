"""Client for MusicBrainz.

A missing page is an error, never a shorter result. An invalid entry is skipped and recorded, and so
is a release whose tracks are never complete. Rules of the service that this follows:

- Lists inside a lookup are truncated at 25 entries, so lists are browsed.
- A browse by status omits the releases whose status is null.
- A merged MBID returns the entity that it was merged into; a deleted one returns 404.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from msgspec import structs

from mediakeep.errors import BadAnswer, NotThere
from mediakeep.lookups.asking import PAGE, Asking, is_mbid
from mediakeep.lookups.catalogue import FORMAT, Artist, Discography, Group, Release
from mediakeep.lookups.pages import ArtistsFound, Groups, Releases, ReleasesFound

__all__ = ["PAGE", "MusicBrainz", "is_mbid"]

_WITH_TRACKS = [
    *("recordings", "artist-credits", "media", "labels", "release-groups", "isrcs", "discids"),
]
# They include the genres of every credited artist, so a discography gets them by release group.
_WITH_GENRES = [*_WITH_TRACKS, "genres"]


_FEW_PAGES = 3  # to distinguish artists with the same name


class MusicBrainz(Asking):
    """Client for one MusicBrainz server."""

    def artist(self, mbid: str) -> Artist:
        """Look up an artist; a merged one has its new MBID."""
        return self._one(Artist, "artist", mbid, self._ngs.get_artist_by_id, ["aliases"])

    def release(self, mbid: str) -> Release:
        """Look up a release with its tracks; a merged one has its new MBID."""
        release = self._one(Release, "release", mbid, self._ngs.get_release_by_id, _WITH_GENRES)
        if not release.is_whole:
            raise self._unusable(f"release {mbid} has an incomplete track list")
        return release

    def group(self, mbid: str) -> Group:
        """Look up a release group."""
        includes = ["artist-credits", "genres"]
        return self._one(Group, "release group", mbid, self._ngs.get_release_group_by_id, includes)

    def search_releases(self, query: str) -> tuple[Release, ...]:
        """Return the best matches of a query, at most 100, without tracks."""
        return self._found(ReleasesFound, self._ngs.search_releases, query, PAGE).releases

    def search_artists(self, query: str) -> tuple[Artist, ...]:
        """Return the best matches of a query, at most 25."""
        return self._found(ArtistsFound, self._ngs.search_artists, query, 25).artists

    def discography(self, artist: Artist, asked: str) -> Discography:
        """Return all releases and release groups of an artist; raise NoSuchMBID if unknown."""
        releases = list(self._releases(_WITH_TRACKS, artist=artist.id))
        groups = self.groups(artist.id)
        by_id = {group.id: group for group in groups}
        return Discography(
            artist=artist,
            releases=tuple(_joined(release, by_id) for release in releases),
            groups=groups,
            asked=asked,
            format=FORMAT,
        )

    def first_releases(self, artist: str) -> Iterator[tuple[Release, ...]]:
        """Yield the first pages of an artist's discography with tracks, one request for each.

        `browse_discography` starts with the same requests. Raise NotFound for an unknown artist.
        """
        offset = 0
        for _ in range(_FEW_PAGES):
            page = self._asked(
                Releases,
                self._ngs.browse_releases,
                artist=artist,
                release_status=["official"],
                includes=_WITH_TRACKS,
                limit=PAGE,
                offset=offset,
            )
            yield tuple(self._checked(release) for release in page.entries if release.is_whole)
            offset += len(page.entries)
            if not page.entries or offset >= page.count:
                return

    def groups(self, artist: str) -> tuple[Group, ...]:
        """Return all release groups of an artist by MBID; raise NotFound if unknown."""
        browse = self._ngs.browse_release_groups
        includes = ["artist-credits", "genres"]
        return tuple(self._all(Groups, browse, artist=artist, includes=includes))

    def releases(self, group: str) -> tuple[Release, ...]:
        """Return the official releases of a release group, with tracks; NotFound if unknown."""
        return tuple(self._releases(_WITH_GENRES, release_group=group))

    def releases_of_any_status(self, group: str) -> tuple[Release, ...]:
        """Return all releases of a release group, with tracks; raise NotFound if unknown.

        Unlike a filter by status, this includes releases without a status.
        """
        return tuple(self._releases(_WITH_GENRES, [], release_group=group))

    def editions(self, group: str) -> tuple[Release, ...]:
        """Return all releases of a release group, without tracks; raise NotFound if unknown."""
        editions = self._all(
            Releases,
            self._ngs.browse_releases,
            release_group=group,
            includes=["artist-credits", "media", "labels", "release-groups"],
        )
        return tuple(editions)

    def appearances(self, mbid: str) -> tuple[Release, ...]:
        """Return the official releases of others on which an artist has tracks, without tracks.

        A page has a hundred of them; with tracks, it would have a few.
        """
        releases = self._all(
            Releases,
            self._ngs.browse_releases,
            track_artist=mbid,
            release_status=["official"],
            includes=["artist-credits", "media", "release-groups"],
        )
        return tuple(releases)

    def _releases(
        self, includes: list[str], statuses: Sequence[str] = ("official",), **of: str
    ) -> Iterator[Release]:
        """Browse releases of some statuses, or all; look up those with incomplete tracks."""
        releases: list[Release] = self._all(
            Releases,
            self._ngs.browse_releases,
            release_status=list(statuses),
            includes=includes,
            **of,
        )
        for release in releases:
            yield from (release,) if release.is_whole else self._whole(release.id)

    def _whole(self, mbid: str) -> Iterator[Release]:
        """Look up a release whose tracks were incomplete; yield nothing if it no longer exists.

        If the tracks are still incomplete, skip the release and record that.
        """
        try:
            yield self._again(mbid)
        except NotThere:
            return
        except BadAnswer as error:
            self._note([str(error.args[1])])

    def _again(self, mbid: str) -> Release:
        try:
            return self.release(mbid)
        except BadAnswer:
            with self.afresh():
                return self.release(mbid)


def _joined(release: Release, groups: Mapping[str, Group]) -> Release:
    """Return a release with its release group from the list of groups, which has genres."""
    own = release.release_group
    group = groups.get(own.id) if own else None
    return structs.replace(release, release_group=group) if group else release
