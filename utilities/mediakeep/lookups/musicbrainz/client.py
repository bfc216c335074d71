"""Client for the MusicBrainz web service.

A missing page of a list is an error, never a shorter list. An invalid entry is skipped and
recorded, and so is a release whose tracks are never complete. Rules of the service that this
follows:

- Lists inside a lookup are truncated at 25 entries, so lists are browsed page by page.

- A browse by status omits the releases whose status is null.

- A merged MBID returns the entity that it was merged into; a deleted MBID returns 404.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from msgspec import structs

from mediakeep.errors import InvalidResponse, NotFound
from mediakeep.lookups.musicbrainz.model import (
    DISCOGRAPHY_FORMAT,
    Artist,
    Discography,
    Recording,
    Release,
    ReleaseGroup,
)
from mediakeep.lookups.musicbrainz.paging import PAGE_SIZE, PagedClient, is_mbid
from mediakeep.lookups.musicbrainz.responses import (
    ArtistSearchResult,
    FoundRecording,
    RecordingSearchResult,
    ReleaseGroupPage,
    ReleasePage,
    ReleaseSearchResult,
)

__all__ = ["PAGE_SIZE", "MusicBrainzClient", "is_mbid"]

_WITH_TRACKS = [
    *("recordings", "artist-credits", "media", "labels", "release-groups", "isrcs", "discids"),
]
# They include the genres of every credited artist, so a discography gets them by release group.
_WITH_GENRES = [*_WITH_TRACKS, "genres"]


_MAX_FIRST_PAGES = 3  # to distinguish artists with the same name


class MusicBrainzClient(PagedClient):
    """Client for one MusicBrainz server."""

    def get_artist(self, mbid: str) -> Artist:
        """Look up an artist by MBID; a merged artist is returned with its new MBID."""
        return self._look_up(Artist, "artist", mbid, self._ngs.get_artist_by_id, ["aliases"])

    def get_release(self, mbid: str) -> Release:
        """Look up a release with its tracks by MBID; a merged release has its new MBID."""
        release = self._look_up(Release, "release", mbid, self._ngs.get_release_by_id, _WITH_GENRES)
        if not release.has_all_tracks:
            raise self._invalid_response(f"release {mbid} has an incomplete track list")
        return release

    def get_recording(self, mbid: str) -> Recording:
        """Look up a recording by MBID; a merged recording is returned with its new MBID."""
        return self._look_up(Recording, "recording", mbid, self._ngs.get_recording_by_id, [])

    def search_releases(self, query: str) -> tuple[Release, ...]:
        """Return the releases that match a search query best, at most 100, without tracks."""
        return self._search(
            ReleaseSearchResult, self._ngs.search_releases, query, PAGE_SIZE
        ).releases

    def search_artists(self, query: str) -> tuple[Artist, ...]:
        """Return the artists that match a search query best, at most 25."""
        return self._search(ArtistSearchResult, self._ngs.search_artists, query, 25).artists

    def search_recordings(self, query: str) -> tuple[FoundRecording, ...]:
        """Return the recordings that match a search query best, at most 100."""
        return self._search(
            RecordingSearchResult, self._ngs.search_recordings, query, PAGE_SIZE
        ).recordings

    def browse_discography(self, artist: Artist, asked: str) -> Discography:
        """Return all releases and release groups of an artist; `asked` is the current time.

        Raise NoSuchMBID if MusicBrainz does not know the artist.
        """
        releases = list(self._browse_releases(_WITH_TRACKS, artist=artist.id))
        groups = self.browse_release_groups(artist.id)
        by_id = {group.id: group for group in groups}
        return Discography(
            artist=artist,
            releases=tuple(_with_release_group(release, by_id) for release in releases),
            groups=groups,
            asked=asked,
            format=DISCOGRAPHY_FORMAT,
        )

    def browse_first_releases(self, artist: str) -> Iterator[tuple[Release, ...]]:
        """Yield the first pages of an artist's releases with tracks, with one request per page.

        `browse_discography` starts with the same requests. Raise NotFound for an unknown artist.
        """
        offset = 0
        for _ in range(_MAX_FIRST_PAGES):
            page = self._request(
                ReleasePage,
                self._ngs.browse_releases,
                artist=artist,
                release_status=["official"],
                includes=_WITH_TRACKS,
                limit=PAGE_SIZE,
                offset=offset,
            )
            yield tuple(
                self._require_mbid(release) for release in page.entries if release.has_all_tracks
            )
            offset += len(page.entries)
            if not page.entries or offset >= page.count:
                return

    def browse_release_groups(self, artist: str) -> tuple[ReleaseGroup, ...]:
        """Return all release groups of the artist with an MBID; raise NotFound if it is unknown."""
        browse = self._ngs.browse_release_groups
        includes = ["artist-credits", "genres"]
        return tuple(self._browse_all(ReleaseGroupPage, browse, artist=artist, includes=includes))

    def browse_official_releases(self, group: str) -> tuple[Release, ...]:
        """Return the official releases of a release group, with tracks.

        Raise NotFound if MusicBrainz does not know the release group.
        """
        return tuple(self._browse_releases(_WITH_GENRES, release_group=group))

    def browse_all_releases(self, group: str) -> tuple[Release, ...]:
        """Return all releases of a release group, with tracks, whatever their status.

        Unlike a filter by status, this includes releases without a status. Raise NotFound if the
        group is unknown.
        """
        return tuple(self._browse_releases(_WITH_GENRES, [], release_group=group))

    def browse_editions(self, group: str) -> tuple[Release, ...]:
        """Return all releases of a release group, without tracks; raise NotFound if unknown."""
        editions = self._browse_all(
            ReleasePage,
            self._ngs.browse_releases,
            release_group=group,
            includes=["artist-credits", "media", "labels", "release-groups"],
        )
        return tuple(editions)

    def browse_appearances(self, mbid: str) -> tuple[Release, ...]:
        """Return the official releases of other artists on which an artist has tracks.

        The releases have no tracks here. A page has a hundred of them; with tracks, it would have a
        few.
        """
        releases = self._browse_all(
            ReleasePage,
            self._ngs.browse_releases,
            track_artist=mbid,
            release_status=["official"],
            includes=["artist-credits", "media", "release-groups"],
        )
        return tuple(releases)

    def _browse_releases(
        self, includes: list[str], statuses: Sequence[str] = ("official",), **of: str
    ) -> Iterator[Release]:
        """Yield the releases with some statuses, or all if `statuses` is empty.

        Releases whose tracks are incomplete in the list are looked up one by one.
        """
        releases: list[Release] = self._browse_all(
            ReleasePage,
            self._ngs.browse_releases,
            release_status=list(statuses),
            includes=includes,
            **of,
        )
        for release in releases:
            yield from (release,) if release.has_all_tracks else self._look_up_truncated(release.id)

    def _look_up_truncated(self, mbid: str) -> Iterator[Release]:
        """Look up a release whose tracks were incomplete in a list, and yield it.

        Yield nothing if it no longer exists. If its tracks are still incomplete, skip it and record
        that.
        """
        try:
            yield self._get_release_twice(mbid)
        except NotFound:
            return
        except InvalidResponse as error:
            self._note_skipped([str(error.args[1])])

    def _get_release_twice(self, mbid: str) -> Release:
        try:
            return self.get_release(mbid)
        except InvalidResponse:
            with self.bypassing_cache():
                return self.get_release(mbid)


def _with_release_group(release: Release, groups: Mapping[str, ReleaseGroup]) -> Release:
    """Return a release with its release group replaced by that in `groups`, which has genres."""
    own = release.release_group
    group = groups.get(own.id) if own else None
    return structs.replace(release, release_group=group) if group else release
