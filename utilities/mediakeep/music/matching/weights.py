"""How much everything weighs that is compared, in one table; docs/matching.md tells of it.

Distances and costs run from 0, where all is the same, to 1. The points of editions are, roughly,
how many times less likely an edition is, as a natural logarithm.
"""

from __future__ import annotations

import msgspec


class Weights(msgspec.Struct, frozen=True, kw_only=True):
    """All weights, bars and margins of matching."""

    # Of a track here and one of a release: parts of the cost of their being the same.
    title: float = 0.45
    length: float = 0.35
    position: float = 0.08
    performer: float = 0.12  # where the release is by several
    recording: float = 0.5  # where both bear an MBID
    untold: float = 0.35  # how far a title or a length weighs that is not known, as half right
    sigma: float = 3.0  # seconds by which the lengths of one recording differ
    reject: float = 0.55  # a dearer pair is none: an extra track, and a missing one

    # Of two titles.
    qualifier: float = 0.6  # one is live, a remix, a demo; the other is not
    slight: float = 0.2  # one is an edit, mono, an alternate take
    figures: float = 0.35  # "Part 1" and "Part 2"
    partial: float = 0.08  # only the movement of "Work: Movement" is the same

    # Of an album and a release: parts of their distance.
    tracks: float = 0.64  # the mean cost of the tracks here
    album: float = 0.16
    artist: float = 0.10
    missing: float = 0.10  # tracks of the release that are not here

    # What is certain of a release group.
    bar: float = 0.23  # the distance that it may have
    tagged: float = 0.5  # where identifiers name it
    veto: float = 0.15  # by which another may be nearer than the one that identifiers name
    margin: float = 0.05  # by which it is nearer than any other
    entitled: float = 0.5  # an album's title that differs by more is another one
    whole: float = 0.75  # how much of a release must be here whose title is another, or none told
    stranger: float = 0.1  # the mean cost that tracks may have which are by others by their tags
    evidence: float = 2.0  # titles that agree count 1; see nearness.py for the others
    shown: float = 0.5  # beyond this distance a release is not even to be thought of

    # What speaks against an edition, in points.
    barcode: float = 5.0
    disc_id: float = 5.0
    catalogue: float = 4.0
    label: float = 2.0
    country: float = 2.0
    medium: float = 2.0
    year: float = 3.0
    named: float = 2.0  # "Deluxe Edition" in one title only
    total: float = 3.0  # the tags count other tracks or discs
    incomplete: float = 2.5  # a track is missing, and of another edition none
    lacking: float = 0.3  # each track that is missing
    extra: float = 4.0  # each track that it does not have
    place: float = 0.4  # each track that stands elsewhere on it
    wording: float = 8.0  # each title, by how much it differs
    unknown: float = 0.6  # of these, where the edition does not tell
    noise: float = 1.0  # seconds by which lengths differ at the least
    spread: float = 1.4  # times the spread of the lengths, if that is more
    contrary: float = 6.0  # points by which another may be likelier than the one that tags name
    tie: float = 2.0  # editions within these points of the best are as likely
    doubt: float = 1.8  # with so many points of what contradicts it not even the best is it


WEIGHTS = Weights()
