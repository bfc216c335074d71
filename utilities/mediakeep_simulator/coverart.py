"""The simulated Cover Art Archive: image lists, redirects and images."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from mediakeep_simulator import cover_image
from mediakeep_simulator.catalogue_index import CatalogueIndex
from mediakeep_simulator.entities import CatalogueCover, CatalogueRelease
from mediakeep_simulator.http_types import (
    SimulatorHttpError,
    SimulatorRequest,
    SimulatorResponse,
    error_response,
    json_response,
)
from mediakeep_simulator.musicbrainz import mbids

ROOTS = ("/release/", "/release-group/", "/image/")

_SIZES = ("250", "500", "1200")
_ORIGINAL_SIZE = 600  # pixels
_IMAGE_NAME = re.compile(r"(front|back|[0-9]+)(?:-(250|500|1200))?(?:\.png)?")
_IMAGE_PATH = re.compile(r"mbid-([0-9a-f-]{36})/mbid-[0-9a-f-]{36}-([0-9]+)(?:_thumb(\d+))?\.png")


class CoverArtApp:
    """Responds to requests for the cover art of one catalogue."""

    def __init__(self, index: CatalogueIndex) -> None:
        self._catalogue_index = index

    def handle(self, request: SimulatorRequest) -> SimulatorResponse:
        """Respond with a list, a redirect (307) or an image; 404 if there is none."""
        try:
            return self._route(request)
        except SimulatorHttpError as refusal:
            return error_response(refusal.status, refusal.message)

    def _route(self, request: SimulatorRequest) -> SimulatorResponse:
        if request.method not in ("GET", "HEAD"):
            raise SimulatorHttpError(405, "Only GET is supported.")
        kind, _, rest = request.path.removeprefix("/").partition("/")
        if kind == "image":
            return self._serve_picture(rest)
        mbid, _, name = rest.rstrip("/").partition("/")
        release = self._find_release(kind, mbids.parse_mbid(mbid))
        if not name:
            return json_response(_release_json(release, request.host))
        return _redirect(release, name, request.host)

    def _find_release(self, kind: str, mbid: str) -> CatalogueRelease:
        """Return the release, or the first one of a group that has a front cover."""
        mbid = self._catalogue_index.resolve_mbid(mbid)
        if kind == "release":
            release = self._catalogue_index.releases.get(mbid)
        else:
            editions = self._catalogue_index.editions.get(mbid, [])
            release = min(
                (release for release in editions if release.cover and release.cover.front),
                key=lambda release: (release.date or "9", release.id),
                default=None,
            )
        if release is None or release.cover is None:
            raise SimulatorHttpError(404, "No cover art found.")
        return release

    def _serve_picture(self, path: str) -> SimulatorResponse:
        match = _IMAGE_PATH.fullmatch(path)
        release = self._catalogue_index.releases.get(match[1]) if match else None
        if not match or not release or match[2] not in dict(_list_pictures(release)):
            raise SimulatorHttpError(404, "No such picture.")
        size = int(match[3] or _ORIGINAL_SIZE)
        if match[3] and match[3] not in _SIZES:
            raise SimulatorHttpError(404, "No such picture.")
        return SimulatorResponse(
            200, cover_image.render_png(match[2], size), {"Content-Type": "image/png"}
        )


def _list_pictures(release: CatalogueRelease) -> Iterator[tuple[str, str]]:
    """Yield number and type of each cover image of a release."""
    cover = release.cover or CatalogueCover(front=False, count=0)
    kinds = ["Front"] * cover.front + ["Back"] * cover.back
    kinds += ["Booklet"] * (cover.count - len(kinds))
    first = int(release.id[:8], 16) * 100
    for place, kind in enumerate(kinds):
        yield str(first + place), kind


def _release_json(release: CatalogueRelease, host: str) -> dict[str, Any]:
    return {
        "images": [
            _image_json(release, number, kind, host) for number, kind in _list_pictures(release)
        ],
        "release": f"https://musicbrainz.org/release/{release.id}",
    }


def _image_json(release: CatalogueRelease, number: str, kind: str, host: str) -> dict[str, Any]:
    here = f"http://{host}/release/{release.id}/{number}"
    thumbnails = {size: f"{here}-{size}.png" for size in _SIZES}
    return {
        "approved": True,
        "back": kind == "Back",
        "comment": "",
        "edit": int(release.id[:7], 16),
        "front": kind == "Front",
        "id": int(number),
        "image": f"{here}.png",
        "thumbnails": thumbnails | {"large": thumbnails["500"], "small": thumbnails["250"]},
        "types": [kind],
    }


def _redirect(release: CatalogueRelease, wanted: str, host: str) -> SimulatorResponse:
    match = _IMAGE_NAME.fullmatch(wanted)
    if not match:
        raise SimulatorHttpError(404, "No such picture.")
    named = {kind.casefold(): number for number, kind in reversed(list(_list_pictures(release)))}
    number = named.get(match[1], match[1])
    if number not in dict(_list_pictures(release)):
        raise SimulatorHttpError(404, "No cover art found.")
    size = f"_thumb{match[2]}" if match[2] else ""
    folder = f"mbid-{release.id}"
    way = f"http://{host}/image/{folder}/{folder}-{number}{size}.png"
    return SimulatorResponse(
        307, f"See: {way}\n".encode(), {"Content-Type": "text/plain", "Location": way}
    )
