"""Estimate the number of requests for the lookups of artists, before any is made.

An artist with a current lookup result needs none. For the others, the size of the discography is
estimated from the local albums. Albums outside it need one search for several of them, a second one
if they are not found, and one request per release group found; their number cannot be estimated.
With enough earlier lookups, their actual requests correct the estimate and give its margin of
error.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from statistics import pstdev

from mediakeep.lookups.musicbrainz import model
from mediakeep.lookups.musicbrainz.lookup_store import MusicBrainzStore, ResolvedArtist
from mediakeep.lookups.service_config import LookupEstimate
from mediakeep.music.artist_lookup import artist_query, other_credits

EDITIONS_PER_ALBUM, TRACKS_PER_EDITION = 8, 13  # average of an album at MusicBrainz
TRACKS_PER_PAGE = 500  # tracks per page of releases
MIN_LOOKUPS = 10  # lookups needed to correct the estimate


def estimate_requests(
    albums: Mapping[str, int], store: MusicBrainzStore | None, interval: float
) -> LookupEstimate:
    """Estimate how many requests the lookups of artists need.

    `albums` maps the key of each artist to the number of local albums. `interval` is the number of
    seconds between two requests.
    """
    before = dict(store.iter_resolved()) if store else {}
    known_now = {
        key for key, result in before.items() if artist_query.is_current_version(result.question)
    }
    new = {key: count for key, count in albums.items() if key not in known_now}
    various = sum(
        _requests_for_compilations(count)
        for key, count in new.items()
        if artist_query.is_various_artists(key)
    )
    guesses = [
        estimate_requests_per_artist(count)
        for key, count in new.items()
        if not artist_query.is_various_artists(key)
    ]
    earlier = [
        result for result in before.values() if result.requests and not _is_various_artists(result)
    ]
    corrected = len(earlier) >= MIN_LOOKUPS
    factor = _correction_factor(earlier) if corrected else 1.0
    requests = various + round(factor * sum(guesses))
    margin = round(_error_margin(earlier, factor, len(guesses))) if corrected else 0
    return LookupEstimate(
        items=len(albums),
        known=len(albums) - len(new),
        requests=requests,
        seconds=requests * interval,
        low=max(requests - margin, 2 * len(guesses)) if corrected else None,
        high=requests + margin if corrected else None,
    )


def estimate_requests_per_artist(albums: int) -> int:
    """Estimate the requests for an artist with this number of local albums.

    They are for identification, pages of releases, and release groups.
    """
    pages = math.ceil(albums * EDITIONS_PER_ALBUM * TRACKS_PER_EDITION / TRACKS_PER_PAGE)
    return 2 + max(1, pages)


def _requests_for_compilations(albums: int) -> int:
    """Return the requests for this number of compilations: shared searches, and one per album."""
    return math.ceil(albums / other_credits.TITLES_PER_SEARCH) + albums


def _is_various_artists(result: ResolvedArtist) -> bool:
    return result.artist is not None and result.artist.id == model.VARIOUS_ARTISTS


def _correction_factor(earlier: Iterable[ResolvedArtist]) -> float:
    """Return how many requests were needed per estimated request in earlier lookups."""
    pairs = [
        (result.requests, estimate_requests_per_artist(result.album_count)) for result in earlier
    ]
    return sum(needed for needed, _ in pairs) / sum(guessed for _, guessed in pairs)


def _error_margin(earlier: list[ResolvedArtist], factor: float, remaining: int) -> float:
    """Return the margin of error of the requests: two standard deviations of their sum."""
    spread = pstdev(
        result.requests - factor * estimate_requests_per_artist(result.album_count)
        for result in earlier
    )
    return 2 * spread * math.sqrt(remaining + remaining * remaining / len(earlier))
