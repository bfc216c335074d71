"""Movies that the queue remembers are restored after the lookup caches are deleted."""

from __future__ import annotations

import shutil
from contextlib import closing
from pathlib import Path

import pytest

from mediakeep.app.subjects import registry
from mediakeep.app.subjects.interface import ReviewOptions, WorkerOptions
from mediakeep.item import Item, Status
from mediakeep.lookups.http.models import Service
from mediakeep.lookups.service_config import ServiceConfig
from mediakeep.lookups.tmdb.lookup_store import ResolvedMovie, TmdbStore
from mediakeep.movies.item import MOVIES, MovieItem

SERVICE = Service("TMDb", "http://127.0.0.1:9")  # nothing listens there
OPTIONS = WorkerOptions(write=True, review=ReviewOptions(access=ServiceConfig(SERVICE, SERVICE)))
FERRY = MovieItem(
    status=Status.COMPLETED,
    path="/movies/The Amber Ferry (1954).mkv",
    match="auto",
    tmdb_id=601,
    imdb_id="tt7000001",
    title="The Amber Ferry",
    year=1954,
    edition="Director's Cut",
    collection_id=31,
    confidence=0.97,
)
ITEMS: dict[str, Item] = {
    "The Amber Ferry (1954).mkv": FERRY,
    "unknown.mkv": MovieItem(status=Status.COMPLETED, match="unmatched"),
    "later.mkv": MovieItem(status=Status.PENDING, tmdb_id=602),
}


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "status" / "cache"


def prepare_batch(home: Path, items: dict[str, Item]) -> None:
    assert not [
        warning
        for warning in registry.get_subject(MOVIES).before_batch(home, OPTIONS, items)
        if "MediaInfo" not in warning
    ]


def stored(cache: Path) -> list[ResolvedMovie]:
    with closing(TmdbStore(cache)) as store:
        return list(store.iter_resolved())


def test_identified_movies_are_restored_from_the_queue(tmp_path: Path, cache: Path) -> None:
    prepare_batch(tmp_path, ITEMS)
    (movie,) = stored(cache)
    fields = ("match", "tmdb_id", "imdb_id", "title", "year", "edition", "path", "collection_id")
    assert movie.key == "The Amber Ferry (1954).mkv"
    assert [getattr(movie, name) for name in fields] == [getattr(FERRY, name) for name in fields]
    assert movie.question == ""  # it answers no query: the next batch looks it up again
    with closing(TmdbStore(cache)) as store:
        assert [one.key for one in store.find_by_tmdb_id(601)] == [movie.key]
        assert [one.key for one in store.find_by_collection(31)] == [movie.key]


def test_they_are_restored_each_time_the_caches_are_deleted(tmp_path: Path, cache: Path) -> None:
    prepare_batch(tmp_path, ITEMS)
    first = stored(cache)
    assert first
    shutil.rmtree(cache)
    prepare_batch(tmp_path, ITEMS)
    assert stored(cache) == first


def test_a_cache_with_movies_is_left_alone(tmp_path: Path, cache: Path) -> None:
    known = ResolvedMovie(key="other.mkv", question="q", tmdb_id=9)
    with closing(TmdbStore(cache)) as store:
        assert store.has_no_movies
        store.save_resolved("other.mkv", known)
        assert not store.has_no_movies
    prepare_batch(tmp_path, ITEMS)
    assert [movie.key for movie in stored(cache)] == ["other.mkv"]
