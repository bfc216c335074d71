"""A discography as it is searched for albums: by MBIDs, and by exactly the same title."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from mediakeep.lookups.catalogue import Group, Release
from mediakeep.music.discography import fit, title_keys
from mediakeep.music.discography.fit import Heard
from mediakeep.music.discography.question import Owned

_TYPES = ("Album", "EP", "Single", "Broadcast", "Other")


def rank(group: Group) -> tuple[int, int]:
    """Put studio albums first, then the other types; what has a second type comes after those."""
    kind = group.primary_type or "Other"
    return len(group.secondary_types), _TYPES.index(kind) if kind in _TYPES else len(_TYPES)


class Shelf(msgspec.Struct, frozen=True):
    """A discography in the order in which albums are looked for."""

    groups: Mapping[str, Group]
    editions: Mapping[str, Sequence[Release]]  # of each release group, official ones
    by_title: Mapping[str, Sequence[str]]  # release groups under the keys of their titles
    releases: Mapping[str, Release]


def made(groups: Iterable[Group], releases: Iterable[Release]) -> Shelf:
    """Put release groups and their editions in order; a release of no group is left out."""
    known = {group.id: group for group in groups}
    editions: dict[str, list[Release]] = defaultdict(list)
    by_title: dict[str, dict[str, None]] = defaultdict(dict)
    every = {release.id: release for release in releases if release.release_group}
    for release in every.values():
        assert release.release_group is not None
        known.setdefault(release.release_group.id, release.release_group)
        editions[release.release_group.id].append(release)
    for group in known.values():
        for title in (group.title, *(one.title for one in editions[group.id])):
            for key in _keys(title):
                by_title[key][group.id] = None
    for some in editions.values():
        some.sort(key=lambda one: (one.date or "9", one.id))
    return Shelf(known, editions, {key: list(ids) for key, ids in by_title.items()}, every)


def _keys(title: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(map(title_keys.title_key, (title, title_keys.base(title)))))


def group_of(owned: Owned, tracks: Sequence[Heard], shelf: Shelf) -> str:
    """Return the release group that an album is of, "" where it is of none."""
    edition = shelf.releases.get(owned.release)
    if edition and edition.release_group:
        return edition.release_group.id
    if owned.group in shelf.groups:
        return owned.group
    whole = title_keys.title_key(owned.title)
    for key in _keys(owned.title) if owned.title else ():
        same = shelf.by_title.get(key, ())
        groups = [one for one in same if key == whole or _bears(one, key, shelf)]
        if len(groups) == 1:
            return groups[0]
        if groups:
            return min(groups, key=lambda one: _closeness(one, tracks, shelf))
    return ""


def _closeness(group: str, tracks: Sequence[Heard], shelf: Shelf) -> tuple[object, ...]:
    """Of several albums of one title the one whose tracks fit, then the more usual type."""
    editions = shelf.editions.get(group, ())
    nearest = min((fit.of(tracks, one).distance for one in editions), default=(len(tracks) + 1, 0))
    return nearest, rank(shelf.groups[group]), shelf.groups[group].first_release_date or "9"


def _bears(group: str, key: str, shelf: Shelf) -> bool:
    """Tell whether a group, or an edition of it, has this very title: other brackets, another."""
    titles = [shelf.groups[group].title, *(one.title for one in shelf.editions.get(group, ()))]
    return key in map(title_keys.title_key, titles)
