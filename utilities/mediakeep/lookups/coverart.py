"""The Cover Art Archive: pictures of releases, and of the release groups that people call albums.

`/release/MBID/front` leads by redirects to the picture as it was uploaded, with `-250`, `-500` or
`-1200` behind it to a smaller one; a release group answers with the front cover of one of its
releases (musicbrainz.org/doc/Cover_Art_Archive/API). Pictures are not kept: they are large, and
wanted once.
"""

from __future__ import annotations

import msgspec

from mediakeep.errors import NoCover, NoSuchMBID, NotThere
from mediakeep.lookups import musicbrainz
from mediakeep.lookups.http import Answer, Http, Service


class Picture(msgspec.Struct, frozen=True):
    """A picture as it came, and whether it is that of a release or a release group."""

    content: bytes
    url: str  # where it was found in the end
    of: str  # "release" or "release group"


def front(http: Http, archive: Service, mbid: str, size: str = "full") -> Picture:
    """Fetch the front cover of a release or a release group, given by MBID; NoCover."""
    for kind in ("release", "release-group"):
        if found := _fetched(http, archive, mbid, f"{kind}/{mbid}/front", size):
            return Picture(found.content, found.url, kind.replace("-", " "))
    raise NoCover("front", mbid)


def back(http: Http, archive: Service, mbid: str, size: str = "full") -> Picture:
    """Fetch the back cover of a release, given by MBID; NoCover, also for a release group."""
    if found := _fetched(http, archive, mbid, f"release/{mbid}/back", size):
        return Picture(found.content, found.url, "release")
    raise NoCover("back", mbid)


def _fetched(http: Http, archive: Service, mbid: str, path: str, size: str) -> Answer | None:
    if not musicbrainz.is_mbid(mbid):
        raise NoSuchMBID("release", mbid)
    suffix = "" if size == "full" else f"-{size}"
    try:
        return http.get(archive, f"{archive.host}/{path}{suffix}", fresh=True, keep=False)
    except NotThere:
        return None
