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

from mediakeep.errors import LookupSkipped, NoCache, Outage
from mediakeep.lookups.http.models import HttpEnvironment, Service, ServiceResponse
from mediakeep.lookups.http.response_cache import ResponseCache
from mediakeep.lookups.musicbrainz.context import DISABLED, MusicBrainzContext
from mediakeep.lookups.musicbrainz.lookup_store import (
    FILE_NAME,
    MusicBrainzStore,
    PossibleArtist,
    ResolvedAlbum,
    ResolvedArtist,
)
from mediakeep.lookups.musicbrainz.model import Artist, Discography, Release, ReleaseGroup
from mediakeep.lookups.service_config import ServiceConfig

VERA = Artist(id="a" * 36, name="Vera", disambiguation="folk")
RESOLVED = ResolvedArtist(
    name="Vera",
    question="0123",
    state="done",
    artist=VERA,
    by="albums",
    choices=(PossibleArtist(VERA, ("Dawn",)),),
    merged={"b" * 36: "a" * 36},
    deleted=("c" * 36,),
    albums={"Dawn": ResolvedAlbum(title="Dawn", date="1974")},
)
KNOWN = Discography(
    artist=VERA,
    releases=(Release(id="r" * 36, title="Dawn"),),
    groups=(ReleaseGroup(id="g" * 36, title="Dawn"),),
    asked="2026-01-01T00:00:00Z",
)


@pytest.fixture
def known(tmp_path: Path) -> Iterator[MusicBrainzStore]:
    made = MusicBrainzStore(tmp_path)
    yield made
    made.close()


def test_what_is_kept_is_read_back_by_another_process_the_same(
    known: MusicBrainzStore, tmp_path: Path
) -> None:
    known.save_resolved("Vera", RESOLVED, KNOWN)
    known.set_meta("m", "1")
    known.close()
    other = MusicBrainzStore(tmp_path)
    assert other.get_resolved("Vera") == RESOLVED
    assert other.get_discography(VERA.id) == KNOWN
    assert list(other.iter_resolved()) == [("Vera", RESOLVED)]
    assert (other.get_meta("m"), other.get_meta("n")) == ("1", "")
    assert (other.get_resolved("Nobody"), other.get_discography("x")) == (None, None)
    other.close()


def test_a_later_look_up_replaces_the_one_before(known: MusicBrainzStore) -> None:
    known.save_resolved("Vera", RESOLVED, KNOWN)
    nobody = ResolvedArtist(name="Vera", question="4567", state="unknown")
    known.save_resolved("Vera", nobody, None)
    assert known.get_resolved("Vera") == nobody
    assert known.get_discography(VERA.id) == KNOWN


def test_a_discography_alone_is_kept_in_place_of_the_one_before(known: MusicBrainzStore) -> None:
    known.save_resolved("Vera", RESOLVED, KNOWN)
    newer = structs.replace(KNOWN, groups=(), asked="2026-02-02T00:00:00Z")
    known.save_discography(newer)
    assert known.get_discography(VERA.id) == newer
    assert known.get_resolved("Vera") == RESOLVED


def test_dropping_takes_the_raw_answers_with_it_in_every_process(tmp_path: Path) -> None:
    known, other, shelf = (
        MusicBrainzStore(tmp_path),
        MusicBrainzStore(tmp_path),
        ResponseCache(tmp_path / FILE_NAME),
    )
    shelf.store("a", ServiceResponse("a", b"1"))
    shelf.store("b", ServiceResponse("b", b"", status=404))
    known.save_resolved("Vera", RESOLVED, KNOWN)
    known.set_meta("m", "1")
    other.clear()
    assert list(known.iter_resolved()) == []
    assert (known.get_resolved("Vera"), known.get_discography(VERA.id)) == (None, None)
    assert (known.get_meta("m"), shelf.find("a"), shelf.find("b")) == ("", None, None)
    for one in (known, other, shelf.file):
        one.close()


@pytest.mark.parametrize("content", ["x'00'", "NULL || ''", "5", "'text'", "zeroblob(100)"])
def test_a_row_that_is_spoilt_is_as_good_as_none(
    known: MusicBrainzStore, tmp_path: Path, content: str
) -> None:
    known.save_resolved("Vera", RESOLVED, KNOWN)
    with contextlib.closing(
        sqlite3.connect(tmp_path / FILE_NAME, isolation_level=None)
    ) as database:
        for table in ("resolved", "discographies"):
            database.execute(f"UPDATE {table} SET content = ifnull({content}, x'01')")
    assert (known.get_resolved("Vera"), known.get_discography(VERA.id)) == (None, None)
    assert list(known.iter_resolved()) == []
    known.save_resolved("Vera", RESOLVED, KNOWN)
    assert known.get_resolved("Vera") == RESOLVED


@given(st.text(), st.text())
def test_every_key_and_name_can_be_kept(
    tmp_path_factory: pytest.TempPathFactory, key: str, name: str
) -> None:
    known = MusicBrainzStore(tmp_path_factory.getbasetemp() / "texts")
    kept = ResolvedArtist(name=name, question="", state="unknown")
    known.save_resolved(key, kept, None)
    assert known.get_resolved(key) == kept
    known.close()


def test_a_folder_that_cannot_be_written_is_an_error_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("no folder")
    with pytest.raises(
        NoCache, match=f"Cannot store service responses in {tmp_path}/cache"
    ) as raised:
        MusicBrainzStore(tmp_path / "cache")
    assert raised.value.exit_code == 2


def test_a_damaged_file_is_set_aside_with_a_note(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_bytes(b"no database, but text. " * 100)
    known = MusicBrainzStore(tmp_path)
    assert len(known.damage_notes) == 1
    assert "was damaged" in known.damage_notes[0]
    known.save_resolved("Vera", RESOLVED, KNOWN)
    assert known.get_resolved("Vera") == RESOLVED
    known.close()


def test_where_nothing_is_known_and_nobody_may_be_asked_nothing_is_made(tmp_path: Path) -> None:
    desk = MusicBrainzContext(tmp_path / "cache", DISABLED)
    assert desk.is_unavailable
    desk.close()
    assert not (tmp_path / "cache").exists()
    assert desk.disabled_text.startswith("MusicBrainz not queried: ")


def test_a_desk_that_is_closed_knows_what_was_known_and_asks_nobody(
    tmp_path: Path, machine: HttpEnvironment
) -> None:
    with contextlib.closing(MusicBrainzStore(tmp_path)) as known:
        known.save_resolved("Vera", RESOLVED, KNOWN)
    service = Service("MusicBrainz", "http://127.0.0.1:9", disabled_reason="this run is offline")
    with contextlib.closing(
        MusicBrainzContext(tmp_path, ServiceConfig(service, service), machine)
    ) as desk:
        assert not desk.is_unavailable
        assert desk.store.get_resolved("Vera") == RESOLVED
        with pytest.raises(LookupSkipped, match="this run is offline"):
            desk.musicbrainz.get_artist("a" * 8 + "-aaaa-aaaa-aaaa-" + "a" * 12)
        assert desk.stats.requests == 0


def test_the_progress_of_the_item_is_told_of_waits(
    tmp_path: Path, machine: HttpEnvironment
) -> None:
    class Told:
        def __init__(self) -> None:
            self.waits: list[float] = []
            self.services: set[str] = set()
            self.extended: list[float] = []

        def __call__(self, done: int, of: int) -> None:
            """Do nothing."""

        def on_wait(self, seconds: float, service: str = "") -> None:
            self.waits.append(seconds)
            self.services.add(service)

        def extend_deadline(self, seconds: float) -> None:
            self.extended.append(seconds)

    service = Service("MusicBrainz", "http://127.0.0.1:9", 7.0)
    desk, told = MusicBrainzContext(tmp_path, ServiceConfig(service, service), machine), Told()
    desk.progress = told
    with pytest.raises(Outage):  # nobody answers there
        desk.musicbrainz.get_artist("a" * 8 + "-aaaa-aaaa-aaaa-" + "a" * 12)
    assert sum(told.waits) == pytest.approx(desk.stats.seconds_waited)
    assert told.waits
    assert told.services == {"MusicBrainz"}
    assert told.extended[::2] == [sum(machine.timeouts)] * desk.stats.requests
    assert all(-sum(machine.timeouts) <= left <= 0 for left in told.extended[1::2])
    assert len(told.extended) == 2 * desk.stats.requests
    desk.close()
