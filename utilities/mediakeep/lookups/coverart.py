"""Client for the Cover Art Archive: covers of releases and release groups.

`/release/MBID/front` redirects to the picture as uploaded; with the suffix `-250`, `-500` or
`-1200` to a smaller JPEG. For a release group, it is the front cover of one of its releases
(musicbrainz.org/doc/Cover_Art_Archive/API). Pictures are not cached here, because they are large
and needed once; a 404 is cached for 30 days.
"""

from __future__ import annotations

import msgspec
from msgspec import structs

from mediakeep.errors import NoCover, NoSuchMBID, NotThere
from mediakeep.lookups import musicbrainz
from mediakeep.lookups.access import Access
from mediakeep.lookups.answers import Answer, Service
from mediakeep.lookups.http import Http

RELEASE, GROUP = "release", "release group"


class Picture(msgspec.Struct, frozen=True):
    """A downloaded picture, and whether it is of a release or a release group."""

    content: bytes
    url: str  # after redirects
    of: str  # "release" or "release group"


class CoverArt:
    """Client for the Cover Art Archive; `fresh` ignores cached 404 responses."""

    def __init__(self, http: Http, service: Service, *, fresh: bool = False) -> None:
        self.service = service
        self._http, self._fresh = http, fresh

    def front(
        self, mbid: str, size: str = "full", kinds: tuple[str, ...] = (RELEASE, GROUP)
    ) -> Picture:
        """Fetch the front cover of the first kind of entity that has one; raise NoCover if none."""
        for kind in kinds:
            if response := self._fetched(mbid, f"{kind.replace(' ', '-')}/{mbid}/front", size):
                return Picture(response.content, response.url, kind)
        raise NoCover("front", mbid)

    def back(self, mbid: str, size: str = "full") -> Picture:
        """Fetch the back cover of a release; raise NoCover if none, also for a release group."""
        if response := self._fetched(mbid, f"release/{mbid}/back", size):
            return Picture(response.content, response.url, RELEASE)
        raise NoCover("back", mbid)

    def _fetched(self, mbid: str, path: str, size: str) -> Answer | None:
        if not musicbrainz.is_mbid(mbid):
            raise NoSuchMBID(RELEASE, mbid)
        suffix = "" if size == "full" else f"-{size}"
        url = f"{self.service.host}/{path}{suffix}"
        try:
            return self._http.get(self.service, url, fresh=self._fresh, keep=False)
        except NotThere:
            return None


def service(access: Access) -> Service:
    """Return the archive's service, which is disabled if MusicBrainz is."""
    archive = access.pictures
    return structs.replace(archive, closed=archive.closed or access.catalogue.closed)
