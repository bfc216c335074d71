"""Complete, paged requests to MusicBrainz.

An invalid or repeated entry is skipped and recorded; the others are used.

A page has 25 entries unless `limit` is higher, at most 100; with recordings at most 500 tracks and
at least one release, so the next offset depends on the entries received (musicbrainz-server, WS/2
`_limit_and_offset`, `limit_releases_by_tracks`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
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

PAGE = 100  # the maximum
_MBID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def is_mbid(text: str) -> bool:
    """Return whether a text has the form of an MBID."""
    return _MBID.fullmatch(text) is not None


def _no_mbid(text: str) -> str:
    return f"invalid MBID {files.printable(text[:80])!r}"


class _List(msgspec.Struct, frozen=True):
    """The received entries of a list by MBID, and the number of missing ones."""

    found: dict[str, Any]
    lacking: int


class Asking:
    """Base of the MusicBrainz client; sends requests by functions of musicbrainzngs."""

    def __init__(self, http: Http, service: Service) -> None:
        from mediakeep.lookups import seam  # deferred: importing takes 0.2 s

        self._http, self._service = http, service
        self._fresh = False
        self._url = ""  # of the last response
        seam.install(service.host, self._read)
        import musicbrainzngs

        self._ngs: Any = musicbrainzngs

    @contextmanager
    def afresh(self, fresh: bool = True) -> Iterator[None]:
        """Bypass the cache; a cached response stays until a new one replaces it."""
        before, self._fresh = self._fresh, fresh
        try:
            yield
        finally:
            self._fresh = before

    def _all(
        self, kind: type[Releases | Groups], browse: Callable[..., Any], **parameters: Any
    ) -> list[Any]:
        """Return a complete list; read it again from the start if it changes while it is read.

        If the pages overlap both times, return the entries of both readings.
        """
        first = self._listed(kind, browse, parameters)
        if first and not first.lacking:
            return list(first.found.values())
        with self.afresh():
            second = self._listed(kind, browse, parameters)
        if second is None:
            raise self._unusable("a list changed during each reading")
        if second.lacking:
            before = first.found if first else {}
            more = {mbid: entry for mbid, entry in before.items() if mbid not in second.found}
            if lacking := max(second.lacking - len(more), 0):
                self._note(["missing, because the pages of its list overlap"] * lacking)
            return [*second.found.values(), *more.values()]
        return list(second.found.values())

    def _listed(
        self, kind: type[Releases | Groups], browse: Callable[..., Any], parameters: dict[str, Any]
    ) -> _List | None:
        """Request all pages of a list; return None if its number of entries changes meanwhile.

        The pages may be from different days, because those received before an outage are cached. An
        entry that is added or removed between two pages shifts all others, so one is never seen.
        """
        received: dict[str, Any] = {}
        offset, count, left_out = 0, -1, 0
        while offset < count or count == -1:
            odd: list[str] = []
            page = self._asked(kind, browse, limit=PAGE, offset=offset, odd=odd, **parameters)
            if count not in (-1, page.count):
                return None
            offset, count = offset + len(page.entries) + len(odd), page.count
            if not (page.entries or offset == count):
                raise self._unusable(f"a page ended at {offset} of {count}")
            usable = self._usable(page.entries, odd)
            left_out += len(odd)
            received |= {entry.id: entry for entry in usable}
        return _List(received, max(count - left_out - len(received), 0))

    def _found(self, kind: type[P], search: Callable[..., Any], query: str, limit: int) -> P:
        try:
            return self._asked(kind, search, query, odd=[], limit=limit)
        except NotThere as error:  # a search without results is not a 404
            raise self._unusable("the search endpoint is missing") from error

    def _one(
        self, kind: type[T], noun: str, mbid: str, get: Callable[..., Any], includes: list[str]
    ) -> T:
        if not is_mbid(mbid):
            raise NoSuchMBID(noun, mbid)
        try:
            entity = self._asked(kind, get, mbid, includes=includes)
        except NotThere as error:
            raise NoSuchMBID(noun, mbid) from error
        return self._checked(entity)

    def _checked(self, entity: T) -> T:
        """Return an entity; raise InvalidResponse if its id is not an MBID."""
        if not is_mbid(entity.id):
            raise self._unusable(_no_mbid(entity.id))
        return entity

    def _usable(self, entries: Sequence[T], odd: list[str]) -> list[T]:
        """Return the entries with an MBID; add the reasons of the others to `odd`."""
        usable = [entry for entry in entries if is_mbid(entry.id)]
        if entries and not usable:
            self._checked(entries[0])
        left = [_no_mbid(entry.id) for entry in entries if not is_mbid(entry.id)]
        self._note(left)
        odd += left
        return usable

    def _note(self, odd: Sequence[str]) -> None:
        """Record the skipped entries of the last response, and remove it from the cache."""
        if odd:
            self._http.forget(self._url)
            self._http.spent.note_odd(self._service.name, odd, self._url)

    def _asked(
        self,
        kind: type[P],
        ask: Callable[..., Any],
        *args: Any,
        odd: list[str] | None = None,
        **kwargs: Any,
    ) -> P:
        content = ask(*args, **kwargs)
        try:
            page = pages.read(content, kind, odd)
            self._note(odd or [])
            return page
        except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
            raise self._unusable(str(error)) from error

    def _unusable(self, why: str) -> BadAnswer:
        """Remove the last response from the cache, and return the error for it."""
        self._http.forget(self._url)
        return BadAnswer(self._service.name, why, self._url)

    def _read(self, url: str) -> bytes:
        self._url = url
        return self._http.get(self._service, url, fresh=self._fresh).content
