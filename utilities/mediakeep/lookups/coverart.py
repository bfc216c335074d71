"""The Cover Art Archive: pictures of releases, and of the release groups that people call albums.

`/release/MBID/front` leads by redirects to the picture as it was uploaded, with `-250`, `-500` or
`-1200` behind it to a smaller one, which is a JPEG; a release group answers with the front cover of
one of its releases (musicbrainz.org/doc/Cover_Art_Archive/API). Pictures are not kept here: they
are large, and wanted once. That there is none is kept for 30 days.
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
    """A picture as it came, and whether it is that of a release or a release group."""

    content: bytes
    url: str  # where it was found in the end
    of: str  # "release" or "release group"


class CoverArt:
    """The archive as one process asks it; `fresh` also asks for what was not there before."""

    def __init__(self, http: Http, service: Service, *, fresh: bool = False) -> None:
        self.service = service
        self._http, self._fresh = http, fresh

    def front(
        self, mbid: str, size: str = "full", kinds: tuple[str, ...] = (RELEASE, GROUP)
    ) -> Picture:
        """Fetch the front cover of what has an MBID, the first kind that has one; NoCover."""
        for kind in kinds:
            if found := self._fetched(mbid, f"{kind.replace(' ', '-')}/{mbid}/front", size):
                return Picture(found.content, found.url, kind)
        raise NoCover("front", mbid)

    def back(self, mbid: str, size: str = "full") -> Picture:
        """Fetch the back cover of a release, given by MBID; NoCover, also for a release group."""
        if found := self._fetched(mbid, f"release/{mbid}/back", size):
            return Picture(found.content, found.url, RELEASE)
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
    """Return the archive, which is told who asks as MusicBrainz is: they belong together."""
    archive = access.pictures
    return structs.replace(archive, closed=archive.closed or access.catalogue.closed)
