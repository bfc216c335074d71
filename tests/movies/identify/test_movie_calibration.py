"""A small generated catalogue: movies are identified as well as benchmark "movies" measures.

One wrong answer is what a hundred right ones allow. A change that costs more than what is asked for
here is to be looked at, family by family, with the benchmark.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from msgspec import structs

from benchmarks import movie_answers, movie_names, movies
from benchmarks.movie_answers import Answer
from benchmarks.movie_names import NameSet
from mediakeep.movies.identify.weights import WEIGHTS
from mediakeep_simulator.tmdb import movie_catalogue

_SIZES, _SEED = [(500, 75), pytest.param((900, 110), marks=pytest.mark.slow)], 6

Results = Mapping[str, Sequence[Answer]]


@pytest.fixture(scope="module", params=_SIZES, ids=["some", "many"])
def deck(request: pytest.FixtureRequest) -> NameSet:
    """Return names of some of the films of a movie catalogue."""
    films, names = request.param
    dealt = movie_names.deal(movie_catalogue.generate_catalogue(films, _SEED), names, _SEED)
    assert len(dealt.cases) == names
    return dealt


@pytest.fixture(scope="module")
def results(deck: NameSet, tmp_path_factory: pytest.TempPathFactory) -> Results:
    """Have names of both halves answered at a server."""
    with movie_answers.serve(deck.catalogue) as server:
        folder = tmp_path_factory.mktemp("movies")
        return movies.answer_in_ways(deck.cases, server, folder, (movies.OURS, movies.FIRST))


@pytest.mark.loop
def test_what_is_accepted_is_right_and_most_is(results: Results) -> None:
    ours = movie_answers.score(results[movies.OURS])
    assert ours.precision >= 0.99
    assert ours.recall >= 0.9
    assert ours.requests / ours.names < 3


@pytest.mark.long
def test_the_first_hit_of_a_search_is_wrong_far_more_often(results: Results) -> None:
    theirs = movie_answers.score(results[movies.FIRST])
    assert theirs.wrong >= 3
    assert theirs.recall < 0.8


def test_a_fifth_are_remakes_of_which_another_is_the_more_popular(deck: NameSet) -> None:
    films = {film.id: film for film in deck.catalogue.films}
    remakes = [films[case.film] for case in deck.cases if case.family == "remake"]
    assert 5 * len(remakes) >= len(deck.cases)
    for film in remakes:
        others = [one for one in films.values() if one.title == film.title]
        assert max(film.popularity for film in others) > film.popularity


def test_the_weights_of_movies_in_the_docs_are_those_in_use() -> None:
    page = Path(__file__).parents[3] / "docs" / "movie-matching.md"
    shape = r"^\| `(\w+)` \| ([\d., ]+) \|"
    rows = re.findall(shape, page.read_text(encoding="utf-8"), re.MULTILINE)
    by_family = {name: tuple(map(float, value.split(","))) for name, value in rows}
    years = {"years": WEIGHTS.years}
    single = {name: (value,) for name, value in structs.asdict(WEIGHTS).items()}
    assert by_family == single | years
