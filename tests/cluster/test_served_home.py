"""A host that does not see the home works for it: its host writes everything, by its clock."""

from __future__ import annotations

import contextlib
import functools
import json
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import quick_start
from tests.cluster.test_cluster_hosts import find_free_port, is_open, start
from tests.commands import cinemas, repaired, simulated_home
from tests.commands.cinemas import Movies
from tests.commands.conftest import Home, environment
from tests.commands.repaired import contents
from tests.runner import workshop

pytestmark = [pytest.mark.needs("distributed", "namespaces")]

DAEMON = {"DASK_DISTRIBUTED__WORKER__DAEMON": "False"}
# The other host has the library at another place, and neither it nor the home at their places.
HIDE = (
    'echo $$ > "$2.pid"; mount --bind "$1" "$2";'
    ' mount -t tmpfs no "$1"; mount -t tmpfs no "$3"; shift 3; exec "$@"'
)


@contextlib.contextmanager
def open_scheduler(home: Home, library: Path) -> Iterator[str]:
    """Start a scheduler, and a worker on a host without the home; yield the address."""
    port, place = find_free_port(), home.path.parent
    there = place / "there"
    there.mkdir()
    hide = ["unshare", "-m", "sh", "-ec", HIDE, "sh", str(library), str(there), str(home.path)]
    command = f"dask worker tcp://nas:8786 --nthreads 2 --local-directory {place / 'scratch'}"
    environ = DAEMON | {"MEDIAKEEP_MAP": f"{library}={there}"}
    with (
        quick_start.suspend(),
        start("dask scheduler --port 8786 --no-dashboard", port, {}),
        start(command, port, environ, before=hide),
    ):
        workshop.await_(functools.partial(is_open, port))
        yield f"tcp://127.0.0.1:{port}"
        # As the other host sees them: what stands for the home is in the worker's folder.
        root = Path(f"/proc/{there.with_suffix('.pid').read_text().strip()}/root")
        seen = {path: [*(root / path.relative_to("/")).iterdir()] for path in (there, library)}
        seen[home.path] = [*(root / home.path.relative_to("/")).iterdir()]
        assert seen.pop(there)
        assert not any(seen.values()), seen


def run_there(home: Home, script: str, *words: str) -> None:
    """Run a command, however long a busy machine takes for the start of its workers."""
    settings = getattr(home, "settings", {})
    if isinstance(home, Movies):
        settings = cinemas.asking(home.url)
    done = subprocess.run(
        home.command(script, *words, "--scheduler-timeout", "600"),
        env=environment(settings),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def read_texts(home: Home) -> dict[str, str]:
    """Return the reports and lists of a home, without what differs between two runs."""
    found = {}
    for folder in ("outputs", "issues"):
        for path in (home.path / folder).rglob("*"):
            if path.is_file() and not path.name.startswith("weekly"):
                found[str(path.relative_to(home.path))] = path.read_text()
    return found


def read_records(home: Home) -> list[str]:
    """Return what the undo records say of files, in order of paths."""
    lines = [
        json.loads(line)
        for path in sorted((home.path / "status" / "undo").glob("2*.jsonl"))
        for line in path.read_text().splitlines()
    ]
    records = [line for line in lines if "path" in line]
    done = {line["id"] for line in lines if line.get("mark") == "done"}
    assert {record["id"] for record in records} == done
    return sorted(
        f"{one['path']} {one['item']} {one['old']['sha256']} {one['new']['sha256']}"
        for one in records
    )


def read_sounds(home: Home) -> list[tuple[str, ...]]:
    """Return the audio hashes that the essence database has."""
    with contextlib.closing(sqlite3.connect(home.queue / "essence.db")) as database:
        return database.execute("SELECT artist, place, essence FROM sound ORDER BY 1, 2").fetchall()


def test_files_reports_and_undo_records_are_those_of_a_worker_at_home(tmp_path: Path) -> None:
    place = tmp_path / "place"
    place.mkdir()
    home = repaired.prepare(place)
    before = contents(home.music)
    shutil.copytree(place, tmp_path / "kept")
    words = ("--all", "--deep")
    assert home.batch(*words).returncode == 0
    files, texts, records = contents(home.music), read_texts(home), read_records(home)
    sounds = read_sounds(home)
    assert len(sounds) == len(records) == 5
    assert files != before
    shutil.rmtree(place)
    shutil.copytree(tmp_path / "kept", place)
    with open_scheduler(home, home.music) as address:
        run_there(home, "process_music_batch", *words, "--scheduler", address)
        assert contents(home.music) == files
        assert read_texts(home) == texts
        assert read_records(home) == records
        assert read_sounds(home) == sounds
        assert home.call("undo_changes", "--session", "last", "--yes").returncode == 0
        assert contents(home.music) == before
        # What was undone is not repaired again: the host without the home knows that.
        assert home.manage("--reset-all", "--yes").returncode == 0
        run_there(home, "process_music_batch", "--all", "--scheduler", address)
        assert contents(home.music) == before


def test_lookups_and_their_cache_are_those_of_the_home(tmp_path: Path) -> None:
    with simulated_home.open_home(tmp_path, artists=3) as home:
        with open_scheduler(home, home.music) as address:
            run_there(home, "process_music_batch", "--all", "--scheduler", address)
        assert home.lookups() == {"done": 3}
        requests = len(home.server.requests)
        assert requests > 6
        assert home.manage("--reset-all", "--yes").returncode == 0
        assert home.call("process_music_batch", "--all", "--offline").returncode == 0
        assert home.lookups() == {"done": 3}
        assert len(home.server.requests) == requests


def test_movies_are_worked_on_like_at_home(tmp_path: Path) -> None:
    place = tmp_path / "place"
    place.mkdir()
    with cinemas.served() as server:
        home, _ = cinemas.made(place, 3)
        home.url = server.url
        home.scan()
        before = contents(home.movies)
        shutil.copytree(place, tmp_path / "kept")
        assert home.batch_apart("--all").returncode == 0
        files, texts, records = contents(home.movies), read_texts(home), read_records(home)
        assert len(files) > len(before)
        shutil.rmtree(place)
        shutil.copytree(tmp_path / "kept", place)
        with open_scheduler(home, home.movies) as address:
            run_there(home, "process_movies", "--all", "--scheduler", address)
        assert contents(home.movies) == files
        assert read_texts(home) == texts
        assert read_records(home) == records
        assert home.call("undo_changes", "--session", "last", "--yes").returncode == 0
        assert contents(home.movies) == before
