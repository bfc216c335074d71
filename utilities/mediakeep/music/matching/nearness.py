"""How near a release is to an album here, as the sum of what speaks against it."""

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

_AGREEING = 0.2  # titles that differ by less say the same
_ALIKE = 0.5  # names of artists that differ by more are of two
_CLOSE, _EXACT = 2.5, 1.0  # seconds
# What agrees is evidence: a title counts one, and these what they are worth beside it.
_TITLED, _NEARLY, _EXACTLY, _WHOLE = 1.5, 0.5, 0.75, 0.5


class Near(msgspec.Struct, frozen=True):
    """An album held against a release: its distance from 0 to 1, why, and the pairs of tracks.

    `evidence` counts what agrees.
    """

    release: Release
    shape: Shape
    paired: Paired
    distance: float
    penalties: tuple[Penalty, ...]
    evidence: float
    missing: int  # tracks of the release that are not here
    is_entitled: bool  # the album bears the release's title, or nearly so
    is_version: bool  # it is rather a version of the release, such as a live one
    is_strange: bool  # others made it, and its tracks are not quite those of the release

    @property
    def group(self) -> str:
        """The MBID of the release group."""
        return self.release.release_group.id if self.release.release_group else ""

    @property
    def present(self) -> float:
        """How much of the release is here, from 0 to 1."""
        return 1 - self.missing / len(self.shape.slots)

    @property
    def extra(self) -> int:
        """How many tracks here the release does not have."""
        return self.paired.slots.count(-1)


class Scale:
    """What albums of one artist are weighed with; `names` are those that the artist has."""

    def __init__(self, weights: Weights, names: Collection[str]) -> None:
        self.weights, self._names, self._letters = weights, frozenset(names), Letters()

    def near(self, here: Here, shape: Shape, releases: Collection[Release]) -> list[Near]:
        """Hold an album against releases of one shape."""
        paired = pairing.of(here, shape, self.weights, self._letters)
        return [self._near(here, shape, paired, release) for release in releases]

    def _near(self, here: Here, shape: Shape, paired: Paired, release: Release) -> Near:
        weights = self.weights
        album, artist = self._album(here, release), self._artist(here, release)
        cost = sum(paired.costs) / len(paired.costs)
        lacking = len(shape.slots) - paired.count - len(paired.unread)
        penalties = [
            Penalty("tracks", weights.tracks, cost),
            Penalty("missing tracks", weights.missing, lacking / len(shape.slots)),
        ]
        if album >= 0 and (here.is_tagged or album < _AGREEING):
            penalties.append(Penalty("album title", weights.album, album))
        if here.artists:
            penalties.append(Penalty("artist", weights.artist, artist))
        sum_ = sum(one.weight * one.amount for one in penalties)
        return Near(
            release=release,
            shape=shape,
            paired=paired,
            distance=sum_ / sum(one.weight for one in penalties),
            penalties=tuple(one for one in penalties if one.amount > 0),
            is_entitled=0 <= album <= weights.entitled,
            is_version=versions.told(here, shape, paired, release, weights),
            missing=lacking,
            is_strange=artist > _ALIKE and cost > weights.stranger,
            evidence=_evidence(here, shape, paired) + _TITLED * (0 <= album < _AGREEING),
        )

    def _album(self, here: Here, release: Release) -> float:
        """Return how much the title differs, -1 where the album tells none."""
        group = release.release_group.title if release.release_group else ""
        theirs = [titles.parsed(text) for text in {release.title, group} if text]
        far = (
            self._wording(one, other)
            for one in here.titles
            for other in theirs
            if one.latin == other.latin  # else one of them was transliterated
        )
        return min(far, default=-1.0)

    def _wording(self, one: titles.Title, other: titles.Title) -> float:
        apart = self._letters.of(one.key, [other.key])[other.key]
        return titles.distance(one, other, apart, self.weights)

    def _artist(self, here: Here, release: Release) -> float:
        """Return how much the artists differ; one who has several names is one.

        Where the album names nobody, nothing differs.
        """
        if not here.artists:
            return 0.0
        credited = shapes.names(release.artist_credit)
        if credited & self._names:
            credited |= self._names
        if not here.artists.isdisjoint(credited):
            return 0.0
        if not credited or any(one.artist.is_special for one in release.artist_credit):
            return 0.5
        far = (self._letters.of(one, credited) for one in here.artists)
        return min(1.0, min(known[other] for known in far for other in credited) / titles.FAR)


def _evidence(here: Here, shape: Shape, paired: Paired) -> float:
    """Count what agrees: a title is worth one and a length a half, or more where it is exact."""
    titled = sum(0 <= one < _AGREEING for one in paired.wordings)
    lengths = sum(
        _EXACTLY if one < _EXACT else _NEARLY for one in paired.apart if 0 <= one < _CLOSE
    )
    whole = paired.count == len(here.tracks) == len(shape.slots)
    return titled + lengths + paired.identified + _WHOLE * whole
