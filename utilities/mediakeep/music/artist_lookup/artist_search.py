"""Search MusicBrainz for an artist, and load all their releases.

1. The artist is identified by the MBID in the tags. Without one, a search for several album titles
   identifies it. If that fails, names and aliases are searched and checked against the albums. If a
   few candidates remain, their releases are read, and the tracks decide. The last step is a search
   for misspelt names.
2. The whole discography is loaded, page by page, and stored.
3. Local albums that are not in it are searched among the releases of others, by title and then by
   tracks. If the artist is unknown, this is done for every album.
"""

from __future__ import annotations

from mediakeep import clock
from mediakeep.errors import NotFound
from mediakeep.item import LookupState
from mediakeep.lookups.musicbrainz import model, search_query
from mediakeep.lookups.musicbrainz.context import MusicBrainzContext
from mediakeep.lookups.musicbrainz.lookup_store import ResolvedArtist
from mediakeep.lookups.musicbrainz.model import Discography
from mediakeep.music.artist_lookup import artist_query, identity, other_credits
from mediakeep.music.artist_lookup.artist_query import ArtistQuery
from mediakeep.music.artist_lookup.identity import ArtistIdentity
from mediakeep.music.artist_lookup.other_credits import (
    AlbumMatcher,
    MbidChanges,
    OtherReleaseFinder,
    TracksByPlace,
)
from mediakeep.music.text import placeholders, title_keys

TITLES_PER_SEARCH = other_credits.TITLES_PER_SEARCH  # album titles per search
MAX_CANDIDATES = 3  # candidates whose releases are read


class ArtistSearch:
    """Searches MusicBrainz for one artist and their releases."""

    def __init__(
        self,
        query: ArtistQuery,
        musicbrainz: MusicBrainzContext,
        cached: ResolvedArtist | None,
        tracks: TracksByPlace,
        match: AlbumMatcher,
    ) -> None:
        self._query, self._context, self._cached, self._match = query, musicbrainz, cached, match
        self._service = musicbrainz.musicbrainz
        self._mbid_changes = MbidChanges(dict(cached.merged) if cached else {})
        recent = cached if cached and artist_query.is_current_version(cached.question) else None
        self._other_credits = OtherReleaseFinder(
            query, self._service, recent, tracks, self._mbid_changes, match
        )
        self._now = clock.format_iso(clock.now())

    def run(self) -> tuple[ResolvedArtist, Discography | None]:
        """Identify the artist; return the search result, and the discography or None."""
        if self._query.is_various:
            artist = model.Artist(id=model.VARIOUS_ARTISTS, name="Various Artists")
            return self._resolve_without_discography(ArtistIdentity(artist), "name"), None
        identified, by = self._identify()
        if identified.artist is None or identified.artist.is_special_purpose:
            return self._resolve_without_discography(
                ArtistIdentity(candidates=identified.candidates), by
            ), None
        try:
            discography = self._load_discography(identified.artist)
            if discography.format < model.DISCOGRAPHY_FORMAT:
                return self._reuse_old_result(discography), discography
            self._check_other_mbids(identified.artist.id)
            self._other_credits.find(discography)
        except NotFound:  # the artist was deleted after the search index was built
            self._mbid_changes.deleted.append(identified.artist.id)
            return self._resolve_without_discography(ArtistIdentity(), by), None
        return self._build_result(identified, by), discography

    def _resolve_without_discography(self, identified: ArtistIdentity, by: str) -> ResolvedArtist:
        """Return a result without a discography; albums are searched among all releases."""
        self._other_credits.find(None)
        return self._build_result(identified, by)

    def _reuse_old_result(self, discography: Discography) -> ResolvedArtist:
        """Return the stored result, since its discography is outdated and not refreshable."""
        cached = self._cached
        if cached and cached.artist and cached.artist.id == discography.artist.id:
            return cached
        raise self._context.config.build_skipped_error()

    def _build_result(self, identified: ArtistIdentity, by: str) -> ResolvedArtist:
        state: LookupState = (
            "done" if identified.artist else "unsure" if identified.candidates else "unknown"
        )
        return ResolvedArtist(
            name=self._query.name,
            # The query of the repaired tags, so that repairing them needs no new lookup.
            question=artist_query.replace_merged_mbids(
                self._query, self._mbid_changes.merged
            ).digest,
            state=state,
            artist=identified.artist,
            by=by,
            choices=identified.candidates,
            more=tuple(self._other_credits.releases.values()),
            sought=self._other_credits.searched_groups,
            merged=self._mbid_changes.merged,
            deleted=tuple(self._mbid_changes.deleted),
            asked=self._now,
        )

    def _identify(self) -> tuple[ArtistIdentity, str]:
        """Return the identified artist, and by what: the last result, tags, albums, or the name."""
        artist_query, cached = self._query, self._cached
        if cached and cached.artist and self._is_still_valid(cached, cached.artist.id):
            return ArtistIdentity(cached.artist), cached.by
        if artist_query.mbid:
            try:
                artist = self._service.get_artist(artist_query.mbid)
            except NotFound:
                self._mbid_changes.deleted.append(artist_query.mbid)
            else:
                self._mbid_changes.note_merge(artist_query.mbid, artist.id)
                return ArtistIdentity(artist), "tags"
        voted = ArtistIdentity()
        if placeholders.is_placeholder_artist(artist_query.name):
            return voted, "name"
        if titles := self._titles_to_search():
            hits = self._service.search_releases(
                search_query.releases_by_name(artist_query.name, titles)
            )
            voted = identity.identify_by_albums(artist_query.name, artist_query.titles, hits)
            if voted.artist:
                return voted, "albums"
            if voted.has_same_name:
                return self._choose_by_tracks(voted, "albums")
        identified = identity.merge_identities(self._search_by_name(), voted)
        if not (identified.artist or identified.candidates):
            identified = self._search_similar_names()
        return self._choose_by_tracks(identified, "name")

    def _check_other_mbids(self, mbid: str) -> None:
        """Look up all other artist MBIDs in the tags, which may have been merged or deleted."""
        for other in self._query.others:
            if other in (mbid, *self._mbid_changes.merged, *self._mbid_changes.deleted):
                continue
            try:
                if self._service.get_artist(other).id == mbid:
                    self._mbid_changes.note_merge(other, mbid)
            except NotFound:
                self._mbid_changes.deleted.append(other)

    def _is_still_valid(self, cached: ResolvedArtist, mbid: str) -> bool:
        """Return whether the stored artist is named in the tags, or made a local album."""
        if self._query.mbid:
            return self._query.mbid == mbid
        discography = self._context.store.get_discography(mbid)
        if not discography or cached.name != self._query.name:
            return False
        local_keys = {title_keys.base_title_key(title) for title in self._query.titles}
        return not local_keys.isdisjoint(
            other_credits.collect_title_keys(discography.groups, discography.releases)
        )

    def _titles_to_search(self) -> list[str]:
        """Return the album titles to search for; the longest are the most distinctive."""
        return sorted(title_keys.unique_base_titles(self._query.titles), key=len, reverse=True)[
            :TITLES_PER_SEARCH
        ]

    def _search_by_name(self) -> ArtistIdentity:
        """Search artists by name or alias; the local albums decide between several."""
        artists = self._service.search_artists(search_query.artists_by_name(self._query.name))
        namesakes = identity.find_namesakes(self._query.name, artists)
        titles = self._titles_to_search()
        if not (namesakes and titles):
            return ArtistIdentity(candidates=identity.candidates_without_albums(namesakes))
        mbids = [artist.id for artist in namesakes]
        hits = self._service.search_releases(search_query.releases_by_id(mbids, titles))
        identified = identity.identify_by_albums(
            self._query.name, self._query.titles, hits, namesakes
        )
        if identified.artist or identified.candidates:
            return identified
        return ArtistIdentity(candidates=identity.candidates_without_albums(namesakes))

    def _search_similar_names(self) -> ArtistIdentity:
        """Search for artists with a similar name who have albums with similar titles."""
        text = search_query.releases_by_name_fuzzy(self._query.name, self._titles_to_search())
        hits = self._service.search_releases(text) if text else ()
        return ArtistIdentity(
            candidates=identity.find_similar_artists(self._query.name, self._query.titles, hits)
        )

    def _choose_by_tracks(self, identified: ArtistIdentity, by: str) -> tuple[ArtistIdentity, str]:
        """Choose between a few artists: the tracks of their releases must match local ones."""
        if identified.artist or not self._query.albums:
            return identified, by
        similar = [
            candidate.artist
            for candidate in identified.candidates
            if identity.has_similar_name(self._query.name, candidate)
        ]
        counts = {
            candidate.id: self._count_certain(candidate) for candidate in similar[:MAX_CANDIDATES]
        }
        best = max(counts.values(), default=0)
        best_artists = [
            candidate
            for candidate in similar[:MAX_CANDIDATES]
            if best and counts[candidate.id] == best
        ]
        return (
            (ArtistIdentity(best_artists[0]), "tracks")
            if len(best_artists) == 1
            else (identified, by)
        )

    def _count_certain(self, artist: model.Artist) -> int:
        """Return how many local albums certainly match one of an artist's first releases.

        Only the first page of releases that contains any match is read.
        """
        try:
            for releases in self._service.browse_first_releases(artist.id):
                if matched := self._match(artist, releases):
                    return len(matched)
        except NotFound:  # deleted after the search index was built
            pass
        return 0

    def _load_discography(self, artist: model.Artist) -> Discography:
        """Load the discography of an artist; if that fails, use an outdated stored one."""
        access = self._context.config
        cached = None if access.fresh else self._context.store.get_discography(artist.id)
        if cached and (cached.format >= model.DISCOGRAPHY_FORMAT or not access.is_enabled):
            return cached
        return self._service.browse_discography(artist, self._now)
