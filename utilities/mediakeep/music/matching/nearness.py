"""The distance between a local album and a release, as the weighted mean of penalties."""

from __future__ import annotations

from collections.abc import Collection

import msgspec

from mediakeep.lookups.catalogue import Release
from mediakeep.music.matching import pairing, shapes, titles, versions
from mediakeep.music.matching.evidence import Here
from mediakeep.music.matching.pairing import Letters, Paired
from mediakeep.music.matching.shapes import Shape
from mediakeep.music.matching.verdict import Penalty
from mediakeep.music.matching.weights import Weights

_AGREEING = 0.2  # titles that differ by less are equal
_ALIKE = 0.5  # artist names that differ by more are two artists
_CLOSE, _EXACT = 2.5, 1.0  # seconds
# Agreement is evidence: a track title counts 1, and these count as given.
_TITLED, _NEARLY, _EXACTLY, _WHOLE = 1.5, 0.5, 0.75, 0.5


class Near(msgspec.Struct, frozen=True):
    """The distance of a release from 0 to 1, its penalties, and the assignment of tracks.

    `evidence` sums up what agrees.
    """

    release: Release
    shape: Shape
    paired: Paired
    distance: float
    penalties: tuple[Penalty, ...]
    evidence: float
    missing: int  # missing tracks of the release
    is_entitled: bool  # the album has the title of the release, or a similar one
    is_version: bool  # it is another version of the release, such as live
    is_strange: bool  # by other artists, and the tracks differ too

    @property
    def group(self) -> str:
        """The MBID of the release group."""
        return self.release.release_group.id if self.release.release_group else ""

    @property
    def present(self) -> float:
        """The owned share of the release, from 0 to 1."""
        return 1 - self.missing / len(self.shape.slots)

    @property
    def extra(self) -> int:
        """The number of local tracks that the release lacks."""
        return self.paired.slots.count(-1)


class Scale:
    """Computes distances for the albums of one artist; `names` are the artist's names."""

    def __init__(self, weights: Weights, names: Collection[str]) -> None:
        self.weights, self._names, self._letters = weights, frozenset(names), Letters()

    def near(self, album: Here, shape: Shape, releases: Collection[Release]) -> list[Near]:
        """Compute the distances of releases with the same tracklist."""
        paired = pairing.of(album, shape, self.weights, self._letters)
        return [self._near(album, shape, paired, release) for release in releases]

    def _near(self, album: Here, shape: Shape, paired: Paired, release: Release) -> Near:
        weights = self.weights
        title_distance, artist_distance = self._album(album, release), self._artist(album, release)
        cost = sum(paired.costs) / len(paired.costs)
        missing_count = len(shape.slots) - paired.count - len(paired.unread)
        penalties = [
            Penalty("tracks", weights.tracks, cost),
            Penalty("missing tracks", weights.missing, missing_count / len(shape.slots)),
        ]
        if title_distance >= 0 and (album.is_tagged or title_distance < _AGREEING):
            penalties.append(Penalty("album title", weights.album, title_distance))
        if album.artists:
            penalties.append(Penalty("artist", weights.artist, artist_distance))
        weighted_sum = sum(penalty.weight * penalty.amount for penalty in penalties)
        return Near(
            release=release,
            shape=shape,
            paired=paired,
            distance=weighted_sum / sum(penalty.weight for penalty in penalties),
            penalties=tuple(penalty for penalty in penalties if penalty.amount > 0),
            is_entitled=0 <= title_distance <= weights.entitled,
            is_version=versions.told(album, shape, paired, release, weights),
            missing=missing_count,
            is_strange=artist_distance > _ALIKE and cost > weights.stranger,
            evidence=_evidence(album, shape, paired) + _TITLED * (0 <= title_distance < _AGREEING),
        )

    def _album(self, album: Here, release: Release) -> float:
        """Return the difference of the album titles, or -1 if the album has none."""
        group = release.release_group.title if release.release_group else ""
        release_titles = [titles.parsed(text) for text in {release.title, group} if text]
        title_distances = (
            self._wording(local_title, release_title)
            for local_title in album.titles
            for release_title in release_titles
            if local_title.latin == release_title.latin  # otherwise one of them is transliterated
        )
        return min(title_distances, default=-1.0)

    def _wording(self, title: titles.Title, other: titles.Title) -> float:
        apart = self._letters.of(title.key, [other.key])[other.key]
        return titles.distance(title, other, apart, self.weights)

    def _artist(self, album: Here, release: Release) -> float:
        """Return the difference of the artists; all names of the artist are equal.

        Return 0 if the album names no artist.
        """
        if not album.artists:
            return 0.0
        credited = shapes.names(release.artist_credit)
        if credited & self._names:
            credited |= self._names
        if not album.artists.isdisjoint(credited):
            return 0.0
        if not credited or any(name.artist.is_special for name in release.artist_credit):
            return 0.5
        name_distances = (self._letters.of(name, credited) for name in album.artists)
        return min(
            1.0,
            min(
                distances_by_name[other]
                for distances_by_name in name_distances
                for other in credited
            )
            / titles.FAR,
        )


def _evidence(album: Here, shape: Shape, paired: Paired) -> float:
    """Sum up what agrees: 1 for a title, 0.5 for a length, 0.75 for an exact one."""
    titled = sum(0 <= difference < _AGREEING for difference in paired.wordings)
    lengths = sum(
        _EXACTLY if difference < _EXACT else _NEARLY
        for difference in paired.apart
        if 0 <= difference < _CLOSE
    )
    whole = paired.count == len(album.tracks) == len(shape.slots)
    return titled + lengths + paired.identified + _WHOLE * whole
