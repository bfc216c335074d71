"""MusicBrainz: what is asked of it, artist by artist, and always to the last page.

Whatever is asked is checked to be whole: a page that is missing, or a release without all of its
tracks, is an error, never a shorter answer. Rules of the service that this follows:

- A page holds 25 unless `limit` asks for more, at most 100; with recordings at most 500 tracks and
  always one release, so the next page begins after what came back (musicbrainz-server,
  WS/2 `_limit_and_offset`, `limit_releases_by_tracks`).
- Lists inside a look-up are cut at 25, so lists are browsed.
- An MBID that was merged into another answers with that other one's; a deleted one is 404.
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
from mediakeep.lookups.catalogue import Artist, Discography, Group, Release
from mediakeep.lookups.http import Http, Service
from mediakeep.lookups.pages import ArtistsFound, Groups, Releases, ReleasesFound

P = TypeVar("P")
T = TypeVar("T", bound=Artist | Release | Group)

PAGE = 100  # the most that a page gives
_MBID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_WITH_TRACKS = ["recordings", "artist-credits", "media", "labels", "release-groups", "isrcs"]


def is_mbid(text: str) -> bool:
    """Tell whether a text has the form of an MBID."""
    return _MBID.fullmatch(text) is not None


class MusicBrainz:
    """What can be asked of one MusicBrainz server."""

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

    def artist(self, mbid: str) -> Artist:
        """Look an artist up; one that was merged comes back under its new MBID."""
        return self._one(Artist, "artist", mbid, self._ngs.get_artist_by_id, ["aliases"])

    def release(self, mbid: str) -> Release:
        """Look a release up, with its tracks; a merged one comes back under its new MBID."""
        found = self._one(Release, "release", mbid, self._ngs.get_release_by_id, _WITH_TRACKS)
        if not found.is_whole:
            raise self._unusable(f"release {mbid} came without all of its tracks")
        return found

    def group(self, mbid: str) -> Group:
        """Look a release group up."""
        includes = ["artist-credits"]
        return self._one(Group, "release group", mbid, self._ngs.get_release_group_by_id, includes)

    def search_releases(self, query: str) -> tuple[Release, ...]:
        """Return the releases that fit a query best, without tracks, at most 100."""
        return self._found(ReleasesFound, self._ngs.search_releases, query, PAGE).releases

    def search_artists(self, query: str) -> tuple[Artist, ...]:
        """Return the artists that fit a query best, at most 25."""
        return self._found(ArtistsFound, self._ngs.search_artists, query, 25).artists

    def discography(self, artist: Artist, asked: str) -> Discography:
        """Return all releases and release groups of an artist, to the last; NoSuchMBID."""
        return Discography(
            artist=artist,
            releases=tuple(self._releases(artist.id)),
            groups=self.groups(artist.id),
            asked=asked,
        )

    def groups(self, artist: str) -> tuple[Group, ...]:
        """Return all release groups of an artist, given by MBID, to the last; NotThere."""
        browse = self._ngs.browse_release_groups
        return tuple(self._all(Groups, browse, artist=artist, includes=["artist-credits"]))

    def editions(self, group: str) -> tuple[Release, ...]:
        """Return all releases of a release group, of any status, without tracks; NotThere."""
        found = self._all(
            Releases,
            self._ngs.browse_releases,
            release_group=group,
            includes=["artist-credits", "media", "labels", "release-groups"],
        )
        return tuple(found)

    def appearances(self, mbid: str) -> tuple[Release, ...]:
        """Return the official releases of others on which an artist has tracks; without tracks.

        So a page holds a hundred of them, where one with tracks would hold a few.
        """
        found = self._all(
            Releases,
            self._ngs.browse_releases,
            track_artist=mbid,
            release_status=["official"],
            includes=["artist-credits", "media", "release-groups"],
        )
        return tuple(found)

    def _releases(self, mbid: str) -> Iterator[Release]:
        """Browse the official releases with tracks; one cut short is looked up by itself."""
        found: list[Release] = self._all(
            Releases,
            self._ngs.browse_releases,
            artist=mbid,
            release_status=["official"],
            includes=_WITH_TRACKS,
        )
        for one in found:
            yield from (one,) if one.is_whole else self._whole(one.id)

    def _whole(self, mbid: str) -> Iterator[Release]:
        """Look up a release that came cut short; it may have been deleted meanwhile."""
        try:
            found = self.release(mbid)
        except NotThere:
            return
        yield found

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
