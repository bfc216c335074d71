"""The NFO of movies that a person names, in the queue or not."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mediakeep.app.movies import probe_pool
from tests.commands import cinemas, simulated_home
from tests.commands.cinemas import Movies


@pytest.fixture(autouse=True)
def _inline(request: pytest.FixtureRequest) -> Iterator[None]:
    """Look into videos in this process, but for one test: a worker takes a second to start."""
    if request.function is test_the_nfo_of_a_movie_that_no_queue_knows_is_written_and_nothing_else:
        yield
        return
    with cinemas.inline(probe_pool):
        yield


@pytest.fixture
def movies(tmp_path: Path) -> Iterator[Movies]:
    found, _ = cinemas.made(tmp_path)
    with cinemas.served() as server:
        found.url = server.url
        yield found


def test_the_help_loads_nothing_that_identifies_or_writes() -> None:
    script = (
        "import sys; from mediakeep.commands import generate_nfo\n"
        "slow = ('rapidfuzz', 'urllib.request', 'mediakeep.movies.plan_movie')\n"
        "print([name for name in slow if name in sys.modules])"
    )
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.fixture(scope="module")
def name(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A movie that a dry run over all is certain of: they are the same each time."""
    movies, _ = cinemas.made(tmp_path_factory.mktemp("certain"))
    with cinemas.served() as server:
        movies.url = server.url
        with cinemas.inline(probe_pool):
            return certain(movies)


def certain(movies: Movies) -> str:
    done = movies.call("generate_nfo", "--dry-run", movies.movies)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[-1] == "Dry run: nothing was written."
    place = next(line for line in lines if line.startswith("  nfo: "))
    return lines[lines.index(place) - 1].partition(": ")[0]


@pytest.mark.long
def test_the_nfo_of_a_movie_that_no_queue_knows_is_written_and_nothing_else(
    movies: Movies, name: str
) -> None:
    before = {path.name for path in movies.movies.iterdir()}
    done = movies.call("generate_nfo", movies.movies / name)
    assert done.returncode == 0, done.stderr
    stem = Path(name).stem
    made = {path.name for path in movies.movies.iterdir()} - before
    assert made == {f"{stem}.nfo", f"{stem}-metadata.json"}
    again = movies.call("generate_nfo", movies.movies / name)
    assert "0 files written" in again.stdout


def test_printed_is_what_would_be_written(movies: Movies, name: str) -> None:
    before = sorted(movies.movies.iterdir())
    printed = movies.call("generate_nfo", "--print", movies.movies / name).stdout
    assert sorted(movies.movies.iterdir()) == before
    movies.call("generate_nfo", movies.movies / name)
    assert (movies.movies / name).with_suffix(".nfo").read_text() == printed


def test_a_pending_movie_stays_pending_and_a_completed_one_is_told_of(
    movies: Movies, name: str
) -> None:
    movies.scan()
    movies.call("generate_nfo", movies.movies / name)
    assert movies.statuses()[name] == "pending"
    assert movies.batch("--all").returncode == 0
    (movies.movies / name).with_suffix(".nfo").unlink()
    done = movies.call("generate_nfo", movies.movies / name)
    assert "1 file written" in done.stdout
    assert movies.statuses()[name] == "completed"
    assert (movies.movies / name).with_suffix(".nfo").exists()


def test_without_a_movie_there_nothing_is_done(movies: Movies, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert movies.call("generate_nfo", tmp_path / "empty").returncode == 2
    assert movies.call("generate_nfo", tmp_path / "nowhere").returncode == 2


def test_what_is_not_certain_cannot_be_printed(movies: Movies) -> None:
    (movies.movies / "Quite Unheard Of (1931).mkv").write_bytes(b"")
    done = movies.call("generate_nfo", "--print", movies.movies / "Quite Unheard Of (1931).mkv")
    assert done.returncode == 1
    assert "ambiguous" in done.stderr


def test_a_service_that_fails_is_exit_code_4(tmp_path: Path) -> None:
    movies, _ = cinemas.made(tmp_path)
    with cinemas.served() as server, simulated_home.outage(server):
        movies.url = server.url
        assert movies.call("generate_nfo", movies.movies).returncode == 4
