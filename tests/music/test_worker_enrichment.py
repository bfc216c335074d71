"""The music worker fills in fields from a certain match: once, and never against the user."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mediakeep.issue import TAKEN_BACK
from mediakeep.media import tags, undo
from mediakeep.media.reading import Tags
from mediakeep.media.undo import Query
from mediakeep.media.undoing.store import Store
from mediakeep.music import listing, process
from mediakeep.music.tools import Places
from mediakeep.outcome import QUIET, Outcome
from mediakeep.policy import Fix, Policy
from mediakeep.rehearsal import workshop
from mediakeep.rehearsal.entities import World
from mediakeep.rehearsal.server import Server
from tests.music import shelf, visits
from tests.music.test_worker_lookups import mark

TITLES = ("Low Tide", "Ballast", "Thaw")


def world() -> World:
    vera = workshop.artist("Vera")
    dawn = workshop.group(vera, "Dawn", genres=("folk",))
    facts = {"date": "1974-03-02", "barcode": "5099902894225"}
    known = visits.unmeasured(workshop.release(dawn, [TITLES], **facts))
    return World(artists=(vera,), groups=(dawn,), releases=(known,))


@pytest.fixture
def server() -> Iterator[Server]:
    with Server(world()) as made:
        yield made


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


def run(folder: Path, home: Path, server: Server, *, write: bool = True, **policy: Any) -> Outcome:
    rules = Policy(**{"fix": Fix.SAFE, "cover_art": "none", **policy})
    places = Places(home=home, write=write, policy=rules, access=visits.access(server))
    with process.opened(places) as worker:
        outcome = worker(shelf.work(folder), QUIET)
    assert isinstance(outcome, Outcome)
    return outcome


def second(folder: Path) -> Tags:
    (path,) = (folder / "Dawn").glob("02*")
    return tags.read(path).tags


def state(folder: Path) -> dict[str, tuple[bytes, int]]:
    found = sorted((folder / "Dawn").iterdir())
    return {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in found}


def issues(home: Path, kind: str) -> list[dict[str, Any]]:
    audit = json.loads((home / "outputs" / "Vera_audit.json").read_bytes())
    return [one for one in audit["issues"] if one["kind"] == kind]


def take_back(home: Path) -> None:
    store = Store(home / "status" / "undo")
    for step in undo.plan(store, Query()):
        undo.apply(store, step.record)
    store.close()


def test_what_is_lacking_is_filled_in_and_a_second_run_writes_and_asks_nothing(
    vera: Path, home: Path, server: Server
) -> None:
    run(vera, home, server)
    found, known = second(vera), world().releases[0]
    assert found.barcode == ("5099902894225",)
    assert found.genres == ("Folk",)
    assert found.musicbrainz_trackid == (known.media[0].tracks[1].id,)
    assert (found.title, found.date) == (("Balast",), ("1974",))
    assert issues(home, "incomplete-tags") == []
    before, asked = state(vera), len(server.asked)
    again = run(vera, home, server)
    assert (state(vera), len(server.asked)) == (before, asked)
    assert again.data["lookup"] == "done"


def test_the_report_says_which_fields_were_filled_in(
    vera: Path, home: Path, server: Server, tmp_path: Path
) -> None:
    (path,) = (vera / "Dawn").glob("02*")
    mark(path, tmp_path, media="CD")
    run(vera, home, server)
    told = (home / "issues" / "music" / "Vera_library_issues.md").read_text()
    (line,) = (line for line in told.splitlines() if line.startswith("- **incomplete-tags**"))
    assert line.startswith("- **incomplete-tags** in 3 files: 5 fields of MBIDs, ")
    assert ' barcode "5099902894225", ' in line  # the same in all of them
    assert line.endswith(' releasetype "album", media "CD" (2)')
    assert "02 Balast" not in line


def test_what_differs_is_proposed_and_only_matched_corrects_it(
    vera: Path, home: Path, server: Server
) -> None:
    run(vera, home, server)
    (one,) = issues(home, "title-differs")
    assert one["proposal"] == 'title "Ballast"'
    assert second(vera).title == ("Balast",)
    run(vera, home, server, fix=Fix.MATCHED)
    assert second(vera).title == ("Ballast",)
    assert second(vera).date == ("1974",)
    assert issues(home, "title-differs") == []
    before = state(vera)
    run(vera, home, server, fix=Fix.MATCHED)
    assert state(vera) == before


def test_where_nothing_may_be_repaired_nothing_is_filled_in(
    vera: Path, home: Path, server: Server
) -> None:
    before = state(vera)
    run(vera, home, server, fix=Fix.NONE)
    assert state(vera) == before
    assert len(issues(home, "incomplete-tags")) == len(TITLES)


@pytest.mark.parametrize("fix", [Fix.SAFE, Fix.MATCHED])
def test_a_dry_run_tells_of_it_and_writes_nothing(
    vera: Path, home: Path, server: Server, fix: Fix
) -> None:
    before = state(vera)
    outcome = run(vera, home, server, write=False, fix=fix)
    assert state(vera) == before
    due = [line for file in outcome.facts["due"] for line in file["changes"]]
    assert "barcode" in {line["field"] for line in due}
    corrected = [line for line in due if line["field"] == "title"]
    assert [line["new"] for line in corrected] == ([("Ballast",)] if fix is Fix.MATCHED else [])


def test_a_dry_run_lists_what_is_filled_in_by_album_and_what_is_changed_by_file(
    vera: Path, home: Path, server: Server, tmp_path: Path
) -> None:
    (path,) = (vera / "Dawn").glob("02*")
    mark(path, tmp_path, media="CD")
    outcome = run(vera, home, server, write=False, fix=Fix.MATCHED)
    title, rest, cover, genre = sorted(listing.of(outcome.facts["due"], str(vera)))
    assert title.startswith(f'Dawn/{path.name}: title "Balast" -> "Ballast" (title-differs')
    assert cover.startswith('Dawn: 3 files: cover nothing -> "cover.jpg" (')
    assert genre == 'Dawn: 3 files: genres nothing -> "Folk" (missing-genre: the release has it)'
    assert rest.startswith("Dawn: 3 files: ")
    assert rest.endswith(" (incomplete-tags: the release has it)")
    told = rest.partition(" files: ")[2].rpartition(" (")[0].split("; ")
    assert 'barcode nothing -> "5099902894225"' in told
    assert "musicbrainz_trackid nothing -> 3 values" in told
    assert 'media nothing -> "CD" in 2' in told


@pytest.mark.parametrize("fix", [Fix.SAFE, Fix.MATCHED])
def test_a_locked_field_is_neither_filled_in_nor_corrected(
    vera: Path, home: Path, server: Server, fix: Fix
) -> None:
    run(vera, home, server, fix=fix, locked=frozenset({"barcode", "title"}))
    assert second(vera).barcode == ()
    assert second(vera).title == ("Balast",)
    assert second(vera).genres == ("Folk",)
    (one,) = issues(home, "title-differs")
    assert "locks" in one["held"]
    assert all("locks" in one["held"] for one in issues(home, "incomplete-tags"))


@pytest.mark.parametrize("fix", [Fix.SAFE, Fix.MATCHED])
def test_what_was_taken_back_is_not_made_again_until_a_person_says_so(
    vera: Path, home: Path, server: Server, fix: Fix
) -> None:
    before = {name: data for name, (data, _) in state(vera).items()}
    run(vera, home, server, fix=fix)
    take_back(home)
    outcome = run(vera, home, server, fix=fix)
    assert {name: data for name, (data, _) in state(vera).items()} == before
    held = [one["held"] for one in issues(home, "incomplete-tags")]
    assert held == [TAKEN_BACK] * len(TITLES)
    assert outcome.data["issues"]["incomplete-tags"] == len(TITLES)
    assert all(one["proposal"] for one in issues(home, "incomplete-tags"))
    (slip,) = issues(home, "title-differs")
    assert slip["held"] == (TAKEN_BACK if fix is Fix.MATCHED else "")
    run(vera, home, server, fix=fix, redo=True)
    assert second(vera).barcode == ("5099902894225",)
    assert (second(vera).title == ("Ballast",)) is (fix is Fix.MATCHED)


def test_an_album_that_is_not_known_there_gets_nothing(
    tmp_path: Path, home: Path, server: Server
) -> None:
    folder = tmp_path / "music" / "Vera"
    own = {"albumartist": "Vera", "artist": "Vera", "genre": None}
    shelf.put_album(folder / "Noon", "Crane", "Rivet", "Six Bells", **own)
    (folder / "Noon" / "cover.jpg").unlink()
    before = {path: path.read_bytes() for path in (folder / "Noon").iterdir()}
    run(folder, home, server)
    assert {path: path.read_bytes() for path in (folder / "Noon").iterdir()} == before
