"""Local albums as the main job identifies them, by real requests to a simulator server."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

from benchmarks.matching_albums import Library
from benchmarks.matching_answers import Answer, Answers
from mediakeep.lookups.http.models import Service
from mediakeep.lookups.musicbrainz.context import MusicBrainzContext
from mediakeep.lookups.musicbrainz.model import Release
from mediakeep.lookups.service_config import ServiceConfig
from mediakeep.music.artist_lookup import lookup
from mediakeep.music.matching import album_matcher
from mediakeep.music.matching.match_result import AlbumMatch, MatchConfidence
from mediakeep.music.matching.weights import MatchingWeights
from mediakeep.music.model import Artist
from mediakeep_simulator.server import SimulatorServer

Matches = dict[tuple[str, str], AlbumMatch]  # by the artist's folder, and the album's


@dataclass(frozen=True)
class Call:
    """What the matcher was given for one artist."""

    artist: Artist
    releases: tuple[Release, ...]
    named: dict[str, Any]

    def again(self, weights: MatchingWeights) -> dict[str, AlbumMatch]:
        """Match once more, with other weights."""
        return album_matcher.match_albums(self.artist, self.releases, weights, **self.named)


@dataclass(frozen=True)
class LookupResult:
    """What was found for one half, what it cost, and what the matcher was given."""

    matches: Matches
    requests: int
    cpu: float
    calls: tuple[Call, ...]


def ask(library: Library, server: SimulatorServer, folder: Path) -> LookupResult:
    """Look up every artist of a half, each as a batch does."""
    service = Service("MusicBrainz", server.url)
    access = ServiceConfig(service, Service("The Cover Art Archive", server.url), "who@example.org")
    began, calls, matches = len(server.requests), dict[str, Call](), Matches()

    def noted(artist: Artist, releases: Iterable[Any], *rest: Any, **named: Any) -> Any:
        calls[artist.name] = Call(artist, tuple(releases), named)
        return real(artist, calls[artist.name].releases, *rest, **named)

    real = album_matcher.match_albums
    # Stands in only to note what the worker gives the matcher, for other weights to be tried on it.
    with (
        mock.patch.object(album_matcher, real.__name__, noted),
        closing(MusicBrainzContext(folder, access)) as context,
    ):
        used = time.thread_time()  # the server runs in other threads
        for artist in library.artists:
            lookup_result = lookup.look_up(artist, artist.name, context)
            matches |= {
                (artist.name, place): match for place, match in lookup_result.matches.items()
            }
        used = time.thread_time() - used
    return LookupResult(matches, len(server.requests) - began, used, tuple(calls.values()))


def match_all(calls: Iterable[Call], weights: MatchingWeights) -> Matches:
    """Match all artists again, with other weights."""
    return {
        (call.artist.name, place): match
        for call in calls
        for place, match in call.again(weights).items()
    }


def answers(library: Library, matches: Matches) -> list[Answer]:
    """Return what was said of each album, in their order."""
    return [answer(matches.get((album.folder, album.album.place))) for album in library.albums]


def answer_all(library: Library, asked: LookupResult) -> Answers:
    """Return all answers, and what they cost."""
    return Answers(answers(library, asked.matches), asked.requests, asked.cpu)


def answer(match: AlbumMatch | None) -> Answer:
    """Return what was said of one album."""
    if match is None or match.best is None:
        return Answer()
    group = match.best.release.release_group
    sure = match.confidence in (MatchConfidence.CERTAIN, MatchConfidence.TIED)
    some: Sequence[Any] = match.releases if sure else match.releases[:1]
    return Answer(
        group.id if group else "",
        frozenset(one.id for one in some),
        distance=match.best.distance,
        sure=sure,
        edition=match.confidence is MatchConfidence.CERTAIN,
    )
