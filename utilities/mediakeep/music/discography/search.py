"""A MusicBrainz search: identify an artist, and load all their releases.

1. The artist is identified by the MBID in the tags, else by one search for several album titles,
   else by name and alias, checked against the albums. If a few candidates remain, some pages of the
   releases of each are read, and the tracks decide. If none is found, the last step is a search for
   misspelt names.
2. The whole discography is browsed, page by page, and kept for good.
3. Local albums missing from it are searched among the releases of others; so is every album if the
   artist is unknown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from mediakeep import clock
from mediakeep.errors import NotThere
from mediakeep.item import Lookup
from mediakeep.lookups import catalogue, query
from mediakeep.lookups.catalogue import Discography, Release
from mediakeep.lookups.desk import Desk
from mediakeep.lookups.known import Resolved
from mediakeep.music import placeholders
from mediakeep.music.discography import identity, others, question, title_keys
from mediakeep.music.discography.identity import Verdict
from mediakeep.music.discography.others import Fates, Others, Tracks
from mediakeep.music.discography.question import Question

TITLES = others.TITLES  # per search
FEW = 3  # candidates whose releases are read

# Counts the local albums that certainly match releases of an artist.
Count = Callable[[catalogue.Artist, Iterable[Release]], int]


class Search:
    """A search for one artist."""

    def __init__(
        self, query: Question, desk: Desk, cached: Resolved | None, tracks: Tracks, count: Count
    ) -> None:
        self._asked, self._desk, self._kept, self._count = query, desk, cached, count
        self._service = desk.musicbrainz
        self._fates = Fates(dict(cached.merged) if cached else {})
        recent = cached if cached and question.is_recent(cached.question) else None
        self._others = Others(query, self._service, recent, tracks, self._fates)
        self._now = clock.text(clock.now())

    def run(self) -> tuple[Resolved, Discography | None]:
        """Identify the artist, and return the result with the discography."""
        if self._asked.is_various:
            artist = catalogue.Artist(id=catalogue.VARIOUS_ARTISTS, name="Various Artists")
            return self._strange(Verdict(artist), "name"), None
        verdict, by = self._who()
        if verdict.artist is None or verdict.artist.is_special:
            return self._strange(Verdict(candidates=verdict.candidates), by), None
        try:
            discography = self._discography(verdict.artist)
            if discography.format < catalogue.FORMAT:
                return self._before(discography), discography
            self._note_others(verdict.artist.id)
            self._others.find(discography)
        except NotThere:  # the artist was deleted after the search index was built
            self._fates.deleted.append(verdict.artist.id)
            return self._strange(Verdict(), by), None
        return self._resolved(verdict, by), discography

    def _strange(self, verdict: Verdict, by: str) -> Resolved:
        """Search for albums without a discography."""
        self._others.find(None)
        return self._resolved(verdict, by)

    def _before(self, discography: Discography) -> Resolved:
        """Return the cached result of an outdated discography that cannot be refreshed."""
        cached = self._kept
        if cached and cached.artist and cached.artist.id == discography.artist.id:
            return cached
        raise self._desk.access.refusal()

    def _resolved(self, verdict: Verdict, by: str) -> Resolved:
        state: Lookup = "done" if verdict.artist else "unsure" if verdict.candidates else "unknown"
        return Resolved(
            name=self._asked.name,
            # The query of the repaired tags, so that repairing them needs no new lookup.
            question=question.renewed(self._asked, self._fates.merged).digest,
            state=state,
            artist=verdict.artist,
            by=by,
            choices=verdict.candidates,
            more=tuple(self._others.releases.values()),
            sought=self._others.sought,
            merged=self._fates.merged,
            deleted=tuple(self._fates.deleted),
            asked=self._now,
        )

    def _who(self) -> tuple[Verdict, str]:
        """Identify the artist: as cached, by tags, by albums, or by name and albums."""
        artist_query, cached = self._asked, self._kept
        if cached and cached.artist and self._is_still(cached, cached.artist.id):
            return Verdict(cached.artist), cached.by
        if artist_query.mbid:
            try:
                artist = self._service.artist(artist_query.mbid)
            except NotThere:
                self._fates.deleted.append(artist_query.mbid)
            else:
                self._fates.note(artist_query.mbid, artist.id)
                return Verdict(artist), "tags"
        voted = Verdict()
        if placeholders.is_artist(artist_query.name):
            return voted, "name"
        if titles := self._titles():
            hits = self._service.search_releases(query.releases_by_name(artist_query.name, titles))
            voted = identity.by_albums(artist_query.name, artist_query.titles, hits)
            if voted.artist:
                return voted, "albums"
            if voted.named:
                return self._by_tracks(voted, "albums")
        verdict = identity.either(self._by_name(), voted)
        if not (verdict.artist or verdict.candidates):
            verdict = self._by_likeness()
        return self._by_tracks(verdict, "name")

    def _note_others(self, mbid: str) -> None:
        """Look up the other artist MBIDs in the tags: they may be merged or deleted."""
        for other in self._asked.others:
            if other in (mbid, *self._fates.merged, *self._fates.deleted):
                continue
            try:
                if self._service.artist(other).id == mbid:
                    self._fates.note(other, mbid)
            except NotThere:
                self._fates.deleted.append(other)

    def _is_still(self, cached: Resolved, mbid: str) -> bool:
        """Return whether the cached artist is named in the tags, or made a local album."""
        if self._asked.mbid:
            return self._asked.mbid == mbid
        discography = self._desk.known.discography(mbid)
        if not discography or cached.name != self._asked.name:
            return False
        local_keys = {title_keys.base_key(title) for title in self._asked.titles}
        return not local_keys.isdisjoint(others.titles(discography.groups, discography.releases))

    def _titles(self) -> list[str]:
        """Return the titles to search for; the longest are the most distinctive."""
        return sorted(title_keys.bases(self._asked.titles), key=len, reverse=True)[:TITLES]

    def _by_name(self) -> Verdict:
        """Search artists by name or alias; their albums decide between them."""
        artists = self._service.search_artists(query.artists(self._asked.name))
        namesakes = identity.namesakes(self._asked.name, artists)
        titles = self._titles()
        if not (namesakes and titles):
            return Verdict(candidates=identity.unheard(namesakes))
        ids = [artist.id for artist in namesakes]
        hits = self._service.search_releases(query.releases_by_id(ids, titles))
        verdict = identity.by_albums(self._asked.name, self._asked.titles, hits, namesakes)
        if verdict.artist or verdict.candidates:
            return verdict
        return Verdict(candidates=identity.unheard(namesakes))

    def _by_likeness(self) -> Verdict:
        """Search for artists and albums with similar spelling."""
        text = query.releases_alike(self._asked.name, self._titles())
        hits = self._service.search_releases(text) if text else ()
        return Verdict(candidates=identity.alike(self._asked.name, self._asked.titles, hits))

    def _by_tracks(self, verdict: Verdict, by: str) -> tuple[Verdict, str]:
        """Choose between a few similar names by matching the tracks of their releases."""
        if verdict.artist or not self._asked.albums:
            return verdict, by
        similar = [
            candidate.artist
            for candidate in verdict.candidates
            if identity.is_like(self._asked.name, candidate)
        ]
        counts = {candidate.id: self._matched(candidate) for candidate in similar[:FEW]}
        best = max(counts.values(), default=0)
        best_artists = [
            candidate for candidate in similar[:FEW] if best and counts[candidate.id] == best
        ]
        return (Verdict(best_artists[0]), "tracks") if len(best_artists) == 1 else (verdict, by)

    def _matched(self, artist: catalogue.Artist) -> int:
        """Count the certain albums on the first page of an artist's releases that has any."""
        try:
            for releases in self._service.first_releases(artist.id):
                if count := self._count(artist, releases):
                    return count
        except NotThere:  # deleted after the search index was built
            pass
        return 0

    def _discography(self, artist: catalogue.Artist) -> Discography:
        """Return the discography; an outdated one is used if it cannot be refreshed."""
        access = self._desk.access
        cached = None if access.fresh else self._desk.known.discography(artist.id)
        if cached and (cached.format >= catalogue.FORMAT or not access.is_open):
            return cached
        return self._service.discography(artist, self._now)
