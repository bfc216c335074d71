"""Deleted, damaged or refused caches: looked up again, set aside, or reported at the start."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests import response_faults
from tests.commands import simulated_home
from tests.commands.simulated_home import SimulatedHome, count_requests

ARTISTS = 2
AS_THEY_ARE = "--fix", "none"  # tags that name what they are ask other questions


def reset(home: SimulatedHome) -> None:
    home.ok("--reset-all", "--yes")


def check_home(home: SimulatedHome) -> None:
    """Check that all is known, and the record is whole."""
    assert home.lookups() == {"done": len(home.artists())}
    record = json.loads(home.record.read_bytes())
    assert set(record["artists"]) == set(home.artists())
    assert all(record_["lookup"] == "done" for record_ in record["artists"].values())


def test_a_second_run_asks_nothing_and_one_without_the_record_asks_all(tmp_path: Path) -> None:
    with simulated_home.open_home(tmp_path, ARTISTS) as home:
        home.batch(*AS_THEY_ARE, "--all")
        first = count_requests(home.server)
        record = home.record.read_bytes()
        reset(home)
        assert home.batch(*AS_THEY_ARE, "--all").stderr == ""
        assert count_requests(home.server) == first
        assert home.record.read_bytes() == record

        home.record.unlink()
        reset(home)
        done = home.batch(*AS_THEY_ARE, "--all")
        assert done.returncode == 0
        assert done.stderr == (
            f"Warning: {home.record} was deleted: everything will be looked up again.\n"
        )
        assert count_requests(home.server) == first + first
        check_home(home)


def test_a_record_that_is_deleted_under_a_batch_is_not_written_from_what_was_known(
    tmp_path: Path,
) -> None:
    with simulated_home.open_home(tmp_path, ARTISTS) as home:
        home.batch(*AS_THEY_ARE, "--batch-size", 1)
        home.server.faults.fail_next(response_faults.delayed(1.0))
        process = home.start(*AS_THEY_ARE, "--all")
        until = time.monotonic() + 60
        request_count = len(home.server.requests)
        while len(home.server.requests) == request_count and time.monotonic() < until:
            time.sleep(0.01)
        home.record.unlink()
        _, complaint = process.communicate(timeout=60)
        assert process.returncode == 0, complaint
        assert not home.record.exists()
        before = count_requests(home.server)
        reset(home)
        assert home.batch(*AS_THEY_ARE, "--all").returncode == 0
        assert count_requests(home.server) == before + before
        check_home(home)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def garble(path: Path) -> None:
    path.write_bytes(b"\x00\xff" * 5000)


def empty(path: Path) -> None:
    path.write_bytes(b"")


def strange(path: Path) -> None:
    path.write_text('{"format": 99, "artists": {}}')


def deep(path: Path) -> None:
    path.write_text('{"format": 1, "artists": ' + "[" * 100_000)


@pytest.mark.parametrize(
    "harm",
    [
        cut,
        *(
            pytest.param(damage, marks=pytest.mark.slow)
            for damage in (garble, empty, strange, deep)
        ),
    ],
)
def test_a_damaged_record_is_set_aside_and_rewritten(
    tmp_path: Path, harm: Callable[[Path], None]
) -> None:
    with simulated_home.open_home(tmp_path, 1) as home:
        home.batch(*AS_THEY_ARE, "--all")
        requests, record = count_requests(home.server), home.record.read_bytes()
        harm(home.record)
        harmed = home.record.read_bytes()
        reset(home)
        done = home.batch(*AS_THEY_ARE, "--all")
        assert done.returncode == 0, done.stderr
        (aside,) = home.caches.glob("musicbrainz_cache.json.damaged-*")
        assert aside.read_bytes() == harmed
        assert aside.name in done.stderr
        assert home.record.read_bytes() == record
        assert count_requests(home.server) == requests


@pytest.mark.parametrize("harm", [cut, pytest.param(garble, marks=pytest.mark.slow)])
def test_damaged_answers_are_set_aside_and_requested_again(
    tmp_path: Path, harm: Callable[[Path], None]
) -> None:
    with simulated_home.open_home(tmp_path, ARTISTS) as home:
        home.batch(*AS_THEY_ARE, "--all")
        first = count_requests(home.server)
        for rest in home.caches.glob("musicbrainz.sqlite-*"):
            rest.unlink()
        harm(home.answers)
        reset(home)
        done = home.batch(*AS_THEY_ARE, "--all", "--workers", 2)
        assert done.returncode == 0, done.stderr
        assert list(home.caches.glob("musicbrainz.sqlite.damaged-*"))
        assert "musicbrainz.sqlite.damaged-" in done.stderr
        assert count_requests(home.server).keys() == first.keys()
        check_home(home)


def test_an_unusable_cache_folder_is_reported_before_any_claim(
    tmp_path: Path,
) -> None:
    with simulated_home.open_home(tmp_path, 1) as home:
        home.caches.parent.mkdir(exist_ok=True)
        home.caches.write_text("in the way")
        done = home.batch(*AS_THEY_ARE, "--all")
        assert done.returncode == 2
        assert str(home.caches) in done.stderr
        assert home.statuses_counted() == {"pending": 1}
        assert home.server.requests == []
        home.caches.unlink()
        assert home.batch(*AS_THEY_ARE, "--all").returncode == 0
        check_home(home)


def test_a_record_that_is_a_folder_is_reported_before_anything_is_claimed(tmp_path: Path) -> None:
    with simulated_home.open_home(tmp_path, 1) as home:
        home.record.mkdir(parents=True)
        done = home.batch(*AS_THEY_ARE, "--all")
        assert done.returncode == 2, done.stderr
        assert str(home.record) in done.stderr
        assert home.statuses_counted() == {"pending": 1}
