"""Requests to MusicBrainz for complete lists, page by page.

An invalid or repeated entry is skipped and recorded; the others are used.

A page has 25 entries unless `limit` is higher, at most 100. With recordings, it has at most 500
tracks and at least one release. So the next offset depends on the number of entries received
(musicbrainz-server, WS/2 `_limit_and_offset`, `limit_releases_by_tracks`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

import msgspec

from mediakeep import path_text
from mediakeep.errors import InvalidResponse, NoSuchMBID, NotFound
from mediakeep.lookups.http.cached_http import CachedHttp, Service
from mediakeep.lookups.musicbrainz import responses
from mediakeep.lookups.musicbrainz.model import Artist, Recording, Release, ReleaseGroup
from mediakeep.lookups.musicbrainz.responses import ReleaseGroupPage, ReleasePage

P = TypeVar("P")
T = TypeVar("T", bound=Artist | Recording | Release | ReleaseGroup)

PAGE_SIZE = 100  # the maximum
_MBID_PATTERN = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def is_mbid(text: str) -> bool:
    """Return whether a text has the form of an MBID (MusicBrainz identifier)."""
    return _MBID_PATTERN.fullmatch(text) is not None


def _invalid_mbid_text(text: str) -> str:
    return f"invalid MBID {path_text.to_printable(text[:80])!r}"


class _BrowsedList(msgspec.Struct, frozen=True):
    """The received entries of a list by MBID, and the number of entries still missing."""

    entries: dict[str, Any]
    missing_count: int


class PagedClient:
    """Base class of the MusicBrainz client: requests lists with functions of musicbrainzngs."""

    def __init__(self, http: CachedHttp, service: Service) -> None:
        from mediakeep.lookups.musicbrainz import (
            musicbrainzngs_adapter,  # deferred: importing takes 0.2 s
        )

        self._http, self._service = http, service
        self._fresh = False
        self._last_url = ""  # of the last response
        musicbrainzngs_adapter.install(service.host, self._fetch, http.contact)
        import musicbrainzngs

        self._ngs: Any = musicbrainzngs

    @contextmanager
    def bypassing_cache(self, fresh: bool = True) -> Iterator[None]:
        """Send requests in the `with` block even if the response is cached.

        A cached response stays until a new one replaces it. With `fresh` off, nothing changes.
        """
        before, self._fresh = self._fresh, fresh
        try:
            yield
        finally:
            self._fresh = before

    def _browse_all(
        self,
        kind: type[ReleasePage | ReleaseGroupPage],
        browse: Callable[..., Any],
        **parameters: Any,
    ) -> list[Any]:
        """Return a complete list of entities, requested page by page.

        If the list changes meanwhile, it is read again from the start. If it changes both times,
        the entries of both readings are returned.
        """
        first = self._browse_pages(kind, browse, parameters)
        if first and not first.missing_count:
            return list(first.entries.values())
        with self.bypassing_cache():
            second = self._browse_pages(kind, browse, parameters)
        if second is None:
            raise self._invalid_response("a list changed during each reading")
        if second.missing_count:
            before = first.entries if first else {}
            more = {mbid: entry for mbid, entry in before.items() if mbid not in second.entries}
            if lacking := max(second.missing_count - len(more), 0):
                self._note_skipped(["missing, because the pages of its list overlap"] * lacking)
            return [*second.entries.values(), *more.values()]
        return list(second.entries.values())

    def _browse_pages(
        self,
        kind: type[ReleasePage | ReleaseGroupPage],
        browse: Callable[..., Any],
        parameters: dict[str, Any],
    ) -> _BrowsedList | None:
        """Request all pages of a list; return None if its number of entries changes meanwhile.

        The pages may be from different days, because pages received before an outage are cached. An
        entry that is added or removed between two pages shifts the others, so an entry may be
        missed.
        """
        received: dict[str, Any] = {}
        offset, count, left_out = 0, -1, 0
        while offset < count or count == -1:
            skip_reasons: list[str] = []
            page = self._request(
                kind,
                browse,
                limit=PAGE_SIZE,
                offset=offset,
                skip_reasons=skip_reasons,
                **parameters,
            )
            if count not in (-1, page.count):
                return None
            offset, count = offset + len(page.entries) + len(skip_reasons), page.count
            if not (page.entries or offset == count):
                raise self._invalid_response(f"a page ended at {offset} of {count}")
            usable = self._drop_without_mbid(page.entries, skip_reasons)
            left_out += len(skip_reasons)
            received |= {entry.id: entry for entry in usable}
        return _BrowsedList(received, max(count - left_out - len(received), 0))

    def _search(self, kind: type[P], search: Callable[..., Any], query: str, limit: int) -> P:
        try:
            return self._request(kind, search, query, skip_reasons=[], limit=limit)
        except NotFound as error:  # a search without results is not a 404
            raise self._invalid_response("the search endpoint is missing") from error

    def _look_up(
        self, kind: type[T], noun: str, mbid: str, get: Callable[..., Any], includes: list[str]
    ) -> T:
        if not is_mbid(mbid):
            raise NoSuchMBID(noun, mbid)
        try:
            entity = self._request(kind, get, mbid, includes=includes)
        except NotFound as error:
            raise NoSuchMBID(noun, mbid) from error
        return self._require_mbid(entity)

    def _require_mbid(self, entity: T) -> T:
        """Return an entity unchanged; raise InvalidResponse if its id is not an MBID."""
        if not is_mbid(entity.id):
            raise self._invalid_response(_invalid_mbid_text(entity.id))
        return entity

    def _drop_without_mbid(self, entries: Sequence[T], skip_reasons: list[str]) -> list[T]:
        """Return the entries of a list that have a valid MBID.

        A reason for each dropped entry is added to the list `skip_reasons`.
        """
        usable = [entry for entry in entries if is_mbid(entry.id)]
        if entries and not usable:
            self._require_mbid(entries[0])
        left = [_invalid_mbid_text(entry.id) for entry in entries if not is_mbid(entry.id)]
        self._note_skipped(left)
        skip_reasons += left
        return usable

    def _note_skipped(self, skip_reasons: Sequence[str]) -> None:
        """Record why entries of the last response were skipped, and remove it from the cache."""
        if skip_reasons:
            self._http.remove_cached(self._last_url)
            self._http.stats.note_skipped_entries(self._service.name, skip_reasons, self._last_url)

    def _request(
        self,
        kind: type[P],
        ask: Callable[..., Any],
        *args: Any,
        skip_reasons: list[str] | None = None,
        **kwargs: Any,
    ) -> P:
        content = ask(*args, **kwargs)
        try:
            page = responses.decode(content, kind, skip_reasons)
            self._note_skipped(skip_reasons or [])
            return page
        except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
            raise self._invalid_response(str(error)) from error

    def _invalid_response(self, why: str) -> InvalidResponse:
        """Remove the last response from the cache, and return the error for it."""
        self._http.remove_cached(self._last_url)
        return InvalidResponse(self._service.name, why, self._last_url)

    def _fetch(self, url: str) -> bytes:
        self._last_url = url
        return self._http.get(self._service, url, fresh=self._fresh).content
