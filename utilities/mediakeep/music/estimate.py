"""How many requests the look-ups of artists will need, told before any is made.

Who was looked up already needs none. For the others the discography is guessed from the albums
here; what earlier look-ups really needed corrects the guess, once enough of them are known.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import msgspec

from mediakeep.lookups.known import Known, Resolved

EDITIONS, TRACKS = 8, 13  # of an album at MusicBrainz, on average
PAGE = 500  # tracks on a page of releases
ENOUGH = 10  # look-ups from which the guess is corrected


class Estimate(msgspec.Struct, frozen=True):
    """What a batch would need: `known` of its artists were looked up before."""

    artists: int
    known: int
    requests: int
    seconds: float


def of(albums: Mapping[str, int], known: Known | None, interval: float) -> Estimate:
    """Estimate the requests for artists, given by their keys with how many albums each has here."""
    before = dict(known.every()) if known else {}
    new = [count for key, count in albums.items() if key not in before]
    requests = round(_correction(before) * sum(map(guess, new)))
    return Estimate(len(albums), len(albums) - len(new), requests, requests * interval)


def guess(albums: int) -> int:
    """Guess the requests for an artist: who it is, the pages of releases, one of release groups."""
    pages = math.ceil(albums * EDITIONS * TRACKS / PAGE)
    return 2 + max(1, pages)


def _correction(before: Mapping[str, Resolved]) -> float:
    """Return by how much earlier look-ups differed from their guesses."""
    made = [one for one in before.values() if one.requests]
    if len(made) < ENOUGH:
        return 1.0
    return sum(one.requests for one in made) / sum(guess(one.album_count) for one in made)
