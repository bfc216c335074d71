"""Find local albums that are not in the artist's own discography.

1. Releases named in the tags are looked up one by one: they were merged or deleted, or are by
   others.
2. Release groups of the artist without an official release are read completely if a local album
   may be one of them: the status of a release may be unknown, and a browse by status omits those.
3. Compilations are searched among the releases of others with tracks by the artist.
4. An album whose title resembles no known one is searched by title and size among all artists: it
   may be filed under a wrong name. It is searched only once.

All official editions of the groups found in steps 3 and 4 are read, to tell them apart. The results
are candidates only: the tracks decide.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from mediakeep.errors import NotThere
from mediakeep.lookups import catalogue, query
from mediakeep.lookups.catalogue import Discography, Release
from mediakeep.lookups.known import Resolved
from mediakeep.lookups.musicbrainz import PAGE, MusicBrainz
from mediakeep.music import placeholders
from mediakeep.music.discography import fit, likeness, question, title_keys
from mediakeep.music.discography.fit import Heard
from mediakeep.music.discography.likeness import Hits
from mediakeep.music.discography.question import Owned, Question

Tracks = Mapping[str, Sequence[Heard]]  # of the local albums, by place

TITLES = 12  # per search by artist: their editions fit into its hundred hits
SOUGHT = 10  # per search of all artists
_UNREAL = ("Pseudo-Release", "Cancelled")  # statuses of releases that were never available


@dataclass
class Fates:
    """MBIDs in the tags that were merged into others, and those that were deleted."""

    merged: dict[str, str] = field(default_factory=dict)
    deleted: list[str] = field(default_factory=list)

    def note(self, old: str, current: str) -> None:
        """Record an MBID if it was merged into another."""
        if current != old:
            self.merged[old] = current


class Others:
    """Releases outside the artist's discography that match local albums."""

    def __init__(
        self,
        query: Question,
        service: MusicBrainz,
        cached: Resolved | None,
        tracks: Tracks,
        fates: Fates,
    ) -> None:
        self._asked, self._service, self._tracks, self._fates = query, service, tracks, fates
        self._before = {release.id: release for release in cached.more} if cached else {}
        self._sought_before = cached.sought if cached else {}
        self._known = Discography(artist=catalogue.Artist(id="", name=""))
        self.releases: dict[str, Release] = {}
        self.sought: dict[str, tuple[str, ...]] = {}

    def find(self, discography: Discography | None) -> None:
        """Search for albums that the discography lacks, or for all albums if there is none.

        Raise NotThere if the artist was deleted.
        """
        self._known = discography or self._known
        self._add(self._tagged())
        for unlisted in self._unlisted():
            self._read_unlisted(*unlisted)
        own = titles(self._known.groups, self._known.releases)
        mixed = [
            unlisted
            for unlisted in self._strange()
            if unlisted.by_various and _key(unlisted) not in own
        ]
        if discography and mixed:
            self._read(mixed, self._service.appearances(discography.artist.id))
        own |= titles(self.releases.values())
        self._seek([unlisted for unlisted in self._strange() if _is_sought(unlisted, own)])

    def _strange(self) -> list[Owned]:
        """Return the albums that no MBID in their tags explains."""
        discography, more = self._known, self.releases.values()
        ids = {release.id for release in (*discography.releases, *more)}
        groups = {group.id for group in discography.groups}
        groups |= {item.release_group.id for item in more if item.release_group}
        albums = question.renewed(self._asked, self._fates.merged).albums
        return [item for item in albums if item.release not in ids and item.group not in groups]

    def _unlisted(self) -> Iterator[tuple[Owned, list[str]]]:
        """Yield albums with the artist's unofficial groups that they may be."""
        listed: dict[str, list[Release]] = defaultdict(list)
        for release in self._known.releases:
            listed[_group(release)].append(release)
        empty = {item.id: title_keys.base_key(item.title) for item in self._known.groups}
        empty = {group: key for group, key in empty.items() if group not in listed}
        ids = {release.id for release in (*self._known.releases, *self.releases.values())}
        for album in question.renewed(self._asked, self._fates.merged).albums if empty else ():
            if album.release in ids:
                continue
            groups = [album.group] if album.group in empty else _likest(_key(album), empty)
            if groups and not self._is_listed(album):
                yield album, groups

    def _is_listed(self, album: Owned) -> bool:
        """Return whether an official release of similar title has half of an album's tracks."""
        tracks = self._tracks[album.place]
        return any(
            2 * fit.of(tracks, release).found >= len(tracks)
            for release in self._known.releases
            if likeness.is_like(_key(album), {title_keys.base_key(release.title)})
        )

    def _read_unlisted(self, album: Owned, groups: Sequence[str]) -> None:
        before = self._sought_before.get(_size(album), ())
        self._add(release for release in self._before.values() if _group(release) in before)
        for group in groups:
            if group not in before:
                self._add(self._of_any_status(group))
        self.sought[_size(album)] = tuple(dict.fromkeys((*before, *groups)))

    def _tagged(self) -> Iterator[Release]:
        """Look up the releases named in the tags, which may be merged or deleted."""
        listed = {release.id for release in self._known.releases}
        for mbid in dict.fromkeys(album.release for album in self._asked.albums):
            if mbid in ("", *listed):
                continue
            try:
                current = self._before.get(mbid) or self._service.release(mbid)
            except NotThere:
                self._fates.deleted.append(mbid)
                continue
            self._fates.note(mbid, current.id)
            if current.id not in listed:
                yield current

    def _seek(self, albums: Sequence[Owned]) -> None:
        """Search for albums that were not searched for before."""
        new = []
        for album in albums:
            groups = self._sought_before.get(_size(album))
            if groups is None:
                new.append(album)
                continue
            self.sought[_size(album)] = groups
            self._add(release for release in self._before.values() if _group(release) in groups)
        if self._asked.is_various:
            new = [missed for batch in _parted(new, TITLES) for missed in self._by_various(batch)]
        for batch in _parted(new, SOUGHT):
            self._by_anybody(batch)

    def _by_various(self, albums: Sequence[Owned]) -> list[Owned]:
        """Search for compilations; return those that were not found."""
        bases = title_keys.bases(album.title for album in albums)
        text = query.releases_by_id([catalogue.VARIOUS_ARTISTS], bases)
        not_found = self._read(albums, self._service.search_releases(text))
        bases = title_keys.bases(album.title for album in not_found)
        if text := query.releases_by_id_alike(catalogue.VARIOUS_ARTISTS, bases):
            return self._read(not_found, self._service.search_releases(text), like=True)
        return not_found

    def _by_anybody(self, albums: Sequence[Owned]) -> None:
        """Search all artists for albums; split the search if other hits fill the result page."""
        sizes = [(title_keys.base(album.title), album.tracks - likeness.NEAR) for album in albums]
        hits = self._service.search_releases(query.releases_by_size(sizes))
        not_found = self._read(albums, hits)
        if len(hits) == PAGE and not_found and len(albums) > 1:
            for batch in _parted(not_found, (len(not_found) + 1) // 2):
                self._by_anybody(batch)

    def _read(
        self, albums: Sequence[Owned], releases: Iterable[Release], *, like: bool = False
    ) -> list[Owned]:
        """Read the groups that albums may be among the found releases; return unmatched albums."""
        hits = Hits(self._asked.name, albums, releases, like=like)
        for album in albums:
            self.sought[_size(album)] = tuple(self._fitting(album, hits.groups(album)))
        return [album for album in albums if not self.sought[_size(album)]]

    def _fitting(self, album: Owned, groups: Iterable[str]) -> Iterator[str]:
        """Add the editions of groups that share a track with an album, not only the title.

        After the first few, groups are read only until one has half of the tracks.
        """
        tracks, best = self._tracks[album.place], 0
        for number, group in enumerate(groups):
            if number >= likeness.GROUPS and 2 * best >= len(tracks):
                return
            editions = self._editions(group)
            found_count = max((fit.of(tracks, edition).found for edition in editions), default=0)
            best = max(best, found_count)
            if found_count:
                self._add(editions)
                yield group

    def _editions(self, group: str) -> tuple[Release, ...]:
        try:
            return self._service.releases(group) or self._of_any_status(group)
        except NotThere:  # deleted since it was listed
            return ()

    def _of_any_status(self, group: str) -> tuple[Release, ...]:
        """Return the editions of a group without official release, except unavailable ones."""
        try:
            editions = self._service.releases_of_any_status(group)
        except NotThere:
            return ()
        return tuple(edition for edition in editions if edition.status not in _UNREAL)

    def _add(self, releases: Iterable[Release]) -> None:
        self.releases |= {release.id: release for release in releases}


def titles(*groups: Iterable[catalogue.Group | Release]) -> set[str]:
    """Return the title keys of release groups and releases."""
    return {title_keys.base_key(item.title) for items in groups for item in items}


def _is_sought(album: Owned, known_keys: Collection[str]) -> bool:
    """Return whether an album has a title that resembles none of the known ones."""
    key = _key(album)
    return bool(key and not placeholders.is_album(album.title)) and not likeness.is_like(
        key, known_keys
    )


def _likest(key: str, groups: Mapping[str, str]) -> list[str]:
    """Return a few groups, given with their title keys, whose titles equal or resemble `key`."""
    same = [group for group, title in groups.items() if title == key]
    similar = same or [
        group_id for group_id, title in groups.items() if likeness.is_like(key, {title})
    ]
    return similar[: likeness.GROUPS] if key else []


def _key(album: Owned) -> str:
    return title_keys.base_key(album.title)


def _size(album: Owned) -> str:
    """Return the search key of an album: if it changes, the album is searched again."""
    return f"{album.tracks} {_key(album)}"


def _group(release: Release) -> str:
    return release.release_group.id if release.release_group else ""


def _parted(albums: Sequence[Owned], most: int) -> Iterator[Sequence[Owned]]:
    for start in range(0, len(albums), most):
        yield albums[start : start + most]
