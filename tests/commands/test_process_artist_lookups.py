"""process_artist.py looks an artist up as a batch does, and says so where it could not."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.commands import simulated_home
from tests.commands.simulated_home import SimulatedHome, outage

ARTIST = "Velvet Harbour"
DOOR = "process_artist"


@pytest.fixture
def home(tmp_path: Path) -> Iterator[SimulatedHome]:
    with simulated_home.open_home(tmp_path, 14) as one:
        yield one


def test_an_artist_is_looked_up_once_and_anew_where_that_is_wanted(home: SimulatedHome) -> None:
    done = home.call(DOOR, home.music / ARTIST, "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["lookup"] == "done"
    assert "lookup_note" not in told
    assert home.artists()[ARTIST]["mbid"] == told["mbid"]
    asked = len(home.server.requests)
    assert home.call(DOOR, home.music / ARTIST).returncode == 0
    assert len(home.server.requests) == asked > 0
    assert home.call(DOOR, home.music / ARTIST, "--refresh").returncode == 0
    first, anew = home.server.requests[:asked], home.server.requests[asked:]
    browsed = {(one.path, one.query) for one in first if "artist=" in one.query}
    assert browsed
    assert browsed <= {(one.path, one.query) for one in anew}


def test_offline_one_line_says_that_nobody_was_asked(home: SimulatedHome) -> None:
    done = home.call(DOOR, home.music / ARTIST, "--offline")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-2] == "MusicBrainz not queried: this run is offline."
    told = json.loads(home.call(DOOR, home.music / ARTIST, "--offline", "--json").stdout)
    assert (told["lookup"], told["lookup_note"]) == ("pending", done.stdout.splitlines()[-2])
    assert not home.server.requests


def test_where_the_service_is_out_the_rest_is_done_and_the_exit_code_is_4(
    home: SimulatedHome,
) -> None:
    with outage(home.server):
        done = home.call(DOOR, home.music / ARTIST)
    assert done.returncode == 4
    assert "MusicBrainz is unreachable" in done.stdout
    with outage(home.server):
        done = home.call(DOOR, home.music / ARTIST, "-q")
    assert (done.returncode, done.stdout) == (4, "")
    (line,) = done.stderr.splitlines()  # and not the result
    assert "MusicBrainz is unreachable" in line
    assert home.statuses()[ARTIST] == "completed"
    assert home.lookups()["pending"] == 1
    home.later()
    assert home.call(DOOR, home.music / ARTIST).returncode == 0
    assert home.artists()[ARTIST]["lookup"] == "done"


@pytest.mark.slow
def test_a_deleted_record_is_noticed(home: SimulatedHome) -> None:
    # Tags that were filled in would save the next lookup some requests.
    assert home.batch("--artist", ARTIST, "--fix", "none").returncode == 0
    asked = len(home.server.requests)
    home.record.unlink()
    done = home.call(DOOR, home.music / ARTIST, "--fix", "none")
    assert "was deleted: everything will be looked up again" in done.stderr
    assert len(home.server.requests) == 2 * asked


@pytest.mark.slow
def test_a_copy_that_lies_elsewhere_leaves_what_is_known_of_the_queues(
    home: SimulatedHome, tmp_path: Path
) -> None:
    def known() -> dict[str, Any]:
        found: dict[str, Any] = json.loads(home.record.read_bytes())["artists"]
        return found

    home.batch("--all")
    before = known()
    copy = tmp_path / "elsewhere" / ARTIST
    shutil.copytree(home.music / ARTIST / "Winter Moorings", copy / "Winter Moorings")
    assert home.call(DOOR, copy).returncode == 0
    home.batch("--all")
    after = known()
    assert after.pop(str(copy))["albums"].keys() == {"Winter Moorings"}
    assert after == before
