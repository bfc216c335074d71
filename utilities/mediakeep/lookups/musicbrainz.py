"""MusicBrainz: what is asked of it, artist by artist.

A page that is missing is an error, never a shorter answer. A single entry that cannot be used is
left out and noted, and so is a release that never comes with all of its tracks.
Rules of the service that this follows:

- Lists inside a look-up are cut at 25, so lists are browsed.
- A browse by status leaves out the releases whose status is null.
- An MBID that was merged into another answers with that other one's; a deleted one is 404.
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
# With them come those of every artist that is credited, so a discography has them by its groups.
_WITH_GENRES = [*_WITH_TRACKS, "genres"]


_FEW_PAGES = 3  # by which artists of one name are told apart


class MusicBrainz(Asking):
    """What can be asked of one MusicBrainz server."""

    def artist(self, mbid: str) -> Artist:
        """Look an artist up; one that was merged comes back under its new MBID."""
        return self._one(Artist, "artist", mbid, self._ngs.get_artist_by_id, ["aliases"])

    def release(self, mbid: str) -> Release:
        """Look a release up, with its tracks; a merged one comes back under its new MBID."""
        found = self._one(Release, "release", mbid, self._ngs.get_release_by_id, _WITH_GENRES)
        if not found.is_whole:
            raise self._unusable(f"release {mbid} came without all of its tracks")
        return found

    def group(self, mbid: str) -> Group:
        """Look a release group up."""
        includes = ["artist-credits", "genres"]
        return self._one(Group, "release group", mbid, self._ngs.get_release_group_by_id, includes)

    def search_releases(self, query: str) -> tuple[Release, ...]:
        """Return the releases that fit a query best, without tracks, at most 100."""
        return self._found(ReleasesFound, self._ngs.search_releases, query, PAGE).releases

    def search_artists(self, query: str) -> tuple[Artist, ...]:
        """Return the artists that fit a query best, at most 25."""
        return self._found(ArtistsFound, self._ngs.search_artists, query, 25).artists

    def discography(self, artist: Artist, asked: str) -> Discography:
        """Return all releases and release groups of an artist, to the last; NoSuchMBID."""
        releases = list(self._releases(_WITH_TRACKS, artist=artist.id))
        groups = self.groups(artist.id)
        known = {group.id: group for group in groups}
        return Discography(
            artist=artist,
            releases=tuple(_joined(release, known) for release in releases),
            groups=groups,
            asked=asked,
            format=FORMAT,
        )

    def first_releases(self, artist: str) -> Iterator[tuple[Release, ...]]:
        """Yield a few pages of an artist's discography with tracks, asked for as they are taken.

        `discography` begins with the same requests. NotThere if there is no such artist.
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
            yield tuple(self._checked(one) for one in page.entries if one.is_whole)
            offset += len(page.entries)
            if not page.entries or offset >= page.count:
                return

    def groups(self, artist: str) -> tuple[Group, ...]:
        """Return all release groups of an artist, given by MBID, to the last; NotThere."""
        browse = self._ngs.browse_release_groups
        includes = ["artist-credits", "genres"]
        return tuple(self._all(Groups, browse, artist=artist, includes=includes))

    def releases(self, group: str) -> tuple[Release, ...]:
        """Return the official releases of a release group, with their tracks; NotThere."""
        return tuple(self._releases(_WITH_GENRES, release_group=group))

    def releases_of_any_status(self, group: str) -> tuple[Release, ...]:
        """Return all releases of a release group with their tracks; NotThere.

        A filter by status leaves out the releases that have none.
        """
        return tuple(self._releases(_WITH_GENRES, [], release_group=group))

    def editions(self, group: str) -> tuple[Release, ...]:
        """Return all releases of a release group, of any status, without tracks; NotThere."""
        found = self._all(
            Releases,
            self._ngs.browse_releases,
            release_group=group,
            includes=["artist-credits", "media", "labels", "release-groups"],
        )
        return tuple(found)

    def appearances(self, mbid: str) -> tuple[Release, ...]:
        """Return the official releases of others on which an artist has tracks; without tracks.

        So a page holds a hundred of them, where one with tracks would hold a few.
        """
        found = self._all(
            Releases,
            self._ngs.browse_releases,
            track_artist=mbid,
            release_status=["official"],
            includes=["artist-credits", "media", "release-groups"],
        )
        return tuple(found)

    def _releases(
        self, includes: list[str], statuses: Sequence[str] = ("official",), **of: str
    ) -> Iterator[Release]:
        """Browse the releases of some statuses, or of any; one cut short is looked up by itself."""
        found: list[Release] = self._all(
            Releases,
            self._ngs.browse_releases,
            release_status=list(statuses),
            includes=includes,
            **of,
        )
        for one in found:
            yield from (one,) if one.is_whole else self._whole(one.id)

    def _whole(self, mbid: str) -> Iterator[Release]:
        """Look up a release that came cut short; it may have been deleted meanwhile.

        One that never comes whole is left out.
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
    """Give a release its release group as the list of groups tells of it, with the genres."""
    own = release.release_group
    group = groups.get(own.id) if own else None
    return structs.replace(release, release_group=group) if group else release
