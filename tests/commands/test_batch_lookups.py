"""Batches whose lookups cannot be made: everything else is done, and one line says what helps."""

from __future__ import annotations

import json
import select
import signal
import socket
from collections.abc import Iterator
from dataclasses import replace
from types import SimpleNamespace
from urllib.parse import urlsplit

import pytest

from mediakeep.lookups.http import adapter
from mediakeep_simulator.http_types import SimulatorResponse
from tests.commands import simulated_home
from tests.commands.conftest import Home, obeying_permissions
from tests.commands.simulated_home import (
    SimulatedHome,
    Stock,
    count_requests,
    outage,
    read_end_line,
)

ARTISTS = 3
BATCH = "process_music_batch"
PUBLIC = ("--musicbrainz-host", "https://musicbrainz.org", "--musicbrainz-interval", 1.1)
AWAITING = f"{ARTISTS} artists wait for their lookup. MusicBrainz "


@pytest.fixture(scope="module")
def stock(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stock]:
    with simulated_home.open_home(tmp_path_factory.mktemp("stock") / "place", ARTISTS) as one:
        yield Stock(one)


@pytest.fixture
def home(stock: Stock) -> SimulatedHome:
    return stock.home()


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatedHome]:
    """A home for commands that do nothing."""
    with simulated_home.open_home(tmp_path_factory.mktemp("untouched"), 1) as one:
        yield one


@pytest.fixture
def proxy() -> Iterator[socket.socket]:
    """What a request to another machine would come to, were there one."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening


def by(port: int | None) -> dict[str, str]:
    """Lead all that leaves this machine to a proxy on it."""
    url = f"http://127.0.0.1:{port}"
    return {**dict.fromkeys(("http_proxy", "https_proxy", "all_proxy"), url), "no_proxy": ""}


def was_asked(listening: socket.socket) -> bool:
    return bool(select.select([listening], [], [], 0)[0])


@pytest.mark.long
def test_a_service_that_is_out_is_told_in_one_line_and_asked_again_later(
    home: SimulatedHome,
) -> None:
    with outage(home.server):
        done = home.batch("--all")
    assert (done.returncode, done.stderr) == (4, "")
    *_, last = done.stdout.splitlines()
    assert last.startswith(f"{AWAITING}is unreachable (HTTP status 503). Next attempt at ")
    assert last.endswith(" min).")
    assert sum("MusicBrainz" in line for line in done.stdout.splitlines()) == 1
    assert (home.lookups(), home.statuses_counted()) == (
        {"pending": ARTISTS},
        {"completed": ARTISTS},
    )
    assert len(home.server.requests) == 1
    assert f"{ARTISTS} artists wait for their lookup" in home.ok("--show-summary")
    told = json.loads(home.ok("--show-summary", "--json"))
    assert told["awaiting"] == ARTISTS

    # Until the end of the outage nobody asks, and nothing is done again but one attempt to.
    done = home.batch("--all", "--json")
    assert done.returncode == 4
    told = read_end_line(done)
    assert (told["awaiting_lookup"], told["service_failed"]) == (ARTISTS, True)
    assert told["lookup_note"].startswith("MusicBrainz is unreachable")
    assert len(home.server.requests) == 1

    home.later()
    done = home.batch("--all", "--json")
    assert done.returncode == 0
    told = read_end_line(done)
    assert (told["awaiting_lookup"], told["service_failed"]) == (0, False)
    assert home.lookups() == {"done": ARTISTS}
    assert "lookup" not in home.ok("--show-summary")


def test_what_is_pending_is_taken_before_what_waits_for_its_look_up(home: SimulatedHome) -> None:
    with outage(home.server):
        home.batch("--batch-size", 2)
    home.later()
    first, second, third = home.artists()
    lines = home.batch("--all").stdout.splitlines()
    assert [line.split("] ")[1].split(": ")[0] for line in lines if line.startswith("[")] == [
        third,
        first,
        second,
    ]


def test_an_odd_entry_of_an_answer_is_logged_and_costs_no_artist_its_lookup(
    home: SimulatedHome,
) -> None:
    def add_null(reply: SimulatorResponse) -> SimulatorResponse:
        data = json.loads(reply.body)
        data["releases"].append(None)
        data["release-count"] += 1
        return replace(reply, body=json.dumps(data).encode())

    home.server.faults.fail_next(add_null, 1, lambda asked: bool(asked.get_param("artist", "")))
    done = home.batch("--all", "--json")
    assert (done.returncode, home.lookups()) == (0, {"done": ARTISTS})
    [log] = (home.queue / "session_logs").glob("*.log")
    lines = map(json.loads, log.read_text().splitlines())
    [[note]] = [line["odd_answers"] for line in lines if "odd_answers" in line]
    assert note.startswith(
        "MusicBrainz: 1 invalid entry skipped: Expected `object`, got `null` (http"
    )


def test_the_wait_for_an_answer_does_not_count_towards_the_timeout_of_the_artist(
    home: SimulatedHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each answer takes longer than the timeout, on a clock that the server advances."""
    timeout, late = 60.0, 100.0  # seconds
    now = 0.0
    # The real clock would make the test last as long as the timeout, or the timeout too short for
    # a busy machine.
    monkeypatch.setattr(adapter, "time", SimpleNamespace(monotonic=lambda: now))

    def delay(reply: SimulatorResponse) -> SimulatorResponse:
        nonlocal now
        now += late
        left, _ = signal.getitimer(signal.ITIMER_REAL)
        assert left
        signal.setitimer(signal.ITIMER_REAL, max(left - late, 1e-3))
        return reply

    home.server.faults.fail_next(delay, 10**6)
    name = next(iter(home.artists()))
    done = home.batch("--artist", name, "--item-timeout", timeout)
    assert done.returncode == 0, done.stdout
    assert now > 2 * late
    assert home.artists()[name]["status"] == "completed"


def test_artists_that_fail_win_over_a_service_that_fails(home: SimulatedHome) -> None:
    folder = home.music / next(iter(home.artists()))
    folder.chmod(0)
    with outage(home.server), obeying_permissions():
        done = home.batch("--all")
    folder.chmod(0o755)
    assert done.returncode == 1, done.stderr
    assert home.statuses_counted() == {"error": 1, "completed": ARTISTS - 1}
    assert "Failed: 1 artist\n" in done.stdout
    assert done.stdout.splitlines()[-1].startswith("2 artists wait for their lookup. MusicBrainz")


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("--offline",), "not queried: this run is offline."),
        ((*PUBLIC, "--contact", ""), "not queried: no contact is configured. Set"),
    ],
)
def test_where_nobody_may_be_asked_nobody_is_and_that_is_no_failure(
    home: SimulatedHome, proxy: socket.socket, words: tuple[object, ...], why: str
) -> None:
    done = home.call(BATCH, "--all", *words, env=by(proxy.getsockname()[1]))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-1].startswith(AWAITING + why)
    assert home.lookups() == {"pending": ARTISTS}
    assert home.server.requests == []
    assert not was_asked(proxy)
    assert not home.answers.exists()
    assert not home.table.exists()
    # Nor does it take them again and again.
    again = home.call(BATCH, "--all", *words, env=by(proxy.getsockname()[1]))
    assert again.stdout.splitlines()[0] == "Nothing is pending."
    assert again.stdout.splitlines()[-1].startswith(AWAITING + why)


def test_what_goes_to_another_machine_goes_by_the_proxy(home: SimulatedHome) -> None:
    """The control of the test above; a name that ends in .invalid is nowhere (RFC 2606)."""
    words = ("--musicbrainz-host", "http://mirror.invalid")
    done = home.call(BATCH, "--all", *words, env=by(urlsplit(home.server.url).port))
    assert done.returncode == 0, done.stderr
    assert home.lookups() == {"done": ARTISTS}
    assert count_requests(home.server).total() >= ARTISTS


@pytest.mark.parametrize(
    ("words", "setting"),
    [
        (("--musicbrainz-host", "musicbrainz.org"), "musicbrainz_host"),
        (("--musicbrainz-host", "ftp://127.0.0.1"), "musicbrainz_host"),
        (("--musicbrainz-host", "http://user:word@127.0.0.1"), "musicbrainz_host"),
        (("--musicbrainz-host", "http://127.0.0.1:70000"), "musicbrainz_host"),
        (("--musicbrainz-host", "http://127.0.0.1/ws/2"), "musicbrainz_host"),
        (("--coverart-host", "coverartarchive.org"), "coverart_host"),
        (("--musicbrainz-interval", -1), "musicbrainz-interval"),
        (("--musicbrainz-interval", "nan"), "musicbrainz_interval"),
        (("--musicbrainz-interval", "soon"), "musicbrainz-interval"),
        ((*PUBLIC[:2], "--musicbrainz-interval", 0.5), "musicbrainz_interval"),
        ((*PUBLIC[:2], "--musicbrainz-interval", 0), "musicbrainz_interval"),
        (("--contact", "me\nX-Evil: yes"), "contact"),
        (("--refresh",), "--refresh"),
        (("--refresh", "--all"), "--refresh"),
    ],
)
def test_settings_that_are_no_good_are_named_before_anything_is_done(
    untouched: SimulatedHome, words: tuple[object, ...], setting: str
) -> None:
    done = untouched.call("process_music_batch", "--all", *words)
    assert done.returncode == 2, done.stdout
    assert setting in done.stderr
    assert untouched.statuses_counted() == {"pending": 1}


def test_settings_of_a_home_are_checked_as_well(untouched: SimulatedHome) -> None:
    (untouched.path / "mediakeep.toml").write_text('musicbrainz_host = "nowhere"\n')
    done = Home.call(untouched, "process_music_batch", "--all")  # with no other settings
    (untouched.path / "mediakeep.toml").unlink()
    assert done.returncode == 2
    assert 'musicbrainz_host: "nowhere" is not the URL of a server' in done.stderr


@pytest.mark.long
def test_a_refresh_asks_anew_for_one_artist_and_for_no_other(home: SimulatedHome) -> None:
    home.batch("--all")
    before = count_requests(home.server)
    name = next(iter(home.artists()))
    done = home.batch("--artist", name, "--refresh")
    assert done.returncode == 0, done.stderr
    anew = count_requests(home.server) - before
    assert 2 <= anew.total() < before.total()
    mbid = home.artists()[name]["mbid"]  # which the tags have told since the first lookup
    assert {path for path, _ in anew.keys() - before.keys()} == {f"/ws/2/artist/{mbid}"}
    with outage(home.server):
        done = home.batch("--artist", name, "--refresh")
    assert done.returncode == 4
    report = (home.path / home.artists()[name]["report"]).read_text()
    assert (
        "<summary>At MusicBrainz</summary>" in report
    )  # what is known stays until there is an answer


def test_a_dry_run_looks_up_and_writes_nothing_but_caches(home: SimulatedHome) -> None:
    def written() -> dict[str, bytes]:
        paths = [path for path in home.path.rglob("*") if path.is_file()]
        return {str(path): path.read_bytes() for path in paths if home.caches not in path.parents}

    before = written()
    done = home.batch("--all", "--dry-run")
    assert done.returncode == 0, done.stderr
    assert written() == before
    assert count_requests(home.server).total() >= ARTISTS
    asked = len(home.server.requests)
    assert home.batch("--all").returncode == 0
    assert len(home.server.requests) == asked
    assert home.lookups() == {"done": ARTISTS}
