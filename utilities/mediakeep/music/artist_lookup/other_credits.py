"""Find local albums that are not in the artist's own discography.

1. Releases named in the tags are looked up one by one: they were merged or deleted, or are by
   others.
2. Release groups of the artist without an official release are read completely if a local album
   may be one of them: the status of a release may be unknown, and a browse by status omits those.
3. Compilations are searched among the releases of others with tracks by the artist.
4. An album whose title resembles no known one is searched by title and size among all artists: it
   may be filed under a wrong name. It is searched only once.
5. An album that matches no release so far is searched by its rarest track titles: its title and its
   artist may be misspelt. It is searched only once, too.

All official editions of the groups found in steps 3 to 5 are read, to tell them apart. The results
are candidates only: the tracks decide.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from msgspec import structs

from mediakeep.errors import NotFound
from mediakeep.lookups.musicbrainz import model, search_query
from mediakeep.lookups.musicbrainz.client import PAGE_SIZE, MusicBrainzClient
from mediakeep.lookups.musicbrainz.lookup_store import ResolvedArtist
from mediakeep.lookups.musicbrainz.model import Discography, Release
from mediakeep.music.artist_lookup import album_similarity, artist_query
from mediakeep.music.artist_lookup.album_similarity import SearchHits
from mediakeep.music.artist_lookup.artist_query import ArtistQuery, OwnedAlbum
from mediakeep.music.text import placeholders, title_keys, track_overlap
from mediakeep.music.text.track_overlap import TrackKey

TracksByPlace = Mapping[str, Sequence[TrackKey]]  # of the local albums, by place
# Returns the places of the local albums that certainly match releases of an artist.
AlbumMatcher = Callable[[model.Artist, Iterable[Release]], Collection[str]]

TITLES_PER_SEARCH = 12  # per search by artist: their editions fit into its hundred hits
ALBUMS_PER_SEARCH = 10  # per search of all artists
TRACKS_PER_ALBUM = 3  # in a search by tracks
_UNRELEASED_STATUSES = (
    "Pseudo-Release",
    "Cancelled",
)  # statuses of releases that were never available


@dataclass
class MbidChanges:
    """The MBIDs in the tags that MusicBrainz has merged into others, and those it has deleted."""

    merged: dict[str, str] = field(default_factory=dict)
    deleted: list[str] = field(default_factory=list)

    def note_merge(self, old: str, current: str) -> None:
        """Record that `old` was merged into `current`, if the two differ."""
        if current != old:
            self.merged[old] = current


class OtherReleaseFinder:
    """Finds releases outside the artist's discography that local albums may be."""

    def __init__(
        self,
        query: ArtistQuery,
        service: MusicBrainzClient,
        cached: ResolvedArtist | None,
        tracks: TracksByPlace,
        mbid_changes: MbidChanges,
        match: AlbumMatcher,
    ) -> None:
        self._query, self._service, self._tracks, self._mbid_changes, self._match = (
            query,
            service,
            tracks,
            mbid_changes,
            match,
        )
        self._known_releases = {release.id: release for release in cached.more} if cached else {}
        self._searched_before = cached.sought if cached else {}
        self._discography = Discography(artist=model.Artist(id="", name=""))
        self.releases: dict[str, Release] = {}
        self.searched_groups: dict[str, tuple[str, ...]] = {}

    def find(self, discography: Discography | None) -> None:
        """Search for local albums that the discography lacks; for all albums if there is none.

        Raise NotFound if MusicBrainz has deleted the artist.
        """
        self._discography = discography or self._discography
        self._add_releases(self._look_up_tagged())
        for unlisted in self._albums_of_unofficial_groups():
            self._add_unofficial_editions(*unlisted)
        own = collect_title_keys(self._discography.groups, self._discography.releases)
        mixed = [
            unlisted
            for unlisted in self._unexplained_albums()
            if unlisted.by_various and _album_key(unlisted) not in own
        ]
        if discography and mixed:
            self._add_matching_groups(
                mixed, self._service.browse_appearances(discography.artist.id)
            )
        own |= collect_title_keys(self.releases.values())
        self._search_albums(
            [unlisted for unlisted in self._unexplained_albums() if _needs_search(unlisted, own)]
        )
        self._search_by_tracks()

    def _unexplained_albums(self) -> list[OwnedAlbum]:
        """Return the local albums whose release is not known from an MBID in their tags."""
        discography, other_releases = self._discography, self.releases.values()
        mbids = {release.id for release in (*discography.releases, *other_releases)}
        groups = {group.id for group in discography.groups}
        groups |= {item.release_group.id for item in other_releases if item.release_group}
        albums = artist_query.replace_merged_mbids(self._query, self._mbid_changes.merged).albums
        return [item for item in albums if item.release not in mbids and item.group not in groups]

    def _albums_of_unofficial_groups(self) -> Iterator[tuple[OwnedAlbum, list[str]]]:
        """Yield local albums with the MBIDs of unofficial release groups that they may be."""
        listed: dict[str, list[Release]] = defaultdict(list)
        for release in self._discography.releases:
            listed[_group_id(release)].append(release)
        empty = {
            item.id: title_keys.base_title_key(item.title) for item in self._discography.groups
        }
        empty = {group: key for group, key in empty.items() if group not in listed}
        mbids = {release.id for release in (*self._discography.releases, *self.releases.values())}
        for album in (
            artist_query.replace_merged_mbids(self._query, self._mbid_changes.merged).albums
            if empty
            else ()
        ):
            if album.release in mbids:
                continue
            groups = (
                [album.group] if album.group in empty else _similar_groups(_album_key(album), empty)
            )
            official = (
                release
                for release in self._discography.releases
                if album_similarity.is_similar(
                    _album_key(album), {title_keys.base_title_key(release.title)}
                )
            )
            if groups and not self._has_half_of(album, official):
                yield album, groups

    def _has_half_of(self, album: OwnedAlbum, releases: Iterable[Release]) -> bool:
        """Return whether any of the releases has half of an album's tracks."""
        tracks = self._tracks[album.place]
        return any(
            2 * track_overlap.match_tracks(tracks, release).found_count >= len(tracks)
            for release in releases
        )

    def _add_unofficial_editions(self, album: OwnedAlbum, groups: Sequence[str]) -> None:
        before = self._searched_before.get(_search_key(album), ())
        self._add_releases(
            release for release in self._known_releases.values() if _group_id(release) in before
        )
        for group in groups:
            if group not in before:
                self._add_releases(self._editions_of_any_status(group))
        self.searched_groups[_search_key(album)] = tuple(dict.fromkeys((*before, *groups)))

    def _look_up_tagged(self) -> Iterator[Release]:
        """Yield the releases that tags name by MBID; they may have been merged or deleted."""
        listed = {release.id for release in self._discography.releases}
        for mbid in dict.fromkeys(album.release for album in self._query.albums):
            if mbid in ("", *listed):
                continue
            try:
                current = self._known_releases.get(mbid) or self._service.get_release(mbid)
            except NotFound:
                self._mbid_changes.deleted.append(mbid)
                continue
            self._mbid_changes.note_merge(mbid, current.id)
            if current.id not in listed:
                yield current

    def _search_albums(self, albums: Sequence[OwnedAlbum]) -> None:
        """Search all artists' releases for albums that were not searched for before."""
        new = [album for album in albums if not self._reuse_search(_search_key(album))]
        if self._query.is_various:
            new = [
                missed
                for batch in _split_into_batches(new, TITLES_PER_SEARCH)
                for missed in self._search_compilations(batch)
            ]
        for batch in _split_into_batches(new, ALBUMS_PER_SEARCH):
            self._search_any_artist(batch)

    def _reuse_search(self, key: str) -> bool:
        """Add the release groups found by an earlier search; return whether there was one."""
        groups = self._searched_before.get(key)
        if groups is None:
            return False
        self.searched_groups[key] = groups
        self._add_releases(
            release for release in self._known_releases.values() if _group_id(release) in groups
        )
        return True

    def _search_by_tracks(self) -> None:
        """Search for albums that match no release so far by their rarest track titles."""
        releases = [*self._discography.releases, *self.releases.values()]
        known = {_group_id(release) for release in releases}
        albums = [
            album
            for album in self._unexplained_albums()
            if len(self._rarest_tracks(album)) > 1 and not self._has_half_of(album, releases)
        ]
        artist, queried = self._discography.artist, model.Alias(name=self._query.name)
        named = structs.replace(artist, aliases=(*artist.aliases, queried))
        matched = self._match(named, releases) if albums else ()
        new = [
            album
            for album in albums
            if album.place not in matched
            and not self._reuse_search(_track_search_key(self._rarest_tracks(album)))
        ]
        for batch in _split_into_batches(new, ALBUMS_PER_SEARCH // TRACKS_PER_ALBUM):
            query = search_query.recordings_by_title(
                (
                    [(track.name, track.seconds) for track in self._rarest_tracks(album)],
                    album.tracks - album_similarity.MAX_MISSING_TRACKS,
                )
                for album in batch
            )
            hits = self._service.search_recordings(query)
            for album in batch:
                tracks = self._rarest_tracks(album)
                groups = album_similarity.rank_groups_by_tracks(
                    {track.base for track in tracks}, album, hits
                )
                self.searched_groups[_track_search_key(tracks)] = tuple(
                    self._groups_with_common_tracks(
                        album, [group for group in groups if group not in known]
                    )
                )

    def _rarest_tracks(self, album: OwnedAlbum) -> list[TrackKey]:
        """Return a few tracks of an album; the longest titles are the most distinctive."""
        by_title = {
            track.base: track
            for track in self._tracks[album.place]
            if track.base and not placeholders.is_placeholder_title(track.name)
        }
        return sorted(by_title.values(), key=lambda track: (-len(track.base), track.base))[
            :TRACKS_PER_ALBUM
        ]

    def _search_compilations(self, albums: Sequence[OwnedAlbum]) -> list[OwnedAlbum]:
        """Search compilations with tracks by the artist; return the albums that were not found."""
        bases = title_keys.unique_base_titles(album.title for album in albums)
        text = search_query.releases_by_id([model.VARIOUS_ARTISTS], bases)
        not_found = self._add_matching_groups(albums, self._service.search_releases(text))
        bases = title_keys.unique_base_titles(album.title for album in not_found)
        if text := search_query.releases_by_id_fuzzy(model.VARIOUS_ARTISTS, bases):
            return self._add_matching_groups(
                not_found, self._service.search_releases(text), like=True
            )
        return not_found

    def _search_any_artist(self, albums: Sequence[OwnedAlbum]) -> None:
        """Search all artists' releases for albums; split the search if results are cut off."""
        sizes = [
            (title_keys.base_title(album.title), album.tracks - album_similarity.MAX_MISSING_TRACKS)
            for album in albums
        ]
        hits = self._service.search_releases(search_query.releases_by_size(sizes))
        not_found = self._add_matching_groups(albums, hits)
        if len(hits) == PAGE_SIZE and not_found and len(albums) > 1:
            for batch in _split_into_batches(not_found, (len(not_found) + 1) // 2):
                self._search_any_artist(batch)

    def _add_matching_groups(
        self, albums: Sequence[OwnedAlbum], releases: Iterable[Release], *, like: bool = False
    ) -> list[OwnedAlbum]:
        """Load the release groups that albums may be; return the albums without such a group."""
        hits = SearchHits(self._query.name, albums, releases, like=like)
        for album in albums:
            self.searched_groups[_search_key(album)] = tuple(
                self._groups_with_common_tracks(album, hits.rank_release_groups(album))
            )
        return [album for album in albums if not self.searched_groups[_search_key(album)]]

    def _groups_with_common_tracks(self, album: OwnedAlbum, groups: Iterable[str]) -> Iterator[str]:
        """Yield the release groups that share a track with an album, and add their editions.

        After the first few groups, reading stops when one has half of the tracks.
        """
        tracks, best = self._tracks[album.place], 0
        for number, group in enumerate(groups):
            if number >= album_similarity.GROUPS_PER_TITLE and 2 * best >= len(tracks):
                return
            editions = self._official_editions(group)
            found_count = max(
                (track_overlap.match_tracks(tracks, edition).found_count for edition in editions),
                default=0,
            )
            best = max(best, found_count)
            if found_count:
                self._add_releases(editions)
                yield group

    def _official_editions(self, group: str) -> tuple[Release, ...]:
        try:
            return self._service.browse_official_releases(group) or self._editions_of_any_status(
                group
            )
        except NotFound:  # deleted since it was listed
            return ()

    def _editions_of_any_status(self, group: str) -> tuple[Release, ...]:
        """Return all editions of a group without an official one, except those never available."""
        try:
            editions = self._service.browse_all_releases(group)
        except NotFound:
            return ()
        return tuple(edition for edition in editions if edition.status not in _UNRELEASED_STATUSES)

    def _add_releases(self, releases: Iterable[Release]) -> None:
        self.releases |= {release.id: release for release in releases}


def collect_title_keys(*groups: Iterable[model.ReleaseGroup | Release]) -> set[str]:
    """Return the title keys of release groups and releases."""
    return {title_keys.base_title_key(item.title) for items in groups for item in items}


def _needs_search(album: OwnedAlbum, known_keys: Collection[str]) -> bool:
    """Return whether the title of an album resembles none of the known titles."""
    key = _album_key(album)
    return bool(
        key and not placeholders.is_placeholder_album(album.title)
    ) and not album_similarity.is_similar(key, known_keys)


def _similar_groups(key: str, groups: Mapping[str, str]) -> list[str]:
    """Return the MBIDs of a few release groups whose titles equal or resemble the title `key`.

    `groups` maps MBIDs of groups to their title keys.
    """
    namesakes = [group for group, title in groups.items() if title == key]
    similar = namesakes or [
        group_id for group_id, title in groups.items() if album_similarity.is_similar(key, {title})
    ]
    return similar[: album_similarity.GROUPS_PER_TITLE] if key else []


def _album_key(album: OwnedAlbum) -> str:
    return title_keys.base_title_key(album.title)


def _search_key(album: OwnedAlbum) -> str:
    """Return a text that identifies an album's search; when it changes, search again."""
    return f"{album.tracks} {_album_key(album)}"


def _track_search_key(tracks: Iterable[TrackKey]) -> str:
    return " ".join(("tracks:", *(track.base for track in tracks)))


def _group_id(release: Release) -> str:
    return release.release_group.id if release.release_group else ""


def _split_into_batches(albums: Sequence[OwnedAlbum], limit: int) -> Iterator[Sequence[OwnedAlbum]]:
    for start in range(0, len(albums), limit):
        yield albums[start : start + limit]
