"""What is searched for, in which order, and when nothing more is."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec import structs

from mediakeep.lookups.tmdb.desk import Desk
from mediakeep.movies.identify import ladder
from mediakeep.movies.identify.clue import Clue
from mediakeep.movies.identify.ladder import Step
from mediakeep.movies.identify.search import Search
from mediakeep.movies.identify.verdict import Sure
from mediakeep.rehearsal.entities import World
from mediakeep.rehearsal.films.film import Cinema, Film
from mediakeep.rehearsal.server import Asked, Server
from tests.movies.identify import films


def searched(server: Server) -> list[Asked]:
    return [one for one in server.asked if one.path.endswith("/search/movie")]


def test_the_year_comes_first_and_then_all_years() -> None:
    steps = list(ladder.plain(Clue(("Nightjar", "Nachtschwalbe"), 2010)))
    assert steps == [
        Step("Nightjar", 2010),
        Step("Nightjar"),
        Step("Nachtschwalbe", 2010),
        Step("Nachtschwalbe"),
        Step("Nightjar", 2010, primary=False),
        Step("Nightjar", 2009),
        Step("Nightjar", 2011),
    ]
    assert list(ladder.plain(Clue(("Nightjar",)))) == [Step("Nightjar")]


def test_a_year_that_is_a_word_of_the_title_is_no_year_to_search_in() -> None:
    steps = list(ladder.plain(Clue(("Harbour", "Harbour 1984"), 1984)))
    assert Step("Harbour 1984") in steps
    assert Step("Harbour 1984", 1984) not in steps


def test_a_name_is_bent_by_its_number_its_subtitle_and_its_halves() -> None:
    steps = [one.text for one in ladder.bent(Clue(("Nightjar Part II: The Nest",)))]
    assert steps == ["Nightjar: The Nest", "Nightjar Part II", "Nightjar Part", "II: The Nest"]
    assert next(iter(ladder.bent(Clue(("Tom & Ada",))))) == Step("Tom and Ada")
    assert list(ladder.bent(Clue(("Nightjar",)))) == []
    assert list(ladder.bent(Clue(()))) == []


def test_what_a_whole_page_leaves_out_is_not_searched_for_again(server: Server, desk: Desk) -> None:
    Search(desk.tmdb, Clue(("Amber Ferry",), 1971, 60.0)).run()
    assert len(searched(server)) == 2  # that year, and all: nothing can lie beside it


def test_beside_a_full_page_the_neighbouring_years_are_searched(tmp_path: Path) -> None:
    crowd = tuple(
        Film(id=number, title="Nightjar", release_date=f"{1900 + number}-01-01", popularity=9)
        for number in range(1, 26)
    )
    right = Film(id=90, title="Nightjar", release_date="1961-01-01", runtime=90, popularity=0.1)
    cinema = Cinema(films=(*crowd, right))
    with Server(World(), cinema=cinema) as server, films.asking(tmp_path, server) as desk:
        found = Search(desk.tmdb, Clue(("Nightjar",), 1960, 91.0)).run()
        years = [one.query.partition("year=")[2][:4] for one in searched(server)]
    assert (found.sure, found.candidates[0].hit.id) == (Sure.AUTO, 90)
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
    desk: Desk, title: str, year: int, minutes: float
) -> None:
    found = Search(desk.tmdb, Clue((title,), year, minutes)).run()
    assert found.sure is not Sure.AUTO
    assert found.movie is None


def test_a_movie_that_vanishes_between_search_and_details_counts_no_more(tmp_path: Path) -> None:
    with films.serving() as server, films.asking(tmp_path, server) as desk:
        desk.tmdb.search("The Amber Ferry", 1954)
    cinema = structs.replace(films.CINEMA, films=films.CINEMA.films[1:])
    port = int(server.url.rpartition(":")[2])  # what is kept is known by its address
    with (
        Server(World(), port=port, cinema=cinema) as server,
        films.asking(tmp_path, server) as desk,
    ):
        found = Search(desk.tmdb, Clue(("The Amber Ferry",), 1954, 92.0)).run()
    assert [one.path for one in server.asked if one.status == 404] == [f"/3/movie/{films.FERRY}"]
    assert found.sure is Sure.UNMATCHED
    assert films.FERRY not in {one.hit.id for one in found.candidates}
