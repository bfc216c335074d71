"""The first batch after an outage, with one worker or several: it does all that was left."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from mediakeep import kinds
from mediakeep.item import Status, needs_lookup
from mediakeep.movies.item import MOVIES
from mediakeep.music.item import MUSIC
from mediakeep.queue import readonly, sessions
from mediakeep_simulator.http_types import SimulatorRequest
from mediakeep_simulator.server import SimulatorServer
from tests import response_faults
from tests.commands import cinemas, simulated_home
from tests.commands.simulated_home import count_requests, outage

COUNT = 4  # artists or movies
PATIENCE = 60.0  # seconds after which a test gives up waiting
_SLOW = pytest.mark.slow
SERVICE_IS_OUT = 4


def end_outage(folder: Path) -> None:
    """Let the outage be over that the record of a service tells of; nobody has probed it yet."""
    [path] = (path for path in folder.rglob("*.slots") if b'"span":60' in path.read_bytes())
    state = json.loads(path.read_bytes().partition(b"\n")[0])
    assert state["outage"] > time.time()
    path.write_text(json.dumps({**state, "outage": 1.0}) + "\n")


def hold_probe(server: SimulatorServer, queue: Path, kind: kinds.Kind, workers: int) -> None:
    """Leave the next request unanswered until all other workers wait for it, or gave up."""

    def is_awaited() -> bool:
        if any(one.status is Status.COMPLETED for one in claimed()):
            return True  # somebody gave up
        found = [
            sessions.read_live_status(queue, path.stem) for path in sessions.list_live_files(queue)
        ]
        return sum(len(live.waiting) for live in found if live) >= workers - 1

    def claimed() -> Iterator[Any]:
        for item in readonly.load_state(queue, kind).items.values():
            if item.settled > before:
                yield item

    before = readonly.load_state(queue, kind).seq

    def hold(_: SimulatorRequest) -> bool:
        end = time.monotonic() + PATIENCE
        while not is_awaited():
            assert time.monotonic() < end
            time.sleep(0.01)
        return True

    server.faults.fail_next(response_faults.delayed(0.0), 1, hold)


def still_pending(queue: Path, kind: kinds.Kind) -> list[str]:
    items = readonly.load_state(queue, kind).items
    return [
        key for key, one in items.items() if needs_lookup(one) or one.status != Status.COMPLETED
    ]


def check(
    server: SimulatorServer,
    queue: Path,
    kind: kinds.Kind,
    batch: Callable[[], tuple[int, dict[str, Any]]],
    temporary: Path,
    workers: int,
) -> Counter[tuple[str, str]]:
    """Run a batch in an outage and one after it; return what the second one asked."""
    with outage(server):
        assert batch()[0] == SERVICE_IS_OUT
    assert len(still_pending(queue, kind)) == COUNT
    end_outage(temporary)
    hold_probe(server, queue, kind, workers)
    code, told = batch()
    assert (code, told["service_failed"], told["awaiting_lookup"]) == (0, False, 0), told
    assert told["settled"] == {"completed": COUNT}
    assert still_pending(queue, kind) == []
    return count_requests(server)


@pytest.fixture(scope="module")
def asked_of_musicbrainz(tmp_path_factory: pytest.TempPathFactory) -> Counter[tuple[str, str]]:
    """What a batch asks where there is no outage."""
    with simulated_home.open_home(tmp_path_factory.mktemp("healthy"), COUNT) as home:
        assert home.batch("--all").returncode == 0
        return count_requests(home.server)


# Each subject with one number of workers in every run, and with each in slow ones.
@pytest.mark.loop
@pytest.mark.parametrize("workers", [2, *(pytest.param(one, marks=_SLOW) for one in (1, 4))])
def test_music_is_all_looked_up(
    tmp_path: Path, workers: int, asked_of_musicbrainz: Counter[tuple[str, str]]
) -> None:
    def batch() -> tuple[int, dict[str, Any]]:
        run = home.call if workers == 1 else home.run
        done = run("process_music_batch", "--all", "--workers", workers, "--json")
        assert done.stdout, done.stderr
        return done.returncode, dict(simulated_home.read_end_line(done))

    with simulated_home.open_home(tmp_path, COUNT) as home:
        asked = check(home.server, home.queue, MUSIC, batch, home.temporary, workers)
    assert asked == asked_of_musicbrainz


@pytest.fixture(scope="module")
def asked_of_tmdb(tmp_path_factory: pytest.TempPathFactory) -> Counter[tuple[str, str]]:
    """What a batch asks where there is no outage."""
    place = tmp_path_factory.mktemp("movies")
    movies, _ = cinemas.made(place, COUNT)
    with cinemas.served() as server:
        movies.url = server.url
        movies.scan()
        assert movies.batch("--all").returncode == 0
        return count_requests(server)


@pytest.mark.loop
@pytest.mark.parametrize("workers", [1, *(pytest.param(one, marks=_SLOW) for one in (2, 4))])
def test_movies_are_all_looked_up(
    tmp_path: Path, workers: int, asked_of_tmdb: Counter[tuple[str, str]]
) -> None:
    temporary = tmp_path / "tmp"
    temporary.mkdir()

    def batch() -> tuple[int, dict[str, Any]]:
        run = movies.batch if workers == 1 else movies.batch_apart
        words = ("--all", "--workers", workers, "--json")
        done = run(*words, env={"XDG_RUNTIME_DIR": str(temporary)})
        assert done.stdout, done.stderr
        return done.returncode, dict(simulated_home.read_end_line(done))

    movies, _ = cinemas.made(tmp_path, COUNT)
    with cinemas.served() as server:
        movies.url = server.url
        movies.scan()
        asked = check(server, movies.queue, MOVIES, batch, temporary, workers)
    assert asked == asked_of_tmdb
