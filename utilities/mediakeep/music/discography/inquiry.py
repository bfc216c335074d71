"""The lookup of an artist as the worker sees it: looked up if needed, cached, and compared.

1. If the query equals the one of the cached result, no request is made.
2. Else a search identifies the artist and loads the discography; if it fails, the cached result
   is used.
3. Each album is matched with the known releases, and the local albums are compared with the
   discography.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

import msgspec
from msgspec import structs

from mediakeep.errors import NotAsked, ServiceFailed
from mediakeep.item import Lookup
from mediakeep.lookups import catalogue
from mediakeep.lookups.catalogue import Credit, Discography, Release
from mediakeep.lookups.desk import Desk
from mediakeep.lookups.known import Choice, Resolved
from mediakeep.music.discography import fit, holdings, identity, question, title_keys
from mediakeep.music.discography.holdings import Holdings
from mediakeep.music.discography.question import Question
from mediakeep.music.discography.search import Search
from mediakeep.music.matching import match, shapes
from mediakeep.music.matching.verdict import Match, Sure
from mediakeep.music.model import Artist


class Inquiry(msgspec.Struct, frozen=True):
    """The lookup result of an artist; "pending" if it could not be made, for `reason`."""

    state: Lookup
    resolved: Resolved | None = None
    known: Discography | None = None
    holdings: Holdings = Holdings()
    matches: dict[str, Match] = {}  # of each album, by place
    why: str = ""
    failed: bool = False  # a request to a service failed

    @property
    def mbid(self) -> str:
        """The artist's MBID, or "" if unknown."""
        return self.resolved.artist.id if self.resolved and self.resolved.artist else ""


UNASKED = Inquiry("")  # if lookups are switched off


def of(artist: Artist, key: str, desk: Desk) -> Inquiry:
    """Look up an artist, if allowed and needed."""
    query = question.of(artist)
    if desk.is_empty:
        return Inquiry("pending", why=desk.closed)
    cached = desk.known.resolved(key)
    try:
        resolved, loaded = _answered(artist, query, cached, desk)
    except (NotAsked, ServiceFailed) as error:
        failed = isinstance(error, ServiceFailed)
        # A failed refresh leaves the cached result as valid as before.
        state = cached.state if cached and desk.access.fresh else "pending"
        pending = Inquiry(state, cached, why=str(error), failed=failed)
        discography = desk.known.discography(cached.artist.id) if cached and cached.artist else None
        return _compared(pending, artist, query, discography) if discography else pending
    lookup = Inquiry(resolved.state, resolved, loaded)
    lookup = _compared(lookup, artist, query, loaded)
    if resolved is not cached and _is_doubtful(lookup, query):
        lookup = _doubted(lookup)
    return lookup if resolved is cached else _kept(lookup, key, desk)


def _is_doubtful(lookup: Inquiry, query: Question) -> bool:
    """Return whether hardly any local album is by the identified artist.

    An MBID in the tags is trusted if the name is the artist's, or if any album is theirs.
    """
    resolved, groups = lookup.resolved, lookup.holdings.held
    if not (resolved and resolved.artist and query.albums) or query.is_various:
        return False
    if resolved.by == "tags":
        return not groups and not identity.namesakes(query.name, [resolved.artist])
    count = sum(len(group.owned) for group in groups)
    return 2 * count < len(query.albums) and not any(group.fits.found for group in groups)


def _doubted(lookup: Inquiry) -> Inquiry:
    """Return the lookup as ambiguous, for the user to decide."""
    assert lookup.resolved is not None
    assert lookup.resolved.artist is not None
    titles = tuple(group.group.title for group in lookup.holdings.held)
    choices = (Choice(lookup.resolved.artist, titles),)
    resolved = structs.replace(lookup.resolved, state="unsure", artist=None, choices=choices)
    return Inquiry("unsure", resolved)


def _kept(lookup: Inquiry, key: str, desk: Desk) -> Inquiry:
    """Store a lookup result, with what each local album is."""
    assert lookup.resolved is not None
    host = desk.access.pictures.host
    albums = holdings.albums(lookup.holdings, lookup.matches, host)
    resolved = structs.replace(lookup.resolved, albums=albums)
    desk.known.keep(key, resolved, lookup.known)
    return structs.replace(lookup, resolved=resolved)


def again(lookup: Inquiry, artist: Artist, key: str, desk: Desk) -> Inquiry:
    """Compare the local albums again after their tags were repaired, without any request.

    The query of the repaired tags is stored as the answered one.
    """
    if lookup.resolved is None or not lookup.known:
        return lookup
    query = question.renewed(question.of(artist), lookup.resolved.merged)
    if lookup.state != "pending" and lookup.resolved.question != query.digest:
        resolved = structs.replace(lookup.resolved, question=query.digest)
        lookup = structs.replace(lookup, resolved=resolved)
        desk.known.keep(key, resolved, None)
    return _compared(lookup, artist, query, lookup.known)


def _compared(
    lookup: Inquiry, artist: Artist, query: Question, discography: Discography | None
) -> Inquiry:
    """Add the matches, and the owned and missing releases."""
    assert lookup.resolved is not None
    query = question.renewed(query, lookup.resolved.merged)
    discography = discography or Discography(artist=lookup.resolved.artist or _NOBODY)
    more, matches = lookup.resolved.more, _matched(lookup.resolved, artist, query, discography)
    if lookup.resolved.artist is None:  # the discography of an unknown artist was not looked up
        known_matches = {
            place: match for place, match in matches.items() if match.sure is not Sure.UNKNOWN
        }
        return structs.replace(lookup, matches=known_matches)
    compared = holdings.of(artist, query, discography, more, matches)
    return structs.replace(lookup, known=discography, holdings=compared, matches=matches)


_NOBODY = catalogue.Artist(id="", name="")


def _matched(
    resolved: Resolved, artist: Artist, query: Question, discography: Discography
) -> dict[str, Match]:
    """Match each album with all known releases."""
    names = {title_keys.title_key(query.name)}
    if resolved.artist:
        names |= shapes.names([Credit(name=discography.artist.name, artist=discography.artist)])
    resolved_artist = structs.replace(artist, resolved=resolved)
    groups = {
        group.id: group for group in discography.groups
    }  # which have more data than those of releases
    releases = (
        structs.replace(
            release, release_group=groups.get(release.release_group.id, release.release_group)
        )
        for release in (*discography.releases, *resolved.more)
        if release.release_group
    )
    return match.albums(resolved_artist, releases, names=names)


def _count(artist: Artist, by: catalogue.Artist, releases: Iterable[Release]) -> int:
    """Count the local albums that certainly match releases of an artist."""
    names = shapes.names([Credit(name=by.name, artist=by)])
    matches = match.albums(structs.replace(artist, resolved=None), releases, names=names)
    return sum(album.group is not None for album in matches.values())


def _answered(
    artist: Artist, query: Question, cached: Resolved | None, desk: Desk
) -> tuple[Resolved, Discography | None]:
    is_refresh = desk.access.fresh
    if (
        cached
        and cached.question == question.renewed(query, cached.merged).digest
        and not is_refresh
    ):
        discography = desk.known.discography(cached.artist.id) if cached.artist else None
        if discography or not cached.artist or query.is_various:
            desk.spent.hits += 1
            return cached, discography
    if is_refresh and not desk.access.is_open:
        raise desk.access.refusal()
    before = desk.spent.requests
    with desk.musicbrainz.afresh(is_refresh):
        tracks = {
            album.place: [fit.heard(track) for track in album.tracks] for album in artist.albums
        }
        count = partial(_count, artist)
        resolved, discography = Search(
            query, desk, None if is_refresh else cached, tracks, count
        ).run()
    spent = desk.spent.requests - before
    resolved = structs.replace(resolved, requests=spent, album_count=len(query.albums))
    return resolved, discography
