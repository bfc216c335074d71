"""How MusicBrainz is asked: always to the last page, and nothing is believed that is not whole.

A page holds 25 unless `limit` asks for more, at most 100; with recordings at most 500 tracks and
always one release, so the next page begins after what came back (musicbrainz-server, WS/2
`_limit_and_offset`, `limit_releases_by_tracks`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import msgspec

from mediakeep import files
from mediakeep.errors import BadAnswer, NoSuchMBID, NotThere
from mediakeep.lookups import pages
from mediakeep.lookups.catalogue import Artist, Group, Release
from mediakeep.lookups.http import Http, Service
from mediakeep.lookups.pages import Groups, Releases

P = TypeVar("P")
T = TypeVar("T", bound=Artist | Release | Group)

PAGE = 100  # the most that a page gives
_MBID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def is_mbid(text: str) -> bool:
    """Tell whether a text has the form of an MBID."""
    return _MBID.fullmatch(text) is not None


class Asking:
    """The ways of asking one MusicBrainz server, each by a function of musicbrainzngs."""

    def __init__(self, http: Http, service: Service) -> None:
        from mediakeep.lookups import seam  # what it loads takes a fifth of a second

        self._http, self._service = http, service
        self._fresh = False
        self._url = ""  # of the last answer
        seam.install(service.host, self._read)
        import musicbrainzngs

        self._ngs: Any = musicbrainzngs

    @contextmanager
    def afresh(self, fresh: bool = True) -> Iterator[None]:
        """Ask anew what has been answered before; the old answer stays until there is a new one."""
        before, self._fresh = self._fresh, fresh
        try:
            yield
        finally:
            self._fresh = before

    def _all(
        self, kind: type[Releases | Groups], browse: Callable[..., Any], **given: Any
    ) -> list[Any]:
        """Return a whole list; one that changes while it is read is read again from the start."""
        found = self._listed(kind, browse, given)
        if found is None:
            with self.afresh():
                found = self._listed(kind, browse, given)
        if found is None:
            raise self._unusable("a list changed each time that it was read")
        return found

    def _listed(
        self, kind: type[Releases | Groups], browse: Callable[..., Any], given: dict[str, Any]
    ) -> list[Any] | None:
        """Ask page after page until all that the service counts has come; None if that changes.

        The pages may be of different days, as each that came before an outage is kept. An entry
        that is added or taken away between two pages moves all others, and one is never seen.
        """
        found: dict[str, Any] = {}
        offset, count = 0, -1
        while offset != count:
            page = self._asked(kind, browse, limit=PAGE, offset=offset, **given)
            if count not in (-1, page.count):
                return None
            offset, count = offset + len(page.entries), page.count
            if offset > count or not (page.entries or offset == count):
                raise self._unusable(f"a page ended at {offset} of {count}")
            found |= {self._checked(entry).id: entry for entry in page.entries}
        return list(found.values()) if len(found) == count else None

    def _found(self, kind: type[P], search: Callable[..., Any], query: str, limit: int) -> P:
        try:
            return self._asked(kind, search, query, limit=limit)
        except NotThere as error:  # which is not how a search says that it found nothing
            raise self._unusable("there is no search") from error

    def _one(
        self, kind: type[T], noun: str, mbid: str, get: Callable[..., Any], includes: list[str]
    ) -> T:
        if not is_mbid(mbid):
            raise NoSuchMBID(noun, mbid)
        try:
            found = self._asked(kind, get, mbid, includes=includes)
        except NotThere as error:
            raise NoSuchMBID(noun, mbid) from error
        return self._checked(found)

    def _checked(self, found: T) -> T:
        """Return an entity that can be asked for by its id."""
        if not is_mbid(found.id):
            raise self._unusable(f"it names {files.printable(found.id[:80])!r} as an MBID")
        return found

    def _asked(self, kind: type[P], ask: Callable[..., Any], *given: Any, **named: Any) -> P:
        content = ask(*given, **named)
        try:
            return pages.read(content, kind)
        except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
            raise self._unusable(str(error)) from error

    def _unusable(self, why: str) -> BadAnswer:
        """Say that an answer cannot be used, and keep it no longer."""
        self._http.forget(self._url)
        return BadAnswer(self._service.name, why, self._url)

    def _read(self, url: str) -> bytes:
        self._url = url
        return self._http.get(self._service, url, fresh=self._fresh).content
