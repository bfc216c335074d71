"""The rehearsal speaks TMDb too, and a movie library comes with what TMDb knows of it."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from mediakeep_simulator.tmdb import movie_catalogue
from tests.commands.servings import run
from tests.sampling import each_row

# What a client does: ask for each path below the hosts with the token, print status and title.
CLIENT = """
import json, os, sys, urllib.error, urllib.request
for path in sys.argv[1:]:
    name = "TMDB_IMAGE_HOST" if path.startswith("/t/") else "TMDB_HOST"
    address = os.environ["MEDIAKEEP_" + name] + path
    bearer = "Bearer " + os.environ["MEDIAKEEP_TMDB_TOKEN"]
    request = urllib.request.Request(address, headers={"Authorization": bearer})
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            body = answer.read()
            is_json = "json" in answer.headers["Content-Type"]
            print(answer.status, json.loads(body).get("title") if is_json else body[:3].hex())
    except urllib.error.HTTPError as error:
        print(error.code)
"""
FIRST = movie_catalogue.generate_catalogue().films[0]


def client(*paths: str) -> list[str]:
    return ["--", sys.executable, "-c", CLIENT, *paths]


def test_a_command_is_led_to_tmdb_with_a_token_that_is_good_there() -> None:
    paths = (f"/3/movie/{FIRST.id}", f"/t/p/w500{FIRST.posters[0].path}", "/3/movie/1")
    done = run("simulate_services", *client(*paths), MEDIAKEEP_TMDB_TOKEN="MINE")
    assert done.stdout.splitlines() == [f"200 {FIRST.title}", "200 ffd8ff", "404"]
    assert done.stderr == "3 requests answered, 1 with status 404 (not found).\n"


def test_the_log_tells_no_secret(tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    run(
        "simulate_services",
        "--log",
        log,
        *client(f"/3/movie/{FIRST.id}?language=de&api_key=SECRET"),
    )
    assert "SECRET" not in log.read_text()
    assert json.loads(log.read_text())["path"] == f"/3/movie/{FIRST.id}"


def test_a_movie_library_comes_with_its_catalogue(tmp_path: Path) -> None:
    kept = tmp_path / "known.json"
    wanted = ("--movies", 12, "--seed", 5, "--layout", "kodi", "--catalogue", kept, "--json")
    done = run("make_sample_library", tmp_path / "movies", *wanted)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert (
        told["movies"] == len(told["items"]) == len(list((tmp_path / "movies").glob("[!.]*"))) == 12
    )
    assert {defect["path"] for defect in told["planted"]} <= {one["path"] for one in told["items"]}
    ids = [one["tmdb_id"] for one in told["items"] if one["tmdb_id"]]
    titles = {film.id: film.title for film in movie_catalogue.load(kept).films}
    served = run(
        "simulate_services", "--movies", kept, *client(*(f"/3/movie/{one}" for one in ids))
    )
    assert served.stdout.splitlines() == [f"200 {titles[one]}" for one in ids]


def test_without_a_catalogue_the_sample_librarys_movies_are_known(tmp_path: Path) -> None:
    done = run("make_sample_library", tmp_path / "movies", "--movies", 3, "--json")
    ids = [one["tmdb_id"] for one in json.loads(done.stdout)["items"] if one["tmdb_id"]]
    served = run("simulate_services", *client(*(f"/3/movie/{one}" for one in ids)))
    assert [line[:3] for line in served.stdout.splitlines()] == ["200"] * len(ids)


@each_row(
    ("options", "told"),
    [
        (("--movies", 3, "--tracks", 40), "--tracks cannot be combined with --movies"),
        (("--movies", 3, "--artists", 14), "--artists cannot be combined with --movies"),
        (("--layout", "kodi"), "--layout cannot be combined with music"),
    ],
)
def test_music_and_movies_are_not_mixed(
    tmp_path: Path, options: tuple[object, ...], told: str
) -> None:
    done = run("make_sample_library", tmp_path / "new", *options)
    assert (done.returncode, told in done.stderr) == (2, True)
    assert not (tmp_path / "new").exists()


def test_a_damaged_catalogue_of_movies_is_refused_by_name_and_place(tmp_path: Path) -> None:
    bad = tmp_path / "bad.json"
    bad.write_text('{"format": 1, "films": [{"id": 0, "title": "Nought"}]}')
    done = run("simulate_services", "--movies", bad, "--", "true")
    assert done.returncode == 2
    assert "bad.json: 0 is no id - at `$.films[0].id`" in done.stderr
