"""The match of a local album: release, confidence, and penalties."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from mediakeep.lookups.musicbrainz.model import Medium, Release, ReleaseGroup, Track

MediumTrack = tuple[Medium, Track]


class MatchConfidence(StrEnum):
    """The confidence of a match."""

    CERTAIN = "certain"  # the release group and the edition
    TIED = "tied"  # the release group; several editions are equally likely
    UNSURE = "unsure"  # the user decides
    UNKNOWN = "unknown"  # no release is near: it is not on MusicBrainz


class TrackPair(msgspec.Struct, frozen=True):
    """A local track, by place, and its track of a release, with a cost from 0 to 1.

    If it is not certain, another track of the release is possible, too.
    """

    place: str
    medium: Medium
    track: Track
    cost: float
    is_certain: bool = True


class MatchPenalty(msgspec.Struct, frozen=True):
    """A difference from a release: its weight, and its amount from 0 to 1."""

    name: str
    weight: float
    amount: float


class ReleaseCandidate(msgspec.Struct, frozen=True, kw_only=True):
    """A possible release, with a distance from 0 (identical) to 1.

    `missing` are the tracks of the release that are not owned, `extra` the places of local tracks
    that are not on the release.
    """

    release: Release
    distance: float
    penalties: tuple[MatchPenalty, ...] = ()
    pairs: tuple[TrackPair, ...] = ()
    missing: tuple[MediumTrack, ...] = ()
    extra: tuple[str, ...] = ()


class AlbumMatch(msgspec.Struct, frozen=True, kw_only=True):
    """The match of a local album; `place` is its folder below the artist.

    The candidates are sorted best first: one if it is certain, all tied editions, or the few that
    the user may choose from.
    """

    place: str
    confidence: MatchConfidence
    candidates: tuple[ReleaseCandidate, ...] = ()
    decided_by: str = "tracks"  # or "tags" if identifiers decided

    @property
    def best(self) -> ReleaseCandidate | None:
        """The best candidate, or None."""
        return self.candidates[0] if self.candidates else None

    @property
    def release(self) -> Release | None:
        """The release, or None if it is not certain."""
        return self.candidates[0].release if self.confidence is MatchConfidence.CERTAIN else None

    @property
    def group(self) -> ReleaseGroup | None:
        """The release group, or None if it is not certain."""
        is_certain = self.confidence in (MatchConfidence.CERTAIN, MatchConfidence.TIED)
        return self.candidates[0].release.release_group if is_certain else None

    @property
    def releases(self) -> tuple[Release, ...]:
        """The releases of all candidates."""
        return tuple(candidate.release for candidate in self.candidates)
