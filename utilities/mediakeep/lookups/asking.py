"""How MusicBrainz is asked: always to the last page, and nothing is believed that is not whole.

An entry that cannot be used, or comes twice, costs that entry alone: it is left out and noted.

A page holds 25 unless `limit` asks for more, at most 100; with recordings at most 500 tracks and
always one release, so the next page begins after what came back (musicbrainz-server, WS/2
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

PAGE = 100  # the most that a page gives
_MBID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def is_mbid(text: str) -> bool:
    """Tell whether a text has the form of an MBID."""
    return _MBID.fullmatch(text) is not None


def _no_mbid(text: str) -> str:
    return f"it names {files.printable(text[:80])!r} as an MBID"


class _List(msgspec.Struct, frozen=True):
    """What came of a list, by MBID, and how many of its entries did not come."""

    found: dict[str, Any]
    lacking: int


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
        """Return a whole list; one that changes while it is read is read again from the start.

        Where the pages overlap both times, the list is what came in either.
        """
        first = self._listed(kind, browse, given)
        if first and not first.lacking:
            return list(first.found.values())
        with self.afresh():
            second = self._listed(kind, browse, given)
        if second is None:
            raise self._unusable("a list changed each time that it was read")
        if second.lacking:
            before = first.found if first else {}
            more = {mbid: entry for mbid, entry in before.items() if mbid not in second.found}
            if lacking := max(second.lacking - len(more), 0):
                self._note(["it did not come, as the pages of its list overlap"] * lacking)
            return [*second.found.values(), *more.values()]
        return list(second.found.values())

    def _listed(
        self, kind: type[Releases | Groups], browse: Callable[..., Any], given: dict[str, Any]
    ) -> _List | None:
        """Ask page after page until all that the service counts has come; None if that changes.

        The pages may be of different days, as each that came before an outage is kept. An entry
        that is added or taken away between two pages moves all others, and one is never seen.
        """
        found: dict[str, Any] = {}
        offset, count, left_out = 0, -1, 0
        while offset < count or count == -1:
            odd: list[str] = []
            page = self._asked(kind, browse, limit=PAGE, offset=offset, odd=odd, **given)
            if count not in (-1, page.count):
                return None
            offset, count = offset + len(page.entries) + len(odd), page.count
            if not (page.entries or offset == count):
                raise self._unusable(f"a page ended at {offset} of {count}")
            usable = self._usable(page.entries, odd)
            left_out += len(odd)
            found |= {entry.id: entry for entry in usable}
        return _List(found, max(count - left_out - len(found), 0))

    def _found(self, kind: type[P], search: Callable[..., Any], query: str, limit: int) -> P:
        try:
            return self._asked(kind, search, query, odd=[], limit=limit)
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
            raise self._unusable(_no_mbid(found.id))
        return found

    def _usable(self, entries: Sequence[T], odd: list[str]) -> list[T]:
        """Return the entries that can be asked for by their ids; the others are odd."""
        found = [entry for entry in entries if is_mbid(entry.id)]
        if entries and not found:
            self._checked(entries[0])
        left = [_no_mbid(entry.id) for entry in entries if not is_mbid(entry.id)]
        self._note(left)
        odd += left
        return found

    def _note(self, odd: Sequence[str]) -> None:
        """Note what was left out of the last answer, which is kept no longer."""
        if odd:
            self._http.forget(self._url)
            self._http.spent.note_odd(self._service.name, odd, self._url)

    def _asked(
        self,
        kind: type[P],
        ask: Callable[..., Any],
        *given: Any,
        odd: list[str] | None = None,
        **named: Any,
    ) -> P:
        content = ask(*given, **named)
        try:
            found = pages.read(content, kind, odd)
            self._note(odd or [])
            return found
        except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
            raise self._unusable(str(error)) from error

    def _unusable(self, why: str) -> BadAnswer:
        """Say that an answer cannot be used, and keep it no longer."""
        self._http.forget(self._url)
        return BadAnswer(self._service.name, why, self._url)

    def _read(self, url: str) -> bytes:
        self._url = url
        return self._http.get(self._service, url, fresh=self._fresh).content
