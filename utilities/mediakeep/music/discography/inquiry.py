"""An artist's look-up as the worker has it: asked where that is needed, kept, and compared.

1. Where the question is the one that was answered before, nobody is asked.
2. Else a search finds out who it is and what they made; where that fails, what is known serves.
3. Each album is matched with the releases that are known, and what is here is compared with the
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
    """What is known of an artist; `state` is "pending" where it could not be asked, and `why`."""

    state: Lookup
    resolved: Resolved | None = None
    known: Discography | None = None
    holdings: Holdings = Holdings()
    matches: dict[str, Match] = {}  # of each album, by its place
    why: str = ""
    failed: bool = False  # a service was asked, and failed

    @property
    def mbid(self) -> str:
        """The artist's MBID, "" where it is not known who it is."""
        return self.resolved.artist.id if self.resolved and self.resolved.artist else ""


UNASKED = Inquiry("")  # where nothing was to be looked up


def of(artist: Artist, key: str, desk: Desk) -> Inquiry:
    """Look an artist up, as far as that is allowed and needed."""
    asked = question.of(artist)
    if desk.is_empty:
        return Inquiry("pending", why=desk.closed)
    kept = desk.known.resolved(key)
    try:
        resolved, known = _answered(artist, asked, kept, desk)
    except (NotAsked, ServiceFailed) as error:
        failed = isinstance(error, ServiceFailed)
        # What was to be asked anew is known as well as before.
        state = kept.state if kept and desk.access.fresh else "pending"
        left = Inquiry(state, kept, why=str(error), failed=failed)
        old = desk.known.discography(kept.artist.id) if kept and kept.artist else None
        return _compared(left, artist, asked, old) if old else left
    found = Inquiry(resolved.state, resolved, known)
    found = _compared(found, artist, asked, known)
    if resolved is not kept and _is_doubtful(found, asked):
        found = _doubted(found)
    return found if resolved is kept else _kept(found, key, desk)


def _is_doubtful(found: Inquiry, asked: Question) -> bool:
    """Tell whether hardly anything here is by whom it seems to be.

    An MBID in the tags is believed where the name is the artist's, or any album is.
    """
    resolved, held = found.resolved, found.holdings.held
    if not (resolved and resolved.artist and asked.albums) or asked.is_various:
        return False
    if resolved.by == "tags":
        return not held and not identity.namesakes(asked.name, [resolved.artist])
    count = sum(len(one.owned) for one in held)
    return 2 * count < len(asked.albums) and not any(one.fits.found for one in held)


def _doubted(found: Inquiry) -> Inquiry:
    """Leave it to a person who it is."""
    assert found.resolved is not None
    assert found.resolved.artist is not None
    titles = tuple(one.group.title for one in found.holdings.held)
    choices = (Choice(found.resolved.artist, titles),)
    resolved = structs.replace(found.resolved, state="unsure", artist=None, choices=choices)
    return Inquiry("unsure", resolved)


def _kept(found: Inquiry, key: str, desk: Desk) -> Inquiry:
    """Keep what a look-up came to, with what each album here is."""
    assert found.resolved is not None
    host = desk.access.pictures.host
    told = holdings.albums(found.holdings, found.matches, host)
    resolved = structs.replace(found.resolved, albums=told)
    desk.known.keep(key, resolved, found.known)
    return structs.replace(found, resolved=resolved)


def again(before: Inquiry, artist: Artist, key: str, desk: Desk) -> Inquiry:
    """Compare anew what is here, after tags of it were repaired, and ask nobody for that.

    What the tags ask by now is kept as the question that was answered.
    """
    if before.resolved is None or not before.known:
        return before
    asked = question.renewed(question.of(artist), before.resolved.merged)
    if before.state != "pending" and before.resolved.question != asked.digest:
        resolved = structs.replace(before.resolved, question=asked.digest)
        before = structs.replace(before, resolved=resolved)
        desk.known.keep(key, resolved, None)
    return _compared(before, artist, asked, before.known)


def _compared(
    found: Inquiry, artist: Artist, asked: Question, known: Discography | None
) -> Inquiry:
    """Add what is here and what is not."""
    assert found.resolved is not None
    asked = question.renewed(asked, found.resolved.merged)
    known = known or Discography(artist=found.resolved.artist or _NOBODY)
    more, matches = found.resolved.more, _matched(found.resolved, artist, asked, known)
    if found.resolved.artist is None:  # whose discography nobody has asked for
        known_ones = {place: one for place, one in matches.items() if one.sure is not Sure.UNKNOWN}
        return structs.replace(found, matches=known_ones)
    told = holdings.of(artist, asked, known, more, matches)
    return structs.replace(found, known=known, holdings=told, matches=matches)


_NOBODY = catalogue.Artist(id="", name="")


def _matched(
    resolved: Resolved, artist: Artist, asked: Question, known: Discography
) -> dict[str, Match]:
    """Match each album with all releases that are known."""
    names = {title_keys.title_key(asked.name)}
    if resolved.artist:
        names |= shapes.names([Credit(name=known.artist.name, artist=known.artist)])
    here = structs.replace(artist, resolved=resolved)
    groups = {group.id: group for group in known.groups}  # which tell more than a release does
    releases = (
        structs.replace(one, release_group=groups.get(one.release_group.id, one.release_group))
        for one in (*known.releases, *resolved.more)
        if one.release_group
    )
    return match.albums(here, releases, names=names)


def _count(artist: Artist, by: catalogue.Artist, releases: Iterable[Release]) -> int:
    """Count the albums here that releases of an artist are for certain."""
    names = shapes.names([Credit(name=by.name, artist=by)])
    found = match.albums(structs.replace(artist, resolved=None), releases, names=names)
    return sum(one.group is not None for one in found.values())


def _answered(
    artist: Artist, asked: Question, kept: Resolved | None, desk: Desk
) -> tuple[Resolved, Discography | None]:
    fresh = desk.access.fresh
    if kept and kept.question == question.renewed(asked, kept.merged).digest and not fresh:
        known = desk.known.discography(kept.artist.id) if kept.artist else None
        if known or not kept.artist or asked.is_various:
            desk.spent.hits += 1
            return kept, known
    if fresh and not desk.access.is_open:
        raise desk.access.refusal()
    before = desk.spent.requests
    with desk.musicbrainz.afresh(fresh):
        tracks = {one.place: [fit.heard(track) for track in one.tracks] for one in artist.albums}
        count = partial(_count, artist)
        resolved, known = Search(asked, desk, None if fresh else kept, tracks, count).run()
    spent = desk.spent.requests - before
    resolved = structs.replace(resolved, requests=spent, album_count=len(asked.albums))
    return resolved, known
