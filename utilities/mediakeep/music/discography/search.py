"""One search at MusicBrainz: who an artist is, and all that was ever released by them.

1. The artist is told by the MBID in the tags, else by one search for several album titles, else
   by name and alias: and then the albums decide again. Where a few may be meant, a few pages of the
   releases of each are read, and the tracks decide. Where nobody is found, a search for misspelt
   names is the last step.
2. The whole discography is browsed, page by page, once for ever.
3. What is here and is not in the discography is looked for among the releases of others; and so is
   all that is here where nobody knows who the artist is.
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

TITLES = others.TITLES  # that are searched for at once
FEW = 3  # artists of whom a few pages are read

# Counts the albums here that releases of an artist are for certain.
Count = Callable[[catalogue.Artist, Iterable[Release]], int]


class Search:
    """One search on its way."""

    def __init__(
        self, asked: Question, desk: Desk, kept: Resolved | None, tracks: Tracks, count: Count
    ) -> None:
        self._asked, self._desk, self._kept, self._count = asked, desk, kept, count
        self._service = desk.musicbrainz
        self._fates = Fates(dict(kept.merged) if kept else {})
        recent = kept if kept and question.is_recent(kept.question) else None
        self._others = Others(asked, self._service, recent, tracks, self._fates)
        self._now = clock.text(clock.now())

    def run(self) -> tuple[Resolved, Discography | None]:
        """Find out who it is, and what they made."""
        if self._asked.is_various:
            artist = catalogue.Artist(id=catalogue.VARIOUS_ARTISTS, name="Various Artists")
            return self._strange(Verdict(artist), "name"), None
        verdict, by = self._who()
        if verdict.artist is None or verdict.artist.is_special:
            return self._strange(Verdict(candidates=verdict.candidates), by), None
        try:
            known = self._discography(verdict.artist)
            if known.format < catalogue.FORMAT:
                return self._before(known), known
            self._note_others(verdict.artist.id)
            self._others.find(known)
        except NotThere:  # the search knew an artist who is deleted by now
            self._fates.deleted.append(verdict.artist.id)
            return self._strange(Verdict(), by), None
        return self._resolved(verdict, by), known

    def _strange(self, verdict: Verdict, by: str) -> Resolved:
        """Look for albums where there is no discography to find them in."""
        self._others.find(None)
        return self._resolved(verdict, by)

    def _before(self, known: Discography) -> Resolved:
        """Return what it came to when the discography was read, which is too old to ask more of."""
        kept = self._kept
        if kept and kept.artist and kept.artist.id == known.artist.id:
            return kept
        raise self._desk.access.refusal()

    def _resolved(self, verdict: Verdict, by: str) -> Resolved:
        state: Lookup = "done" if verdict.artist else "unsure" if verdict.candidates else "unknown"
        return Resolved(
            name=self._asked.name,
            # That of the tags as they will be, so that repairing them asks nothing anew.
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
        """Identify the artist: as before, by the tags, by the albums, or by name and the albums."""
        asked, kept = self._asked, self._kept
        if kept and kept.artist and self._is_still(kept, kept.artist.id):
            return Verdict(kept.artist), kept.by
        if asked.mbid:
            try:
                found = self._service.artist(asked.mbid)
            except NotThere:
                self._fates.deleted.append(asked.mbid)
            else:
                self._fates.note(asked.mbid, found.id)
                return Verdict(found), "tags"
        voted = Verdict()
        if placeholders.is_artist(asked.name):
            return voted, "name"
        if titles := self._titles():
            hits = self._service.search_releases(query.releases_by_name(asked.name, titles))
            voted = identity.by_albums(asked.name, asked.titles, hits)
            if voted.artist:
                return voted, "albums"
            if voted.named:
                return self._by_tracks(voted, "albums")
        verdict = identity.either(self._by_name(), voted)
        if not (verdict.artist or verdict.candidates):
            verdict = self._by_likeness()
        return self._by_tracks(verdict, "name")

    def _note_others(self, mbid: str) -> None:
        """Look up what else tags name the artist by: it may be of before a merge, or gone."""
        for other in self._asked.others:
            if other in (mbid, *self._fates.merged, *self._fates.deleted):
                continue
            try:
                if self._service.artist(other).id == mbid:
                    self._fates.note(other, mbid)
            except NotThere:
                self._fates.deleted.append(other)

    def _is_still(self, kept: Resolved, mbid: str) -> bool:
        """Tell whether who it was before is named by the tags, or made an album that is here."""
        if self._asked.mbid:
            return self._asked.mbid == mbid
        known = self._desk.known.discography(mbid)
        if not known or kept.name != self._asked.name:
            return False
        here = {title_keys.base_key(title) for title in self._asked.titles}
        return not here.isdisjoint(others.titles(known.groups, known.releases))

    def _titles(self) -> list[str]:
        """Return the titles to search for; of many the longest, as those tell most."""
        return sorted(title_keys.bases(self._asked.titles), key=len, reverse=True)[:TITLES]

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

    def _by_likeness(self) -> Verdict:
        """Search for artist and albums as they may be misspelt."""
        text = query.releases_alike(self._asked.name, self._titles())
        hits = self._service.search_releases(text) if text else ()
        return Verdict(candidates=identity.alike(self._asked.name, self._asked.titles, hits))

    def _by_tracks(self, verdict: Verdict, by: str) -> tuple[Verdict, str]:
        """Choose of a few of like names the one whose releases are here for certain."""
        if verdict.artist or not self._asked.albums:
            return verdict, by
        like = [one.artist for one in verdict.candidates if identity.is_like(self._asked.name, one)]
        counts = {one.id: self._matched(one) for one in like[:FEW]}
        best = max(counts.values(), default=0)
        found = [one for one in like[:FEW] if best and counts[one.id] == best]
        return (Verdict(found[0]), "tracks") if len(found) == 1 else (verdict, by)

    def _matched(self, artist: catalogue.Artist) -> int:
        """Count the albums here that are certain, on an artist's first page that has any."""
        try:
            for releases in self._service.first_releases(artist.id):
                if count := self._count(artist, releases):
                    return count
        except NotThere:  # deleted since the search knew it
            pass
        return 0

    def _discography(self, artist: catalogue.Artist) -> Discography:
        """Return what is kept of an artist; what is too old to be enough serves where it must."""
        access = self._desk.access
        kept = None if access.fresh else self._desk.known.discography(artist.id)
        if kept and (kept.format >= catalogue.FORMAT or not access.is_open):
            return kept
        return self._service.discography(artist, self._now)
