"""What is searched for, in which order, and when nothing more is."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec import structs

from mediakeep.lookups.tmdb.context import TmdbContext
from mediakeep.movies.identify import search
from mediakeep.movies.identify.clues import MovieClues
from mediakeep.movies.identify.model import MatchStatus
from mediakeep.movies.identify.search import MovieSearch, SearchStep
from mediakeep_simulator.entities import MusicBrainzCatalogue
from mediakeep_simulator.server import LoggedRequest, SimulatorServer
from mediakeep_simulator.tmdb.model import CatalogueMovie, MovieCatalogue
from tests.movies.identify import films


def list_searches(server: SimulatorServer) -> list[LoggedRequest]:
    return [request for request in server.requests if request.path.endswith("/search/movie")]


def test_the_year_comes_first_and_then_all_years() -> None:
    steps = list(search.list_exact_searches(MovieClues(("Nightjar", "Nachtschwalbe"), 2010)))
    assert steps == [
        SearchStep("Nightjar", 2010),
        SearchStep("Nightjar"),
        SearchStep("Nachtschwalbe", 2010),
        SearchStep("Nachtschwalbe"),
        SearchStep("Nightjar", 2010, is_first_release=False),
        SearchStep("Nightjar", 2009),
        SearchStep("Nightjar", 2011),
    ]
    assert list(search.list_exact_searches(MovieClues(("Nightjar",)))) == [SearchStep("Nightjar")]


def test_a_year_that_is_a_word_of_the_title_is_no_year_to_search_in() -> None:
    steps = list(search.list_exact_searches(MovieClues(("Harbour", "Harbour 1984"), 1984)))
    assert SearchStep("Harbour 1984") in steps
    assert SearchStep("Harbour 1984", 1984) not in steps


def test_a_name_is_bent_by_its_number_its_subtitle_and_its_halves() -> None:
    steps = [
        step.text
        for step in search.list_relaxed_searches(MovieClues(("Nightjar Part II: The Nest",)))
    ]
    assert steps == ["Nightjar: The Nest", "Nightjar Part II", "Nightjar Part", "II: The Nest"]
    assert next(iter(search.list_relaxed_searches(MovieClues(("Tom & Ada",))))) == SearchStep(
        "Tom and Ada"
    )
    assert list(search.list_relaxed_searches(MovieClues(("Nightjar",)))) == []
    assert list(search.list_relaxed_searches(MovieClues(()))) == []


def test_what_a_whole_page_leaves_out_is_not_searched_for_again(
    server: SimulatorServer, context: TmdbContext
) -> None:
    MovieSearch(context.tmdb, MovieClues(("Amber Ferry",), 1971, 60.0)).run()
    assert len(list_searches(server)) == 2  # that year, and all: nothing can be next to it


def test_the_neighbouring_years_are_searched_after_a_full_page(tmp_path: Path) -> None:
    crowd = tuple(
        CatalogueMovie(
            id=number, title="Nightjar", release_date=f"{1900 + number}-01-01", popularity=9
        )
        for number in range(1, 26)
    )
    right = CatalogueMovie(
        id=90, title="Nightjar", release_date="1961-01-01", runtime=90, popularity=0.1
    )
    catalogue = MovieCatalogue(films=(*crowd, right))
    with (
        SimulatorServer(MusicBrainzCatalogue(), movies=catalogue) as server,
        films.open_context(tmp_path, server) as context,
    ):
        identity = MovieSearch(context.tmdb, MovieClues(("Nightjar",), 1960, 91.0)).run()
        years = [request.query.partition("year=")[2][:4] for request in list_searches(server)]
    assert (identity.status, identity.candidates[0].hit.id) == (MatchStatus.AUTO, 90)
    assert years == ["1960", "", "1960", "1959", "1961"]


@pytest.mark.parametrize(
    ("title", "year", "minutes"),
    [
        ("The Amber Ferry 3", 2001, 110),  # the third part of what has two
        ("The Amber Ferry: Reborn", 1998, 121),
        ("The Amber", 1998, 121),
        ("The Amber Ferry", 2004, 121),
        ("The Amber Ferry", 1954, 150),
        ("Nightjar", 0, 0),
    ],
)
def test_what_is_only_nearly_a_movie_is_not_taken_for_it(
    context: TmdbContext, title: str, year: int, minutes: float
) -> None:
    identity = MovieSearch(context.tmdb, MovieClues((title,), year, minutes)).run()
    assert identity.status is not MatchStatus.AUTO
    assert identity.movie is None


def test_a_movie_that_vanishes_between_search_and_details_counts_no_more(tmp_path: Path) -> None:
    with films.serve_movies() as server, films.open_context(tmp_path, server) as context:
        context.tmdb.search_movies("The Amber Ferry", 1954)
    catalogue = structs.replace(films.CINEMA, films=films.CINEMA.films[1:])
    port = int(server.url.rpartition(":")[2])  # what is kept is known by its address
    with (
        SimulatorServer(MusicBrainzCatalogue(), port=port, movies=catalogue) as server,
        films.open_context(tmp_path, server) as context,
    ):
        identity = MovieSearch(context.tmdb, MovieClues(("The Amber Ferry",), 1954, 92.0)).run()
    assert [request.path for request in server.requests if request.status == 404] == [
        f"/3/movie/{films.FERRY}"
    ]
    assert identity.status is MatchStatus.UNMATCHED
    assert films.FERRY not in {candidate.hit.id for candidate in identity.candidates}
