"""Movie catalogues: generation, round trip, and errors with their places."""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from mediakeep.errors import BadSetting
from mediakeep_simulator.tmdb import movie_catalogue
from mediakeep_simulator.tmdb.model import CatalogueMovie, MovieCatalogue
from tests.work import count_calls


@pytest.fixture(scope="module")
def sampled() -> MovieCatalogue:
    return movie_catalogue.generate_catalogue(400)


@pytest.fixture
def page(tmp_path: Path) -> dict[str, Any]:
    """Return a small catalogue as the JSON of its file."""
    movie_catalogue.dump(movie_catalogue.generate_catalogue(), tmp_path / "c.json")
    return json.loads((tmp_path / "c.json").read_text())


def art(path: str, width: int = 1) -> dict[str, Any]:
    return {"path": path, "width": width, "height": 1}


def refusal(path: Path, page: Any) -> str:
    path.write_text(page if isinstance(page, str) else json.dumps(page))
    with pytest.raises(BadSetting) as caught:
        movie_catalogue.load(path)
    return str(caught.value)


def list_namesakes(known: MovieCatalogue) -> list[list[CatalogueMovie]]:
    """Return the movies of each shared title."""
    groups = defaultdict(list)
    for film in known.films:
        groups[film.title].append(film)
    return [films for films in groups.values() if len(films) > 1]


def test_a_movie_catalogue_survives_a_round_trip(sampled: MovieCatalogue, tmp_path: Path) -> None:
    movie_catalogue.dump(sampled, tmp_path / "c.json")
    assert movie_catalogue.load(tmp_path / "c.json") == sampled


def test_the_same_seed_gives_the_same_movies_and_larger_catalogues_start_with_them(
    sampled: MovieCatalogue,
) -> None:
    assert movie_catalogue.generate_catalogue(400) == sampled
    assert movie_catalogue.generate_catalogue(12).films == sampled.films[:12]
    assert movie_catalogue.generate_catalogue(12, seed=2).films != sampled.films[:12]


def test_the_smallest_catalogue_has_one_group_of_each_kind() -> None:
    known = movie_catalogue.generate_catalogue()
    assert len(known.films) == 12
    assert list_namesakes(known)
    assert known.series
    assert known.removed
    assert any(film.original_title for film in known.films)
    assert any(not film.runtime and not film.overview for film in known.films)


def test_there_are_remakes_of_which_one_is_far_more_popular(sampled: MovieCatalogue) -> None:
    groups = list_namesakes(sampled)
    assert sum(map(len, groups)) > len(sampled.films) / 5
    far = [max(f.popularity for f in g) / min(f.popularity for f in g) > 3 for g in groups]
    assert sum(far) > len(far) / 2
    winners = [max(g, key=lambda f: f.popularity).release_date for g in groups]
    assert any(
        date == min(f.release_date for f in g) for date, g in zip(winners, groups, strict=True)
    )
    assert any(
        date == max(f.release_date for f in g) for date, g in zip(winners, groups, strict=True)
    )


def test_a_catalogue_has_all_difficult_cases(sampled: MovieCatalogue) -> None:
    films = sampled.films
    titles = {film.title for film in films}
    assert any(f"{title} 2" in titles or f"{title} II" in titles for title in titles)
    assert any(f"The {title}" in titles for title in titles)
    assert any(title.isdigit() for title in titles)
    assert {film.original_language for film in films} == {"en", "de", "fr", "ja"}
    assert {text.language for film in films for text in film.texts} == {"de", "fr", "ja"}
    assert {code for film in films for code in film.certificates} == {"US", "DE", "GB", "FR"}
    assert any(film.alternative_titles for film in films)
    assert any(film.adult for film in films)
    assert any(not film.posters for film in films)
    assert any(not film.release_date for film in films)


def test_ids_are_unique_and_not_among_the_removed_ones(sampled: MovieCatalogue) -> None:
    ids = [film.id for film in sampled.films]
    imdb = [film.imdb_id for film in sampled.films if film.imdb_id]
    assert len(set(ids)) == len(ids)
    assert len(set(imdb)) == len(imdb)
    assert not set(ids) & set(sampled.removed)


@pytest.mark.slow
def test_4000_movies_are_generated_quickly() -> None:
    catalogues = []
    # it takes 2,300,000
    count_calls(lambda: catalogues.append(movie_catalogue.generate_catalogue(4_000)), 15_000_000)
    assert [len(catalogue.films) for catalogue in catalogues] == [4_000]


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"format": 2}, "this catalogue has format 2, not 1"),
        ({"films": [{"id": 0, "title": "X"}]}, "0 is no id - at `$.films[0].id`"),
        ({"films": [{"id": 5, "title": "X"}] * 2}, "5 is there twice - at `$.films[1].id`"),
        ({"films": [{"id": "5", "title": "X"}]}, "$.films[0].id"),
        (
            {"films": [{"id": 5, "title": "X", "imdb_id": "550"}]},
            '"550" is no IMDb id - at `$.films[0].imdb_id`',
        ),
        (
            {"films": [{"id": 5, "title": "X", "release_date": "1977"}]},
            '"1977" is no date such as 1977-05-02 - at `$.films[0].release_date`',
        ),
        (
            {"films": [{"id": 5, "title": "X", "collection": 3}]},
            "there is no series 3 - at `$.films[0].collection`",
        ),
        (
            {"films": [{"id": 5, "title": "X", "posters": [art("../p.jpg")]}]},
            '"../p.jpg" is no path such as /a1.jpg - at `$.films[0].posters[0]`',
        ),
        (
            {"films": [{"id": 5, "title": "X", "logos": [art("/p.png", 10**6)]}]},
            "1000000 x 1 is no size of a picture - at `$.films[0].logos[0]`",
        ),
        ({"films": [{"id": 5, "title": "X"}], "removed": [5]}, "$.removed[0]"),
    ],
)
def test_an_invalid_catalogue_is_reported_with_name_and_place(
    page: dict[str, Any], change: dict[str, Any], text: str, tmp_path: Path
) -> None:
    message = refusal(tmp_path / "bad.json", {**page, "series": [], "removed": [], **change})
    assert "bad.json" in message
    assert text in message


def test_a_file_of_another_kind_is_rejected(tmp_path: Path) -> None:
    for text in ("", "{", "[]", '{"films": []}', "[" * 100_000):
        assert "bad.json" in refusal(tmp_path / "bad.json", text)
    with pytest.raises(BadSetting):
        movie_catalogue.load(tmp_path / "none.json")
