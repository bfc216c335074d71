"""Which of the releases that a search found an album here may be, by title, size and maker."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence

from mediakeep.lookups.catalogue import Release
from mediakeep.music.checks import letters
from mediakeep.music.discography import title_keys
from mediakeep.music.discography.question import Owned

LIKE = 75.0  # of 100: titles that share so much may be one, with a slip of the pen
NEAR = 2  # tracks that a release may have less than are here
GROUPS = 3  # release groups of one title that are looked at
MOST = 10  # as long as none of them has half of the tracks

_FIGURES = re.compile("[0-9]+")


def is_like(key: str, others: Collection[str]) -> bool:
    """Tell whether the key of a title or a name is one of others, or nearly.

    What is numbered unlike is not the same: "Hits 1984" is not "Hits 1985".
    """
    return likest(key, others) is not None


def likest(key: str, others: Collection[str]) -> str | None:
    """Return the one of others that a key is most like, or None if it is like none."""
    if key in others:
        return key
    from rapidfuzz import fuzz, process  # most artists are looked up without it

    told = _FIGURES.findall(key)
    some = [one for one in others if not told or _FIGURES.findall(one) in ([], told)]
    found = process.extractOne(key, some, scorer=fuzz.ratio, score_cutoff=LIKE)
    return found[0] if found else None


class Hits:
    """What a search found for several albums of an artist, given by name.

    With `like` their titles may be misspelt.
    """

    def __init__(
        self, name: str, albums: Sequence[Owned], found: Iterable[Release], *, like: bool = False
    ) -> None:
        self._name = letters.loose(name)
        self._by_title: dict[str, list[Release]] = defaultdict(list)
        wanted = {title_keys.base_key(one.title) for one in albums}
        for release in found:
            key: str | None = title_keys.base_key(release.title)
            if like:
                key = likest(key or "", wanted)
            if key in wanted:
                self._by_title[key].append(release)
        makers = {(one, key) for key, some in self._by_title.items() for one in _makers(some)}
        self._made = Counter(artist for artist, _ in makers)

    def groups(self, album: Owned) -> list[str]:
        """Name the release groups that an album may be, the likeliest first."""
        near = [
            one
            for one in self._by_title.get(title_keys.base_key(album.title), ())
            if one.track_count >= album.tracks - NEAR and one.status in ("Official", None)
        ]
        near.sort(key=lambda one: self._rank(one, album))
        groups = (one.release_group.id for one in near if one.release_group)
        return list(dict.fromkeys(groups))[:MOST]

    def _rank(self, release: Release, album: Owned) -> tuple[object, ...]:
        """Put first who bears such a name, then who made most of the albums, then the size."""
        names = {letters.loose(one.name) for one in release.artist_credit}
        made = max((self._made[one] for one in _makers([release])), default=0)
        size = abs(release.track_count - album.tracks)
        return not is_like(self._name, names), -made, size, -release.score, release.id


def _makers(releases: Iterable[Release]) -> set[str]:
    return {credit.artist.id for release in releases for credit in release.artist_credit}
