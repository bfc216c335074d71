"""The store of TMDb results: read back, found by ids, and expired as TMDb's terms require."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec import structs

from mediakeep.errors import NoCache
from mediakeep.lookups.tmdb.lookup_store import FILE_NAME, MovieCandidate, ResolvedMovie, TmdbStore
from mediakeep.lookups.tmdb.model import MovieSummary
from tests.lookups.conftest import Clock

ASKED = "2027-01-15T08:00:00+00:00"  # the moment of the tests' clock
ROOM = ResolvedMovie(
    key="Room/room.mkv",
    question="0123",
    match="auto",
    by="search",
    tmdb_id=71,
    imdb_id="tt0071071",
    title="The Quayside Room",
    year=1974,
    release_date="1974-03-09",
    edition="Director's Cut",
    path="/m/Room/room.mkv",
    collection_id=9,
    confidence=0.93,
    asked=ASKED,
    removed=(5,),
    candidates=(
        MovieCandidate(
            MovieSummary(id=71, title="The Quayside Room"), 0.93, against={"year": 0.02}
        ),
    ),
    poster_url="https://image.example/a.jpg",
)


@pytest.fixture
def known(tmp_path: Path, clock: Clock) -> Iterator[TmdbStore]:
    made = TmdbStore(tmp_path, lambda: clock.now)
    yield made
    made.close()


def test_what_is_kept_is_read_back_by_another_process_the_same(
    known: TmdbStore, tmp_path: Path
) -> None:
    known.save_resolved(ROOM.key, ROOM)
    other = TmdbStore(tmp_path)
    assert other.get_resolved(ROOM.key) == ROOM
    assert list(other.iter_resolved()) == [ROOM]
    assert other.get_resolved("Room") is None
    other.remove_resolved(ROOM.key)
    assert known.get_resolved(ROOM.key) is None
    other.close()


def test_movies_are_found_by_their_id_and_their_collection(known: TmdbStore) -> None:
    twin = structs.replace(ROOM, key="b.mkv", edition="", collection_id=0)
    sequel = structs.replace(ROOM, key="c.mkv", tmdb_id=72)
    nobody = ResolvedMovie(key="d.mkv", question="", match="unmatched")
    for one in (sequel, twin, nobody, ROOM):
        known.save_resolved(one.key, one)
    assert known.find_by_tmdb_id(71) == (ROOM, twin)
    assert known.find_by_collection(9) == (ROOM, sequel)
    assert (
        known.find_by_tmdb_id(0)
        == known.find_by_collection(0)
        == known.find_by_tmdb_id(-1)
        == known.find_by_tmdb_id(99)
        == ()
    )
    known.save_resolved(ROOM.key, structs.replace(ROOM, tmdb_id=72, collection_id=0))
    assert [one.key for one in known.find_by_tmdb_id(72)] == [ROOM.key, "c.mkv"]
    assert known.find_by_tmdb_id(71) == (twin,)
    known.remove_resolved("c.mkv")
    assert known.find_by_collection(9) == ()


def test_ids_are_found_by_an_index_however_many_movies_there_are(known: TmdbStore) -> None:
    for name in ("tmdb", "collection"):
        plan = known._file.query_rows(
            f"EXPLAIN QUERY PLAN SELECT content FROM resolved WHERE {name} = ? AND {name} > 0"
            " ORDER BY key",
            1,
        )
        assert any("USING INDEX" in row[-1] for row in plan), plan


def test_a_row_that_is_spoilt_is_as_good_as_none(known: TmdbStore) -> None:
    known.save_resolved(ROOM.key, ROOM)
    known._file.execute_all(("UPDATE resolved SET content = ?", (b"\x00",)))
    assert known.get_resolved(ROOM.key) is None
    assert known.find_by_tmdb_id(71) == ()
    assert list(known.iter_resolved()) == []
    known.remove_expired()


def test_after_180_days_only_what_it_was_taken_to_be_is_left(
    known: TmdbStore, clock: Clock
) -> None:
    known.save_resolved(ROOM.key, ROOM)
    clock.now += 179.9 * 86400
    known.remove_expired()
    assert known.get_resolved(ROOM.key) == ROOM
    clock.now += 86400
    known.remove_expired()
    left = known.get_resolved(ROOM.key)
    assert left
    assert (left.match, left.by, left.tmdb_id, left.confidence) == ("auto", "search", 71, 0.93)
    assert (left.title, left.year, left.poster_url, left.candidates) == ("", 0, "", ())
    assert left.question == ROOM.question  # so that it is not searched for again
    assert known.find_by_tmdb_id(71) == known.find_by_collection(9) == (left,)
    known.remove_expired()
    assert known.get_resolved(ROOM.key) == left


def test_everything_is_forgotten_at_once(known: TmdbStore) -> None:
    known.save_resolved(ROOM.key, ROOM)
    known.set_meta("m", "1")
    known.clear()
    assert (known.get_resolved(ROOM.key), known.get_meta("m"), known.find_by_tmdb_id(71)) == (
        None,
        "",
        (),
    )


def test_a_damaged_file_is_set_aside_with_a_note_and_made_anew(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_bytes(b"no database" * 1000)
    known = TmdbStore(tmp_path)
    known.save_resolved(ROOM.key, ROOM)
    assert known.get_resolved(ROOM.key) == ROOM
    assert "was damaged" in known.damage_notes[0]
    known.close()


def test_where_nothing_can_be_kept_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(NoCache):
        TmdbStore(tmp_path / "file")
