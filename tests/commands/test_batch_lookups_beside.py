"""Lookups and what lies beside a batch: commands of one artist, alerts, and who has asked."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from mediakeep.size_text import format_count
from tests.alerts.service import Service, answer
from tests.alerts.service import lines as log_lines
from tests.commands import simulated_home
from tests.commands.simulated_home import CONTACT, SimulatedHome, Stock, count_requests, outage

ARTISTS = 3
HEADING = "<summary>At MusicBrainz</summary>"


@pytest.fixture(scope="module")
def stock(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stock]:
    with simulated_home.open_home(tmp_path_factory.mktemp("stock") / "place", ARTISTS) as one:
        yield Stock(one)


@pytest.fixture
def home(stock: Stock) -> SimulatedHome:
    return stock.home()


def section(report: Path) -> str:
    """Return what a report says of MusicBrainz, "" where it says nothing."""
    return report.read_text().partition(HEADING)[2].partition("\n</details>")[0]


def test_an_artist_of_the_queue_is_looked_up_by_itself_and_not_again_by_a_batch(
    home: SimulatedHome,
) -> None:
    name = next(iter(home.artists()))
    done = home.call("process_artist", home.music / name)
    assert done.returncode == 0, done.stderr
    item = home.artists()[name]
    assert (item["status"], item["lookup"]) == ("completed", "done")
    assert item["mbid"]
    assert section(home.path / item["report"])
    asked = count_requests(home.server)
    home.batch("--all")
    assert (count_requests(home.server) & asked) == asked
    assert set(count_requests(home.server).values()) == {1}


def test_an_artist_that_no_queue_knows_is_looked_up_as_well(home: SimulatedHome) -> None:
    aside = home.path.parent / "aside" / "Velvet Harbour"
    aside.parent.mkdir()
    (home.music / "Velvet Harbour").rename(aside)
    done = home.call("process_artist", aside, "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["lookup"] == "done"
    assert section(home.path / told["report"])
    before = count_requests(home.server).total()
    home.call("process_artist", aside)
    assert count_requests(home.server).total() == before > 0


def test_process_artist_amid_an_outage_does_the_rest(home: SimulatedHome) -> None:
    name = next(iter(home.artists()))
    with outage(home.server):
        done = home.call("process_artist", home.music / name)
    assert done.returncode == 4, done.stderr
    assert "MusicBrainz is unreachable" in done.stdout + done.stderr
    assert home.artists()[name]["status"] == "completed"
    assert home.artists()[name]["lookup"] == "pending"
    home.later()
    assert home.batch("--all").returncode == 0
    assert home.lookups() == {"done": ARTISTS}


def test_a_change_by_hand_asks_nobody_and_keeps_what_the_report_tells(home: SimulatedHome) -> None:
    home.batch("--all")
    asked = len(home.server.requests)
    before = section(home.path / home.artists()["Velvet Harbour"]["report"])
    assert before
    folder = home.music / "Velvet Harbour" / "Salt on the Signal Lamps"
    done = home.call("fix_metadata", "genre", folder, "Harbour Pop", "--yes")
    assert done.returncode == 0, done.stderr
    assert "changed" in done.stdout
    item = home.artists()["Velvet Harbour"]
    assert len(home.server.requests) == asked
    assert section(home.path / item["report"]) == before
    assert (item["status"], item["lookup"]) == ("completed", "done")
    table = home.table.read_bytes()
    home.batch("--all")
    assert (len(home.server.requests), home.table.read_bytes()) == (asked, table)


@pytest.mark.long
def test_who_asks_is_told_to_the_server_and_stands_nowhere(home: SimulatedHome) -> None:
    with outage(home.server):
        done = [home.batch("--all", "--json")]
    home.later()
    done += [home.batch("--all"), home.batch("--all", "--dry-run")]
    done += [home.call("process_artist", home.music / "Velvet Harbour", "--refresh")]
    done += [home.call("weekly_report"), home.call("media_dashboard"), home.manage()]
    for one in done:
        assert CONTACT not in one.stdout + one.stderr
    assert {CONTACT in one.agent for one in home.server.requests} == {True}
    paths = [path for top in (home.path, home.temporary, home.music) for path in top.rglob("*")]
    assert home.answers in paths
    assert any(path.suffix == ".slots" for path in paths)
    holding = [path for path in paths if path.is_file() and CONTACT.encode() in path.read_bytes()]
    assert holding == []


@pytest.mark.slow
def test_a_finished_library_is_told_once_also_where_look_ups_wait(home: SimulatedHome) -> None:
    service = Service(answer(200))
    told = {"MEDIAKEEP_ALERT_WEBHOOK": service.url}
    try:
        with outage(home.server):
            assert home.batch("--all", env=told).returncode == 4
            service.receive(1)
            assert home.batch("--all", env=told).returncode == 4
        home.later()
        assert home.batch("--all", env=told).returncode == 0
        assert home.batch("--all", env=told).returncode == 0
        assert home.lookups() == {"done": ARTISTS}
        log = home.path / "status" / "alerts.log"
        raised = [one for one in log_lines(log) if one["message"].startswith("Alert raised")]
        assert [one["event"] for one in raised] == ["finished"]
    finally:
        service.close()
    assert [one["event"] for one in service.alerts] == ["finished"]


def test_what_was_repaired_before_the_look_up_is_told_and_counted_after_it(
    home: SimulatedHome,
) -> None:
    def told() -> dict[str, tuple[int, int, int]]:
        found = {}
        for name, item in home.artists().items():
            counts = (item.get("auto_fixed", 0), item.get("issues_resolved", 0))
            found[name] = (*counts, item.get("repaired", 0))
            text = (home.path / item["report"]).read_text()
            assert not counts[0] or f"\n{format_count(counts[0], 'repair')} in " in text
        return found

    assert home.batch("--all", "--offline").returncode == 0
    before = told()
    assert sum(counts[0] for counts in before.values()) > 0
    done = home.batch("--all", "--json")
    assert home.lookups().get("pending", 0) == 0
    after = told()
    for name, (fixed, resolved, repaired) in before.items():
        assert after[name][0] >= fixed, name
        assert after[name][1] >= resolved, name
        assert repaired in (0, after[name][2]), name
    fresh = sum(after[name][0] - before[name][0] for name in before)
    assert (
        simulated_home.read_end_line(done)["auto_fixed"] == fresh > 0
    )  # what the lookups have filled in
    parts = (home.path / "status" / "music" / "history").iterdir()
    events = [json.loads(line) for part in parts for line in part.read_text().splitlines()]
    counted = sum(event.get("auto_fixed", 0) for event in events)
    assert counted == sum(counts[0] for counts in after.values())
