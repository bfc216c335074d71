"""The command serves, leads another command to itself, records, and ends as it should."""

from __future__ import annotations

import functools
import http.client
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from mediakeep.sample_library import MARKER
from mediakeep_simulator import catalogue_file, factories
from mediakeep_simulator.entities import generate_mbid
from mediakeep_simulator.server import SimulatorServer
from tests.commands import servings
from tests.commands.conftest import DOORS, environment
from tests.sampling import some

AMBER = generate_mbid("artist", "Amber Kettle", 1)
# What a client does: ask each address below the server for its status, and print that.
CLIENT = """
import http.client, os, sys
host = os.environ["MEDIAKEEP_MUSICBRAINZ_HOST"].removeprefix("http://")
connection = http.client.HTTPConnection(host, timeout=60)
for path in sys.argv[1:]:
    connection.request("GET", path, headers={"User-Agent": "client/1 (me@example.org)"})
    answer = connection.getresponse()
    answer.read()
    print(answer.status)
"""
LOOK = f"/ws/2/artist/{AMBER}?fmt=json"


@pytest.fixture
def catalogue(tmp_path: Path) -> Path:
    path = tmp_path / "amber.json"
    catalogue_file.dump(
        factories.make_prolific_artist("Amber Kettle", albums=2, editions=2, tracks=2), path
    )
    return path


def line(*words: object) -> list[str]:
    return [sys.executable, str(DOORS / "simulate_services.py"), *map(str, words)]


run = functools.partial(servings.run, "simulate_services")


Done = subprocess.CompletedProcess[str]


def run_apart(*words: object) -> Done:
    return subprocess.run(
        line(*words), capture_output=True, text=True, env=environment({}), timeout=60
    )


def client(*paths: str) -> list[str]:
    return ["--", sys.executable, "-c", CLIENT, *paths]


def test_a_command_is_led_to_the_server_and_what_it_asked_is_counted(catalogue: Path) -> None:
    paths = (LOOK, LOOK, f"/ws/2/artist/{generate_mbid('nobody')}?fmt=json", "/release/x")
    done = run_apart("--catalogue", catalogue, *client(*paths))
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["200", "200", "404", "400"]
    assert done.stderr == (
        "4 requests answered, 1 with status 400 (bad request), 1 with status 404 (not found).\n"
    )


def test_without_a_catalogue_the_sample_librarys_artists_are_known() -> None:
    done = run(
        *client("/ws/2/artist/" + generate_mbid("artist", "Velvet Harbour", 1) + "?fmt=json")
    )
    assert (done.stdout, done.stderr) == ("200\n", "1 request answered.\n")


def test_the_exit_code_is_that_of_the_command() -> None:
    assert run("--", sys.executable, "-c", "raise SystemExit(7)").returncode == 7
    killed = "import os; os.kill(os.getpid(), 15)"
    assert run_apart("--", sys.executable, "-c", killed).returncode == 128 + 15


def test_a_command_that_is_not_there_is_named() -> None:
    done = run("--", "no-such-program")
    assert done.returncode == 2
    assert "no-such-program cannot be run" in done.stderr


def test_the_rate_is_kept_and_told_to_the_command(catalogue: Path) -> None:
    done = run("--catalogue", catalogue, "--rate", 0.1, *client(LOOK, LOOK))
    assert done.stdout.split() == ["200", "503"]
    code = "import os; print(os.environ['MEDIAKEEP_MUSICBRAINZ_INTERVAL'])"
    assert run("--rate", 2, "--", sys.executable, "-c", code).stdout == "0.55\n"
    assert run("--", sys.executable, "-c", code).stdout == "0\n"


def test_a_storm_and_an_outage_refuse_for_their_time(catalogue: Path) -> None:
    storm = run("--catalogue", catalogue, "--storm", "1m", *client(LOOK, LOOK, LOOK, LOOK))
    assert storm.stdout.split() == ["200", "503", "200", "503"]
    outage = run("--catalogue", catalogue, "--outage", "1m", *client(LOOK, LOOK))
    assert outage.stdout.split() == ["503", "503"]


def test_the_log_says_what_was_asked_and_not_by_whom(catalogue: Path, tmp_path: Path) -> None:
    log = tmp_path / "asked.jsonl"
    run("--catalogue", catalogue, "--log", log, *client(LOOK, f"{LOOK}&api_key=SECRET"))
    first, second = map(json.loads, log.read_text().splitlines())
    assert set(first) == {"time", "method", "path", "query", "status"}
    assert (first["path"], first["query"], first["status"]) == (LOOK[:-9], "fmt=json", 200)
    assert second["time"] >= first["time"]
    assert "SECRET" not in log.read_text()
    assert "me@example.org" not in log.read_text()


def test_a_damaged_catalogue_is_refused_by_name_and_place(tmp_path: Path) -> None:
    bad = tmp_path / "bad.json"
    bad.write_text('{"format": 1, "artists": [{"id": 7, "name": "Seven"}]}')
    done = run("--catalogue", bad, "--", "true")
    assert done.returncode == 2
    assert "bad.json" in done.stderr
    assert "$.artists[0].id" in done.stderr


def test_a_port_that_is_taken_is_named() -> None:
    with SimulatorServer(factories.make_prolific_artist("Amber Kettle", albums=1)) as server:
        port = urlsplit(server.url).port
        done = run("--port", port, "--", "true")
    assert done.returncode == 2
    assert f"Port {port} cannot be served" in done.stderr


@pytest.fixture
def serving(catalogue: Path) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        line("--catalogue", catalogue),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment({}),
    )
    yield process
    process.kill()
    process.communicate()


@pytest.mark.parametrize("number", some([signal.SIGINT, signal.SIGTERM], 2))
def test_it_serves_until_it_is_stopped(
    serving: subprocess.Popen[str], number: signal.Signals
) -> None:
    assert serving.stdout
    told = [serving.stdout.readline() for _ in range(4)]
    exports = dict(re.findall(r"^export (MEDIAKEEP_\w+)=(\S+)$", "".join(told), re.MULTILINE))
    assert exports["MEDIAKEEP_COVERART_HOST"] == exports["MEDIAKEEP_MUSICBRAINZ_HOST"]
    assert exports["MEDIAKEEP_MUSICBRAINZ_INTERVAL"] == "0"
    host = exports["MEDIAKEEP_MUSICBRAINZ_HOST"].removeprefix("http://")
    connection = http.client.HTTPConnection(host, timeout=60)
    connection.request("GET", LOOK, headers={"User-Agent": "client/1 (me@example.org)"})
    assert json.loads(connection.getresponse().read())["name"] == "Amber Kettle"
    serving.send_signal(number)
    _, complaint = serving.communicate(timeout=60)
    assert (serving.returncode, complaint) == (0, "1 request answered.\n")
    connection.close()


@pytest.fixture
def upstream() -> Iterator[SimulatorServer]:
    with SimulatorServer(
        factories.make_prolific_artist("Amber Kettle", albums=2, editions=2, tracks=2)
    ) as running:
        yield running


BROWSE = f"/ws/2/release?fmt=json&artist={AMBER}&inc=recordings+artist-credits+release-groups"


def test_what_was_recorded_can_be_served(upstream: SimulatorServer, tmp_path: Path) -> None:
    kept = tmp_path / "kept.json"
    contact = "secret@example.org"
    asked = ("--record", kept, "--upstream", upstream.url, "--contact", contact)
    done = run(*asked, *client(BROWSE, LOOK))
    assert done.stdout.split() == ["200", "200"], done.stderr
    assert {request.agent.partition("/")[0] for request in upstream.requests} == {"mediakeep"}
    assert all(contact in request.agent for request in upstream.requests)
    assert contact not in kept.read_text()
    assert len(catalogue_file.load(kept).releases) == 4
    again = run("--catalogue", kept, *client(BROWSE, LOOK))
    assert again.stdout.split() == ["200", "200"]
    run(*asked, *client(LOOK))  # what is there stays
    assert len(catalogue_file.load(kept).releases) == 4


def test_a_recording_is_kept_when_it_is_stopped(upstream: SimulatorServer, tmp_path: Path) -> None:
    kept = tmp_path / "kept.json"
    command = line("--record", kept, "--upstream", upstream.url)
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment({})
    ) as process:
        assert process.stdout
        url = process.stdout.readline().strip().partition("=")[2]
        connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=60)
        connection.request("GET", LOOK, headers={"User-Agent": "client/1 (me@example.org)"})
        assert connection.getresponse().read()
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=60) == 0
        connection.close()
    assert [artist.name for artist in catalogue_file.load(kept).artists] == ["Amber Kettle"]


def test_the_public_musicbrainz_is_not_asked_without_a_contact(tmp_path: Path) -> None:
    done = run("--record", tmp_path / "kept.json", *client(LOOK))
    assert done.returncode == 2
    assert "--contact" in done.stderr
    assert not (tmp_path / "kept.json").exists()


def test_what_excludes_each_other_and_what_cannot_be_written_is_refused(
    catalogue: Path, tmp_path: Path
) -> None:
    both = run("--catalogue", catalogue, "--record", tmp_path / "kept.json", "--", "true")
    assert both.returncode == 2
    bare = run("--record", tmp_path / "kept.json", "--upstream", "localhost:5000", "--", "true")
    assert (bare.returncode, "must begin with http" in bare.stderr) == (2, True)
    (tmp_path / "file").write_text("")
    marker = tmp_path / "ran"
    inside = ("--record", tmp_path / "file" / "kept.json", "--upstream", "http://127.0.0.1:1")
    done = run(*inside, "--", "touch", marker)
    assert done.returncode != 0
    assert not marker.exists()


@pytest.mark.parametrize("number", some([signal.SIGTERM, signal.SIGINT], 2))
def test_a_signal_is_for_the_command_and_the_server_ends_with_it(number: signal.Signals) -> None:
    code = "import signal, time; print('up', flush=True); time.sleep(60)"
    with subprocess.Popen(
        line("--", sys.executable, "-c", code),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment({}),
        start_new_session=True,
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == "up\n"
        # Ctrl-C in a terminal reaches both; a service that is ended, its first process alone.
        end = os.killpg if number == signal.SIGINT else os.kill
        end(process.pid, number)
        _, complaint = process.communicate(timeout=60)
    assert process.returncode == 128 + number
    assert "0 requests answered." in complaint


def test_a_library_comes_with_its_catalogue(tmp_path: Path) -> None:
    kept = tmp_path / "music.json"
    made = (tmp_path / "music", "--artists", 16, "--seed", 3, "--catalogue", kept)
    done = servings.run("make_sample_library", *made)
    assert done.returncode == 0, done.stderr
    known = {artist.name.replace("/", "_") for artist in catalogue_file.load(kept).artists}
    assert {path.name for path in (tmp_path / "music").iterdir()} <= {*known, MARKER}


def contents(root: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def simulated(home: Path, door: str, *words: object, flags: tuple[str, ...] = ()) -> Done:
    command = [sys.executable, str(DOORS / f"{door}.py"), "--home", str(home), *map(str, words)]
    return run_apart(*flags, "--", *command)


@pytest.mark.long
def test_invented_mbids_are_not_written_to_a_real_library(tmp_path: Path) -> None:
    home, music = tmp_path / "home", tmp_path / "music"
    home.mkdir()
    assert servings.run("make_sample_library", music).returncode == 0
    (music / MARKER).unlink()  # as in a library of the user
    assert servings.run("music_queue_manager", "--home", home, "--scan", music).returncode == 0
    before = contents(music)
    batch = ("process_music_batch", "--artist", "Velvet Harbour")
    for command in (
        (*batch, "--fix", "safe"),
        ("process_artist", music / "Velvet Harbour", "--fix", "matched"),
        ("embed_cover", next((music / "Velvet Harbour").glob("*Winter Moorings*"))),
    ):
        done = simulated(home, *command)
        assert done.returncode == 2, (command, done.stdout, done.stderr)
        assert "is not a sample library" in done.stderr
    assert simulated(home, *batch, "--fix", "none").returncode == 0
    assert contents(music) == before
    (music / MARKER).touch()
    done = simulated(home, "process_artist", music / "Velvet Harbour", "--fix", "safe")
    assert done.returncode == 0, done.stderr
    assert contents(music) != {**before, str(music / MARKER): b""}


def test_a_user_who_knows_may_write_invented_mbids(tmp_path: Path) -> None:
    home, music = tmp_path / "home", tmp_path / "music"
    home.mkdir()
    assert servings.run("make_sample_library", music).returncode == 0
    (music / MARKER).unlink()
    before = contents(music)
    command = ("process_artist", music / "Velvet Harbour", "--fix", "safe")
    assert simulated(home, *command, flags=("--i-know",)).returncode == 0
    assert contents(music) != before
