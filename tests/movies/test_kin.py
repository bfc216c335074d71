"""Reports that say something about other movies are reread when that is no longer true."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mediakeep import path_text
from mediakeep.item import Status
from mediakeep.movies import stale_reports
from mediakeep.movies.item import MovieItem

TOLD = {stale_reports.DUPLICATE_KIND: 1}


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in "abcd":
        (tmp_path / name).touch()
    return tmp_path


def item(place: str, status: Status = Status.COMPLETED, **fields: Any) -> MovieItem:
    return MovieItem(status=status, path=path_text.escape_path(place), **fields)


def collected(*counts: int) -> dict[str, MovieItem]:
    """Movies of one collection, that know of so many of it."""
    return {
        name: item(name, tmdb_id=number, collection_id=5, collected=count)
        for number, (name, count) in enumerate(zip("abc", counts, strict=True), 1)
    }


def test_a_movie_whose_report_lacks_its_duplicate_is_reread() -> None:
    items = {
        "a": item("a", tmdb_id=7),
        "b": item("b", tmdb_id=7, issues=TOLD),
        "c": item("c", tmdb_id=8),
    }
    assert stale_reports.find_stale_reports(items) == ["a"]


def test_a_twin_in_another_edition_is_none_but_editions_are_the_same_in_any_case() -> None:
    items = {"a": item("a", tmdb_id=7), "b": item("b", tmdb_id=7, edition="Final Cut")}
    assert stale_reports.find_stale_reports(items) == []
    assert stale_reports.find_stale_reports(
        items | {"c": item("c", tmdb_id=7, edition="FINAL CUT")}
    ) == ["b", "c"]


def test_a_movie_whose_report_names_a_removed_duplicate_is_reread() -> None:
    gone = item("b", Status.SKIPPED, tmdb_id=7, skip_reason="vanished")
    items = {"a": item("a", tmdb_id=7, issues=TOLD), "b": gone}
    assert stale_reports.find_stale_reports(items) == ["a"]


def test_duplicates_that_report_each_other_are_left_alone() -> None:
    items = {name: item(name, tmdb_id=7, issues=TOLD) for name in "ab"}
    assert stale_reports.find_stale_reports(items) == []


def test_a_twin_that_is_to_be_done_again_is_still_one() -> None:
    again = item("b", Status.PENDING, tmdb_id=7)
    assert (
        stale_reports.find_stale_reports({"a": item("a", tmdb_id=7, issues=TOLD), "b": again}) == []
    )
    assert stale_reports.find_stale_reports({"a": item("a", tmdb_id=7), "b": again}) == ["a"]


def test_a_duplicate_that_is_not_on_disk_is_not_awaited(here: Path) -> None:
    items = {name: item(name, tmdb_id=7) for name in "ab"}
    assert stale_reports.find_stale_reports(items) == ["a", "b"]
    (here / "b").unlink()
    assert stale_reports.find_stale_reports(items) == []


def test_movies_with_an_outdated_collection_list_are_reread() -> None:
    assert stale_reports.find_stale_reports(collected(1, 2, 3)) == ["a", "b"]
    assert stale_reports.find_stale_reports(collected(3, 3, 3)) == []


def test_the_others_of_a_collection_are_reread_after_a_movie_left(here: Path) -> None:
    items = collected(3, 3, 3)
    (here / "c").unlink()
    # before a scan has seen it, the library may be half mounted
    assert stale_reports.find_stale_reports(items) == []
    gone = item("c", Status.SKIPPED, tmdb_id=3, collection_id=5, skip_reason="vanished")
    assert stale_reports.find_stale_reports(items | {"c": gone}) == ["a", "b"]


def test_the_same_movie_twice_counts_once_in_its_collection() -> None:
    items = collected(2, 2, 2) | {"c": item("c", tmdb_id=2, collection_id=5, collected=2)}
    assert (
        stale_reports.find_stale_reports({key: item for key, item in items.items() if key != "b"})
        == []
    )


def test_one_whose_look_up_is_due_is_left_to_the_next_batch() -> None:
    items = {"a": item("a", tmdb_id=7, lookup="pending"), "b": item("b", tmdb_id=7, issues=TOLD)}
    assert stale_reports.find_stale_reports(items) == []


def test_unidentified_movies_have_no_related_movies() -> None:
    assert stale_reports.find_stale_reports({"a": item("a"), "b": item("b")}) == []
