"""Client for the Cover Art Archive: covers of releases and release groups.

`/release/MBID/front` redirects to the picture as uploaded; with the suffix `-250`, `-500` or
`-1200` to a smaller JPEG. For a release group, it is the front cover of one of its releases
(musicbrainz.org/doc/Cover_Art_Archive/API). Pictures are not cached here, because they are large
and needed once; a 404 is cached for 30 days.
"""

from __future__ import annotations

import msgspec
from msgspec import structs

from mediakeep.errors import NoCover, NoSuchMBID, NotFound
from mediakeep.lookups.http.cached_http import CachedHttp
from mediakeep.lookups.http.models import Service, ServiceResponse
from mediakeep.lookups.musicbrainz import client
from mediakeep.lookups.service_config import ServiceConfig

RELEASE, RELEASE_GROUP = "release", "release group"


class CoverPicture(msgspec.Struct, frozen=True):
    """A downloaded cover picture, and whether it is of a release or a release group."""

    content: bytes
    url: str  # after redirects
    entity_type: str  # "release" or "release group"


class CoverArtClient:
    """Client for the Cover Art Archive; with `fresh`, cached 404 responses are ignored."""

    def __init__(self, http: CachedHttp, service: Service, *, fresh: bool = False) -> None:
        self.service = service
        self._http, self._fresh = http, fresh

    def fetch_front(
        self, mbid: str, size: str = "full", kinds: tuple[str, ...] = (RELEASE, RELEASE_GROUP)
    ) -> CoverPicture:
        """Fetch the front cover of a release or release group; raise NoCover if there is none.

        `kinds` are tried in order: the MBID is that of a release, or of a release group.
        """
        for kind in kinds:
            if response := self._fetch_cover(mbid, f"{kind.replace(' ', '-')}/{mbid}/front", size):
                return CoverPicture(response.content, response.url, kind)
        raise NoCover("front", mbid)

    def fetch_back(self, mbid: str, size: str = "full") -> CoverPicture:
        """Fetch the back cover of a release; raise NoCover if there is none.

        Release groups have no back cover.
        """
        if response := self._fetch_cover(mbid, f"release/{mbid}/back", size):
            return CoverPicture(response.content, response.url, RELEASE)
        raise NoCover("back", mbid)

    def _fetch_cover(self, mbid: str, path: str, size: str) -> ServiceResponse | None:
        if not client.is_mbid(mbid):
            raise NoSuchMBID(RELEASE, mbid)
        suffix = "" if size == "full" else f"-{size}"
        url = f"{self.service.host}/{path}{suffix}"
        try:
            return self._http.get(self.service, url, fresh=self._fresh, keep=False)
        except NotFound:
            return None


def build_service(config: ServiceConfig) -> Service:
    """Return the Cover Art Archive as a service, which is disabled if MusicBrainz is."""
    archive = config.pictures
    return structs.replace(
        archive, disabled_reason=archive.disabled_reason or config.catalogue.disabled_reason
    )
