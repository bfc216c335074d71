"""What is here and is not in an artist's own discography, looked for elsewhere.

1. Releases that the tags name are looked up one by one: they were merged or deleted, or others
   made them.
2. Release groups of the artist without an official release are read whole if an album here may be
   one of them: the status of a release may be unknown, and a browse by status leaves that out.
3. Compilations are looked for among the releases of others on which the artist plays.
4. An album whose title is like none that is known so far is searched for by its title and size,
   whoever made it: it may lie under a wrong name. Nobody is asked for it a second time.

Of what is found in the third and fourth way, all official editions are read, so that one can be
told from the others. It is what an album may be, no more: the tracks decide.
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

Tracks = Mapping[str, Sequence[Heard]]  # of the albums here, by their places

TITLES = 12  # in one search of an artist: their editions fit into its hundred hits
SOUGHT = 10  # in one search of everybody
_UNREAL = ("Pseudo-Release", "Cancelled")  # statuses of what nobody can own


@dataclass
class Fates:
    """What became of the MBIDs in tags: those merged into others, and those that are no more."""

    merged: dict[str, str] = field(default_factory=dict)
    deleted: list[str] = field(default_factory=list)

    def note(self, asked: str, found: str) -> None:
        """Note an MBID that was merged into another."""
        if found != asked:
            self.merged[asked] = found


class Others:
    """The releases of others that are here, as far as they were found."""

    def __init__(
        self,
        asked: Question,
        service: MusicBrainz,
        kept: Resolved | None,
        tracks: Tracks,
        fates: Fates,
    ) -> None:
        self._asked, self._service, self._tracks, self._fates = asked, service, tracks, fates
        self._before = {one.id: one for one in kept.more} if kept else {}
        self._sought_before = kept.sought if kept else {}
        self._known = Discography(artist=catalogue.Artist(id="", name=""))
        self.releases: dict[str, Release] = {}
        self.sought: dict[str, tuple[str, ...]] = {}

    def find(self, known: Discography | None) -> None:
        """Look for what a discography lacks, or for all where there is none.

        NotThere where its artist is no more.
        """
        self._known = known or self._known
        self._add(self._tagged())
        for one in self._unlisted():
            self._read_unlisted(*one)
        own = titles(self._known.groups, self._known.releases)
        mixed = [one for one in self._strange() if one.by_various and _key(one) not in own]
        if known and mixed:
            self._read(mixed, self._service.appearances(known.artist.id))
        own |= titles(self.releases.values())
        self._seek([one for one in self._strange() if _is_sought(one, own)])

    def _strange(self) -> list[Owned]:
        """Return the albums that no MBID in their tags explains."""
        known, more = self._known, self.releases.values()
        ids = {release.id for release in (*known.releases, *more)}
        groups = {group.id for group in known.groups}
        groups |= {one.release_group.id for one in more if one.release_group}
        seen = question.renewed(self._asked, self._fates.merged).albums
        return [one for one in seen if one.release not in ids and one.group not in groups]

    def _unlisted(self) -> Iterator[tuple[Owned, list[str]]]:
        """Yield albums with the artist's groups, without official releases, that they may be."""
        listed: dict[str, list[Release]] = defaultdict(list)
        for release in self._known.releases:
            listed[_group(release)].append(release)
        empty = {one.id: title_keys.base_key(one.title) for one in self._known.groups}
        empty = {group: key for group, key in empty.items() if group not in listed}
        ids = {release.id for release in (*self._known.releases, *self.releases.values())}
        for album in question.renewed(self._asked, self._fates.merged).albums if empty else ():
            if album.release in ids:
                continue
            groups = [album.group] if album.group in empty else _likest(_key(album), empty)
            if groups and not self._is_listed(album):
                yield album, groups

    def _is_listed(self, album: Owned) -> bool:
        """Tell whether an official release of a like title has half of the tracks of an album."""
        tracks = self._tracks[album.place]
        return any(
            2 * fit.of(tracks, one).found >= len(tracks)
            for one in self._known.releases
            if likeness.is_like(_key(album), {title_keys.base_key(one.title)})
        )

    def _read_unlisted(self, album: Owned, groups: Sequence[str]) -> None:
        before = self._sought_before.get(_size(album), ())
        self._add(one for one in self._before.values() if _group(one) in before)
        for group in groups:
            if group not in before:
                self._add(self._of_any_status(group))
        self.sought[_size(album)] = tuple(dict.fromkeys((*before, *groups)))

    def _tagged(self) -> Iterator[Release]:
        """Look up the releases that tags name; they may have been merged or deleted."""
        theirs = {release.id for release in self._known.releases}
        for mbid in dict.fromkeys(one.release for one in self._asked.albums):
            if mbid in ("", *theirs):
                continue
            try:
                found = self._before.get(mbid) or self._service.release(mbid)
            except NotThere:
                self._fates.deleted.append(mbid)
                continue
            self._fates.note(mbid, found.id)
            if found.id not in theirs:
                yield found

    def _seek(self, albums: Sequence[Owned]) -> None:
        """Search for albums, but for those that were searched for before."""
        new = []
        for one in albums:
            groups = self._sought_before.get(_size(one))
            if groups is None:
                new.append(one)
                continue
            self.sought[_size(one)] = groups
            self._add(kept for kept in self._before.values() if _group(kept) in groups)
        if self._asked.is_various:
            new = [lost for some in _parted(new, TITLES) for lost in self._by_various(some)]
        for some in _parted(new, SOUGHT):
            self._by_anybody(some)

    def _by_various(self, albums: Sequence[Owned]) -> list[Owned]:
        """Search for compilations, and return those that were not found."""
        bases = title_keys.bases(one.title for one in albums)
        text = query.releases_by_id([catalogue.VARIOUS_ARTISTS], bases)
        lost = self._read(albums, self._service.search_releases(text))
        bases = title_keys.bases(one.title for one in lost)
        if text := query.releases_by_id_alike(catalogue.VARIOUS_ARTISTS, bases):
            return self._read(lost, self._service.search_releases(text), like=True)
        return lost

    def _by_anybody(self, albums: Sequence[Owned]) -> None:
        """Search for albums; where others took all the room of the answer, for fewer at once."""
        sizes = [(title_keys.base(one.title), one.tracks - likeness.NEAR) for one in albums]
        hits = self._service.search_releases(query.releases_by_size(sizes))
        lost = self._read(albums, hits)
        if len(hits) == PAGE and lost and len(albums) > 1:
            for some in _parted(lost, (len(lost) + 1) // 2):
                self._by_anybody(some)

    def _read(
        self, albums: Sequence[Owned], found: Iterable[Release], *, like: bool = False
    ) -> list[Owned]:
        """Read what albums may be of all that was found; return those that are none of it."""
        hits = Hits(self._asked.name, albums, found, like=like)
        for one in albums:
            self.sought[_size(one)] = tuple(self._fitting(one, hits.groups(one)))
        return [one for one in albums if not self.sought[_size(one)]]

    def _fitting(self, album: Owned, groups: Iterable[str]) -> Iterator[str]:
        """Add the editions of release groups; one that shares no track only has the title.

        Beyond the first few, groups are read only until one has half of the tracks.
        """
        tracks, most = self._tracks[album.place], 0
        for number, group in enumerate(groups):
            if number >= likeness.GROUPS and 2 * most >= len(tracks):
                return
            editions = self._editions(group)
            found = max((fit.of(tracks, one).found for one in editions), default=0)
            most = max(most, found)
            if found:
                self._add(editions)
                yield group

    def _editions(self, group: str) -> tuple[Release, ...]:
        try:
            return self._service.releases(group) or self._of_any_status(group)
        except NotThere:  # it was deleted since it was listed
            return ()

    def _of_any_status(self, group: str) -> tuple[Release, ...]:
        """Read a group that has no official release, without what was never to be had."""
        try:
            found = self._service.releases_of_any_status(group)
        except NotThere:
            return ()
        return tuple(one for one in found if one.status not in _UNREAL)

    def _add(self, releases: Iterable[Release]) -> None:
        self.releases |= {one.id: one for one in releases}


def titles(*some: Iterable[catalogue.Group | Release]) -> set[str]:
    """Return the keys of the titles of release groups and releases."""
    return {title_keys.base_key(one.title) for several in some for one in several}


def _is_sought(album: Owned, known: Collection[str]) -> bool:
    """Tell whether an album has a title, and one that is like none of those that are known."""
    key = _key(album)
    return bool(key and not placeholders.is_album(album.title)) and not likeness.is_like(key, known)


def _likest(key: str, groups: Mapping[str, str]) -> list[str]:
    """Return a few of the groups, given with the keys of their titles, that are like a title."""
    same = [group for group, title in groups.items() if title == key]
    like = same or [one for one, title in groups.items() if likeness.is_like(key, {title})]
    return like[: likeness.GROUPS] if key else []


def _key(album: Owned) -> str:
    return title_keys.base_key(album.title)


def _size(album: Owned) -> str:
    """Return what an album is searched for by: where it changes, it is searched for again."""
    return f"{album.tracks} {_key(album)}"


def _group(release: Release) -> str:
    return release.release_group.id if release.release_group else ""


def _parted(albums: Sequence[Owned], most: int) -> Iterator[Sequence[Owned]]:
    for begin in range(0, len(albums), most):
        yield albums[begin : begin + most]
