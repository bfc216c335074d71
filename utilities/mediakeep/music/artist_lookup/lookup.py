"""Look up an artist if needed, store the result, and compare it with the local albums.

1. If the query equals that of the stored result, no request is made.
2. Otherwise a search identifies the artist and loads the discography. If it fails, the stored
   result is used.
3. After a search, recordings in tags that no known release has are looked up, as they may have
   been merged, if the title of their album is known.
4. Each local album is matched with the known releases, and compared with the discography.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from functools import partial

import msgspec
from msgspec import structs

from mediakeep.errors import LookupSkipped, NotFound, ServiceFailed
from mediakeep.item import LookupState
from mediakeep.lookups.musicbrainz import model
from mediakeep.lookups.musicbrainz.context import MusicBrainzContext
from mediakeep.lookups.musicbrainz.lookup_store import PossibleArtist, ResolvedArtist
from mediakeep.lookups.musicbrainz.model import ArtistCredit, Discography, Release
from mediakeep.music.artist_lookup import artist_query, collection, identity, other_credits
from mediakeep.music.artist_lookup.artist_query import ArtistQuery
from mediakeep.music.artist_lookup.artist_search import ArtistSearch
from mediakeep.music.artist_lookup.collection import OwnedDiscography
from mediakeep.music.matching import album_matcher, tracklists
from mediakeep.music.matching.match_result import AlbumMatch, MatchConfidence
from mediakeep.music.model import Artist
from mediakeep.music.text import title_keys, track_overlap


class ArtistLookup(msgspec.Struct, frozen=True):
    """The result of an artist's lookup; its state is "pending" if `reason` prevented the lookup."""

    state: LookupState
    resolved: ResolvedArtist | None = None
    discography: Discography | None = None
    collection: OwnedDiscography = OwnedDiscography()
    matches: dict[str, AlbumMatch] = {}  # matches of albums, by place
    reason: str = ""
    service_failed: bool = False  # a request to a service failed

    @property
    def mbid(self) -> str:
        """The MusicBrainz identifier of the artist, or "" if unknown."""
        return self.resolved.artist.id if self.resolved and self.resolved.artist else ""


_MAX_RECORDINGS = 25  # that a lookup requests at most, unless it is a refresh
NOT_LOOKED_UP = ArtistLookup("")  # if lookups are switched off


def look_up(artist: Artist, key: str, musicbrainz: MusicBrainzContext) -> ArtistLookup:
    """Look up an artist, if the settings allow it and it is needed, and match the albums."""
    query = artist_query.build_query(artist)
    if musicbrainz.is_unavailable:
        return ArtistLookup("pending", reason=musicbrainz.disabled_text)
    cached = musicbrainz.store.get_resolved(key)
    try:
        resolved, loaded = _cached_or_searched(artist, query, cached, musicbrainz)
    except (LookupSkipped, ServiceFailed) as error:
        failed = isinstance(error, ServiceFailed)
        # A failed refresh leaves the cached result as valid as before.
        state = cached.state if cached and musicbrainz.config.fresh else "pending"
        pending = ArtistLookup(state, cached, reason=str(error), service_failed=failed)
        discography = (
            musicbrainz.store.get_discography(cached.artist.id)
            if cached and cached.artist
            else None
        )
        return _add_comparison(pending, artist, query, discography) if discography else pending
    left_out = None
    if resolved is not cached:
        resolved, left_out = _add_merged_recordings(resolved, loaded, artist, query, musicbrainz)
    lookup = ArtistLookup(
        "pending" if left_out else resolved.state,
        *(resolved, loaded),
        reason=str(left_out or ""),
        service_failed=isinstance(left_out, ServiceFailed),
    )
    lookup = _add_comparison(lookup, artist, query, loaded)
    if resolved is not cached and _is_doubtful(lookup, query):
        lookup = _mark_as_unsure(lookup)
    return lookup if resolved is cached else _store_result(lookup, key, musicbrainz)


def look_up_albums(artist: Artist, musicbrainz: MusicBrainzContext) -> ArtistLookup:
    """Look up an artist that is no item of the music queue, and match the albums.

    Only responses and the discography are stored. Raises LookupSkipped, ServiceFailed or NoCache.
    """
    query = artist_query.build_query(artist)
    resolved, discography = _search(artist, query, None, musicbrainz)
    if discography:
        musicbrainz.store.save_discography(discography)
    lookup = ArtistLookup(resolved.state, resolved, discography)
    lookup = _add_comparison(lookup, artist, query, discography)
    return _mark_as_unsure(lookup) if _is_doubtful(lookup, query) else lookup


def _is_doubtful(lookup: ArtistLookup, query: ArtistQuery) -> bool:
    """Return whether hardly any local album is by the artist that was identified.

    An MBID in the tags is trusted if the artist's name fits, or if any album is theirs.
    """
    resolved, groups = lookup.resolved, lookup.collection.groups
    if not (resolved and resolved.artist and query.albums) or query.is_various:
        return False
    if resolved.by == "tags":
        return not groups and not identity.find_namesakes(query.name, [resolved.artist])
    count = sum(len(group.albums) for group in groups)
    return 2 * count < len(query.albums) and not any(group.overlap.found_count for group in groups)


def _mark_as_unsure(lookup: ArtistLookup) -> ArtistLookup:
    """Return the lookup with the artist as ambiguous, so that the user decides."""
    assert lookup.resolved is not None
    assert lookup.resolved.artist is not None
    titles = tuple(group.group.title for group in lookup.collection.groups)
    choices = (PossibleArtist(lookup.resolved.artist, titles),)
    resolved = structs.replace(lookup.resolved, state="unsure", artist=None, choices=choices)
    return ArtistLookup("unsure", resolved)


def _add_merged_recordings(
    resolved: ResolvedArtist,
    discography: Discography | None,
    artist: Artist,
    query: ArtistQuery,
    musicbrainz: MusicBrainzContext,
) -> tuple[ResolvedArtist, LookupSkipped | ServiceFailed | None]:
    """Add the recordings in tags that were merged into recordings of the known releases.

    A request that fails, or too many, end this: the error is returned, and the digest of the query
    is changed, so that the next lookup continues with the responses that are cached by then.
    """
    releases = (*(discography.releases if discography else ()), *resolved.more)
    known = {track.recording.id for release in releases for _, track in release.tracks}
    titles, merged = other_credits.collect_title_keys(releases), dict(resolved.merged)
    places = {one.place for one in query.albums if title_keys.base_title_key(one.title) in titles}
    texts = (
        text.strip().lower()
        for album in artist.albums
        if album.place in places
        for track in album.tracks
        for text in track.tags.musicbrainz_recordingid
    )
    fresh, stats = musicbrainz.config.fresh, musicbrainz.stats
    before, question, error = stats.requests, resolved.question, None
    try:
        with musicbrainz.musicbrainz.bypassing_cache(fresh):
            for old in [mbid for mbid in dict.fromkeys(texts) if mbid not in known]:
                if not fresh and stats.requests - before >= _MAX_RECORDINGS:
                    raise LookupSkipped(
                        musicbrainz.config.catalogue.name,
                        "the next run looks up the other recordings in the tags",
                    )
                with suppress(NotFound):
                    if (current := musicbrainz.musicbrainz.get_recording(old).id) in known:
                        merged[old] = current
    except (LookupSkipped, ServiceFailed) as caught:
        question, error = f"{question} incomplete", caught
    return structs.replace(
        resolved,
        merged=merged,
        question=question,
        requests=resolved.requests + stats.requests - before,
    ), error


def _store_result(lookup: ArtistLookup, key: str, musicbrainz: MusicBrainzContext) -> ArtistLookup:
    """Store the result of a lookup, with the release of each local album."""
    assert lookup.resolved is not None
    host = musicbrainz.config.pictures.host
    albums = collection.describe_albums(lookup.collection, lookup.matches, host)
    resolved = structs.replace(lookup.resolved, albums=albums)
    musicbrainz.store.save_resolved(key, resolved, lookup.discography)
    return structs.replace(lookup, resolved=resolved)


def recompute_after_repairs(
    lookup: ArtistLookup,
    artist: Artist,
    key: str,
    musicbrainz: MusicBrainzContext,
    *,
    is_answered: bool = True,
) -> ArtistLookup:
    """Compare the local albums with the discography again after repairs, without any request.

    If only repairs changed the tags (`is_answered`), their query is stored as the answered one.
    """
    if lookup.resolved is None or not lookup.discography:
        return lookup
    query = artist_query.replace_merged_mbids(
        artist_query.build_query(artist), lookup.resolved.merged
    )
    if is_answered and lookup.state != "pending" and lookup.resolved.question != query.digest:
        resolved = structs.replace(lookup.resolved, question=query.digest)
        lookup = structs.replace(lookup, resolved=resolved)
        musicbrainz.store.save_resolved(key, resolved, None)
    return _add_comparison(lookup, artist, query, lookup.discography)


def _add_comparison(
    lookup: ArtistLookup, artist: Artist, query: ArtistQuery, discography: Discography | None
) -> ArtistLookup:
    """Return the lookup with the match of each album, and the owned and missing releases."""
    assert lookup.resolved is not None
    query = artist_query.replace_merged_mbids(query, lookup.resolved.merged)
    discography = discography or Discography(artist=lookup.resolved.artist or _NO_ARTIST)
    other_releases, matches = (
        lookup.resolved.more,
        _match_albums(lookup.resolved, artist, query, discography),
    )
    if lookup.resolved.artist is None:  # the discography of an unknown artist was not looked up
        known_matches = {
            place: match
            for place, match in matches.items()
            if match.confidence is not MatchConfidence.UNKNOWN
        }
        return structs.replace(lookup, matches=known_matches)
    compared = collection.compare_with_discography(
        artist, query, discography, other_releases, matches
    )
    return structs.replace(lookup, discography=discography, collection=compared, matches=matches)


_NO_ARTIST = model.Artist(id="", name="")


def _match_albums(
    resolved: ResolvedArtist, artist: Artist, query: ArtistQuery, discography: Discography
) -> dict[str, AlbumMatch]:
    """Match each local album with all known releases; return the matches by place."""
    names = {title_keys.title_key(query.name)}
    if resolved.artist:
        names |= tracklists.credited_names(
            [ArtistCredit(name=discography.artist.name, artist=discography.artist)]
        )
    resolved_artist = structs.replace(artist, resolved=resolved)
    # which have more data than those of releases
    groups = {group.id: group for group in discography.groups}
    releases = (
        structs.replace(
            release, release_group=groups.get(release.release_group.id, release.release_group)
        )
        for release in (*discography.releases, *resolved.more)
        if release.release_group
    )
    return album_matcher.match_albums(resolved_artist, releases, names=names)


def _list_certain_albums(
    artist: Artist, by: model.Artist, releases: Iterable[Release]
) -> list[str]:
    """Return the places of the local albums that certainly match releases of an artist."""
    names = tracklists.credited_names([ArtistCredit(name=by.name, artist=by)])
    matches = album_matcher.match_albums(
        structs.replace(artist, resolved=None), releases, names=names
    )
    return [place for place, album in matches.items() if album.group]


def _cached_or_searched(
    artist: Artist,
    query: ArtistQuery,
    cached: ResolvedArtist | None,
    musicbrainz: MusicBrainzContext,
) -> tuple[ResolvedArtist, Discography | None]:
    is_refresh = musicbrainz.config.fresh
    if (
        cached
        and cached.question == artist_query.replace_merged_mbids(query, cached.merged).digest
        and not is_refresh
    ):
        discography = musicbrainz.store.get_discography(cached.artist.id) if cached.artist else None
        if discography or not cached.artist or query.is_various:
            musicbrainz.stats.hits += 1
            return cached, discography
    if is_refresh and not musicbrainz.config.is_enabled:
        raise musicbrainz.config.build_skipped_error()
    return _search(artist, query, None if is_refresh else cached, musicbrainz)


def _search(
    artist: Artist,
    query: ArtistQuery,
    cached: ResolvedArtist | None,
    musicbrainz: MusicBrainzContext,
) -> tuple[ResolvedArtist, Discography | None]:
    before = musicbrainz.stats.requests
    with musicbrainz.musicbrainz.bypassing_cache(musicbrainz.config.fresh):
        tracks = {
            album.place: [track_overlap.build_track_key(track) for track in album.tracks]
            for album in artist.albums
        }
        match = partial(_list_certain_albums, artist)
        resolved, discography = ArtistSearch(query, musicbrainz, cached, tracks, match).run()
    spent = musicbrainz.stats.requests - before
    resolved = structs.replace(resolved, requests=spent, album_count=len(query.albums))
    return resolved, discography
