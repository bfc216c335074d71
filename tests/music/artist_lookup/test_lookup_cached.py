"""The result of a lookup is cached: requested once, reported offline, dropped on request."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from msgspec import structs

from mediakeep.lookups.http.models import HttpEnvironment
from mediakeep.lookups.musicbrainz import cache_json
from mediakeep.lookups.musicbrainz.lookup_store import FILE_NAME, MusicBrainzStore
from mediakeep.music.artist_lookup import lookup
from mediakeep_simulator import factories
from mediakeep_simulator.entities import generate_mbid
from tests import response_faults
from tests.music import visits
from tests.music.visits import CONTACT, Look, Serve, build_prolific_artist, build_small_catalogue

WARM = """
import sys, json
from pathlib import Path
from mediakeep.lookups.http.models import Service
from mediakeep.lookups.musicbrainz.context import MusicBrainzContext
from mediakeep.lookups.service_config import ServiceConfig
from mediakeep.music.artist_lookup import lookup
from mediakeep_simulator import factories
sys.path.insert(0, {tests!r})
from tests.music import visits

service = Service("MusicBrainz", {url!r})
config = ServiceConfig(service, service, "a@b.example")
context = MusicBrainzContext(Path({home!r}) / "status" / "cache", config)
titles = [f"Album {{number}}" for number in range(1, 13)]
artist = visits.build_artist(
    "Vera", {{title: factories.make_titles(title, 13) for title in titles}}
)
result = lookup.look_up(artist, "Vera", context)
context.close()
loaded = sorted(set(sys.modules) & {{"requests", "requests_cache", "musicbrainzngs", "urllib3"}})
print(json.dumps([result.state, len(result.collection.groups), context.stats.requests, loaded]))
"""


def test_a_second_run_asks_nothing_and_loads_nothing_that_could(
    serve: Serve, look_up: Look, tmp_path: Path
) -> None:
    server = serve(factories.make_prolific_artist("Vera"))
    look_up(build_prolific_artist(), server)
    count = len(server.requests)
    root = Path(__file__).parents[3]
    script = WARM.format(tests=str(root), url=server.url, home=str(tmp_path))
    process = subprocess.run(
        [sys.executable, "-c", script],
        cwd=root / "utilities",
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert process.returncode == 0, process.stderr
    assert json.loads(process.stdout) == ["done", 12, 0, []]
    assert len(server.requests) == count


def test_an_album_that_is_added_later_asks_nothing_where_the_discography_has_it(
    serve: Serve, look_up: Look
) -> None:
    server = serve(factories.make_prolific_artist("Vera", albums=13))
    look_up(build_prolific_artist(11), server)
    count = len(server.requests)
    lookup_result = look_up(build_prolific_artist(12), server)
    assert len(server.requests) == count
    assert (lookup_result.state, len(lookup_result.collection.groups)) == ("done", 12)


def test_a_refresh_requests_everything_again(serve: Serve, look_up: Look) -> None:
    server = serve(factories.make_prolific_artist("Vera"))
    look_up(build_prolific_artist(), server)
    count = len(server.requests)
    assert look_up(build_prolific_artist(), server, fresh=True).state == "done"
    assert len(server.requests) == 2 * count


def test_without_leave_to_ask_nothing_is_asked_and_why_is_said(
    serve: Serve, tmp_path: Path, machine: HttpEnvironment
) -> None:
    server = serve(build_small_catalogue("Vera"))
    for closed in ("this run is offline", "no contact is set"):
        open_one = visits.access(server)
        shut = structs.replace(
            open_one, catalogue=structs.replace(open_one.catalogue, disabled_reason=closed)
        )
        context = visits.MusicBrainzContext(tmp_path / "status" / "cache", shut, machine)
        lookup_result = lookup.look_up(
            visits.build_artist("Vera", {"Dawn": ["a"]}), "Vera", context
        )
        context.close()
        assert (lookup_result.state, lookup_result.service_failed, lookup_result.mbid) == (
            "pending",
            False,
            "",
        )
        assert lookup_result.reason == f"MusicBrainz not queried: {closed}."
    assert server.requests == []
    assert not (tmp_path / "status").exists()


def test_offline_known_data_is_reported_and_new_items_are_pending(
    serve: Serve, look_up: Look, tmp_path: Path, machine: HttpEnvironment
) -> None:
    server = serve(factories.make_prolific_artist("Vera", albums=13))
    look_up(build_prolific_artist(11), server)
    open_one = visits.access(server)
    service = structs.replace(open_one.catalogue, disabled_reason="this run is offline")
    context = visits.MusicBrainzContext(
        tmp_path / "status" / "cache", structs.replace(open_one, catalogue=service), machine
    )
    count = len(server.requests)
    same = lookup.look_up(build_prolific_artist(11), "Vera", context)
    added = lookup.look_up(build_prolific_artist(12), "Vera", context)
    strange = visits.album("Nowhere", ["a"], musicbrainz_albumid=(generate_mbid("strange"),))
    others = lookup.look_up(
        visits.artist("Vera", *build_prolific_artist(12).albums, strange), "Vera", context
    )
    context.close()
    assert (same.state, len(same.collection.groups)) == ("done", 11)
    assert (added.state, len(added.collection.groups)) == ("done", 12)
    assert (others.state, len(others.collection.groups)) == ("pending", 12)
    assert len(server.requests) == count


def test_after_an_outage_the_lookup_goes_on_where_it_was(
    serve: Serve, look_up: Look, machine: HttpEnvironment
) -> None:
    server = serve(factories.make_prolific_artist("Vera"))
    busy = response_faults.http_error(503, retry_after="600")
    server.faults.fail_next(busy, where=lambda asked: asked.get_param("offset") == "76")
    lookup_result = look_up(build_prolific_artist(), server)
    assert (lookup_result.state, lookup_result.service_failed) == ("pending", True)
    assert "MusicBrainz is unreachable" in lookup_result.reason
    count = len(server.requests)
    assert look_up(build_prolific_artist(), server).state == "pending"
    assert len(server.requests) == count
    machine.sleep(700)
    assert look_up(build_prolific_artist(), server).state == "done"
    assert len(server.requests) == count + 2  # the page that failed, and the release groups


def test_a_discography_that_is_gone_is_read_again_from_the_answers_that_are_kept(
    serve: Serve, look_up: Look, tmp_path: Path
) -> None:
    server = serve(factories.make_prolific_artist("Vera"))
    before = look_up(build_prolific_artist(), server)
    count = len(server.requests)
    with sqlite3.connect(tmp_path / "status" / "cache" / FILE_NAME) as database:
        database.execute("UPDATE discographies SET content = x'00'")
    database.close()
    lookup_result = look_up(build_prolific_artist(), server)
    assert lookup_result.collection == before.collection
    assert len(server.requests) == count


def test_deleting_the_record_has_the_next_run_ask_all_again(
    serve: Serve, look_up: Look, tmp_path: Path
) -> None:
    server = serve(factories.make_prolific_artist("Vera"))
    look_up(build_prolific_artist(), server)
    count, folder = len(server.requests), tmp_path / "status" / "cache"
    known = MusicBrainzStore(folder)
    cache_json.export(folder, known)
    (folder / cache_json.FILE_NAME).unlink()
    assert cache_json.check_file(folder, known)
    known.close()
    assert look_up(build_prolific_artist(), server).state == "done"
    assert len(server.requests) == 2 * count


@pytest.mark.long
def test_a_damaged_or_deleted_cache_is_rebuilt(serve: Serve, look_up: Look, tmp_path: Path) -> None:
    server = serve(factories.make_prolific_artist("Vera"))
    look_up(build_prolific_artist(), server)
    count, path = len(server.requests), tmp_path / "status" / "cache" / FILE_NAME
    path.write_bytes(b"\xa5" * 50_000)
    assert look_up(build_prolific_artist(), server).state == "done"
    for part in path.parent.glob(f"{FILE_NAME}*"):
        part.unlink()
    assert look_up(build_prolific_artist(), server).state == "done"
    assert len(server.requests) == 3 * count


def test_no_file_contains_the_contact(serve: Serve, look_up: Look, tmp_path: Path) -> None:
    server = serve(build_small_catalogue("Vera"))
    look_up(visits.build_artist("Vera", {"Dawn": ["a"], "Hits": ["b"]}), server)
    look_up(visits.build_artist("Nobody", {"Nothing": ["a"]}), server)
    known = MusicBrainzStore(tmp_path / "status" / "cache")
    cache_json.export(tmp_path / "status" / "cache", known)
    known.close()
    assert all(CONTACT in request.agent for request in server.requests)
    for path in filter(Path.is_file, tmp_path.rglob("*")):
        assert CONTACT.encode() not in path.read_bytes(), path


def test_each_album_is_recorded_with_what_it_is(serve: Serve, look_up: Look) -> None:
    server = serve(build_small_catalogue("Vera"))
    lookup_result = look_up(visits.build_artist("Vera", {"Dawn": ["a", "b"]}), server)
    assert lookup_result.resolved is not None
    release = lookup_result.collection.groups[0].release
    albums = lookup_result.resolved.albums["Dawn"]
    assert (albums.match, albums.title, albums.release, albums.release_group) == (
        "certain",
        "Dawn",
        release.id,
        lookup_result.collection.groups[0].group.id,
    )
    assert albums.cover_art_url == f"{server.url}/release/{release.id}/front"
