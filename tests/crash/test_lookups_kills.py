"""Batches killed during lookups: the result is the same, and each request is sent once.

What matched albums got, their tags and covers, is the same to the byte, and is undone to the
byte.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import threading
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from mediakeep.item import Status
from mediakeep.music.item import MUSIC
from mediakeep.queue import readonly
from tests import response_faults
from tests.alerts.service import until
from tests.commands import simulated_home
from tests.commands.simulated_home import SimulatedHome, count_requests

SLOW = pytest.mark.slow
# Moments, and what is counted on or told of one session: repairs of two are named by none.
_OF_A_RUN = re.compile(
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[\d.+:]*|( --session )?\d{8}_session_\d{3}|\"seq\": \d+"
)
_FACTS = ("status", "lookup", "mbid", "attempts", "report", "track_count", "album_count", "rules")
_COUNTS = ("issues_found", "issues_resolved", "auto_fixed", "manual_reviews", "issues", "notes")


def read_outputs(home: SimulatedHome) -> dict[str, str]:
    """Return all that a user reads of a home: its outputs, its reports, and the record."""
    paths = [*(home.path / "outputs").iterdir(), *(home.path / "issues").rglob("*.md")]
    # What a killed writer left half-written is swept by a batch of an hour later.
    paths = [path for path in paths if not path.name.startswith(".")]
    texts = {path.relative_to(home.path).as_posix(): path for path in [*paths, home.record]}
    return {name: _OF_A_RUN.sub("", path.read_text()) for name, path in texts.items()}


def queue(home: SimulatedHome) -> dict[str, list[Any]]:
    """Return what the queue holds of each artist that no kill may change."""
    return {
        name: [item.get(one) for one in (*_FACTS, *_COUNTS)]
        for name, item in home.artists().items()
    }


def hashes(music: Path) -> dict[str, str]:
    """Return what the files of a library are; what a killed writer left half-written is swept."""
    paths = (path for path in music.rglob("*") if path.is_file() and not path.name.startswith("."))
    return {
        path.relative_to(music).as_posix(): sha256(path.read_bytes()).hexdigest() for path in paths
    }


def kill(home: SimulatedHome, at: int, workers: int = 2) -> None:
    """Kill a batch and all its workers once so many requests were answered, and more have come.

    These are not answered, so that the batch does not end before the kill.
    """
    killed, requests = threading.Event(), home.server.requests
    home.server.faults.fail_next(
        response_faults.delayed(3600), 10**9, lambda _: not killed.is_set() and len(requests) >= at
    )
    process = home.start("--all", "--workers", workers)
    until(lambda: len(requests) > at or process.poll() is not None)
    assert process.poll() is None, process.communicate()
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    killed.set()
    # the journal's last lines included
    items = readonly.load_state(home.queue, MUSIC).items.values()
    assert Status.IN_PROGRESS in {item.status for item in items}


def reset_home(home: SimulatedHome, pristine: Path) -> None:
    """Put everything back to where it was before the first batch, at the same place."""
    for path in (home.music, home.path):
        shutil.rmtree(path)
    shutil.copytree(pristine, home.music, symlinks=True)
    home.path.mkdir()
    home.scan()


def moments(first: int, last: int, kills: int) -> Iterator[int]:
    """Give after how many requests to kill, evenly spread."""
    for number in range(kills):
        yield first + (last - first) * number // max(1, kills - 1)


@pytest.mark.loop
@pytest.mark.parametrize(
    ("artists", "workers", "kills"),
    [
        (3, 1, 2),  # killed with several workers in slow runs, and in those of the runner
        *(
            pytest.param(*case, marks=SLOW)
            for case in ((3, 2, 2), (5, 2, 2), (14, 4, 3), (50, 4, 12))
        ),
    ],
)
def test_kills_during_lookups_change_nothing_and_have_nothing_asked_again(
    tmp_path: Path, artists: int, workers: int, kills: int
) -> None:
    with simulated_home.open_home(tmp_path, artists) as home:
        pristine = tmp_path / "pristine"
        shutil.copytree(home.music, pristine, symlinks=True)
        assert home.batch("--all", "--workers", workers).returncode == 0
        whole, ours, requests = read_outputs(home), queue(home), count_requests(home.server)
        enriched, original = hashes(home.music), hashes(pristine)
        assert set(requests.values()) == {1}
        assert sum(enriched[name] != digest for name, digest in original.items()) > artists
        assert any(item.get("auto_fixed") for item in home.artists().values())

        reset_home(home, pristine)
        home.server.requests.clear()
        for at in moments(requests.total() // 6, requests.total() * 3 // 4, kills):
            kill(home, at, workers)
        done = home.batch("--all", "--workers", workers)
        assert done.returncode == 0, done.stderr
        assert queue(home) == ours
        assert read_outputs(home) == whole
        assert hashes(home.music) == enriched

        again = count_requests(home.server)
        assert again.keys() == requests.keys()
        assert 1 <= (again - requests).total() <= kills * workers
        assert max(again.values()) <= 1 + kills

        undone = home.run("undo_changes", "--since", "2000-01-01")
        assert undone.returncode == 0, undone.stderr
        assert hashes(home.music) == original


@SLOW
def test_a_batch_killed_during_a_requested_wait_does_not_block_the_next(tmp_path: Path) -> None:
    """What a dead process held of the pace and of the questions is held no more."""
    with simulated_home.open_home(tmp_path, 4) as home:
        home.server.faults.fail_next(response_faults.http_error(retry_after="2"), 2)
        kill(home, 1)
        done = home.batch("--all")
        assert done.returncode == 0, done.stderr
        assert home.lookups() == {"done": 4}
        assert {item["attempts"] for item in home.artists().values()} == {1}
        assert set(count_requests(home.server).values()) == {1}
