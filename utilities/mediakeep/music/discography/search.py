"""One search at MusicBrainz: who an artist is, and all that was ever released by them.

1. The artist is told by the MBID in the tags, else by one search for several album titles, else
   by name and alias: and then the albums decide again.
2. The whole discography is browsed, page by page, once for ever.
3. Releases that the tags name and the discography lacks are looked up one by one: they were
   merged or deleted, or others made them. Compilations are looked for among the releases of others.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Mapping, Sequence

from mediakeep import clock
from mediakeep.errors import NotThere
from mediakeep.item import Lookup
from mediakeep.lookups import catalogue, query
from mediakeep.lookups.catalogue import Discography, Release
from mediakeep.lookups.desk import Desk
from mediakeep.lookups.known import Resolved
from mediakeep.music.discography import fit, identity, question
from mediakeep.music.discography.fit import Heard
from mediakeep.music.discography.identity import Verdict
from mediakeep.music.discography.question import Owned, Question

Tracks = Mapping[str, Sequence[Heard]]  # of the albums here, by their places

TITLES = 12  # in one search: their editions fit into its hundred hits
EDITIONS = 3  # of a compilation that are looked up, those that are nearest in size


class Search:
    """One search on its way."""

    def __init__(self, asked: Question, desk: Desk, kept: Resolved | None, tracks: Tracks) -> None:
        self._asked, self._desk, self._kept, self._tracks = asked, desk, kept, tracks
        self._service = desk.musicbrainz
        self._merged: dict[str, str] = dict(kept.merged) if kept else {}
        self._deleted: list[str] = []
        self._now = clock.text(clock.now())

    def run(self) -> tuple[Resolved, Discography | None]:
        """Find out who it is, and what they made."""
        if self._asked.is_various:
            artist = catalogue.Artist(id=catalogue.VARIOUS_ARTISTS, name="Various Artists")
            more = tuple(self._by_various(artist.id))
            return self._resolved(Verdict(artist), "name", more), None
        verdict, by = self._who()
        if verdict.artist is None or verdict.artist.is_special:
            return self._resolved(Verdict(candidates=verdict.candidates), by), None
        try:
            known = self._discography(verdict.artist)
            self._note_others(verdict.artist.id)
            more = tuple(self._others(known))
        except NotThere:  # the search knew an artist who is deleted by now
            self._deleted.append(verdict.artist.id)
            return self._resolved(Verdict(), by), None
        return self._resolved(verdict, by, more), known

    def _resolved(self, verdict: Verdict, by: str, more: tuple[Release, ...] = ()) -> Resolved:
        state: Lookup = "done" if verdict.artist else "unsure" if verdict.candidates else "unknown"
        return Resolved(
            name=self._asked.name,
            # That of the tags as they will be, so that repairing them asks nothing anew.
            question=question.renewed(self._asked, self._merged).digest,
            state=state,
            artist=verdict.artist,
            by=by,
            choices=verdict.candidates,
            more=more,
            merged=self._merged,
            deleted=tuple(self._deleted),
            asked=self._now,
        )

    def _who(self) -> tuple[Verdict, str]:
        """Identify the artist: as before, by the tags, by the albums, or by name and the albums."""
        asked, kept = self._asked, self._kept
        if kept and kept.artist and self._is_still(kept, kept.artist.id):
            return Verdict(kept.artist), kept.by
        if asked.mbid:
            try:
                found = self._service.artist(asked.mbid)
            except NotThere:
                self._deleted.append(asked.mbid)
            else:
                self._note(asked.mbid, found.id)
                return Verdict(found), "tags"
        voted = Verdict()
        if titles := self._titles():
            hits = self._service.search_releases(query.releases_by_name(asked.name, titles))
            voted = identity.by_albums(asked.name, asked.titles, hits)
            if voted.artist or voted.named:
                return voted, "albums"
        return identity.either(self._by_name(), voted), "name"

    def _note_others(self, mbid: str) -> None:
        """Look up what else tags name the artist by: it may be of before a merge, or gone."""
        for other in self._asked.others:
            if other in (mbid, *self._merged, *self._deleted):
                continue
            try:
                if self._service.artist(other).id == mbid:
                    self._note(other, mbid)
            except NotThere:
                self._deleted.append(other)

    def _is_still(self, kept: Resolved, mbid: str) -> bool:
        """Tell whether who it was before is named by the tags, or made an album that is here."""
        if self._asked.mbid:
            return self._asked.mbid == mbid
        known = self._desk.known.discography(mbid)
        if not known or kept.name != self._asked.name:
            return False
        here = {question.base_key(title) for title in self._asked.titles}
        return not here.isdisjoint(_titles(known))

    def _titles(self) -> list[str]:
        """Return the titles to search for; of many the longest, as those tell most."""
        return sorted(question.bases(self._asked.titles), key=len, reverse=True)[:TITLES]

    def _by_name(self) -> Verdict:
        """Ask who bears the name, or has it as an alias; which of them it is, the albums tell."""
        found = self._service.search_artists(query.artists(self._asked.name))
        same = identity.namesakes(self._asked.name, found)
        titles = self._titles()
        if not (same and titles):
            return Verdict(candidates=identity.unheard(same))
        ids = [artist.id for artist in same]
        hits = self._service.search_releases(query.releases_by_id(ids, titles))
        verdict = identity.by_albums(self._asked.name, self._asked.titles, hits, same)
        if verdict.artist or verdict.candidates:
            return verdict
        return Verdict(candidates=identity.unheard(same))

    def _discography(self, artist: catalogue.Artist) -> Discography:
        kept = None if self._desk.access.fresh else self._desk.known.discography(artist.id)
        return kept or self._service.discography(artist, self._now)

    def _others(self, known: Discography) -> Iterator[Release]:
        """Look for what is here and is not in the discography."""
        theirs = {release.id for release in known.releases}
        more = {one.id: one for one in self._tagged(self._asked.albums, theirs)}
        yield from more.values()
        seen = question.renewed(self._asked, self._merged)
        found, own = theirs | more.keys(), _titles(known)
        strange = [
            one
            for one in seen.albums
            if one.by_various
            and one.release not in found
            and question.base_key(one.title) not in own
        ]
        if strange:
            yield from self._fitting(strange, self._service.appearances(known.artist.id))

    def _tagged(self, albums: Iterable[Owned], theirs: set[str]) -> Iterator[Release]:
        """Look up the releases that tags name; they may have been merged or deleted."""
        before = {one.id: one for one in self._kept.more} if self._kept else {}
        for mbid in dict.fromkeys(
            one.release for one in albums if one.release not in ("", *theirs)
        ):
            try:
                found = before.get(mbid) or self._service.release(mbid)
            except NotThere:
                self._deleted.append(mbid)
                continue
            self._note(mbid, found.id)
            if found.id not in theirs:
                yield found

    def _by_various(self, mbid: str) -> Iterator[Release]:
        """Look up compilations: one search for several titles, then each that was found."""
        albums = self._asked.albums
        tagged = {one.id: one for one in self._tagged(albums, set())}
        yield from tagged.values()
        named = [one for one in albums if self._merged.get(one.release, one.release) not in tagged]
        for begin in range(0, len(named), TITLES):
            some = named[begin : begin + TITLES]
            titles = question.bases(one.title for one in some if one.title)
            if titles:
                hits = self._service.search_releases(query.releases_by_id([mbid], titles))
                yield from self._fitting(some, hits)

    def _fitting(self, albums: Sequence[Owned], found: Iterable[Release]) -> Iterator[Release]:
        """Look up the releases that bear the titles of albums: of each the one that fits.

        One that shares no track is another album of that title.
        """
        by_title: dict[str, list[Release]] = {}
        for release in found:
            by_title.setdefault(question.title_key(release.title), []).append(release)
        for album in albums:
            same = by_title.get(question.title_key(album.title), [])
            nearest = sorted(same, key=lambda one: abs(one.track_count - album.tracks))[:EDITIONS]
            fits = [(fit.of(self._tracks[album.place], one), one) for one in self._whole(nearest)]
            if fitting := [one for one in fits if one[0].found]:
                yield min(fitting, key=lambda one: one[0].distance)[1]

    def _whole(self, releases: Iterable[Release]) -> Iterator[Release]:
        for release in releases:
            with contextlib.suppress(NotThere):  # it was deleted since it was listed
                yield self._service.release(release.id)

    def _note(self, asked: str, found: str) -> None:
        """Note an MBID that was merged into another."""
        if found != asked:
            self._merged[asked] = found


def _titles(known: Discography) -> set[str]:
    """Return the keys of all titles of a discography."""
    titles = {one.title for one in known.groups} | {one.title for one in known.releases}
    return {question.base_key(title) for title in titles}
