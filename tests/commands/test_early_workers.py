"""The main job's workers: who reads the artists, and that nobody outlives the batch."""

from __future__ import annotations

import os
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from mediakeep.app.batch.batch_request import BatchRequest
from mediakeep.commands.options import batch_options
from mediakeep.music.item import MUSIC
from mediakeep_samples.music import music_library
from tests.alerts.service import processes, until
from tests.commands.conftest import DOORS, Home, environment
from tests.sampling import each_row

# Notes which process opens an artist's files, and holds them until a test opens the gate.
WATCH = """
import os, sys, time
def listen(event, arguments):
    if event == "open" and str(arguments[0]).endswith((".mp3", ".flac", ".ogg", ".opus", ".m4a")):
        while os.path.exists(os.environ["GATE"]):
            time.sleep(0.01)
        handle = os.open(os.environ["OPENS"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.write(handle, b"%d\\n" % os.getpid())
        os.close(handle)
sys.addaudithook(listen)
"""
GIVEN: dict[str, Any] = {
    "workers": 4,
    "everything": True,
    "batch_size": 10,
    "dry_run": False,
    "as_json": False,
    "time_budget": 0.0,
    "item_timeout": 60.0,
    "retry_delay": 1.0,
    "max_attempts": 3,
    "checkpoint_every": 50,
    "keep_checkpoints": 20,
    "contact": "",
    "offline": False,
    "musicbrainz_host": "https://musicbrainz.org",
    "musicbrainz_interval": 1.1,
    "coverart_host": "https://coverartarchive.org",
}


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A fresh home with a library of few artists."""
    music_library.make_library(tmp_path / "music", artists=4)
    (tmp_path / "home").mkdir()
    return Home(tmp_path / "home", tmp_path / "music")


@pytest.fixture
def watched(home: Home, tmp_path: Path) -> dict[str, str]:
    """The environment in which every process notes the files that it opens."""
    home.scan()
    (tmp_path / "start").mkdir()
    (tmp_path / "start" / "sitecustomize.py").write_text(WATCH)
    own = {"PYTHONPATH": os.pathsep.join([str(tmp_path / "start"), str(DOORS)])}
    return environment({**own, "OPENS": str(tmp_path / "opens"), "GATE": str(tmp_path / "gate")})


def started(home: Home, watched: dict[str, str], *words: object) -> subprocess.Popen[bytes]:
    """Start a batch."""
    line = home.command("process_music_batch", *words)
    return subprocess.Popen(line, env=watched, stdout=subprocess.DEVNULL)


def readers(tmp_path: Path) -> Counter[int]:
    """Return how many files each process has opened."""
    return Counter(map(int, (tmp_path / "opens").read_text().split()))


@pytest.mark.long
def test_a_batch_of_several_artists_is_read_by_its_workers(
    home: Home, watched: dict[str, str], tmp_path: Path
) -> None:
    batch = started(home, watched, "--all", "--workers", 2)
    assert batch.wait(60) == 0
    found = readers(tmp_path)
    assert batch.pid not in found
    assert found


@pytest.mark.parametrize(
    "words",
    [
        ["--batch-size", 1],
        pytest.param(["--artist", "Velvet Harbour"], marks=pytest.mark.slow),
        ["--all", "--workers", 1],
    ],
)
def test_one_artist_or_one_worker_needs_no_other_process(
    home: Home, watched: dict[str, str], tmp_path: Path, words: list[object]
) -> None:
    batch = started(home, watched, *words)
    assert batch.wait(60) == 0
    assert set(readers(tmp_path)) == {batch.pid}


@pytest.mark.long
def test_the_workers_of_a_killed_batch_do_not_outlive_it(
    home: Home, watched: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "gate").touch()
    batch = started(home, watched, "--all", "--workers", 3)
    until(lambda: len(children(batch.pid)) >= 3 and any((home.queue / "live").glob("*.json")))
    workers = children(batch.pid)
    batch.kill()
    batch.wait()
    until(lambda: not any(map(alive, workers)))  # though the gate is closed, and holds their work
    (tmp_path / "gate").unlink()
    assert home.batch("--all").returncode == 0
    assert set(home.statuses().values()) == {"completed"}


def children(pid: int) -> list[int]:
    """Return the processes that a process has started."""
    shown = processes().items()
    return [number for number, words in shown if words.split()[0] == str(pid)]


def alive(pid: int) -> bool:
    """Tell whether a process still runs; a zombie does not."""
    told = subprocess.run(
        ["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return bool(told.stdout.strip()) and not told.stdout.strip().startswith("Z")


@each_row(
    ("given", "name", "count"),
    [
        ({}, None, 4),
        ({"everything": False}, None, 4),
        ({"everything": False, "batch_size": 3}, None, 3),
        ({"everything": False, "batch_size": 1}, None, 0),
        ({}, "U2", 0),
        ({"workers": 1}, None, 0),
        ({"workers": 1000}, None, 16),  # there may be fewer items
        ({"dry_run": True}, None, 0),
        (
            {"deep": True},
            None,
            0,
        ),  # decoders get fresh processes
    ],
)
def test_as_many_workers_start_early_as_there_is_work_for(
    tmp_path: Path, given: dict[str, Any], name: str | None, count: int
) -> None:
    request = BatchRequest(MUSIC, name, native=given.get("deep", False))
    assert (
        batch_options.parse_options(tmp_path, request, {**GIVEN, **given}).prestart_count == count
    )
