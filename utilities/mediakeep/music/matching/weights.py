"""All weights of the matching in one table; docs/matching.md describes them.

Distances and costs range from 0 (identical) to 1. The points of editions are approximately the
natural logarithm of how much less likely an edition is.
"""

from __future__ import annotations

import msgspec


class MatchingWeights(msgspec.Struct, frozen=True, kw_only=True):
    """The weights, thresholds and margins that decide how albums are matched."""

    # Parts of the cost of a pair: a local track and one of a release.
    title: float = 0.45
    length: float = 0.35
    position: float = 0.08
    performer: float = 0.12  # if the release is by several artists
    recording: float = 0.5  # if both have an MBID
    untold: float = 0.35  # share of the weight of an unknown title or length, counted as half right
    sigma: float = 3.0  # seconds, standard deviation of the lengths of one recording
    reject: float = 0.55  # a more expensive pair is rejected: an extra and a missing track

    # Differences of two titles.
    qualifier: float = 0.6  # only one is live, a remix or a demo
    slight: float = 0.2  # only one is an edit, mono, or an alternate take
    figures: float = 0.35  # "Part 1" and "Part 2"
    partial: float = 0.08  # only the movement of "Work: Movement" is equal

    # Parts of the distance of an album and a release.
    tracks: float = 0.64  # the mean cost of the local tracks
    album: float = 0.16
    artist: float = 0.10
    missing: float = 0.10  # missing tracks of the release

    # Thresholds for a certain release group.
    bar: float = 0.23  # its maximum distance
    tagged: float = 0.5  # its maximum distance if identifiers name it
    veto: float = 0.15  # how much nearer another may be than the one named by identifiers
    margin: float = 0.05  # how much nearer it must be than any other
    entitled: float = 0.5  # a title that differs by more is another album's
    whole: float = (
        0.75  # minimum owned share of a release if the album's title differs or is unknown
    )
    stranger: float = 0.1  # maximum mean cost of tracks tagged with other artists
    evidence: float = 2.0  # minimum; an equal title counts 1, see nearness.py
    shown: float = 0.5  # maximum distance of a release that is shown

    # Points against an edition.
    barcode: float = 5.0
    disc_id: float = 5.0
    catalogue: float = 4.0
    label: float = 2.0
    country: float = 2.0
    medium: float = 2.0
    year: float = 3.0
    named: float = 2.0  # "Deluxe Edition" in one title only
    total: float = 3.0  # the tags have another number of tracks or discs
    incomplete: float = 2.5  # a track is missing, and another edition is complete
    lacking: float = 0.3  # per missing track
    extra: float = 4.0  # per local track that the edition lacks
    place: float = 0.4  # per track at another position
    wording: float = 8.0  # per title, multiplied by its difference
    unknown: float = 0.6  # share of these if the edition has no such data
    noise: float = 1.0  # seconds, minimum of the length noise
    spread: float = 1.4  # factor of the spread of the lengths, if that is more
    contrary: float = 6.0  # points by which another may be better than the one named in the tags
    tie: float = 2.0  # editions within these points of the best are tied
    doubt: float = 1.8  # with more contradicting points, even the best edition is rejected


WEIGHTS = MatchingWeights()
