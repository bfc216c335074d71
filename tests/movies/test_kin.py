"""Reports that say something about other movies are read anew when that is no longer true."""

from __future__ import annotations

from typing import Any

from mediakeep.item import MovieItem, Status
from mediakeep.movies import kin


def item(settled: int, **fields: Any) -> MovieItem:
    return MovieItem(status=Status.COMPLETED, settled=settled, **fields)


def test_a_movie_whose_twin_came_later_is_read_anew() -> None:
    items = {
        "a": item(1, tmdb_id=7),
        "b": item(2, tmdb_id=7, issues={kin.TWIN: 1}),
        "c": item(3, tmdb_id=8),
    }
    assert kin.stale(items, ["b"]) == ["a"]


def test_a_twin_in_another_edition_is_none() -> None:
    items = {"a": item(1, tmdb_id=7), "b": item(2, tmdb_id=7, edition="Final Cut")}
    assert kin.stale(items, ["a", "b"]) == []


def test_a_movie_that_tells_of_a_twin_that_is_gone_is_read_anew() -> None:
    gone = MovieItem(status=Status.SKIPPED, tmdb_id=7, skip_reason="vanished")
    items = {"a": item(1, tmdb_id=7, issues={kin.TWIN: 1}), "b": gone}
    assert kin.stale(items, []) == ["a"]


def test_twins_that_both_tell_of_each_other_are_left_alone() -> None:
    told = {kin.TWIN: 1}
    items = {"a": item(1, tmdb_id=7, issues=told), "b": item(2, tmdb_id=7, issues=told)}
    assert kin.stale(items, ["a", "b"]) == []


def test_a_new_movie_of_a_collection_has_the_older_ones_read_anew() -> None:
    items = {name: item(number, collection_id=5) for number, name in enumerate("abc", 1)}
    assert kin.stale(items, ["c"]) == ["a", "b"]
    assert kin.stale(items, []) == []


def test_movies_that_nobody_has_identified_have_no_kin() -> None:
    items = {"a": item(1), "b": item(2)}
    assert kin.stale(items, ["a", "b"]) == []
