"""Whatever runs side by side on a machine: the pace is one, and no home asks anything twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.commands import simulated_home
from tests.commands.simulated_home import SimulatedHome, count_requests

INTERVAL = 0.2


def side_by_side(*homes: SimulatedHome, workers: int = 2) -> None:
    """Run batches at the same time, and see that all end well."""
    words = ("--workers", workers, "--batch-size", 4, "--musicbrainz-interval", INTERVAL)
    running = [home.start(*words) for home in homes]
    ends = [process.communicate(timeout=110) for process in running]
    assert [process.returncode for process in running] == [0] * len(homes), ends


def find_excess_requests(home: SimulatedHome, interval: float) -> list[int]:
    """Return the requests to MusicBrainz by which, counted from any before it, there were too many.

    Covers are from another service, whose pace is its own. A request may take an interval longer to
    arrive than the one before it.
    """
    asked = [one for one in home.server.requests if one.path.startswith("/ws/")]
    times = sorted(request.time for request in asked)
    return [
        last
        for last in range(len(times))
        if any(times[last] - times[first] < (last - first - 1) * interval for first in range(last))
    ]


@pytest.mark.slow
def test_two_batches_of_a_home_keep_one_pace_and_ask_nothing_twice(tmp_path: Path) -> None:
    with simulated_home.open_home(tmp_path, 8) as home:
        side_by_side(home, home, workers=4)
        assert home.lookups() == {"done": 8}
        assert set(count_requests(home.server).values()) == {1}
        redirected = count_requests(home.server, 307)  # to the files of covers
        assert set(redirected.values()) <= {1}
        answered = count_requests(home.server).total() + redirected.total()
        assert len(home.server.requests) == answered >= 16
        assert find_excess_requests(home, INTERVAL) == []
        assert find_excess_requests(home, 2 * INTERVAL) != []


@pytest.mark.slow
def test_two_homes_of_a_machine_keep_one_pace(tmp_path: Path) -> None:
    with simulated_home.open_home(tmp_path, 4) as home:
        side_by_side(home, home.beside("other"))
        assert set(count_requests(home.server).values()) == {2}  # each home keeps its own answers
        assert find_excess_requests(home, INTERVAL) == []


@pytest.mark.slow
def test_machines_that_know_nothing_of_each_other_are_too_fast_together(tmp_path: Path) -> None:
    """The control of the tests above: with folders of their own the pace is kept by each alone."""
    with simulated_home.open_home(tmp_path, 4) as home:
        other = home.beside("other")
        other.temporary = tmp_path / "elsewhere"
        other.temporary.mkdir()
        side_by_side(home, other)
        assert find_excess_requests(home, INTERVAL) != []
