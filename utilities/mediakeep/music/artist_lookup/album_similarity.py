"""Decide which found releases a local album may be, by title, number of tracks and artist."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence

from mediakeep.lookups.musicbrainz.model import Release
from mediakeep.lookups.musicbrainz.responses import FoundRecording
from mediakeep.music.artist_lookup.artist_query import OwnedAlbum
from mediakeep.music.text import compare_text, title_keys

MIN_SIMILARITY = 75.0  # of 100: titles this similar may differ by a typing error
MAX_MISSING_TRACKS = 2  # tracks that a release may have fewer than the album
GROUPS_PER_TITLE = 3  # release groups checked per title
MAX_GROUPS = 10  # checked if none of them has half of the tracks

_DIGITS = re.compile("[0-9]+")


def is_similar(key: str, others: Collection[str]) -> bool:
    """Return whether a title or name resembles one of `others`; all are given as comparison keys.

    Keys with different numbers never match: "Hits 1984" is not "Hits 1985".
    """
    return most_similar(key, others) is not None


def most_similar(key: str, others: Collection[str]) -> str | None:
    """Return the key in `others` that resembles `key` most, or None if none does."""
    if key in others:
        return key
    from rapidfuzz import fuzz, process  # most lookups do not need it

    digits = _DIGITS.findall(key)
    comparable = [other for other in others if not digits or _DIGITS.findall(other) in ([], digits)]
    best = process.extractOne(key, comparable, scorer=fuzz.ratio, score_cutoff=MIN_SIMILARITY)
    return best[0] if best else None


def rank_groups_by_tracks(
    keys: Collection[str], album: OwnedAlbum, recordings: Iterable[FoundRecording]
) -> list[str]:
    """Return the MBIDs of a few release groups that have at least two of an album's tracks.

    `keys` are the base title keys of the tracks that were searched for. The groups with the most of
    them are first, then those with the nearest number of tracks.
    """
    sizes: dict[str, dict[str, int]] = defaultdict(dict)  # differences by group and track
    for recording in recordings:
        key = title_keys.base_title_key(recording.title)
        for release in recording.releases if key in keys else ():
            more = release.track_count - album.tracks
            is_possible = more >= -MAX_MISSING_TRACKS and release.status in ("Official", None)
            if release.release_group and is_possible:
                known = sizes[release.release_group.id]
                known[key] = min(abs(more), known.get(key, abs(more)))
    return sorted(
        (group for group in sizes if len(sizes[group]) > 1),
        key=lambda group: (-len(sizes[group]), min(sizes[group].values()), group),
    )[:GROUPS_PER_TITLE]


class SearchHits:
    """The releases found by a search for several local albums of an artist.

    If `like` is True, titles may differ by typing errors.
    """

    def __init__(
        self,
        name: str,
        albums: Sequence[OwnedAlbum],
        releases_found: Iterable[Release],
        *,
        like: bool = False,
    ) -> None:
        self._name = compare_text.comparison_key(name)
        self._by_title: dict[str, list[Release]] = defaultdict(list)
        wanted_keys = {title_keys.base_title_key(item.title) for item in albums}
        for release in releases_found:
            key: str | None = title_keys.base_title_key(release.title)
            if like:
                key = most_similar(key or "", wanted_keys)
            if key in wanted_keys:
                self._by_title[key].append(release)
        makers = {
            (item, key)
            for key, releases in self._by_title.items()
            for item in _credited_artists(releases)
        }
        self._albums_by_artist = Counter(artist for artist, _ in makers)

    def rank_release_groups(self, album: OwnedAlbum) -> list[str]:
        """Return the MBIDs of the release groups that a local album may be, most likely first."""
        releases = [
            release
            for release in self._by_title.get(title_keys.base_title_key(album.title), ())
            if release.track_count >= album.tracks - MAX_MISSING_TRACKS
            and release.status in ("Official", None)
        ]
        releases.sort(key=lambda release: self._sort_key(release, album))
        groups = (release.release_group.id for release in releases if release.release_group)
        return list(dict.fromkeys(groups))[:MAX_GROUPS]

    def _sort_key(self, release: Release, album: OwnedAlbum) -> tuple[object, ...]:
        """Return a sort key for releases: by artist name, number of albums, then size."""
        names = {compare_text.comparison_key(artist.name) for artist in release.artist_credit}
        album_count = max(
            (self._albums_by_artist[artist] for artist in _credited_artists([release])), default=0
        )
        size = abs(release.track_count - album.tracks)
        return not is_similar(self._name, names), -album_count, size, -release.score, release.id


def _credited_artists(releases: Iterable[Release]) -> set[str]:
    return {credit.artist.id for release in releases for credit in release.artist_credit}
