"""A movie that turns out to be another one, and what could not be written next to one."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec import structs

from mediakeep.item import Status
from mediakeep.lookups.service_config import Locale
from mediakeep.media.safewrite import sidecar_file
from mediakeep.media.undo import apply_undo
from mediakeep.media.undo.record_index import RecordQuery
from mediakeep.media.undo.store import UndoStore
from mediakeep.movies.scan import library_scan
from mediakeep.movies.sidecars import artwork
from mediakeep_simulator.entities import MusicBrainzCatalogue
from mediakeep_simulator.server import SimulatorServer
from mediakeep_simulator.tmdb import image_factory
from mediakeep_simulator.tmdb.model import (
    CatalogueImage,
    CatalogueMovie,
    CatalogueText,
    MovieCatalogue,
)
from tests.movies.workbench import SAFE, Bench

FIRST = CatalogueMovie(
    id=701,
    title="The Tin Lantern",
    release_date="1971-05-01",
    runtime=97,
    overview="A lantern of tin.",
    certificates={"DE": "16"},
    texts=(CatalogueText("de", "DE", "Die Blechlaterne", "Eine Laterne aus Blech."),),
    posters=(CatalogueImage("/first.jpg", 1000, 1500, "en"),),
    backdrops=(CatalogueImage("/first-back.jpg", 1920, 1080),),
)
REMAKE = CatalogueMovie(
    id=702,
    title="The Tin Lantern",
    release_date="2011-03-04",
    runtime=99,
    overview="It shines again.",
    posters=(CatalogueImage("/remake.jpg", 1000, 1500, "en"),),
    backdrops=(CatalogueImage("/remake-back.jpg", 1920, 1080),),
)
BARE = CatalogueMovie(id=703, title="The Tin Lantern", release_date="2020-03-04", runtime=98)
CINEMA = MovieCatalogue(films=(FIRST, REMAKE, BARE))
KEY, STEM = "The Tin Lantern (1971).mkv", "The Tin Lantern (1971)"
GERMAN = Locale("de-DE", "DE")


@pytest.fixture(scope="module")
def server() -> Iterator[SimulatorServer]:
    with SimulatorServer(MusicBrainzCatalogue(), movies=CINEMA) as running:
        yield running


@pytest.fixture
def bench(tmp_path: Path, server: SimulatorServer) -> Bench:
    """A movie that was taken for the first one, which a user knows better."""
    bench_ = Bench(tmp_path, server)
    bench_.put(KEY, FIRST)
    bench_.work(KEY)
    assert bench_.items[KEY].tmdb_id == 701
    return bench_


def choose(bench: Bench, tmdb_id: int) -> None:
    item = bench.items[KEY]
    bench.items[KEY] = structs.replace(item, match="user", tmdb_id=tmdb_id, imdb_id="")


def content(bench: Bench) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in bench.library.iterdir()}


def find_file(bench: Bench, end: str) -> Path:
    return bench.library / f"{STEM}{end}"


def test_our_pictures_of_the_wrong_movie_are_replaced_and_can_be_undone(bench: Bench) -> None:
    before = content(bench)
    choose(bench, 702)
    bench.work(KEY)
    after = content(bench)
    changed = {name for name in after if after[name] != before[name]}
    assert changed == after.keys() - {KEY}
    bench.work(KEY)
    assert content(bench) == after
    with contextlib.closing(UndoStore(bench.home / "status" / "undo")) as store:
        for step in apply_undo.plan_undo(store, RecordQuery(item=KEY)):
            if not step.record.old.is_no_file:
                apply_undo.apply_undo(store, step.record)
    assert content(bench) == before
    bench.work(KEY)
    assert content(bench) == before


def test_a_withdrawn_choice_does_not_conflict_with_the_nfo_it_caused(bench: Bench) -> None:
    for tmdb_id in (702, 701):
        choose(bench, tmdb_id)
        bench.work(KEY)
        assert bench.items[KEY].tmdb_id == tmdb_id
        assert "id-conflict" not in bench.issues(KEY)
    nfo = find_file(bench, ".nfo")
    nfo.write_text(nfo.read_text().replace(">701<", ">702<"))
    bench.work(KEY)
    assert "id-conflict" in bench.issues(KEY)


def test_a_picture_that_the_user_has_put_there_stays_whichever_movie_it_is(bench: Bench) -> None:
    find_file(bench, "-poster.jpg").write_bytes(image_factory.render_jpeg("mine", 600, 900))
    before = content(bench)
    choose(bench, 702)
    bench.work(KEY)
    after = content(bench)
    assert after[f"{STEM}-poster.jpg"] == before[f"{STEM}-poster.jpg"]
    assert after[f"{STEM}-fanart.jpg"] != before[f"{STEM}-fanart.jpg"]


def test_without_our_notes_pictures_of_unknown_origin_stay(bench: Bench) -> None:
    find_file(bench, "-metadata.json").unlink()
    before = content(bench)
    choose(bench, 702)
    bench.work(KEY)
    after = content(bench)
    assert [name for name in before if after[name] != before[name]] == []


def test_where_the_right_movie_has_no_picture_the_old_one_stays(bench: Bench) -> None:
    before = content(bench)
    choose(bench, 703)
    bench.work(KEY)
    assert content(bench)[f"{STEM}-poster.jpg"] == before[f"{STEM}-poster.jpg"]
    choose(bench, 702)
    bench.work(KEY)
    assert content(bench)[f"{STEM}-poster.jpg"] != before[f"{STEM}-poster.jpg"]


def test_additions_of_the_user_to_our_notes_stay(bench: Bench) -> None:
    notes = find_file(bench, "-metadata.json")
    before = notes.read_bytes()
    notes.write_text(json.dumps(json.loads(before) | {"seen with": ["Ada", 1.5]}))
    bench.work(KEY)
    data = json.loads(notes.read_bytes())
    assert data.pop("seen with") == ["Ada", 1.5]
    assert data == json.loads(before)
    again = notes.read_bytes()
    bench.work(KEY)
    assert notes.read_bytes() == again


def test_a_dry_run_reports_pictures_that_are_of_the_wrong_movie(bench: Bench) -> None:
    before = content(bench)
    choose(bench, 702)
    for forced in (False, True):
        facts = bench.work(KEY, write=False, force=forced).facts
        assert [fact["role"] for fact in facts["due"]] == ["nfo", "poster", "fanart", "metadata"]
        assert "not_written" not in facts
    assert content(bench) == before


def test_pictures_go_with_a_movie_that_is_renamed(bench: Bench) -> None:
    other = "The Tin Lantern (2011)"
    for path in list(bench.library.iterdir()):
        path.rename(bench.library / path.name.replace(STEM, other))
    before = content(bench)
    bench.work(f"{other}.mkv")
    after = content(bench)
    assert bench.items[f"{other}.mkv"].tmdb_id == 702
    assert {name for name in after if after[name] == before[name]} == {f"{other}.mkv"}


def test_a_language_that_is_tried_out_leaves_nothing_behind(bench: Bench) -> None:
    before = content(bench)
    bench.work(KEY, locale=GERMAN)
    assert b"DE-16" in content(bench)[f"{STEM}.nfo"]
    bench.work(KEY)
    assert content(bench) == before


@pytest.mark.real_disk
@pytest.mark.parametrize("tmdb_id", [701, 702])
def test_an_nfo_that_could_not_be_written_is_ours_still(bench: Bench, tmdb_id: int) -> None:
    other = bench.root / "another name"
    os.link(find_file(bench, ".nfo"), other)
    choose(bench, tmdb_id)
    assert "hard links" in str(bench.work(KEY, locale=GERMAN).facts["not_written"])
    before = content(bench)
    bench.work(KEY, locale=GERMAN)
    assert content(bench) == before
    other.unlink()
    choose(bench, tmdb_id)
    bench.work(KEY, locale=GERMAN)
    text = find_file(bench, ".nfo").read_text()
    assert f">{tmdb_id}</uniqueid>" in text
    assert ("Die Blechlaterne" if tmdb_id == 701 else "It shines again.") in text
    notes = json.loads(find_file(bench, "-metadata.json").read_bytes())
    assert notes["tmdb_id"] == tmdb_id


def test_a_picture_that_somebody_puts_there_meanwhile_stays(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    find_file(bench, "-poster.jpg").unlink()
    fetched = artwork.fetch_picture

    def slowly(*words: object) -> object:  # nothing else can stand between two lines
        find_file(bench, "-poster.jpg").write_bytes(b"mine")
        return fetched(*words)  # type: ignore[arg-type]

    monkeypatch.setattr(artwork, "fetch_picture", slowly)
    outcome = bench.work(KEY)
    assert find_file(bench, "-poster.jpg").read_bytes() == b"mine"
    assert list(outcome.facts["not_written"]) == [f"{STEM}-poster.jpg"]


def test_a_name_too_long_for_a_sidecar_is_reported_and_the_rest_is_written(bench: Bench) -> None:
    stem = "The Tin Lantern (1971) {tmdb-701} ".ljust(245, "x")
    bench.put(f"{stem}.mkv", FIRST)
    outcome = bench.work(f"{stem}.mkv")
    assert find_file(bench, ".nfo").with_name(f"{stem}.nfo").is_file()
    facts = outcome.facts["not_written"]
    assert {name.removeprefix(stem) for name in facts} == {
        "-fanart.jpg",
        "-metadata.json",
        "-poster.jpg",
    }
    assert all("a shorter name" in why for why in facts.values())


@pytest.mark.parametrize("end", [".nfo", "-metadata.json"])
def test_values_follow_after_a_change_meanwhile(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    """Whatever somebody else writes while a batch works on a movie, the next one goes on."""
    file, fetched = find_file(bench, end), artwork.fetch_picture

    def slowly(*words: object) -> object:  # nothing else can stand between two lines
        file.write_bytes(file.read_bytes() + b"\n")
        return fetched(*words)  # type: ignore[arg-type]

    find_file(bench, "-poster.jpg").unlink()
    monkeypatch.setattr(artwork, "fetch_picture", slowly)
    outcome = bench.work(KEY, locale=GERMAN)
    assert list(outcome.facts["not_written"]) == [file.name]
    now = library_scan.read_movie(bench.library / KEY, KEY, bench.library)
    assert outcome.data["fingerprint"] != now.fingerprint
    monkeypatch.undo()
    bench.work(KEY, locale=GERMAN)
    assert "Die Blechlaterne" in find_file(bench, ".nfo").read_text()
    now = library_scan.read_movie(bench.library / KEY, KEY, bench.library)
    assert bench.items[KEY].fingerprint == now.fingerprint


@pytest.mark.parametrize("at", [2, 3, 4])
def test_an_interrupted_run_is_completed_by_the_next(
    tmp_path: Path, server: SimulatorServer, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    """An NFO of ours is no witness, though the notes that would say so were not written."""
    whole, cut = Bench(tmp_path / "whole", server), Bench(tmp_path / "cut", server)
    for part in (whole, cut):
        part.put(KEY, FIRST)
    whole.work(KEY)
    write, calls = sidecar_file.write, iter(range(1, 9))

    def dies(*words: object) -> object:  # as a kill does, between two files
        if next(calls) == at:
            raise KeyboardInterrupt
        return write(*words)  # type: ignore[arg-type]

    monkeypatch.setattr(sidecar_file, "write", dies)
    with pytest.raises(KeyboardInterrupt):
        cut.work(KEY)
    monkeypatch.undo()
    cut.work(KEY)
    part, other = content(cut), content(whole)
    notes = [json.loads(found.pop(f"{STEM}-metadata.json")) for found in (part, other)]
    assert part == other
    assert notes[0] | {"pictures": {}} == notes[1] | {"pictures": {}}


def test_an_nfo_is_evidence_if_the_user_removed_our_notes(bench: Bench) -> None:
    choose(bench, 702)
    bench.work(KEY)
    find_file(bench, "-metadata.json").unlink()
    bench.items.clear()  # as if the queue were recreated
    bench.work(KEY)
    assert bench.items[KEY].tmdb_id == 702


def test_notes_that_cannot_be_read_are_reported_and_the_rest_is_written(bench: Bench) -> None:
    for path in bench.library.glob(f"{STEM}[-.]*[!v]"):
        path.unlink()
    os.mkfifo(find_file(bench, "-metadata.json"))
    outcome = bench.work(KEY, structs.replace(SAFE, redo=True))
    assert outcome.state is Status.COMPLETED
    assert find_file(bench, ".nfo").is_file()
