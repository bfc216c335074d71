"""How many requests a batch will need, guessed and then corrected by what others needed."""

import random
from pathlib import Path

import pytest
from msgspec import structs

from mediakeep.lookups.musicbrainz.lookup_store import MusicBrainzStore, ResolvedArtist
from mediakeep.lookups.musicbrainz.model import VARIOUS_ARTISTS, Artist
from mediakeep.music.artist_lookup import artist_query, request_estimate

QUESTION = artist_query.ArtistQuery("", "", ()).digest


def build_resolved(
    number: int, albums: int, requests: int, artist: Artist | None = None
) -> ResolvedArtist:
    who = artist or Artist(id=f"{number:08}-0000-4000-8000-000000000000", name=str(number))
    return ResolvedArtist(
        name=who.name,
        question=QUESTION,
        state="done",
        artist=who,
        requests=requests,
        album_count=albums,
    )


@pytest.fixture
def known(tmp_path: Path) -> MusicBrainzStore:
    return MusicBrainzStore(tmp_path)


def test_a_guess_takes_a_search_a_page_of_groups_and_the_pages_of_releases() -> None:
    assert [
        request_estimate.estimate_requests_per_artist(albums) for albums in (0, 1, 4, 5, 12, 50)
    ] == [
        3,
        3,
        3,
        4,
        5,
        13,
    ]


def test_nothing_is_needed_for_those_that_were_looked_up(known: MusicBrainzStore) -> None:
    known.save_resolved("A", build_resolved(1, 12, 5), None)
    estimate = request_estimate.estimate_requests({"A": 12, "B": 12}, known, 1.1)
    assert (estimate.items, estimate.known, estimate.requests) == (2, 1, 5)
    assert estimate.seconds == pytest.approx(5.5)


def test_who_was_looked_up_by_an_older_mediakeep_is_counted_as_new(known: MusicBrainzStore) -> None:
    known.save_resolved(
        "A", structs.replace(build_resolved(1, 12, 5), question="0123456789abcdef"), None
    )
    estimate = request_estimate.estimate_requests({"A": 12}, known, 1.1)
    assert (estimate.items, estimate.known, estimate.requests) == (1, 0, 5)


def test_before_enough_is_known_there_is_no_span(known: MusicBrainzStore) -> None:
    for number in range(request_estimate.MIN_LOOKUPS - 1):
        known.save_resolved(str(number), build_resolved(number, 1, 9), None)
    estimate = request_estimate.estimate_requests({"B": 1}, known, 1.1)
    assert (estimate.requests, estimate.low, estimate.high) == (3, None, None)


def test_what_was_needed_corrects_the_guess(known: MusicBrainzStore) -> None:
    for number in range(20):
        known.save_resolved(str(number), build_resolved(number, 1, 6), None)
    estimate = request_estimate.estimate_requests(
        {f"new {number}": 1 for number in range(100)}, known, 0
    )
    assert (estimate.requests, estimate.low, estimate.high) == (600, 600, 600)


def test_the_span_holds_the_sum_in_most_of_the_worlds(tmp_path: Path) -> None:
    rng, held = random.Random(7), 0
    for world in range(40):
        known = MusicBrainzStore(tmp_path / str(world))
        sizes = [max(3, round(rng.lognormvariate(1.5, 0.8))) for _ in range(130)]
        for number, size in enumerate(sizes[:50]):
            known.save_resolved(str(number), build_resolved(number, 1, size), None)
        estimate = request_estimate.estimate_requests(
            {f"new {number}": 1 for number in range(80)}, known, 0
        )
        known.close()
        assert estimate.low is not None
        assert estimate.high is not None
        held += estimate.low <= sum(sizes[50:]) <= estimate.high
    assert held >= 32


def test_compilations_take_a_search_for_twelve_and_a_lookup_each(known: MusicBrainzStore) -> None:
    various = Artist(id=VARIOUS_ARTISTS, name="Various Artists")
    for number in range(20):
        known.save_resolved(str(number), build_resolved(number, 1, 3), None)
    known.save_resolved(
        "VA", build_resolved(99, 1, 500, various), None
    )  # corrects nobody else's guess
    estimate = request_estimate.estimate_requests({"Various Artists": 30, "B": 1}, known, 0)
    assert estimate.requests == 33 + 3
