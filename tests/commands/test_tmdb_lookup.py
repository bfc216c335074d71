"""TMDb asked by hand, and a person's word on which movie a file is."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mediakeep.movies.item import MOVIES
from mediakeep.queue import queue
from mediakeep.queue.queue import Queue
from mediakeep_simulator.server import SimulatorServer
from mediakeep_simulator.tmdb.model import CatalogueMovie
from tests.commands import cinemas
from tests.commands.cinemas import Movies

FILM: CatalogueMovie = next(one for one in cinemas.KNOWN.films if one.imdb_id)
YEAR = FILM.release_date[:4]
FAILED = "outputs/movies_failed_lookups.csv"


@pytest.fixture
def server() -> Iterator[SimulatorServer]:
    with cinemas.served() as server:
        yield server


@pytest.fixture
def movies(tmp_path: Path, server: SimulatorServer) -> Movies:
    """Four scanned movies, and a server."""
    movies, _ = cinemas.made(tmp_path, 4)
    movies.url = server.url
    movies.scan()
    return movies


def ask(movies: Movies, *words: object, **more: Any) -> str:
    done = movies.call("tmdb_lookup", *words, **more)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_title_is_searched_for(movies: Movies) -> None:
    assert f"{FILM.id}  {FILM.title}" in ask(movies, "search", FILM.title)
    data = json.loads(ask(movies, "search", FILM.title, "--year", YEAR, "--json"))
    assert data["movies"][0]["id"] == FILM.id
    assert (data["requests"], data["hits"]) == (1, 0)
    data = json.loads(ask(movies, "search", FILM.title, "--year", YEAR, "--json"))
    assert (data["requests"], data["hits"]) == (0, 1)


def test_a_movie_is_told_by_either_id(movies: Movies) -> None:
    out = ask(movies, "movie", FILM.id)
    assert f"  TMDb: {FILM.id}\n  IMDb: {FILM.imdb_id}\n" in out
    assert f"  runtime: {FILM.runtime} min\n" in out
    assert ask(movies, "movie", FILM.imdb_id) == out
    assert f"{FILM.id}  " in ask(movies, "find", FILM.imdb_id)


@pytest.mark.parametrize(
    ("words", "code", "why"),
    [
        (("search", "No such film at all"), 1, 'TMDb has no movie titled "No such film at all".'),
        (("movie", "999999"), 1, "TMDb has no movie with the id 999999."),
        (("find", "tt0000001"), 1, "has no movie with the IMDb id tt0000001"),
        (("movie",), 2, "Usage: movie ID (quote"),
        (("search", "Two", "Words"), 2, "quote names"),
        (("movie", "1", "--year", "1999"), 2, "--year is for search"),
        (("choose", "x", "1", "--refresh"), 2, "--refresh is for"),
        (("choose", "x", "tt12345"), 2, "is not a TMDb or IMDb id"),  # which nobody would look up
        ((), 2, "Give an action"),
        (("search", " "), 2, "nothing to search"),
        (("search", "x", "--from-csv", "y.csv"), 2, "takes no arguments"),
        (("search", "x", "--offline"), 2, "this run is offline"),
    ],
)
def test_what_cannot_be_told_is_said_with_its_exit_code(
    movies: Movies, words: tuple[str, ...], code: int, why: str
) -> None:
    done = movies.call("tmdb_lookup", *words)
    assert (done.returncode, done.stdout) == (code, "")
    assert why in done.stderr


def test_without_a_token_the_cure_is_named(tmp_path: Path) -> None:
    movies = Movies(tmp_path, tmp_path)
    done = movies.call("tmdb_lookup", "search", "x", env={"MEDIAKEEP_OFFLINE": ""})
    assert done.returncode == 2
    assert "MEDIAKEEP_TMDB_TOKEN" in done.stderr


def test_a_service_that_fails_is_exit_code_4(movies: Movies) -> None:
    done = movies.call("tmdb_lookup", "search", "x", env={"MEDIAKEEP_TMDB_TOKEN": "wrong.token"})
    assert done.returncode == 4
    assert "wrong.token" not in done.stderr
    assert "it rejected the token" in done.stderr


def test_a_persons_word_is_noted_and_decides(movies: Movies) -> None:
    movies.batch("--all", "--fix", "none")
    name = next(iter(movies.items()))
    assert ask(movies, "choose", name.upper(), FILM.id) == (
        f'"{name}" is {FILM.id}; it is pending again.\n'
    )
    word = {"status": "pending", "match": "user", "tmdb_id": FILM.id}
    assert movies.items()[name].items() >= word.items()
    assert "imdb_id" not in movies.items()[name]
    movies.batch("--all", "--fix", "none")
    done = {"status": "completed", "match": "user", "tmdb_id": FILM.id, "imdb_id": FILM.imdb_id}
    assert movies.items()[name].items() >= done.items()


def test_said_twice_nothing_is_done_again(movies: Movies) -> None:
    name = next(iter(movies.items()))
    ask(movies, "choose", name, FILM.imdb_id)
    before = movies.snapshot()["seq"]
    page = f"https://m.imdb.com/de/title/{FILM.imdb_id}/?ref_=nv_sr_1"
    again = json.loads(ask(movies, "choose", name, page, "--json"))
    assert again == {"chosen": {}, "same": {name: FILM.imdb_id}}
    assert movies.snapshot()["seq"] == before


def test_what_a_living_session_works_on_is_not_chosen(movies: Movies) -> None:
    with Queue.open(queue.locate_queue(movies.queue), MOVIES) as other:
        other.begin_session()
        (claim,) = other.claim(1)
        done = movies.call("tmdb_lookup", "choose", claim.key, "603")
        assert done.returncode == 2
        assert "is being processed by session" in done.stderr
        other.release([claim])
    assert "match" not in movies.items()[claim.key]


@pytest.mark.parametrize("word", ["abc", "0", "tt1", "-5", "99999999999", "603 "])
def test_an_id_is_one_of_tmdb_or_imdb(movies: Movies, word: str) -> None:
    name = next(iter(movies.items()))
    done = movies.call("tmdb_lookup", "choose", "--", name, word)
    assert done.returncode == (0 if word.strip() == "603" else 2)
    assert ("match" in movies.items()[name]) is (word.strip() == "603")


def failed(movies: Movies, *rows: str) -> Path:
    path = movies.path / "filled.csv"
    path.write_text("\n".join(["key,tmdb_id,imdb_id", *rows]) + "\n")
    return path


def test_a_list_that_was_filled_in_is_taken_line_by_line(movies: Movies) -> None:
    first, second, third, _ = movies.items()
    path = failed(movies, f'"{first}",{FILM.id},', f'"{second}",,', f'"{third}",,{FILM.imdb_id}')
    out = ask(movies, "--from-csv", path)
    assert out.splitlines() == [
        f'line 2: "{first}" is {FILM.id}; it is pending again.',
        f'line 4: "{third}" is {FILM.imdb_id}; it is pending again.',
    ]
    items = movies.items()
    assert [item.get("match") for item in items.values()] == ["user", None, "user", None]
    assert items[first]["tmdb_id"] == FILM.id
    assert items[third]["imdb_id"] == FILM.imdb_id


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("No such movie.mkv,603,", 'line 3: There is no movie named "No such movie.mkv"'),
        ("{first},604,", "already in line 2"),
        ("{second},no id,", "line 3"),
    ],
)
def test_of_a_list_with_a_fault_nothing_is_taken(movies: Movies, row: str, why: str) -> None:
    first, second, *_ = movies.items()
    path = failed(movies, f"{first},603,", row.format(first=first, second=second))
    done = movies.call("tmdb_lookup", "--from-csv", path)
    assert (done.returncode, done.stdout) == (2, "")
    assert why in done.stderr
    assert not any("match" in item for item in movies.items().values())


def test_the_list_that_a_batch_wrote_is_emptied_by_its_own_ids(movies: Movies) -> None:
    movies.batch("--all", "--fix", "none")
    path = movies.path / FAILED
    head, *rows = path.read_text().splitlines()
    assert rows, "the library was made with a movie that nobody knows"
    assert "No ids in" in ask(movies, "--from-csv", path)
    assert head.endswith(",tmdb_id,imdb_id")
    filled = [row.removesuffix(",,") + f",{FILM.id}," for row in rows]
    path.write_text("\n".join([head, *filled]) + "\n")
    told = ask(movies, "--from-csv", path)
    assert told.count("is pending again") == len(rows)
    movies.batch("--all", "--fix", "none")
    assert path.read_text().splitlines() == [head]
