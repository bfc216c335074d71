"""The music worker with lookups: real files and a local server."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec import structs

from mediakeep.errors import NoCache
from mediakeep.lookups.musicbrainz import cache_json
from mediakeep.lookups.musicbrainz.context import DISABLED
from mediakeep.lookups.musicbrainz.lookup_store import FILE_NAME, MusicBrainzStore
from mediakeep.lookups.service_config import ServiceConfig
from mediakeep.media.audio import tags
from mediakeep.media.safewrite import write_tags
from mediakeep.media.safewrite.write_tags import SetField
from mediakeep.media.undo import apply_undo
from mediakeep.media.undo.apply_undo import RecordQuery
from mediakeep.media.undo.store import UndoStore
from mediakeep.music import process
from mediakeep.music.item import MusicItem
from mediakeep.music.process import MusicWorkerConfig
from mediakeep.outcome import NO_PROGRESS, Outcome
from mediakeep.policy import FixLevel, WritePolicy
from mediakeep_simulator import factories
from mediakeep_simulator.entities import MusicBrainzCatalogue, generate_mbid
from mediakeep_simulator.server import SimulatorServer
from tests import response_faults
from tests.music import shelf, visits

TITLES = ("Low Tide", "Ballast")
OLD_ARTIST, OLD_RELEASE = generate_mbid("old artist"), generate_mbid("old release")


def world() -> MusicBrainzCatalogue:
    vera = factories.make_artist("Vera")
    dawn, dusk = factories.make_group(vera, "Dawn"), factories.make_group(vera, "Dusk")
    releases = (factories.make_release(dawn, [TITLES]), factories.make_release(dusk, [["x"]]))
    catalogue = MusicBrainzCatalogue(artists=(vera,), groups=(dawn, dusk), releases=releases)
    return factories.with_merged(
        factories.with_merged(catalogue, OLD_ARTIST, vera.id), OLD_RELEASE, releases[0].id
    )


@pytest.fixture
def server() -> Iterator[SimulatorServer]:
    with SimulatorServer(world()) as server:
        yield server


@pytest.fixture
def vera(tmp_path: Path) -> Path:
    folder = tmp_path / "music" / "Vera"
    shelf.put_album(folder / "Dawn", *TITLES, albumartist="Vera", artist="Vera")
    return folder


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "home").mkdir()
    return tmp_path / "home"


def run(folder: Path, home: Path, access: ServiceConfig, **more: Any) -> Outcome:
    policy = more.pop("policy", WritePolicy(fix=FixLevel.SAFE))
    places = MusicWorkerConfig(home=home, write=True, policy=policy, access=access, **more)
    with process.open_worker(places) as worker:
        outcome = worker(shelf.work(folder), NO_PROGRESS)
    assert isinstance(outcome, Outcome)
    msgspec.convert({"status": "completed", **outcome.data}, MusicItem)
    return outcome


def mark(path: Path, home: Path, **fields: str) -> None:
    """Write tags into a file, as if they had always been there."""
    store = UndoStore(home / "before")
    write_tags.write(
        path, [SetField(field, (text,)) for field, text in fields.items()], store, queue="music"
    )
    store.close()


def read_report(home: Path) -> str:
    return (home / "issues" / "music" / "Vera_library_issues.md").read_text()


def test_the_artist_and_the_missing_albums_are_reported(
    vera: Path, home: Path, server: SimulatorServer
) -> None:
    (vera / "Dawn" / "02 Ballast.mp3").unlink()
    outcome = run(vera, home, visits.access(server))
    assert outcome.data["lookup"] == "done"
    assert outcome.data["mbid"] == world().artists[0].id
    assert outcome.facts["requests"] == len(server.requests) == 3
    assert "Ballast" in read_report(home)
    assert "Dusk" in read_report(home)
    audit = json.loads((home / "outputs" / "Vera_audit.json").read_bytes())
    missing = msgspec.json.encode(audit).decode()
    assert "not owned" in missing


def test_a_second_run_costs_nothing(vera: Path, home: Path, server: SimulatorServer) -> None:
    first = run(vera, home, visits.access(server))
    again = run(vera, home, visits.access(server))
    assert len(server.requests) == first.facts["requests"]
    assert "requests" not in again.facts
    assert again.facts["hits"] == 1
    assert again.data["mbid"] == first.data["mbid"]


@pytest.mark.parametrize("suffix", shelf.FORMATS)
def test_merged_mbids_are_rewritten_in_the_files_once_and_can_be_undone(
    tmp_path: Path, home: Path, server: SimulatorServer, suffix: str
) -> None:
    folder = tmp_path / "music" / "Vera"
    path = shelf.put(
        folder / "Dawn" / f"a.{suffix}",
        picture="cover.jpg",
        albumartist="Vera",
        artist="Vera",
        album="Dawn",
        tracknumber="1/1",
    )
    mark(
        path,
        home,
        musicbrainz_artistid=OLD_ARTIST,
        musicbrainz_albumartistid=OLD_ARTIST.upper(),
        musicbrainz_albumid=OLD_RELEASE,
    )
    before = path.read_bytes()
    outcome = run(folder, home, visits.access(server))
    found = tags.read(path).tags
    artist, release = world().artists[0].id, world().releases[0].id
    assert found.musicbrainz_artistid == (artist,)
    assert found.musicbrainz_albumartistid == (artist,)
    assert found.musicbrainz_albumid == (release,)
    assert outcome.facts["repairs"] == {"merged-mbid": 1, "incomplete-tags": 1}
    assert outcome.data["issues"].get("merged-mbid", 0) == 0
    count, after = len(server.requests), path.read_bytes()
    again = run(folder, home, visits.access(server))
    assert (len(server.requests), path.read_bytes()) == (count, after)
    assert (again.data["lookup"], again.facts["hits"]) == ("done", 1)
    store = UndoStore(home / "status" / "undo")
    for step in apply_undo.plan_undo(store, RecordQuery()):
        apply_undo.apply_undo(store, step.record)
    store.close()
    assert path.read_bytes() == before


def test_a_merged_recording_is_rewritten_and_another_one_only_reported(
    tmp_path: Path, home: Path
) -> None:
    old, other, vera = generate_mbid("old"), generate_mbid("other"), tmp_path / "music" / "Vera"
    titles = ("Low Tide", "Ballast", "Thaw", "Moorings", "Lantern", "Heron")
    shelf.put_album(vera / "Dawn", *titles, albumartist="Vera", artist="Vera")
    catalogue = structs.replace(
        world(), releases=(factories.make_release(world().groups[0], [titles]),)
    )
    low_tide, *_ = (track.recording for track in catalogue.releases[0].media[0].tracks)
    first, second, *_ = sorted((vera / "Dawn").glob("*.mp3"))
    mark(first, home, musicbrainz_recordingid=old.upper())
    mark(second, home, musicbrainz_recordingid=other)
    before = first.read_bytes()
    with SimulatorServer(factories.with_merged(catalogue, old, low_tide)) as server:
        outcome = run(vera, home, visits.access(server))
        assert outcome.facts["requests"] == len(server.requests) == 5
        again = run(vera, home, visits.access(server))
        assert (len(server.requests), again.facts["hits"]) == (5, 1)
        refreshed = run(vera, home, visits.access(server, fresh=True))
        assert server.requests[-1].path.endswith(f"/recording/{other}")
    store = MusicBrainzStore(home / "status" / "cache")
    resolved = store.get_resolved("Vera")
    store.close()
    assert resolved
    assert resolved.requests == refreshed.facts["requests"] == 4
    assert tags.read(first).tags.musicbrainz_recordingid == (low_tide,)
    assert tags.read(second).tags.musicbrainz_recordingid == (other,)
    assert outcome.facts["repairs"]["merged-mbid"] == 1
    store = UndoStore(home / "status" / "undo")
    for step in apply_undo.plan_undo(store, RecordQuery()):
        apply_undo.apply_undo(store, step.record)
    store.close()
    assert first.read_bytes() == before


@pytest.mark.parametrize(
    ("limit", "failures", "fact", "requests"), [(1, 0, "unasked", 4), (25, 1, "unreached", 5)]
)
def test_recordings_that_a_lookup_left_out_are_looked_up_by_the_next_one(
    vera: Path,
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
    limit: int,
    failures: int,
    fact: str,
    requests: int,
) -> None:
    monkeypatch.setattr("mediakeep.music.artist_lookup.lookup._MAX_RECORDINGS", limit)
    old, other = generate_mbid("old"), generate_mbid("other")
    _, ballast = (track.recording for track in world().releases[0].media[0].tracks)
    first, second = sorted((vera / "Dawn").glob("*.mp3"))
    mark(first, home, musicbrainz_recordingid=other)
    mark(second, home, musicbrainz_recordingid=old)
    with SimulatorServer(factories.with_merged(world(), old, ballast)) as server:
        server.faults.fail_next(
            response_faults.wrong_shape, failures, lambda asked: asked.path.endswith(old)
        )
        outcome = run(vera, home, visits.access(server))
        assert (outcome.data["lookup"], outcome.facts["requests"]) == ("pending", requests)
        assert fact in outcome.facts
        assert tags.read(second).tags.musicbrainz_recordingid == (old,)
        outcome = run(vera, home, visits.access(server))
        assert (outcome.data["lookup"], outcome.facts["requests"]) == ("done", 1)
        assert tags.read(second).tags.musicbrainz_recordingid == (ballast,)
        assert "requests" not in run(vera, home, visits.access(server)).facts


def test_a_merge_is_only_reported_if_repairs_are_off(
    vera: Path, home: Path, server: SimulatorServer
) -> None:
    for path in (vera / "Dawn").glob("*.mp3"):
        mark(path, home, musicbrainz_albumartistid=OLD_ARTIST.upper())
    before = {path: path.read_bytes() for path in (vera / "Dawn").iterdir()}
    outcome = run(vera, home, visits.access(server), policy=WritePolicy())
    assert outcome.data["issues"]["merged-mbid"] == 2
    assert f"{OLD_ARTIST} is now {world().artists[0].id}" in read_report(home)
    assert {path: path.read_bytes() for path in (vera / "Dawn").iterdir()} == before


def test_a_deleted_mbid_is_reported_once_and_nothing_is_written(
    vera: Path, home: Path, server: SimulatorServer
) -> None:
    gone = generate_mbid("gone")
    for path in (vera / "Dawn").glob("*.mp3"):
        mark(path, home, musicbrainz_albumartistid=f" {gone.upper()}")
    outcome = run(vera, home, visits.access(server))
    assert outcome.data["issues"]["deleted-mbid"] == 1
    assert outcome.data["lookup"] == "done"
    assert f"{gone} (2 tracks)" in read_report(home)
    assert "merged-mbid" not in outcome.facts["repairs"]


def test_ambiguous_artists_need_a_review(vera: Path, home: Path) -> None:
    other = factories.make_artist("Vera", nth=2, disambiguation="the jazz singer")
    dawn = factories.make_group(other, "Dawn")
    more = MusicBrainzCatalogue(
        artists=(other,), groups=(dawn,), releases=(factories.make_release(dawn, [["Other"]]),)
    )
    with SimulatorServer(factories.join_catalogues(world(), more)) as server:
        outcome = run(vera, home, visits.access(server))
    assert outcome.data["lookup"] == "unsure"
    assert outcome.data["mbid"] == ""
    assert outcome.data["issues"]["unsure-artist"] == 1
    assert "the jazz singer" in read_report(home)
    assert world().artists[0].id in read_report(home)


def test_without_leave_to_ask_the_work_is_done_and_the_lookup_waits(vera: Path, home: Path) -> None:
    outcome = run(vera, home, DISABLED)
    assert (outcome.state.value, outcome.data["lookup"]) == ("completed", "pending")
    assert outcome.facts["unasked"].startswith("MusicBrainz not queried")
    assert "MusicBrainz" in read_report(home)
    assert not (home / "status" / "cache" / FILE_NAME).exists()


def test_in_an_outage_the_work_is_done_and_the_lookup_waits(
    vera: Path, home: Path, server: SimulatorServer
) -> None:
    server.faults.fail_next(response_faults.html_page, times=99)
    outcome = run(vera, home, visits.access(server))
    assert (outcome.state.value, outcome.data["lookup"]) == ("completed", "pending")
    assert "MusicBrainz failed" in outcome.facts["unreached"]
    server.faults = type(server.faults)()
    assert run(vera, home, visits.access(server)).data["lookup"] == "done"


def test_a_folder_without_a_track_that_can_be_read_asks_nothing(
    tmp_path: Path, home: Path, server: SimulatorServer
) -> None:
    (tmp_path / "music" / "Vera" / "Dawn").mkdir(parents=True)
    (tmp_path / "music" / "Vera" / "Dawn" / "a.mp3").write_bytes(b"")
    assert run(tmp_path / "music" / "Vera", home, visits.access(server)).data["lookup"] == ""
    assert server.requests == []


def test_a_name_that_is_not_utf8_is_looked_up_like_others(
    tmp_path: Path, home: Path, server: SimulatorServer
) -> None:
    (tmp_path / "music").mkdir()
    folder = tmp_path / "music" / shelf.odd_name(tmp_path / "music")
    shelf.put_album(folder / "Dawn", "a")
    assert run(folder, home, visits.access(server)).data["lookup"] in ("unknown", "unsure")
    assert run(folder, home, visits.access(server)).facts["hits"] == 1


def test_what_the_service_names_cannot_steer_a_report(vera: Path, home: Path) -> None:
    evil = factories.make_artist(
        "Vera", disambiguation="\x1b[31m\n# Heading <script>alert(1)</script>"
    )
    groups = (
        factories.make_group(evil, "Dawn"),
        factories.make_group(evil, "\x1b[2J\n## Injected\n<img src=x onerror=alert(1)>"),
    )
    releases = tuple(factories.make_release(group, [TITLES]) for group in groups)
    with SimulatorServer(
        MusicBrainzCatalogue(artists=(evil,), groups=groups, releases=releases)
    ) as server:
        run(vera, home, visits.access(server))
    text = read_report(home)
    assert "Injected" in text
    assert "\x1b" not in text
    assert not any(line.startswith(("# Heading", "## Injected")) for line in text.splitlines())
    assert not re.search(r"(?<!\\)<(script|img)", text)


def test_a_cache_that_cannot_be_kept_is_an_error_that_names_it(
    vera: Path, home: Path, server: SimulatorServer
) -> None:
    (home / "status" / "cache" / FILE_NAME).mkdir(parents=True)
    with pytest.raises(NoCache, match=FILE_NAME):
        run(vera, home, visits.access(server))


def test_no_file_below_the_home_contains_the_contact(
    vera: Path, home: Path, server: SimulatorServer
) -> None:
    run(vera, home, visits.access(server))
    known = MusicBrainzStore(home / "status" / "cache")
    cache_json.export(home / "status" / "cache", known)
    known.close()
    assert all(visits.CONTACT in request.agent for request in server.requests)
    for path in filter(Path.is_file, home.rglob("*")):
        assert visits.CONTACT.encode() not in path.read_bytes(), path
