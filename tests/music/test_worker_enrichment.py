"""The music worker fills in fields from a certain match: once, and never against the user."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mediakeep.issue import UNDONE_BEFORE
from mediakeep.media.audio import tags
from mediakeep.media.audio.model import Tags
from mediakeep.media.undo import apply_undo
from mediakeep.media.undo.apply_undo import RecordQuery
from mediakeep.media.undo.store import UndoStore
from mediakeep.music import process
from mediakeep.music.reports import dry_run_text
from mediakeep.music.worker_context import MusicWorkerConfig
from mediakeep.outcome import NO_PROGRESS, Outcome
from mediakeep.policy import FixLevel, WritePolicy
from mediakeep_simulator import factories
from mediakeep_simulator.entities import MusicBrainzCatalogue
from mediakeep_simulator.server import SimulatorServer
from tests.music import shelf, visits
from tests.music.test_worker_lookups import mark

TITLES = ("Low Tide", "Ballast", "Thaw")


def world() -> MusicBrainzCatalogue:
    vera = factories.make_artist("Vera")
    dawn = factories.make_group(vera, "Dawn", genres=("folk",))
    facts = {"date": "1974-03-02", "barcode": "5099902894225"}
    known = visits.without_lengths(factories.make_release(dawn, [TITLES], **facts))
    return MusicBrainzCatalogue(artists=(vera,), groups=(dawn,), releases=(known,))


@pytest.fixture
def server() -> Iterator[SimulatorServer]:
    with SimulatorServer(world()) as server:
        yield server


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "home").mkdir()
    return tmp_path / "home"


@pytest.fixture
def vera(tmp_path: Path) -> Path:
    """An album that names its release, with a slip of the pen and without a genre."""
    folder = tmp_path / "music" / "Vera"
    own = {"albumartist": "Vera", "artist": "Vera", "genre": None, "date": "1974"}
    shelf.put_album(folder / "Dawn", "Low Tide", "Balast", "Thaw", suffix="flac", **own)
    for path in (folder / "Dawn").glob("*.flac"):
        mark(path, tmp_path, musicbrainz_albumid=world().releases[0].id)
    return folder


def run(
    folder: Path, home: Path, server: SimulatorServer, *, write: bool = True, **policy: Any
) -> Outcome:
    rules = WritePolicy(**{"fix": FixLevel.SAFE, "cover_art": "none", **policy})
    places = MusicWorkerConfig(home=home, write=write, policy=rules, access=visits.access(server))
    with process.open_worker(places) as worker:
        outcome = worker(shelf.work(folder), NO_PROGRESS)
    assert isinstance(outcome, Outcome)
    return outcome


def read_second_track(folder: Path) -> Tags:
    (path,) = (folder / "Dawn").glob("02*")
    return tags.read(path).tags


def read_state(folder: Path) -> dict[str, tuple[bytes, int]]:
    paths = sorted((folder / "Dawn").iterdir())
    return {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in paths}


def read_issues(home: Path, kind: str) -> list[dict[str, Any]]:
    audit = json.loads((home / "outputs" / "Vera_audit.json").read_bytes())
    return [entry for entry in audit["issues"] if entry["kind"] == kind]


def undo(home: Path) -> None:
    store = UndoStore(home / "status" / "undo")
    for step in apply_undo.plan_undo(store, RecordQuery()):
        apply_undo.apply_undo(store, step.record)
    store.close()


def test_what_is_lacking_is_filled_in_and_a_second_run_writes_and_asks_nothing(
    vera: Path, home: Path, server: SimulatorServer
) -> None:
    run(vera, home, server)
    found, known = read_second_track(vera), world().releases[0]
    assert found.barcode == ("5099902894225",)
    assert found.genres == ("Folk",)
    assert found.musicbrainz_trackid == (known.media[0].tracks[1].id,)
    assert (found.title, found.date) == (("Balast",), ("1974",))
    assert read_issues(home, "incomplete-tags") == []
    before, request_count = read_state(vera), len(server.requests)
    again = run(vera, home, server)
    assert (read_state(vera), len(server.requests)) == (before, request_count)
    assert again.data["lookup"] == "done"


def test_the_report_says_which_fields_were_filled_in(
    vera: Path, home: Path, server: SimulatorServer, tmp_path: Path
) -> None:
    (path,) = (vera / "Dawn").glob("02*")
    mark(path, tmp_path, media="CD")
    run(vera, home, server)
    audit = (home / "issues" / "music" / "Vera_library_issues.md").read_text()
    (line,) = (line for line in audit.splitlines() if line.startswith("- **incomplete-tags**"))
    assert line.startswith("- **incomplete-tags** in 3 files: 5 fields of MBIDs, ")
    assert ' barcode "5099902894225", ' in line  # the same in all of them
    assert line.endswith(' releasetype "album", media "CD" (2)')
    assert "02 Balast" not in line


def test_what_differs_is_proposed_and_only_matched_corrects_it(
    vera: Path, home: Path, server: SimulatorServer
) -> None:
    run(vera, home, server)
    (issue,) = read_issues(home, "title-differs")
    assert issue["proposal"] == 'title "Ballast"'
    assert read_second_track(vera).title == ("Balast",)
    run(vera, home, server, fix=FixLevel.MATCHED)
    assert read_second_track(vera).title == ("Ballast",)
    assert read_second_track(vera).date == ("1974",)
    assert read_issues(home, "title-differs") == []
    before = read_state(vera)
    run(vera, home, server, fix=FixLevel.MATCHED)
    assert read_state(vera) == before


def test_where_nothing_may_be_repaired_nothing_is_filled_in(
    vera: Path, home: Path, server: SimulatorServer
) -> None:
    before = read_state(vera)
    run(vera, home, server, fix=FixLevel.NONE)
    assert read_state(vera) == before
    assert len(read_issues(home, "incomplete-tags")) == len(TITLES)


@pytest.mark.parametrize("fix", [FixLevel.SAFE, FixLevel.MATCHED])
def test_a_dry_run_reports_it_and_writes_nothing(
    vera: Path, home: Path, server: SimulatorServer, fix: FixLevel
) -> None:
    before = read_state(vera)
    outcome = run(vera, home, server, write=False, fix=fix)
    assert read_state(vera) == before
    due = [line for file in outcome.facts["due"] for line in file["changes"]]
    assert "barcode" in {line["field"] for line in due}
    corrected = [line for line in due if line["field"] == "title"]
    assert [line["new"] for line in corrected] == (
        [("Ballast",)] if fix is FixLevel.MATCHED else []
    )


def test_a_dry_run_lists_what_is_filled_in_by_album_and_what_is_changed_by_file(
    vera: Path, home: Path, server: SimulatorServer, tmp_path: Path
) -> None:
    (path,) = (vera / "Dawn").glob("02*")
    mark(path, tmp_path, media="CD")
    outcome = run(vera, home, server, write=False, fix=FixLevel.MATCHED)
    title, rest, cover, genre = sorted(
        dry_run_text.format_planned_changes(outcome.facts["due"], str(vera))
    )
    assert title.startswith(f'Dawn/{path.name}: title "Balast" -> "Ballast" (title-differs')
    assert cover.startswith('Dawn: 3 files: cover nothing -> "cover.jpg" (')
    assert genre == 'Dawn: 3 files: genres nothing -> "Folk" (missing-genre: the release has it)'
    assert rest.startswith("Dawn: 3 files: ")
    assert rest.endswith(" (incomplete-tags: the release has it)")
    told = rest.partition(" files: ")[2].rpartition(" (")[0].split("; ")
    assert 'barcode nothing -> "5099902894225"' in told
    assert "musicbrainz_trackid nothing -> 3 values" in told
    assert 'media nothing -> "CD" in 2' in told


@pytest.mark.parametrize("fix", [FixLevel.SAFE, FixLevel.MATCHED])
def test_a_locked_field_is_neither_filled_in_nor_corrected(
    vera: Path, home: Path, server: SimulatorServer, fix: FixLevel
) -> None:
    run(vera, home, server, fix=fix, locked_fields=frozenset({"barcode", "title"}))
    assert read_second_track(vera).barcode == ()
    assert read_second_track(vera).title == ("Balast",)
    assert read_second_track(vera).genres == ("Folk",)
    (issue,) = read_issues(home, "title-differs")
    assert "locks" in issue["held"]
    assert all("locks" in issue["held"] for issue in read_issues(home, "incomplete-tags"))


@pytest.mark.parametrize("fix", [FixLevel.SAFE, FixLevel.MATCHED])
def test_an_undone_change_is_not_repeated_until_the_user_allows_it(
    vera: Path, home: Path, server: SimulatorServer, fix: FixLevel
) -> None:
    before = {name: data for name, (data, _) in read_state(vera).items()}
    run(vera, home, server, fix=fix)
    undo(home)
    outcome = run(vera, home, server, fix=fix)
    assert {name: data for name, (data, _) in read_state(vera).items()} == before
    reasons = [issue["held"] for issue in read_issues(home, "incomplete-tags")]
    assert reasons == [UNDONE_BEFORE.text] * len(TITLES)
    assert outcome.data["issues"]["incomplete-tags"] == len(TITLES)
    assert all(issue["proposal"] for issue in read_issues(home, "incomplete-tags"))
    (slip,) = read_issues(home, "title-differs")
    assert slip["held"] == (UNDONE_BEFORE.text if fix is FixLevel.MATCHED else "")
    run(vera, home, server, fix=fix, redo=True)
    assert read_second_track(vera).barcode == ("5099902894225",)
    assert (read_second_track(vera).title == ("Ballast",)) is (fix is FixLevel.MATCHED)


def test_an_album_that_is_not_known_there_gets_nothing(
    tmp_path: Path, home: Path, server: SimulatorServer
) -> None:
    folder = tmp_path / "music" / "Vera"
    own = {"albumartist": "Vera", "artist": "Vera", "genre": None}
    shelf.put_album(folder / "Noon", "Crane", "Rivet", "Six Bells", **own)
    (folder / "Noon" / "cover.jpg").unlink()
    before = {path: path.read_bytes() for path in (folder / "Noon").iterdir()}
    run(folder, home, server)
    assert {path: path.read_bytes() for path in (folder / "Noon").iterdir()} == before
