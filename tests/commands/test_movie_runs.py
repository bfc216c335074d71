"""Whole runs over a library of movies, with a kill and an outage on the way, and taken back."""

from __future__ import annotations

import shutil
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from mediakeep_samples.movies import movie_library
from mediakeep_samples.movies.file_naming import Layout
from mediakeep_simulator.tmdb import movie_catalogue
from mediakeep_simulator.tmdb.app import API_KEY, READ_ACCESS_TOKEN
from tests.commands import cinemas
from tests.commands.cinemas import Movies
from tests.commands.conftest import environment
from tests.commands.simulated_home import outage
from tests.crash.gate import Gate


def contents(folder: Path) -> dict[str, tuple[bytes, int]]:
    return {
        str(path.relative_to(folder)): (path.read_bytes(), path.stat().st_mtime_ns)
        for path in folder.rglob("*")
        if path.is_file() and not is_left_over(path)
    }


def is_left_over(path: Path) -> bool:
    """A killed write may leave its copy, which the next one sweeps once it is an hour old."""
    return path.name.startswith(".") and path.suffix == ".tmp"


def bytes_of(found: dict[str, tuple[bytes, int]]) -> dict[str, bytes]:
    return {name: data for name, (data, _) in found.items()}


def begin(movies: Movies, gate: Gate) -> subprocess.Popen[bytes]:
    """Start a batch over all in a process group of its own."""
    return subprocess.Popen(
        movies.command("process_movies", "--all", "--workers", 2),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        stdin=subprocess.DEVNULL,
        env=environment({**cinemas.asking(movies.url), **gate.environment}),
        start_new_session=True,
    )


def records(movies: Movies) -> int:
    return len(list((movies.path / "outputs" / "movies").glob("*.json")))


def kill_after(movies: Movies, count: int) -> None:
    """Kill a batch without warning once it has written so many records more."""
    wanted = records(movies) + count
    folder = movies.path.with_name(f"gate {wanted}")
    gate = Gate(folder, count + 1, names="replace", paths=r"outputs/movies/[^/]*\.json$")
    gate.kill(begin(movies, gate), group=True)
    assert records(movies) >= wanted - 1  # two workers may be at it


@pytest.mark.loop
@pytest.mark.parametrize(
    ("count", "layout"),
    [
        (8, "flat"),
        pytest.param(20, "flat", marks=pytest.mark.slow),
        pytest.param(169, "flat", marks=pytest.mark.slow),
        pytest.param(169, "jellyfin", marks=pytest.mark.slow),
        pytest.param(169, "kodi", marks=pytest.mark.slow),
        pytest.param(169, "folders", marks=pytest.mark.slow),
    ],
)
def test_a_kill_and_an_outage_cost_nothing_and_all_is_taken_back(
    tmp_path: Path, count: int, layout: Layout
) -> None:
    known = movie_catalogue.generate_catalogue(max(400, 2 * count), 1)
    (tmp_path / "home").mkdir()
    made = movie_library.make_library(tmp_path / "movies", known, count, layout)
    with cinemas.served(known) as server:
        movies = Movies(tmp_path / "home", tmp_path, tmp_path / "movies", server.url)
        movies.scan()
        before = contents(movies.movies)
        kill_after(movies, count // 4)
        with outage(server, after=count // 2):
            assert movies.batch("--all").returncode == 4
        _let_an_hour_pass(server.url)
        for _ in range(2):
            done = movies.batch("--all")
        assert done.returncode == 0, done.stderr
        items = movies.items()
        assert Counter(one["status"] for one in items.values()) == {"completed": count}
        assert all(one["attempts"] == 1 for one in items.values())
        assert not any(one.get("lookup") == "pending" for one in items.values())
        truth = {one.place: one.tmdb_id for one in made.items}
        sure = {key: one["tmdb_id"] for key, one in items.items() if one.get("match") == "auto"}
        assert {key: film for key, film in sure.items() if film != truth[key]} == {}
        assert len(sure) >= min(0.85 * count, count - 2)  # two of a shelf cannot be known
        after = contents(movies.movies)
        movies.ok("--reset-all", "--yes")
        asked = len(server.requests)
        assert movies.batch("--all").returncode == 0
        assert len(server.requests) == asked
        assert contents(movies.movies) == after
        back = movies.call("undo_changes", "--since", "2h")
        assert back.returncode == 0, back.stderr
        assert bytes_of(contents(movies.movies)) == bytes_of(before)
        assert movies.manage("--validate-queue").returncode == 0


@pytest.mark.parametrize(
    "secret", [READ_ACCESS_TOKEN, pytest.param(API_KEY, marks=pytest.mark.slow)]
)
def test_no_file_that_a_run_writes_holds_the_secret(tmp_path: Path, secret: str) -> None:
    movies, _ = cinemas.made(tmp_path, 3)
    with cinemas.served() as server:
        movies.url = server.url
        movies.scan()
        told = [movies.batch("--all", env={"MEDIAKEEP_TMDB_TOKEN": secret})]
        assert told[0].returncode == 0
        movies.ok("--reset-all", "--yes")
        with outage(server):
            told.append(movies.batch("--all", env={"MEDIAKEEP_TMDB_TOKEN": secret}))
        wrong = secret[:-1] + ("0" if secret[-1] != "0" else "1")
        movies.ok("--reset-all", "--yes")
        _let_an_hour_pass(server.url)
        (movies.path / "status" / "cache" / "tmdb.sqlite").unlink()
        told.append(movies.batch("--all", env={"MEDIAKEEP_TMDB_TOKEN": wrong}))
        assert told[-1].returncode == 4
    for text in (secret, wrong):
        for done in told:
            assert text not in done.stdout + done.stderr
        for folder in (movies.path, movies.movies):
            for path in folder.rglob("*"):
                assert not path.is_file() or text.encode() not in path.read_bytes(), path


def _let_an_hour_pass(host: str) -> None:
    from mediakeep.lookups.http import rate_limit
    from mediakeep.lookups.http.models import HttpEnvironment

    rate_limit.remove_state_file(host, HttpEnvironment())


def test_with_the_caches_gone_the_queue_still_knows_who_is_here_twice(tmp_path: Path) -> None:
    movies, _ = cinemas.made(tmp_path, 3)
    with cinemas.served() as server:
        movies.url = server.url
        movies.scan()
        assert movies.batch("--all").returncode == 0
        name = next(key for key, one in movies.items().items() if one.get("match") == "auto")
        shutil.rmtree(movies.path / "status" / "cache")
        first = movies.movies / name
        shutil.copy(
            first, first.with_stem(f"{first.stem} {{tmdb-{movies.items()[name]['tmdb_id']}}}")
        )
        movies.scan()
        for _ in range(2):  # what was known of the other one is gone, too: it waits for its lookup
            done = movies.batch("--all")
            assert done.returncode == 0, done.stderr
        twins = [
            key for key, one in movies.items().items() if "duplicate-movie" in one.get("issues", {})
        ]
        assert len(twins) == 2
        assert "Nothing is pending." in movies.batch("--all").stdout
