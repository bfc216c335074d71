"""Which release an album here is, how sure that is, and what speaks against it."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from mediakeep.lookups.catalogue import Group, Medium, Release, Track

Place = tuple[Medium, Track]


class Sure(StrEnum):
    """How sure it is which release an album is."""

    CERTAIN = "certain"  # the release group, and the edition
    TIED = "tied"  # the release group; several of its editions are as likely
    UNSURE = "unsure"  # a person decides
    UNKNOWN = "unknown"  # nothing is near: it is not on MusicBrainz


class Pair(msgspec.Struct, frozen=True):
    """A track here, by its place, and the track of a release that it is; a cost from 0 to 1.

    Where it is not `sure`, another track of the release may as well be the one.
    """

    place: str
    medium: Medium
    track: Track
    cost: float
    sure: bool = True


class Penalty(msgspec.Struct, frozen=True):
    """One thing that speaks against a release: its weight, and how much it does so, from 0 to 1."""

    name: str
    weight: float
    amount: float


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """A release that an album may be, at a distance from 0, where all fits, to 1.

    `missing` are the tracks of the release that are not here, `extra` the places of tracks here
    that the release does not have.
    """

    release: Release
    distance: float
    penalties: tuple[Penalty, ...] = ()
    pairs: tuple[Pair, ...] = ()
    missing: tuple[Place, ...] = ()
    extra: tuple[str, ...] = ()


class Match(msgspec.Struct, frozen=True, kw_only=True):
    """What an album here is; `place` is that of its folder below the artist.

    The candidates stand best first: the one where it is certain, all editions that are tied, or
    the few that a person may choose from.
    """

    place: str
    sure: Sure
    candidates: tuple[Candidate, ...] = ()
    by: str = "tracks"  # or "tags", where identifiers decided

    @property
    def best(self) -> Candidate | None:
        """The nearest candidate."""
        return self.candidates[0] if self.candidates else None

    @property
    def release(self) -> Release | None:
        """The release, where it is certain."""
        return self.candidates[0].release if self.sure is Sure.CERTAIN else None

    @property
    def group(self) -> Group | None:
        """The release group, where that is certain."""
        found = self.sure in (Sure.CERTAIN, Sure.TIED)
        return self.candidates[0].release.release_group if found else None

    @property
    def releases(self) -> tuple[Release, ...]:
        """The releases of all candidates."""
        return tuple(one.release for one in self.candidates)
