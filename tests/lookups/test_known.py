"""The store of lookup results returns what was saved, or nothing if it is damaged."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from mediakeep.errors import NoCache, NotAsked, Outage
from mediakeep.lookups.access import Access
from mediakeep.lookups.answers import Answer, Machine, Service
from mediakeep.lookups.catalogue import Artist, Discography, Group, Release
from mediakeep.lookups.desk import CLOSED, Desk
from mediakeep.lookups.known import FILE, Album, Choice, Known, Resolved
from mediakeep.lookups.shelf import Shelf

VERA = Artist(id="a" * 36, name="Vera", disambiguation="folk")
RESOLVED = Resolved(
    name="Vera",
    question="0123",
    state="done",
    artist=VERA,
    by="albums",
    choices=(Choice(VERA, ("Dawn",)),),
    merged={"b" * 36: "a" * 36},
    deleted=("c" * 36,),
    albums={"Dawn": Album(title="Dawn", date="1974")},
)
KNOWN = Discography(
    artist=VERA,
    releases=(Release(id="r" * 36, title="Dawn"),),
    groups=(Group(id="g" * 36, title="Dawn"),),
    asked="2026-01-01T00:00:00Z",
)


@pytest.fixture
def known(tmp_path: Path) -> Iterator[Known]:
    made = Known(tmp_path)
    yield made
    made.close()


def test_what_is_kept_is_read_back_by_another_process_the_same(
    known: Known, tmp_path: Path
) -> None:
    known.keep("Vera", RESOLVED, KNOWN)
    known.set_mark("m", "1")
    known.close()
    other = Known(tmp_path)
    assert other.resolved("Vera") == RESOLVED
    assert other.discography(VERA.id) == KNOWN
    assert list(other.every()) == [("Vera", RESOLVED)]
    assert (other.mark("m"), other.mark("n")) == ("1", "")
    assert (other.resolved("Nobody"), other.discography("x")) == (None, None)
    other.close()


def test_a_later_look_up_replaces_the_one_before(known: Known) -> None:
    known.keep("Vera", RESOLVED, KNOWN)
    nobody = Resolved(name="Vera", question="4567", state="unknown")
    known.keep("Vera", nobody, None)
    assert known.resolved("Vera") == nobody
    assert known.discography(VERA.id) == KNOWN


def test_a_discography_alone_is_kept_in_place_of_the_one_before(known: Known) -> None:
    known.keep("Vera", RESOLVED, KNOWN)
    newer = structs.replace(KNOWN, groups=(), asked="2026-02-02T00:00:00Z")
    known.keep_discography(newer)
    assert known.discography(VERA.id) == newer
    assert known.resolved("Vera") == RESOLVED


def test_dropping_takes_the_raw_answers_with_it_in_every_process(tmp_path: Path) -> None:
    known, other, shelf = Known(tmp_path), Known(tmp_path), Shelf(tmp_path / FILE)
    shelf.keep("a", Answer("a", b"1"))
    shelf.keep_absent("b")
    known.keep("Vera", RESOLVED, KNOWN)
    known.set_mark("m", "1")
    other.drop()
    assert list(known.every()) == []
    assert (known.resolved("Vera"), known.discography(VERA.id)) == (None, None)
    assert (known.mark("m"), shelf.find("a"), shelf.is_absent("b")) == ("", None, False)
    for one in (known, other, shelf.database):
        one.close()


@pytest.mark.parametrize("content", ["x'00'", "NULL || ''", "5", "'text'", "zeroblob(100)"])
def test_a_row_that_is_spoilt_is_as_good_as_none(
    known: Known, tmp_path: Path, content: str
) -> None:
    known.keep("Vera", RESOLVED, KNOWN)
    with contextlib.closing(sqlite3.connect(tmp_path / FILE, isolation_level=None)) as database:
        for table in ("resolved", "discographies"):
            database.execute(f"UPDATE {table} SET content = ifnull({content}, x'01')")
    assert (known.resolved("Vera"), known.discography(VERA.id)) == (None, None)
    assert list(known.every()) == []
    known.keep("Vera", RESOLVED, KNOWN)
    assert known.resolved("Vera") == RESOLVED


@given(st.text(), st.text())
def test_every_key_and_name_can_be_kept(
    tmp_path_factory: pytest.TempPathFactory, key: str, name: str
) -> None:
    known = Known(tmp_path_factory.getbasetemp() / "texts")
    kept = Resolved(name=name, question="", state="unknown")
    known.keep(key, kept, None)
    assert known.resolved(key) == kept
    known.close()


def test_a_folder_that_cannot_be_written_is_an_error_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("no folder")
    with pytest.raises(
        NoCache, match=f"Cannot store service responses in {tmp_path}/cache"
    ) as raised:
        Known(tmp_path / "cache")
    assert raised.value.exit_code == 2


def test_a_damaged_file_is_set_aside_with_a_note(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"no database, but text. " * 100)
    known = Known(tmp_path)
    assert len(known.notes) == 1
    assert "was damaged" in known.notes[0]
    known.keep("Vera", RESOLVED, KNOWN)
    assert known.resolved("Vera") == RESOLVED
    known.close()


def test_where_nothing_is_known_and_nobody_may_be_asked_nothing_is_made(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "cache", CLOSED)
    assert desk.is_empty
    desk.close()
    assert not (tmp_path / "cache").exists()
    assert desk.closed.startswith("MusicBrainz not queried: ")


def test_a_desk_that_is_closed_knows_what_was_known_and_asks_nobody(
    tmp_path: Path, machine: Machine
) -> None:
    with contextlib.closing(Known(tmp_path)) as known:
        known.keep("Vera", RESOLVED, KNOWN)
    service = Service("MusicBrainz", "http://127.0.0.1:9", closed="this run is offline")
    with contextlib.closing(Desk(tmp_path, Access(service, service), machine)) as desk:
        assert not desk.is_empty
        assert desk.known.resolved("Vera") == RESOLVED
        with pytest.raises(NotAsked, match="this run is offline"):
            desk.musicbrainz.artist("a" * 8 + "-aaaa-aaaa-aaaa-" + "a" * 12)
        assert desk.spent.requests == 0


def test_the_progress_of_the_item_is_told_of_waits(tmp_path: Path, machine: Machine) -> None:
    class Told:
        def __init__(self) -> None:
            self.waits: list[float] = []
            self.services: set[str] = set()
            self.extended: list[float] = []

        def __call__(self, done: int, of: int) -> None:
            """Do nothing."""

        def waiting(self, seconds: float, service: str = "") -> None:
            self.waits.append(seconds)
            self.services.add(service)

        def extend(self, seconds: float) -> None:
            self.extended.append(seconds)

    service = Service("MusicBrainz", "http://127.0.0.1:9", 7.0)
    desk, told = Desk(tmp_path, Access(service, service), machine), Told()
    desk.progress = told
    with pytest.raises(Outage):  # nobody answers there
        desk.musicbrainz.artist("a" * 8 + "-aaaa-aaaa-aaaa-" + "a" * 12)
    assert sum(told.waits) == pytest.approx(desk.spent.waited)
    assert told.waits
    assert told.services == {"MusicBrainz"}
    assert told.extended[::2] == [sum(machine.limits)] * desk.spent.requests
    assert all(-sum(machine.limits) <= left <= 0 for left in told.extended[1::2])
    assert len(told.extended) == 2 * desk.spent.requests
    desk.close()
