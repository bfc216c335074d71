"""Titles without the name of their collection, and candidates where nothing is near."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec import structs

from mediakeep.lookups.tmdb import model as tmdb
from mediakeep.lookups.tmdb.context import TmdbContext
from mediakeep.movies.identify import identify_movie, score
from mediakeep.movies.identify.model import MatchStatus, MovieIdentity
from mediakeep_simulator.entities import MusicBrainzCatalogue
from mediakeep_simulator.server import SimulatorServer
from mediakeep_simulator.tmdb.model import CatalogueCollection, CatalogueMovie, MovieCatalogue
from tests.movies.identify.films import ITEM, build_local_movie, open_context
from tests.sampling import each_row

TOWER, GATE, OTHER = 801, 802, 803
CINEMA = MovieCatalogue(
    films=(
        CatalogueMovie(
            id=TOWER,
            title="The Lord of the Tides: The Tin Tower",
            imdb_id="tt9000801",
            release_date="2001-12-18",
            runtime=178,
            collection=80,
        ),
        CatalogueMovie(
            id=GATE,
            title="The Lord of the Tides: The Broken Gate",
            imdb_id="tt9000802",
            release_date="2003-12-18",
            runtime=190,
            collection=80,
        ),
        CatalogueMovie(id=OTHER, title="The Tin Tower", release_date="1955-01-01", runtime=80),
    ),
    series=(CatalogueCollection(80, "The Lord of the Tides Collection"),),
)


@pytest.fixture
def context(tmp_path: Path) -> Iterator[TmdbContext]:
    with (
        SimulatorServer(MusicBrainzCatalogue(), movies=CINEMA) as server,
        open_context(tmp_path, server) as context,
    ):
        yield context


def identify(
    desk: TmdbContext, folder: str, title: str, year: int, minutes: float = 0.0
) -> MovieIdentity:
    movie = build_local_movie(title, year, minutes, edition="Extended")
    key = f"{folder}/{title} ({year}) Extended.mkv".lstrip("/")
    return identify_movie.identify(structs.replace(movie, key=key), ITEM, {}, desk)


@pytest.mark.parametrize(
    "folder",
    [
        "The Lord of the Tides",
        "Lord of the Tides Collection",
        "The.Lord.of.the.Tides.Trilogy",
        "Lord of the Tides, The",
        "Films/The Lord of the Tides Saga",
    ],
)
def test_in_the_folder_of_its_collection_a_movie_needs_no_prefix(
    context: TmdbContext, folder: str
) -> None:
    for minutes in (0.0, 178.0, 228.0):
        identity = identify(context, folder, "The Tin Tower", 2001, minutes)
        assert (identity.status, identity.tmdb_id) == (MatchStatus.AUTO, TOWER), minutes
    assert identify(context, folder, "Broken Gate", 2003).tmdb_id == GATE


def test_the_folder_of_the_collection_may_hold_this_movie_alone(context: TmdbContext) -> None:
    for key in ("Lord of the Tides Collection", "The Lord of the Tides/Tower"):
        movie = structs.replace(
            build_local_movie("The Tin Tower", 2001, 178), key=key, own_folder=True
        )
        assert identify_movie.identify(movie, ITEM, {}, context).tmdb_id == TOWER


@pytest.mark.parametrize("folder", ["", "Fantasy", "The Lord", "The Lord of the Tides and Others"])
def test_without_that_folder_it_is_a_candidate_for_review(
    context: TmdbContext, folder: str
) -> None:
    identity = identify(context, folder, "The Tin Tower", 2001, 178)
    assert (identity.status, identity.tmdb_id) == (MatchStatus.REVIEW, 0)
    assert identity.candidates[0].hit.id == TOWER


def test_a_movie_of_that_very_title_is_not_lost_to_one_of_a_collection(
    context: TmdbContext,
) -> None:
    assert identify(context, "", "The Tin Tower", 1955, 80).tmdb_id == OTHER
    assert identify(context, "The Lord of the Tides", "The Tin Tower", 1955, 80).tmdb_id == OTHER


def test_another_year_is_another_movie_even_in_the_folder_of_the_collection(
    context: TmdbContext,
) -> None:
    identity = identify(context, "The Lord of the Tides", "The Tin Tower", 2019)
    assert not identity.is_certain


def test_where_nothing_is_near_the_nearest_are_candidates_all_the_same(
    context: TmdbContext,
) -> None:
    identity = identify(context, "", "Tin", 1971)
    assert identity.status is MatchStatus.UNMATCHED
    assert identity.candidates
    assert len(identity.candidates) <= 3
    assert {candidate.hit.id for candidate in identity.candidates} <= {TOWER, GATE, OTHER}


@each_row(
    ("collection", "title", "short"),
    [
        ("The Lord of the Tides Collection", "The Lord of the Tides: A Way", ["A Way"]),
        ("Harry Holt Collection", "Harry Holt and the Stone", ["Stone"]),
        ("Star Ways Filmreihe", "Star Ways – Der Weg", ["Der Weg"]),
        ("Mission: Near - Collection", "Mission: Near - Far", ["Far"]),
        ("Tide Collection", "Tide", []),
        ("Tide Collection", "Tide 2", []),
        ("Tide Collection", "Tides of Men", []),
        ("Collection", "Collection of Men", []),
    ],
)
def test_a_title_is_shortened_by_the_name_of_its_collection(
    collection: str, title: str, short: list[str]
) -> None:
    movie = tmdb.Movie(id=1, title=title, collection=tmdb.MovieCollection(id=2, name=collection))
    assert list(score.find_short_titles(movie, [title])) == short
