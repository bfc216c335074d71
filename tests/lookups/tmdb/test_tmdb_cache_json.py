"""The JSON export of the TMDb lookups; deleting it resets the store."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mediakeep.errors import NoCache
from mediakeep.lookups.tmdb import cache_json
from mediakeep.lookups.tmdb.context import TmdbContext
from mediakeep.lookups.tmdb.lookup_store import ResolvedMovie
from tests.lookups.conftest import Scripted
from tests.lookups.tmdb.test_tmdb_store import ROOM as RESOLVED
from tests.lookups.tmdb.tmdb_server import ROOM, SEARCH, said


def place(desk: TmdbContext) -> Path:
    return desk.folder.parent / "movies" / cache_json.FILE_NAME


def contents(desk: TmdbContext) -> Any:
    return json.loads(place(desk).read_bytes())


def looked_up(desk: TmdbContext, server: Scripted) -> None:
    """Look up and save a movie, and write the export."""
    server.manners[SEARCH] = [said({"results": [ROOM, {"id": 99}]})]
    desk.tmdb.search_movies("The Quayside Room", 1974)
    desk.store.save_resolved(RESOLVED.key, RESOLVED)
    cache_json.export(desk.folder, desk.store)


def test_the_record_tells_which_movie_each_is_and_what_was_searched_for(
    desk: TmdbContext, server: Scripted
) -> None:
    unsure = ResolvedMovie(
        key="z.mkv", question="q", match="review", candidates=RESOLVED.candidates
    )
    desk.store.save_resolved("z.mkv", unsure)
    looked_up(desk, server)
    told = contents(desk)
    assert list(told) == ["format", "movies", "searches"]
    assert told["movies"] == {
        "Room/room.mkv": {
            "match": "auto",
            "found_by": "search",
            "confidence": 0.93,
            "tmdb_id": 71,
            "imdb_id": "tt0071071",
            "title": "The Quayside Room",
            "year": 1974,
            "release_date": "1974-03-09",
            "edition": "Director's Cut",
            "collection_id": 9,
            "poster_url": "https://image.example/a.jpg",
            "removed": [5],
            "asked": "2027-01-15T08:00:00+00:00",
        },
        "z.mkv": {
            "match": "review",
            "candidates": [{"tmdb_id": 71, "title": "The Quayside Room", "confidence": 0.93}],
        },
    }
    hit = {"tmdb_id": 71, "title": "Das Zimmer am Kai", "release_date": "1974-03-09"}
    assert told["searches"] == [
        {
            "query": "The Quayside Room",
            "primary_release_year": "1974",
            "language": "de-DE",
            "asked": "2027-01-15T08:00:00+00:00",
            "hits": [hit, {"tmdb_id": 99}],
        }
    ]


def test_it_is_written_again_only_where_it_says_something_else(
    desk: TmdbContext, server: Scripted
) -> None:
    looked_up(desk, server)
    before = place(desk).stat().st_mtime_ns, place(desk).stat().st_ino
    cache_json.export(desk.folder, desk.store)
    assert (place(desk).stat().st_mtime_ns, place(desk).stat().st_ino) == before


def test_nothing_is_written_where_nothing_is_known(desk: TmdbContext) -> None:
    cache_json.export(desk.folder, desk.store)
    assert cache_json.check_file(desk.folder, desk.store) == []
    assert not place(desk).exists()


def test_deleting_it_has_everything_looked_up_anew(desk: TmdbContext, server: Scripted) -> None:
    looked_up(desk, server)
    place(desk).unlink()
    [said_so] = cache_json.check_file(desk.folder, desk.store)
    assert said_so == f"{place(desk)} was deleted: everything will be looked up again."
    assert desk.store.get_resolved(RESOLVED.key) is None
    desk.tmdb.search_movies("The Quayside Room", 1974)
    assert server.asked == [SEARCH, SEARCH]


def test_deleting_it_during_a_run_counts_as_well(desk: TmdbContext, server: Scripted) -> None:
    looked_up(desk, server)
    place(desk).unlink()
    cache_json.export(desk.folder, desk.store)
    assert not place(desk).exists()
    assert list(desk.store.iter_resolved()) == []


@pytest.mark.parametrize(
    "damage",
    [
        *(b"", b"{", b"[]", b"\xff\xfe", b'{"format": 1}', b'{"format": 1, "movies": []}'),
        *(b'{"format": 2, "movies": {}}', b'{"format": 1, "movies": ' + b"[" * 99_999),
    ],
)
def test_one_that_is_damaged_is_set_aside_and_nobody_is_asked_for_that(
    desk: TmdbContext, server: Scripted, damage: bytes
) -> None:
    looked_up(desk, server)
    whole = place(desk).read_bytes()
    place(desk).write_bytes(damage)
    [said_so] = cache_json.check_file(desk.folder, desk.store)
    assert "was damaged" in said_so
    assert place(desk).read_bytes() == whole
    [aside] = place(desk).parent.glob("*.damaged-*")
    assert aside.read_bytes() == damage
    assert cache_json.check_file(desk.folder, desk.store) == []


def test_a_search_that_is_spoilt_is_left_out(desk: TmdbContext, server: Scripted) -> None:
    looked_up(desk, server)
    for spoilt in (b"\x00", None, "text", 7):
        desk.store._file.execute_all(("UPDATE answers SET content = ?", (spoilt or b"",)))
        cache_json.export(desk.folder, desk.store)
        assert contents(desk)["searches"] == []


def test_what_a_rehearsal_told_is_dropped_once_tmdb_itself_is_asked(
    desk: TmdbContext, server: Scripted
) -> None:
    looked_up(desk, server)
    assert cache_json.set_host(desk.store, server.host) == []
    [said_so] = cache_json.set_host(desk.store, "https://api.themoviedb.org")
    assert "everything will be looked up again" in said_so
    assert desk.store.get_resolved(RESOLVED.key) is None


def test_a_folder_that_cannot_be_written_is_told(desk: TmdbContext, server: Scripted) -> None:
    looked_up(desk, server)
    place(desk).unlink()
    desk.store.set_meta("record", "")
    place(desk).mkdir()
    with pytest.raises(NoCache, match="tmdb_cache"):
        cache_json.export(desk.folder, desk.store)
