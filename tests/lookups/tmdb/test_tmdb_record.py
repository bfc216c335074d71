"""The JSON export of the TMDb lookups; deleting it resets the store."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mediakeep.errors import NoCache
from mediakeep.lookups.tmdb import record
from mediakeep.lookups.tmdb.desk import Desk
from mediakeep.lookups.tmdb.known import Resolved
from tests.lookups.conftest import Scripted
from tests.lookups.tmdb.test_tmdb_known import ROOM as RESOLVED
from tests.lookups.tmdb.told import ROOM, SEARCH, said


def place(desk: Desk) -> Path:
    return desk.folder.parent / "movies" / record.FILE


def contents(desk: Desk) -> Any:
    return json.loads(place(desk).read_bytes())


def looked_up(desk: Desk, server: Scripted) -> None:
    """Look up and save a movie, and write the export."""
    server.manners[SEARCH] = [said({"results": [ROOM, {"id": 99}]})]
    desk.tmdb.search("The Quayside Room", 1974)
    desk.known.keep(RESOLVED.key, RESOLVED)
    record.export(desk.folder, desk.known)


def test_the_record_tells_which_movie_each_is_and_what_was_searched_for(
    desk: Desk, server: Scripted
) -> None:
    unsure = Resolved(key="z.mkv", question="q", match="review", candidates=RESOLVED.candidates)
    desk.known.keep("z.mkv", unsure)
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
    desk: Desk, server: Scripted
) -> None:
    looked_up(desk, server)
    before = place(desk).stat().st_mtime_ns, place(desk).stat().st_ino
    record.export(desk.folder, desk.known)
    assert (place(desk).stat().st_mtime_ns, place(desk).stat().st_ino) == before


def test_nothing_is_written_where_nothing_is_known(desk: Desk) -> None:
    record.export(desk.folder, desk.known)
    assert record.check(desk.folder, desk.known) == []
    assert not place(desk).exists()


def test_deleting_it_has_everything_looked_up_anew(desk: Desk, server: Scripted) -> None:
    looked_up(desk, server)
    place(desk).unlink()
    [said_so] = record.check(desk.folder, desk.known)
    assert said_so == f"{place(desk)} was deleted: everything will be looked up again."
    assert desk.known.resolved(RESOLVED.key) is None
    desk.tmdb.search("The Quayside Room", 1974)
    assert server.asked == [SEARCH, SEARCH]


def test_deleting_it_during_a_run_counts_as_well(desk: Desk, server: Scripted) -> None:
    looked_up(desk, server)
    place(desk).unlink()
    record.export(desk.folder, desk.known)
    assert not place(desk).exists()
    assert list(desk.known.every()) == []


@pytest.mark.parametrize(
    "damage",
    [
        *(b"", b"{", b"[]", b"\xff\xfe", b'{"format": 1}', b'{"format": 1, "movies": []}'),
        *(b'{"format": 2, "movies": {}}', b'{"format": 1, "movies": ' + b"[" * 99_999),
    ],
)
def test_one_that_is_damaged_is_set_aside_and_nobody_is_asked_for_that(
    desk: Desk, server: Scripted, damage: bytes
) -> None:
    looked_up(desk, server)
    whole = place(desk).read_bytes()
    place(desk).write_bytes(damage)
    [said_so] = record.check(desk.folder, desk.known)
    assert "was damaged" in said_so
    assert place(desk).read_bytes() == whole
    [aside] = place(desk).parent.glob("*.damaged-*")
    assert aside.read_bytes() == damage
    assert record.check(desk.folder, desk.known) == []


def test_a_search_that_is_spoilt_is_left_out(desk: Desk, server: Scripted) -> None:
    looked_up(desk, server)
    for spoilt in (b"\x00", None, "text", 7):
        desk.known._base.write(("UPDATE answers SET content = ?", (spoilt or b"",)))
        record.export(desk.folder, desk.known)
        assert contents(desk)["searches"] == []


def test_what_a_rehearsal_told_is_dropped_once_tmdb_itself_is_asked(
    desk: Desk, server: Scripted
) -> None:
    looked_up(desk, server)
    assert record.settle(desk.known, server.host) == []
    [said_so] = record.settle(desk.known, "https://api.themoviedb.org")
    assert "everything will be looked up again" in said_so
    assert desk.known.resolved(RESOLVED.key) is None


def test_a_folder_that_cannot_be_written_is_told(desk: Desk, server: Scripted) -> None:
    looked_up(desk, server)
    place(desk).unlink()
    desk.known.set_mark("record", "")
    place(desk).mkdir()
    with pytest.raises(NoCache, match="tmdb_cache"):
        record.export(desk.folder, desk.known)
