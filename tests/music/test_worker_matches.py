"""The music worker counts the matches and the fields that it filled because of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from mediakeep.lookups.musicbrainz.context import DISABLED
from mediakeep.lookups.service_config import ServiceConfig
from mediakeep.media.audio import tags
from mediakeep.music import process
from mediakeep.music.item import MUSIC, MusicItem
from mediakeep.music.process import MusicWorkerConfig
from mediakeep.outcome import NO_PROGRESS, Outcome
from mediakeep.policy import FixLevel, WritePolicy
from mediakeep_simulator import factories
from mediakeep_simulator.entities import CatalogueRelease, MusicBrainzCatalogue
from mediakeep_simulator.server import SimulatorServer
from tests.music import shelf, visits

NAMES = tuple(counter.name for counter in MUSIC.counters)
TITLES = ("Low Tide", "Ballast", "Gulls", "Thaw")
OTHERS = ("Rivet", "Crane", "Six Bells", "Salt")


def world() -> MusicBrainzCatalogue:
    """Make an artist with an album in one edition, and another in two indistinguishable ones."""
    vera = factories.make_artist("Vera")
    dawn, dusk = factories.make_group(vera, "Dawn"), factories.make_group(vera, "Dusk")
    releases = (
        factories.make_release(dawn, [TITLES], date="1974"),
        factories.make_release(dusk, [OTHERS], date="1976-02-01", country="GB"),
        factories.make_release(dusk, [OTHERS], edition=2, date="1976-03-01", country="DE"),
    )
    return MusicBrainzCatalogue(
        artists=(vera,), groups=(dawn, dusk), releases=tuple(map(set_lengths, releases))
    )


def set_lengths(release: CatalogueRelease) -> CatalogueRelease:
    """Let all tracks of a release last as long as those in the library, a second."""
    media = (
        replace(medium, tracks=tuple(replace(track, length=1000) for track in medium.tracks))
        for medium in release.media
    )
    return replace(release, media=tuple(media))


@pytest.fixture
def server() -> Iterator[SimulatorServer]:
    with SimulatorServer(world()) as server:
        yield server


@pytest.fixture
def vera(tmp_path: Path) -> Path:
    folder = tmp_path / "music" / "Vera"
    shelf.put_album(folder / "Dawn", *TITLES, albumartist="Vera", artist="Vera")
    shelf.put_album(folder / "Dusk", *OTHERS, albumartist="Vera", artist="Vera", date=None)
    shelf.put_album(folder / "Tapes", "x", "y", albumartist="Vera", artist="Vera")
    return folder


def run(folder: Path, access: ServiceConfig, **more: Any) -> Outcome:
    policy = WritePolicy(fix=FixLevel.SAFE, cover_art="none")
    places = MusicWorkerConfig(
        home=folder.parents[1], policy=policy, access=access, **{"write": True, **more}
    )
    with process.open_worker(places) as worker:
        outcome = worker(shelf.work(folder), NO_PROGRESS)
    assert isinstance(outcome, Outcome)
    msgspec.convert({"status": "completed", **outcome.data}, MusicItem)
    return outcome


def counts(outcome: Outcome) -> dict[str, int]:
    return {name: outcome.data[name] for name in NAMES}


def read_fields(folder: Path) -> dict[tuple[str, str], object]:
    """Return what each field of each file holds, as far as it holds anything; no pictures."""
    return {
        (path.name, field): value
        for path in folder.rglob("*.mp3")
        for field, value in msgspec.structs.asdict(tags.read(path).tags).items()
        if value and field != "pictures"
    }


def test_albums_are_counted_by_how_sure_it_is_what_they_are(
    vera: Path, server: SimulatorServer
) -> None:
    outcome = run(vera, visits.access(server))
    counters = counts(outcome)
    assert (counters["albums_matched"], counters["albums_tied"], counters["albums_unknown"]) == (
        1,
        1,
        1,
    )
    assert counters["albums_unsure"] == 0
    assert {name: outcome.facts[name] for name in counters if counters[name]} == {
        name: number for name, number in counters.items() if number
    }
    assert "albums_unsure" not in outcome.facts


def test_the_fields_that_were_filled_are_those_that_hold_more_now(
    vera: Path, server: SimulatorServer
) -> None:
    before = read_fields(vera)
    outcome = run(vera, visits.access(server))
    after = read_fields(vera)
    assert before.items() <= after.items()
    assert outcome.data["fields_filled"] == len(after) - len(before) > 40
    assert outcome.facts["fields_filled"] == outcome.data["fields_filled"]


def test_a_dry_run_shows_what_would_be_filled(vera: Path, server: SimulatorServer) -> None:
    before = read_fields(vera)
    outcome = run(vera, visits.access(server), write=False)
    assert read_fields(vera) == before
    done = run(vera, visits.access(server))
    assert outcome.facts["fields_filled"] == done.facts["fields_filled"]
    assert counts(outcome) == counts(done)


def test_a_second_run_fills_nothing_and_the_item_still_counts_the_first(
    vera: Path, server: SimulatorServer
) -> None:
    first, there = run(vera, visits.access(server)), read_fields(vera)
    again = run(vera, visits.access(server))
    assert read_fields(vera) == there
    assert counts(again) == counts(first)


def test_without_a_lookup_all_counts_are_zero(vera: Path) -> None:
    outcome = run(vera, DISABLED)
    assert set(counts(outcome).values()) == {0}
    assert not set(NAMES) & outcome.facts.keys()


def test_the_report_and_the_audit_show_each_album(vera: Path, server: SimulatorServer) -> None:
    run(vera, visits.access(server))
    home = vera.parents[1]
    report = (home / "issues" / "music" / "Vera_library_issues.md").read_text()
    assert "**Albums here: 1 certain, 1 certain except the edition, 1 unknown.**" in report
    assert "\n- **Dusk**: 2 editions match equally well" in report
    assert "\n| Dawn | Dawn | 1974 |" in report
    audit = json.loads((home / "outputs" / "Vera_audit.json").read_bytes())
    matches = {entry["folder"]: entry for entry in audit["musicbrainz"]["matches"]}
    assert {name: match["sure"] for name, match in matches.items()} == {
        "Dawn": "certain",
        "Dusk": "tied",
        "Tapes": "unknown",
    }
    assert matches["Dawn"]["release_mbid"] == world().releases[0].id
