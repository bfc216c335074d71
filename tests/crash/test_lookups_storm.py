"""Failures and outages during a batch: no item fails or is tried twice, all is known in the end."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.commands import simulated_home
from tests.commands.simulated_home import SimulatedHome, count_requests


def check_complete(home: SimulatedHome) -> None:
    """Check that all were done at their first attempt, and that all are known."""
    artists = home.artists().values()
    assert {artist["status"] for artist in artists} == {"completed"}
    assert {artist["attempts"] for artist in artists} == {1}
    assert set(home.lookups()) == {"done"}


@pytest.mark.loop
@pytest.mark.parametrize(
    ("artists", "workers", "seconds", "share"),
    [
        (3, 2, 3, 0.5),
        pytest.param(50, 4, 40, 0.3, marks=pytest.mark.slow),
    ],
)
def test_a_storm_delays_a_batch_and_fails_none_of_its_artists(
    tmp_path: Path, artists: int, workers: int, seconds: float, share: float
) -> None:
    with simulated_home.open_home(tmp_path, artists) as home:
        home.server.faults.fail_share(seconds, share)
        done = home.batch("--all", "--workers", workers)
        assert (done.returncode, done.stderr) == (0, "")
        assert "lookup" not in done.stdout
        check_complete(home)
        refused = count_requests(home.server, 503)
        assert refused.total() >= 2
        assert set(count_requests(home.server).values()) == {1}
        assert refused.keys() <= count_requests(home.server).keys()


def run_again(home: SimulatedHome, workers: int) -> subprocess.CompletedProcess[str]:
    """Run a batch later, when the service may be asked again."""
    home.later()
    return home.batch("--all", "--workers", workers)


@pytest.mark.loop
@pytest.mark.parametrize(
    ("artists", "workers", "outages"),
    [(4, 1, 1), *(pytest.param(*case, marks=pytest.mark.slow) for case in ((4, 2, 1), (50, 4, 6)))],
)
def test_outages_leave_lookups_to_the_next_batch_and_cost_no_attempt(
    tmp_path: Path, artists: int, workers: int, outages: int
) -> None:
    with simulated_home.open_home(tmp_path, artists) as home:
        waiting = artists
        for number in range(outages):
            with simulated_home.outage(home.server, after=2 * artists // outages):
                done = run_again(home, workers)
            assert done.returncode == 4, done.stderr
            assert home.statuses_counted() == {"completed": artists}
            left = home.lookups()["pending"]
            assert 0 < left < waiting
            assert f"{left} artist" in done.stdout.splitlines()[-1]
            assert count_requests(home.server, 503).total() <= workers * (number + 1)
            waiting = left
        done = run_again(home, workers)
        assert (done.returncode, done.stderr) == (0, "")
        assert f"Processing {waiting} artist" in done.stdout
        check_complete(home)
        assert set(count_requests(home.server).values()) == {1}


@pytest.mark.slow
def test_a_batch_during_an_outage_still_makes_all_repairs(tmp_path: Path) -> None:
    """Compare with a batch that needs no answer, as it asks nobody."""
    with simulated_home.open_home(tmp_path, 3) as home:
        other = home.beside("other")
        assert home.batch("--all", "--offline").returncode == 0
        with simulated_home.outage(other.server):
            assert other.batch("--all").returncode == 4
        assert set(other.lookups()) == {"pending"}
        counts = "auto_fixed", "issues_resolved", "track_count", "album_count"
        for name, item in home.artists().items():
            assert [item.get(count) for count in counts] == [
                other.artists()[name].get(count) for count in counts
            ]
        assert any(item.get("auto_fixed") for item in home.artists().values())
