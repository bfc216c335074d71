"""Which releases of a search result an album may be, by title, size and artist."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence

from mediakeep.lookups.catalogue import Release
from mediakeep.music.checks import letters
from mediakeep.music.discography import title_keys
from mediakeep.music.discography.question import Owned

LIKE = 75.0  # of 100: titles this similar may differ by a typing error
NEAR = 2  # tracks that a release may have fewer than the album
GROUPS = 3  # release groups checked per title
MOST = 10  # checked if none of them has half of the tracks

_FIGURES = re.compile("[0-9]+")


def is_like(key: str, others: Collection[str]) -> bool:
    """Return whether the key of a title or name equals or resembles one of `others`.

    Keys with different numbers never match: "Hits 1984" is not "Hits 1985".
    """
    return likest(key, others) is not None


def likest(key: str, others: Collection[str]) -> str | None:
    """Return the most similar of `others`, or None if none is similar."""
    if key in others:
        return key
    from rapidfuzz import fuzz, process  # most lookups do not need it

    digits = _FIGURES.findall(key)
    comparable = [
        other for other in others if not digits or _FIGURES.findall(other) in ([], digits)
    ]
    best = process.extractOne(key, comparable, scorer=fuzz.ratio, score_cutoff=LIKE)
    return best[0] if best else None


class Hits:
    """Search results for several albums of an artist, given by name.

    If `like`, titles may be misspelt.
    """

    def __init__(
        self,
        name: str,
        albums: Sequence[Owned],
        releases_found: Iterable[Release],
        *,
        like: bool = False,
    ) -> None:
        self._name = letters.loose(name)
        self._by_title: dict[str, list[Release]] = defaultdict(list)
        wanted_keys = {title_keys.base_key(item.title) for item in albums}
        for release in releases_found:
            key: str | None = title_keys.base_key(release.title)
            if like:
                key = likest(key or "", wanted_keys)
            if key in wanted_keys:
                self._by_title[key].append(release)
        makers = {
            (item, key) for key, releases in self._by_title.items() for item in _makers(releases)
        }
        self._made = Counter(artist for artist, _ in makers)

    def groups(self, album: Owned) -> list[str]:
        """Return the release groups that an album may be, most likely first."""
        releases = [
            release
            for release in self._by_title.get(title_keys.base_key(album.title), ())
            if release.track_count >= album.tracks - NEAR and release.status in ("Official", None)
        ]
        releases.sort(key=lambda release: self._rank(release, album))
        groups = (release.release_group.id for release in releases if release.release_group)
        return list(dict.fromkeys(groups))[:MOST]

    def _rank(self, release: Release, album: Owned) -> tuple[object, ...]:
        """Sort by artist name, then by number of albums by the artist, then by size."""
        names = {letters.loose(artist.name) for artist in release.artist_credit}
        album_count = max((self._made[artist] for artist in _makers([release])), default=0)
        size = abs(release.track_count - album.tracks)
        return not is_like(self._name, names), -album_count, size, -release.score, release.id


def _makers(releases: Iterable[Release]) -> set[str]:
    return {credit.artist.id for release in releases for credit in release.artist_credit}
