"""How many requests the look-ups of artists will need, told before any is made.

Who was looked up already needs none, but where an older mediakeep did that. For the others the
discography is guessed from the albums here. Albums that it does not hold take a search for some of
them at once, and a request for each release group that is found; how many there are nobody can
guess. What earlier look-ups really needed corrects the guess, once there are enough of them, and
tells how far off it may be.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from statistics import pstdev

import msgspec

from mediakeep.lookups import catalogue
from mediakeep.lookups.known import Known, Resolved
from mediakeep.music.discography import others, question

EDITIONS, TRACKS = 8, 13  # of an album at MusicBrainz, on average
PAGE = 500  # tracks on a page of releases
ENOUGH = 10  # look-ups from which the guess is corrected


class Estimate(msgspec.Struct, frozen=True):
    """What a batch would need: `known` of its artists were looked up before.

    In 19 of 20 cases the requests lie between `low` and `high`, which are None while too little is
    known for that.
    """

    artists: int
    known: int
    requests: int
    seconds: float
    low: int | None = None
    high: int | None = None


def of(albums: Mapping[str, int], known: Known | None, interval: float) -> Estimate:
    """Estimate the requests for artists, given by their keys with how many albums each has here."""
    before = dict(known.every()) if known else {}
    known_now = {key for key, one in before.items() if question.is_recent(one.question)}
    new = {key: count for key, count in albums.items() if key not in known_now}
    various = sum(_of_various(count) for key, count in new.items() if question.is_various(key))
    guesses = [guess(count) for key, count in new.items() if not question.is_various(key)]
    made = [one for one in before.values() if one.requests and not _is_various(one)]
    corrected = len(made) >= ENOUGH
    factor = _factor(made) if corrected else 1.0
    requests = various + round(factor * sum(guesses))
    margin = round(_margin(made, factor, len(guesses))) if corrected else 0
    return Estimate(
        artists=len(albums),
        known=len(albums) - len(new),
        requests=requests,
        seconds=requests * interval,
        low=max(requests - margin, 2 * len(guesses)) if corrected else None,
        high=requests + margin if corrected else None,
    )


def guess(albums: int) -> int:
    """Guess the requests for an artist: who it is, the pages of releases, one of release groups."""
    pages = math.ceil(albums * EDITIONS * TRACKS / PAGE)
    return 2 + max(1, pages)


def _of_various(albums: int) -> int:
    """Count the requests for compilations: a search for some at once, and the editions of each."""
    return math.ceil(albums / others.TITLES) + albums


def _is_various(one: Resolved) -> bool:
    return one.artist is not None and one.artist.id == catalogue.VARIOUS_ARTISTS


def _factor(made: Iterable[Resolved]) -> float:
    """Return by how much earlier look-ups differed from their guesses."""
    pairs = [(one.requests, guess(one.album_count)) for one in made]
    return sum(needed for needed, _ in pairs) / sum(guessed for _, guessed in pairs)


def _margin(made: list[Resolved], factor: float, left: int) -> float:
    """Return two standard deviations of the sum for those that are left."""
    spread = pstdev(one.requests - factor * guess(one.album_count) for one in made)
    return 2 * spread * math.sqrt(left + left * left / len(made))
