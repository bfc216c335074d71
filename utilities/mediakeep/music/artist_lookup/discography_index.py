"""An index of a discography, to find albums by MBID or by exact title."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from mediakeep.lookups.musicbrainz.model import Release, ReleaseGroup
from mediakeep.music.artist_lookup.artist_query import OwnedAlbum
from mediakeep.music.text import title_keys, track_overlap
from mediakeep.music.text.track_overlap import TrackKey

_TYPES = ("Album", "EP", "Single", "Broadcast", "Other")


def release_group_sort_key(group: ReleaseGroup) -> tuple[int, int]:
    """Return a sort key: studio albums first, other types, then groups with secondary types."""
    kind = group.primary_type or "Other"
    return len(group.secondary_types), _TYPES.index(kind) if kind in _TYPES else len(_TYPES)


class DiscographyIndex(msgspec.Struct, frozen=True):
    """The release groups and releases of a discography, indexed by MBID and by title."""

    groups: Mapping[str, ReleaseGroup]
    editions: Mapping[str, Sequence[Release]]  # official editions of each release group
    by_title: Mapping[str, Sequence[str]]  # release groups by title key
    releases: Mapping[str, Release]


def build_index(groups: Iterable[ReleaseGroup], releases: Iterable[Release]) -> DiscographyIndex:
    """Index release groups and their editions; releases without a group are left out."""
    groups_by_id = {group.id: group for group in groups}
    editions: dict[str, list[Release]] = defaultdict(list)
    by_title: dict[str, dict[str, None]] = defaultdict(dict)
    every = {release.id: release for release in releases if release.release_group}
    for release in every.values():
        assert release.release_group is not None
        groups_by_id.setdefault(release.release_group.id, release.release_group)
        editions[release.release_group.id].append(release)
    for group in groups_by_id.values():
        for title in (group.title, *(edition.title for edition in editions[group.id])):
            for key in _title_keys(title):
                by_title[key][group.id] = None
    for group_editions in editions.values():
        group_editions.sort(key=lambda edition: (edition.date or "9", edition.id))
    return DiscographyIndex(
        groups_by_id, editions, {key: list(mbids) for key, mbids in by_title.items()}, every
    )


def _title_keys(title: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(map(title_keys.title_key, (title, title_keys.base_title(title)))))


def find_group(owned: OwnedAlbum, tracks: Sequence[TrackKey], index: DiscographyIndex) -> str:
    """Return the MBID of a local album's release group, or "" if it is not in the discography."""
    edition = index.releases.get(owned.release)
    if edition and edition.release_group:
        return edition.release_group.id
    if owned.group in index.groups:
        return owned.group
    whole = title_keys.title_key(owned.title)
    for key in _title_keys(owned.title) if owned.title else ():
        candidates = index.by_title.get(key, ())
        matching = [
            candidate
            for candidate in candidates
            if key == whole or _has_title(candidate, key, index)
        ]
        if len(matching) == 1:
            return matching[0]
        if matching:
            return min(matching, key=lambda candidate: _distance_key(candidate, tracks, index))
    return ""


def _distance_key(
    group: str, tracks: Sequence[TrackKey], index: DiscographyIndex
) -> tuple[object, ...]:
    """Return a sort key for release groups of one title: by matching tracks, then by type."""
    editions = index.editions.get(group, ())
    nearest = min(
        (track_overlap.match_tracks(tracks, edition).distance for edition in editions),
        default=(len(tracks) + 1, 0),
    )
    return (
        nearest,
        release_group_sort_key(index.groups[group]),
        index.groups[group].first_release_date or "9",
    )


def _has_title(group: str, key: str, index: DiscographyIndex) -> bool:
    """Return whether a group or one of its editions has exactly this title, brackets included."""
    titles = [
        index.groups[group].title,
        *(edition.title for edition in index.editions.get(group, ())),
    ]
    return key in map(title_keys.title_key, titles)
