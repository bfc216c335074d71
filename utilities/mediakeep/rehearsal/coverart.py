"""The Cover Art Archive of a catalogue: image lists, redirects and images."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from mediakeep.rehearsal import pictures
from mediakeep.rehearsal.entities import Cover, Release
from mediakeep.rehearsal.reply import Question, Refusal, Reply, error, ok
from mediakeep.rehearsal.shelves import Shelves
from mediakeep.rehearsal.ws2 import ids

ROOTS = ("/release/", "/release-group/", "/image/")

_SIZES = ("250", "500", "1200")
_ORIGINAL = 600  # pixels
_WANTED = re.compile(r"(front|back|[0-9]+)(?:-(250|500|1200))?(?:\.png)?")
_IMAGE = re.compile(r"mbid-([0-9a-f-]{36})/mbid-[0-9a-f-]{36}-([0-9]+)(?:_thumb(\d+))?\.png")


class Archive:
    """Handle requests for the cover art of one catalogue."""

    def __init__(self, shelves: Shelves) -> None:
        self._shelves = shelves

    def answer(self, question: Question) -> Reply:
        """Respond with a list, a redirect (307) or an image; 404 if there is none."""
        try:
            return self._answer(question)
        except Refusal as refusal:
            return error(refusal.status, refusal.message)

    def _answer(self, question: Question) -> Reply:
        if question.method not in ("GET", "HEAD"):
            raise Refusal(405, "Only GET is supported.")
        kind, _, rest = question.path.removeprefix("/").partition("/")
        if kind == "image":
            return self._picture(rest)
        mbid, _, wanted = rest.rstrip("/").partition("/")
        release = self._release(kind, ids.read(mbid))
        if not wanted:
            return ok(_listing(release, question.host))
        return _way(release, wanted, question.host)

    def _release(self, kind: str, mbid: str) -> Release:
        """Return the release, or the first one of a group that has a front cover."""
        mbid = self._shelves.current(mbid)
        if kind == "release":
            found = self._shelves.releases.get(mbid)
        else:
            editions = self._shelves.editions.get(mbid, [])
            found = min(
                (one for one in editions if one.cover and one.cover.front),
                key=lambda one: (one.date or "9", one.id),
                default=None,
            )
        if found is None or found.cover is None:
            raise Refusal(404, "No cover art found.")
        return found

    def _picture(self, path: str) -> Reply:
        found = _IMAGE.fullmatch(path)
        release = self._shelves.releases.get(found[1]) if found else None
        if not found or not release or found[2] not in dict(_pictures(release)):
            raise Refusal(404, "No such picture.")
        size = int(found[3] or _ORIGINAL)
        if found[3] and found[3] not in _SIZES:
            raise Refusal(404, "No such picture.")
        return Reply(200, pictures.paint(found[2], size), {"Content-Type": "image/png"})


def _pictures(release: Release) -> Iterator[tuple[str, str]]:
    """Yield number and type of each image of a release."""
    cover = release.cover or Cover(front=False, count=0)
    kinds = ["Front"] * cover.front + ["Back"] * cover.back
    kinds += ["Booklet"] * (cover.count - len(kinds))
    first = int(release.id[:8], 16) * 100
    for place, kind in enumerate(kinds):
        yield str(first + place), kind


def _listing(release: Release, host: str) -> dict[str, Any]:
    return {
        "images": [_listed(release, number, kind, host) for number, kind in _pictures(release)],
        "release": f"https://musicbrainz.org/release/{release.id}",
    }


def _listed(release: Release, number: str, kind: str, host: str) -> dict[str, Any]:
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


def _way(release: Release, wanted: str, host: str) -> Reply:
    found = _WANTED.fullmatch(wanted)
    if not found:
        raise Refusal(404, "No such picture.")
    named = {kind.casefold(): number for number, kind in reversed(list(_pictures(release)))}
    number = named.get(found[1], found[1])
    if number not in dict(_pictures(release)):
        raise Refusal(404, "No cover art found.")
    size = f"_thumb{found[2]}" if found[2] else ""
    folder = f"mbid-{release.id}"
    way = f"http://{host}/image/{folder}/{folder}-{number}{size}.png"
    return Reply(307, f"See: {way}\n".encode(), {"Content-Type": "text/plain", "Location": way})
