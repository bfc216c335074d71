"""The result of matching a local album: releases, how certain they are, and differences."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from mediakeep.lookups.musicbrainz.model import Medium, Release, ReleaseGroup, Track

MediumTrack = tuple[Medium, Track]


class MatchConfidence(StrEnum):
    """How certain it is which release an album is."""

    CERTAIN = "certain"  # the release group and the edition
    TIED = "tied"  # the release group; several editions are equally likely
    UNSURE = "unsure"  # the user decides
    UNKNOWN = "unknown"  # no release is near: it is not on MusicBrainz

    @property
    def label(self) -> str:
        """The word for people; the value is for files."""
        return "certain except the edition" if self is MatchConfidence.TIED else self.value


class TrackPair(msgspec.Struct, frozen=True):
    """A local track, by its place, and the release's track it is paired with.

    The cost is from 0 to 1. If the pair is not certain, the local track may be another track of the
    release.
    """

    place: str
    medium: Medium
    track: Track
    cost: float
    is_certain: bool = True


class MatchPenalty(msgspec.Struct, frozen=True):
    """A difference between an album and a release: its weight, and its size from 0 to 1."""

    name: str
    weight: float
    amount: float


class ReleaseCandidate(msgspec.Struct, frozen=True, kw_only=True):
    """A release that an album may be, with a distance from 0 (identical) to 1.

    `missing` are tracks of the release that are not owned. `extra` are places of local tracks that
    are not on the release.
    """

    release: Release
    distance: float
    penalties: tuple[MatchPenalty, ...] = ()
    pairs: tuple[TrackPair, ...] = ()
    missing: tuple[MediumTrack, ...] = ()
    extra: tuple[str, ...] = ()


class AlbumMatch(msgspec.Struct, frozen=True, kw_only=True):
    """The match of a local album; `place` is its folder relative to the artist's folder.

    The candidates are sorted best first. There is one if it is certain. Otherwise there are all
    equally likely editions, or the few that the user may choose from.
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
