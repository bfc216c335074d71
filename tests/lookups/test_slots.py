"""The record of when a service may be asked next, in a folder where others may write as well."""

from __future__ import annotations

import fcntl
import os
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediakeep.lookups import slots
from mediakeep.lookups.answers import Machine, Service
from mediakeep.lookups.slots import Slots, State
from tests.lookups.conftest import NOW, Clock

SERVICE = Service("MusicBrainz", "https://musicbrainz.example", 1.1)
NAME = "mediakeep-musicbrainz.example-443.slots"


@pytest.fixture
def shared(tmp_path: Path) -> Path:
    folder = tmp_path / "shared"
    folder.mkdir()
    return folder


@pytest.fixture
def own(tmp_path: Path) -> Path:
    return tmp_path / "home" / "cache"


@pytest.fixture
def record(shared: Path, own: Path, clock: Clock) -> Slots:
    return Slots(SERVICE, own, Machine(lambda: clock.now, clock.sleep, shared=shared))


def test_what_is_noted_is_found_by_the_next(record: Slots, shared: Path, own: Path) -> None:
    with record.held() as state:
        assert state == State()
        state.last, state.pause, state.why = NOW - 1, NOW + 9, "it answered 503"
    with record.held() as state:
        assert state == State(last=NOW - 1, pause=NOW + 9, why="it answered 503")
    assert [path.name for path in shared.iterdir()] == [NAME]
    assert not own.exists()


def test_a_shorter_record_leaves_nothing_of_a_longer_one(record: Slots) -> None:
    with record.held() as state:
        state.why = "x" * 200
    with record.held() as state:
        state.why = ""
    with record.held() as state:
        assert state == State()


def test_what_was_decided_is_noted_although_it_is_an_error(record: Slots) -> None:
    def give_up() -> None:
        with record.held() as state:
            state.outage = NOW + 60
            raise TimeoutError

    with pytest.raises(TimeoutError):
        give_up()
    with record.held() as state:
        assert state.outage == NOW + 60


def test_each_host_and_port_has_a_record_of_its_own(shared: Path, own: Path) -> None:
    hosts = "https://a.example", "http://a.example", "http://a.example:81", "https://B.example/x"
    for host in (*hosts, "https://a.example/", "https://b.example:443", "http://../../etc"):
        with Slots(Service("x", host), own, Machine(shared=shared)).held():
            pass
    assert sorted(path.name for path in shared.iterdir()) == [
        "mediakeep-..-80.slots",
        "mediakeep-a.example-443.slots",
        "mediakeep-a.example-80.slots",
        "mediakeep-a.example-81.slots",
        "mediakeep-b.example-443.slots",
    ]


def test_all_users_may_write_the_record(record: Slots, shared: Path) -> None:
    before = os.umask(0o077)
    try:
        with record.held():
            pass
    finally:
        os.umask(before)
    assert stat.S_IMODE((shared / NAME).stat().st_mode) == 0o666


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        (State(last=NOW + 1), State()),
        (State(pause=NOW + 60), State(pause=NOW + 60)),
        (State(pause=NOW + 99), State()),
        (State(outage=NOW + 3600, span=900.0), State(outage=NOW + 3600, span=900.0)),
        (State(outage=NOW + 9999, span=900.0), State()),
        (State(outage=NOW + 60, span=-1.0), State()),
        (State(outage=NOW + 60, span=1e300), State()),
        (State(refused=NOW + 60, digest="a"), State(refused=NOW + 60, digest="a")),
        (State(refused=NOW + 99, digest="a"), State(digest="a")),
        (State(probe=NOW + 60), State(probe=NOW + 60)),
        (State(probe=NOW + 99), State()),
        (State(why="\x1b[31m\n" + "x" * 900), State(why=r"\x1b[31m\n" + "x" * 190)),
    ],
)
def test_a_time_that_cannot_be_true_is_void(record: Slots, told: State, kept: State) -> None:
    with record.held() as state:
        for name in State.__struct_fields__:
            setattr(state, name, getattr(told, name))
    with record.held() as state:
        assert state == kept


@given(garbage=st.binary(max_size=200))
def test_garbage_is_as_good_as_no_record(
    garbage: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    shared = tmp_path_factory.mktemp("shared")
    machine = Machine(lambda: NOW, shared=shared)
    (shared / NAME).write_bytes(garbage)
    with Slots(SERVICE, shared, machine).held() as state:
        assert state == State()
        state.why = "busy"
    with Slots(SERVICE, shared, machine).held() as state:
        assert state == State(why="busy")


@pytest.mark.parametrize(
    "text",
    [
        b'{"last": "soon"}',
        b'{"last": 1e999}',
        b'{"last": null}',
        b"[" * 4000,
        b'{"why": "\xff"}',
        b'{"outage": NaN}',
        bytes(2**20),
    ],
)
def test_a_record_that_is_none_is_made_anew(record: Slots, shared: Path, text: bytes) -> None:
    (shared / NAME).write_bytes(text)
    with record.held() as state:
        assert state == State()


def plant_link(place: Path, elsewhere: Path) -> None:
    elsewhere.write_text("a person's file")
    place.symlink_to(elsewhere)


def plant_pipe(place: Path, _: Path) -> None:
    os.mkfifo(place)


def plant_folder(place: Path, _: Path) -> None:
    place.mkdir()


def hold(place: Path, _: Path) -> None:
    handle = os.open(place, os.O_RDWR | os.O_CREAT)
    fcntl.flock(handle, fcntl.LOCK_EX)
    # It stays open until the test's process ends.


@pytest.mark.parametrize("plant", [plant_link, plant_pipe, plant_folder, hold])
def test_what_another_user_planted_is_neither_followed_nor_waited_for(
    record: Slots, shared: Path, own: Path, tmp_path: Path, plant: object
) -> None:
    assert callable(plant)
    elsewhere = tmp_path / "precious"
    plant(shared / NAME, elsewhere)
    for reason in ("", "it answered 503"):
        with record.held() as state:
            assert state.why == reason
            state.why = "it answered 503"
    assert (own / NAME).is_file()
    if elsewhere.exists():
        assert elsewhere.read_text() == "a person's file"


def test_where_there_is_no_shared_folder_the_record_lies_in_our_own(
    own: Path, tmp_path: Path
) -> None:
    with Slots(SERVICE, own, Machine(shared=tmp_path / "gone")).held():
        pass
    assert (own / NAME).is_file()


def test_a_record_that_is_swept_away_while_one_waits_for_it_is_made_anew(
    record: Slots, shared: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with record.held() as state:
        state.why = "old"
    took, taken = [0], slots._taken

    # The sweeping has to come between opening the file and taking its lock.
    def sweep(handle: int) -> bool:
        if not took[0]:
            (shared / NAME).unlink()
        took[0] += 1
        return taken(handle)

    monkeypatch.setattr(slots, "_taken", sweep)
    with record.held() as state:
        assert state.why == ""
        state.why = "new"
    assert took == [2]
    assert b"new" in (shared / NAME).read_bytes()
