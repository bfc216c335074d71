"""The adapter of musicbrainzngs: its internals are as expected, and no request bypasses it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import mediakeep

SOURCE = Path(mediakeep.__file__).parents[1]


def told(script: str) -> Any:
    """Run a script in a process with an unmodified musicbrainzngs; return what it prints."""
    found = subprocess.run(
        [sys.executable, "-c", script],
        cwd=SOURCE,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert found.returncode == 0, found.stderr
    return json.loads(found.stdout)


def test_musicbrainzngs_has_the_names_that_the_seam_replaces() -> None:
    script = """
import inspect, json
from importlib.metadata import version
from musicbrainzngs import musicbrainz
print(json.dumps([
    version("musicbrainzngs"),
    list(inspect.signature(musicbrainz._safe_read).parameters)[:3],
    list(inspect.signature(musicbrainz._mb_request.fun).parameters)[:2],
    "_safe_read(" in inspect.getsource(musicbrainz._mb_request.fun),
    ["genres" in table[entity] for entity in ("release", "release-group")
     for table in (musicbrainz.VALID_INCLUDES, musicbrainz.VALID_BROWSE_INCLUDES)],
]))
"""
    version, read, request, reads, genres = told(script)
    assert version.startswith("0.7.")
    assert read == ["opener", "req", "body"]
    assert request == ["path", "method"]
    assert reads
    assert genres == [False] * 4  # where it knows them, the seam need not add them


ASKED = """
import json, sys, urllib.request, warnings
warnings.simplefilter("error")
from mediakeep.lookups.musicbrainz import musicbrainzngs_adapter
import musicbrainzngs as ngs

def refuse(*_, **__):
    raise SystemExit("it went out by urllib")

urllib.request.OpenerDirector.open = refuse
urls = []

def read(url):
    urls.append(url)
    if len(urls) == 1:  # with musicbrainzngs' own lock this would hang
        ngs.get_release_by_id("r", includes=["recordings"])
    return b"as it came"

musicbrainzngs_adapter.install("HOST", read)
musicbrainzngs_adapter.install("HOST", read)
answers = [
    ngs.get_artist_by_id("a", includes=["aliases"]),
    ngs.search_releases('artist:"a b"', limit=100),
    ngs.browse_releases(artist="a", release_status=["official"], limit=100, offset=38),
    *(ngs.get_artist_by_id("a") for _ in range(50)),
]
assert set(answers) == {b"as it came"}
print(json.dumps(urls[:4]))
"""


def test_all_requests_go_through_our_session_and_ask_for_json() -> None:
    urls = told(ASKED.replace("HOST", "http://127.0.0.1:9"))
    assert urls == [
        "http://127.0.0.1:9/ws/2/artist/a?fmt=json&inc=aliases",
        "http://127.0.0.1:9/ws/2/release/r?fmt=json&inc=recordings",
        "http://127.0.0.1:9/ws/2/release/?fmt=json&limit=100&query=artist%3A%22a+b%22",
        "http://127.0.0.1:9/ws/2/release/?artist=a&fmt=json&limit=100&offset=38&status=official",
    ]


AGENT = """
import json
from mediakeep.lookups.musicbrainz import musicbrainzngs_adapter
from musicbrainzngs import musicbrainz

requests = []
musicbrainzngs_adapter.install("http://127.0.0.1:9", lambda url: b"", "a@b.example")
musicbrainz._safe_read = lambda opener, request, body=None: requests.append(request)
musicbrainz.get_artist_by_id("a")
print(json.dumps(requests[0].get_header("User-agent")))
"""


def test_musicbrainzngs_knows_who_asks() -> None:
    agent = told(AGENT)
    assert agent.startswith(f"mediakeep/{mediakeep.__version__} python-musicbrainzngs/0.7")
    assert agent.endswith(" ( a@b.example )")


GENRES = """
import json
from mediakeep.lookups.musicbrainz import musicbrainzngs_adapter
import musicbrainzngs as ngs

urls = []
for _ in range(2):
    musicbrainzngs_adapter.install("HOST", lambda url: urls.append(url) or b"")
ngs.get_release_by_id("r", includes=["genres", "discids"])
ngs.get_release_group_by_id("g", includes=["genres"])
ngs.browse_release_groups(artist="a", includes=["artist-credits", "genres"], limit=100)
ngs.browse_releases(release_group="g", includes=["recordings", "discids", "genres"])
refused = []
for includes in (["no such thing"], ["genre"]):
    try:
        ngs.get_release_by_id("r", includes=includes)
    except ngs.InvalidIncludeError:
        refused.append(includes)
print(json.dumps([urls, refused]))
"""


def test_genres_may_be_asked_for_and_what_ws2_does_not_know_is_refused_as_before() -> None:
    urls, refused = told(GENRES.replace("HOST", "http://127.0.0.1:9"))
    assert [url.removeprefix("http://127.0.0.1:9/ws/2/") for url in urls] == [
        "release/r?fmt=json&inc=genres+discids",
        "release-group/g?fmt=json&inc=genres",
        "release-group/?artist=a&fmt=json&inc=artist-credits+genres&limit=100",
        "release/?fmt=json&inc=recordings+discids+genres&release-group=g",
    ]
    assert refused == [["no such thing"], ["genre"]]


def test_the_public_service_is_asked_over_an_encrypted_connection() -> None:
    first, *_ = told(ASKED.replace("HOST", "https://musicbrainz.org"))
    assert first == "https://musicbrainz.org/ws/2/artist/a?fmt=json&inc=aliases"
