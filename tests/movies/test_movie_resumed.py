"""Movies whose processing was interrupted, and moved libraries: the output stays true."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from msgspec import structs

from mediakeep import path_text
from mediakeep_simulator.entities import MusicBrainzCatalogue
from mediakeep_simulator.server import SimulatorServer
from mediakeep_simulator.tmdb.model import (
    CatalogueCollection,
    CatalogueImage,
    CatalogueMovie,
    MovieCatalogue,
)
from tests.movies.workbench import Bench

HERON = CatalogueMovie(
    id=501,
    title="The Paper Heron",
    release_date="1987-05-01",
    runtime=97,
    collection=70,
    posters=(CatalogueImage("/poster.jpg", 1000, 1500, "en"),),
)
SECOND = CatalogueMovie(
    id=502, title="The Paper Heron 2", release_date="1990-01-01", runtime=92, collection=70
)
CINEMA = MovieCatalogue(
    films=(HERON, SECOND), series=(CatalogueCollection(70, "The Paper Heron Collection"),)
)
KEY = "The Paper Heron (1987).mkv"
TWIN = "The.Paper.Heron.1987.720p.WEB.x264-KITE.mkv"
LATER = "The Paper Heron 2 (1990).mkv"


@pytest.fixture(scope="module")
def server() -> Iterator[SimulatorServer]:
    with SimulatorServer(MusicBrainzCatalogue(), movies=CINEMA) as running:
        yield running


@pytest.fixture
def bench(tmp_path: Path, server: SimulatorServer) -> Bench:
    return Bench(tmp_path, server)


def test_files_of_a_killed_attempt_are_recognized_as_ours(bench: Bench) -> None:
    bench.put(KEY, HERON)
    whole = bench.work(KEY)
    record = bench.home / f"outputs/movies/{bench.items[KEY].output_name}.json"
    data = record.read_bytes()
    bench.items.clear()  # it was killed before the queue heard of it,
    bench.claims -= 1  # and is taken up again under its first claim
    again = bench.work(KEY)
    assert len(again.data["metadata_files"]) == 3
    assert again.data == whole.data
    assert record.read_bytes() == data


def test_a_movie_that_is_only_read_again_keeps_what_was_found(bench: Bench) -> None:
    bench.put(KEY, HERON)
    done = bench.work(KEY)
    again = bench.work(KEY, is_manual_run=True)
    assert again.data["issues_found"] == done.data["issues_found"]
    assert again.data["issues_resolved"] == 3


def test_twins_and_collections_are_known_after_the_library_was_moved(bench: Bench) -> None:
    for name, film in ((KEY, HERON), (TWIN, HERON), (LATER, SECOND)):
        bench.put(name, film)
        bench.work(name)
    bench.work(KEY)
    assert "duplicate-movie" in bench.issues(KEY)
    moved = bench.root / "moved"
    bench.library.rename(moved)
    bench.items[KEY] = structs.replace(bench.items[KEY], path=path_text.escape_path(moved / KEY))
    bench.work(KEY)
    assert "duplicate-movie" in bench.issues(KEY)
    assert "collection-gap" not in bench.issues(KEY)


def test_the_history_records_each_repair_once(bench: Bench) -> None:
    bench.put(KEY, HERON)
    done = bench.work(KEY)
    fixed = dict.fromkeys(("missing-nfo", "missing-poster", "missing-metadata"), 1)
    assert done.facts["repairs"] == fixed
    (bench.library / "The Paper Heron (1987)-poster.jpg").unlink()
    assert bench.work(KEY).facts["repairs"] == {"missing-poster": 1}
    assert "repairs" not in bench.work(KEY, is_manual_run=True).facts


def test_a_picture_is_known_as_ours_though_its_try_was_killed_before_the_notes(
    bench: Bench,
) -> None:
    bench.put(KEY, HERON)
    bench.work(KEY, roles=frozenset({"nfo", "poster"}))
    bench.items.clear()
    bench.claims -= 1
    bench.work(KEY)
    beside = bench.library / "The Paper Heron (1987)-poster.jpg"
    notes = msgspec.json.decode(
        (bench.library / "The Paper Heron (1987)-metadata.json").read_bytes()
    )
    sha256 = hashlib.sha256(beside.read_bytes()).hexdigest()
    assert notes["pictures"] == {"poster": {"tmdb_id": HERON.id, "sha256": sha256}}
