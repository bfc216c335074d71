"""The rate limit's state file, in a directory private to its user."""

from __future__ import annotations

import fcntl
import json
import os
import stat
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediakeep.lookups.http import rate_limit
from mediakeep.lookups.http.models import HttpEnvironment, RequestStats, Service
from mediakeep.lookups.http.rate_client import ServiceState
from mediakeep.lookups.http.rate_limit import SharedRateLimit
from mediakeep.lookups.http.retry import RetryState
from mediakeep.runtime_dir import list_runtime_dirs, open_private_dir
from tests.lookups.conftest import NOW, Clock

SERVICE = Service("MusicBrainz", "https://musicbrainz.example", 1.1)
NAME = "mediakeep-musicbrainz.example-443.slots"


@pytest.fixture
def shared(tmp_path: Path) -> Path:
    folder = tmp_path / "shared"
    folder.mkdir(mode=0o700)
    return folder


@pytest.fixture
def own(tmp_path: Path) -> Path:
    return tmp_path / "home" / "cache"


@pytest.fixture
def record(shared: Path, own: Path, clock: Clock) -> SharedRateLimit:
    return SharedRateLimit(
        SERVICE, own, HttpEnvironment(lambda: clock.now, clock.sleep, shared_dir=shared)
    )


def test_what_is_noted_is_found_by_the_next(
    record: SharedRateLimit, shared: Path, own: Path
) -> None:
    with record.lock_state() as state:
        assert state == ServiceState()
        state.last, state.pause, state.why = NOW - 1, NOW + 9, "HTTP status 503"
    with record.lock_state() as state:
        assert state == ServiceState(last=NOW - 1, pause=NOW + 9, why="HTTP status 503")
    assert [path.name for path in shared.iterdir()] == [NAME]
    assert not own.exists()


def test_a_shorter_record_leaves_nothing_of_a_longer_one(record: SharedRateLimit) -> None:
    with record.lock_state() as state:
        state.why = "x" * 200
    with record.lock_state() as state:
        state.why = ""
    with record.lock_state() as state:
        assert state == ServiceState()


def test_what_was_decided_is_noted_although_it_is_an_error(record: SharedRateLimit) -> None:
    def give_up() -> None:
        with record.lock_state() as state:
            state.outage = NOW + 60
            raise TimeoutError

    with pytest.raises(TimeoutError):
        give_up()
    with record.lock_state() as state:
        assert state.outage == NOW + 60


def test_each_host_and_port_has_a_record_of_its_own(shared: Path, own: Path) -> None:
    hosts = "https://a.example", "http://a.example", "http://a.example:81", "https://B.example/x"
    for host in (*hosts, "https://a.example/", "https://b.example:443", "http://../../etc"):
        with SharedRateLimit(
            Service("x", host), own, HttpEnvironment(shared_dir=shared)
        ).lock_state():
            pass
    assert sorted(path.name for path in shared.iterdir()) == [
        "mediakeep-..-80.slots",
        "mediakeep-a.example-443.slots",
        "mediakeep-a.example-80.slots",
        "mediakeep-a.example-81.slots",
        "mediakeep-b.example-443.slots",
    ]


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_only_the_user_may_read_or_write_the_record(shared: Path, own: Path, umask: int) -> None:
    folder = shared / "mediakeep"
    before = os.umask(umask)
    try:
        with SharedRateLimit(SERVICE, own, HttpEnvironment(shared_dir=folder)).lock_state():
            pass
    finally:
        os.umask(before)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / NAME).stat().st_mode) == 0o600


FORGED = json.dumps({"outage": NOW + 60, "span": 60.0, "why": "pay at example.com"}).encode()


def forge(folder: Path) -> None:
    """Write the state of an outage as an attacker would: valid, with a text that is displayed."""
    folder.mkdir(mode=0o700, exist_ok=True)
    (folder / NAME).write_bytes(FORGED)
    (folder / NAME).chmod(0o600)


def leave_out_real_session(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep a test from writing to the runtime directory of the user."""
    places = [path for path in list_runtime_dirs() if path.parts[:3] != ("/", "run", "user")]
    monkeypatch.setattr(rate_limit, "list_runtime_dirs", lambda: places)


def test_an_outage_forged_in_the_temporary_folder_is_not_believed(
    tmp_path: Path, own: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    everybody = tmp_path / "everybody"
    everybody.mkdir()
    everybody.chmod(0o1777)
    squatted = everybody / f"mediakeep-{os.geteuid()}"
    for folder in (everybody, squatted):
        forge(folder)
        (folder / NAME).chmod(0o666)
    squatted.chmod(0o777)
    monkeypatch.setattr(tempfile, "tempdir", str(everybody))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(everybody))
    monkeypatch.setenv("XDG_CACHE_HOME", str(squatted))
    leave_out_real_session(monkeypatch)
    with SharedRateLimit(SERVICE, own, HttpEnvironment(lambda: NOW)).lock_state() as state:
        assert state == ServiceState()


@pytest.mark.parametrize("mode", [0o700, 0o755])
def test_a_record_that_only_the_user_may_write_to_is_believed(
    record: SharedRateLimit, shared: Path, mode: int
) -> None:
    forge(shared)
    shared.chmod(mode)
    with record.lock_state() as state:
        assert state.why == "pay at example.com"


@pytest.mark.parametrize("which", ["folder", "file"])
@pytest.mark.parametrize("mode", [0o020, 0o002])
def test_a_record_that_others_may_write_to_is_ignored(
    record: SharedRateLimit, shared: Path, own: Path, which: str, mode: int
) -> None:
    forge(shared)
    weak = shared if which == "folder" else shared / NAME
    weak.chmod(weak.stat().st_mode | mode)
    with record.lock_state() as state:
        assert state == ServiceState()
    assert (shared / NAME).read_bytes() == FORGED
    assert (own / NAME).is_file()


@pytest.mark.needs("root")  # to give a file away
@pytest.mark.parametrize("which", ["folder", "file"])
def test_a_record_of_another_user_is_ignored(
    record: SharedRateLimit, shared: Path, own: Path, which: str
) -> None:
    forge(shared)
    os.chown(shared if which == "folder" else shared / NAME, 12345, 12345)
    with record.lock_state() as state:
        assert state == ServiceState()
    assert (own / NAME).is_file()


@pytest.mark.parametrize("which", ["folder", "file"])
def test_a_user_that_owns_neither_believes_neither(
    record: SharedRateLimit, shared: Path, own: Path, which: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    forge(shared)
    owner, inode = os.geteuid(), (shared if which == "folder" else shared / NAME).stat().st_ino
    fstat = os.fstat

    def foreign(handle: int) -> os.stat_result:
        found = fstat(handle)
        fields = list(found)
        if found.st_ino == inode:
            fields[stat.ST_UID] = owner + 1
        return os.stat_result(fields)

    monkeypatch.setattr(os, "fstat", foreign)
    with record.lock_state() as state:
        assert state == ServiceState()
    assert (own / NAME).is_file()


def test_a_link_to_a_folder_is_not_followed(own: Path, shared: Path, tmp_path: Path) -> None:
    forge(shared)
    (tmp_path / "link").symlink_to(shared)
    with SharedRateLimit(
        SERVICE, own, HttpEnvironment(lambda: NOW, shared_dir=tmp_path / "link")
    ).lock_state() as state:
        assert state == ServiceState()


def test_the_places_are_those_of_the_user_the_runtime_directory_first(tmp_path: Path) -> None:
    known = {"HOME": str(tmp_path), "XDG_RUNTIME_DIR": "/run/x", "XDG_CACHE_HOME": "/c"}
    user = os.geteuid()
    *first, last = list_runtime_dirs(known)
    assert first == [
        Path("/run/x/mediakeep"),
        Path(f"/run/user/{user}/mediakeep"),
        Path("/c/mediakeep"),
    ]
    assert last.name == f"mediakeep-{user}"
    plain = list(list_runtime_dirs({"HOME": str(tmp_path), "XDG_RUNTIME_DIR": "relative"}))
    assert plain[0] == Path(f"/run/user/{user}/mediakeep")
    assert plain[1].is_relative_to(tmp_path)


def test_the_first_place_that_can_be_used_is_the_one_of_all_homes(
    tmp_path: Path, shared: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    caches = tmp_path / "caches"
    caches.mkdir(mode=0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "gone"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(caches))
    leave_out_real_session(monkeypatch)
    one, other = (
        SharedRateLimit(SERVICE, tmp_path / name, HttpEnvironment(lambda: NOW)) for name in "ab"
    )
    with one.lock_state() as state:
        state.pause = NOW + 9
    with other.lock_state() as state:
        assert state.pause == NOW + 9
    assert [path.name for path in (caches / "mediakeep").iterdir()] == [NAME]
    assert not (tmp_path / "gone").exists()


def test_nothing_is_left_in_the_directory_of_another_user(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = tmp_path / "theirs" / "mediakeep"
    made.parent.mkdir()
    monkeypatch.setattr(os, "geteuid", lambda: tmp_path.stat().st_uid + 1)
    with pytest.raises(PermissionError):
        open_private_dir(made)
    assert not made.exists()
    made.parent.chmod(0o1777)  # as the temporary folder is
    with pytest.raises(PermissionError):  # made, but it is not that user's after all
        open_private_dir(made)
    assert made.exists()


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        (ServiceState(last=NOW + 1), ServiceState()),
        (ServiceState(pause=NOW + 60), ServiceState(pause=NOW + 60)),
        (ServiceState(pause=NOW + 99), ServiceState()),
        (ServiceState(outage=NOW + 3600, span=900.0), ServiceState(outage=NOW + 3600, span=900.0)),
        (ServiceState(outage=NOW + 9999, span=900.0), ServiceState()),
        (ServiceState(outage=NOW + 60, span=-1.0), ServiceState()),
        (ServiceState(outage=NOW + 60, span=1e300), ServiceState()),
        (ServiceState(refused=NOW + 60, digest="a"), ServiceState(refused=NOW + 60, digest="a")),
        (ServiceState(refused=NOW + 99, digest="a"), ServiceState(digest="a")),
        (ServiceState(probe=NOW + 60), ServiceState(probe=NOW + 60)),
        (ServiceState(probe=NOW + 99), ServiceState()),
        (ServiceState(why="\x1b[31m\n" + "x" * 900), ServiceState(why=r"\x1b[31m\n" + "x" * 190)),
    ],
)
def test_a_time_that_cannot_be_true_is_void(
    record: SharedRateLimit, told: ServiceState, kept: ServiceState
) -> None:
    with record.lock_state() as state:
        for name in ServiceState.__struct_fields__:
            setattr(state, name, getattr(told, name))
    with record.lock_state() as state:
        assert state == kept


@given(garbage=st.binary(max_size=200))
def test_garbage_is_as_good_as_no_record(
    garbage: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    shared = tmp_path_factory.mktemp("shared")
    machine = HttpEnvironment(lambda: NOW, shared_dir=shared)
    forge(shared)
    (shared / NAME).write_bytes(garbage)
    with SharedRateLimit(SERVICE, shared, machine).lock_state() as state:
        assert state == ServiceState()
        state.why = "busy"
    with SharedRateLimit(SERVICE, shared, machine).lock_state() as state:
        assert state == ServiceState(why="busy")


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
def test_a_record_that_is_none_is_made_anew(
    record: SharedRateLimit, shared: Path, text: bytes
) -> None:
    forge(shared)
    (shared / NAME).write_bytes(text)
    with record.lock_state() as state:
        assert state == ServiceState()


def plant_link(place: Path, elsewhere: Path) -> None:
    elsewhere.write_text("a person's file")
    place.symlink_to(elsewhere)


def plant_pipe(place: Path, _: Path) -> None:
    os.mkfifo(place)


def plant_folder(place: Path, _: Path) -> None:
    place.mkdir()


def hold(place: Path, _: Path) -> None:
    handle = os.open(place, os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(handle, fcntl.LOCK_EX)
    # It stays open until the test's process ends.


@pytest.mark.parametrize("plant", [plant_link, plant_pipe, plant_folder, hold])
def test_what_another_user_planted_is_neither_followed_nor_waited_for(
    record: SharedRateLimit,
    shared: Path,
    own: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    plant: object,
) -> None:
    assert callable(plant)
    monkeypatch.setattr(rate_limit, "_LOCK_TIMEOUT", 0.0)
    elsewhere = tmp_path / "precious"
    plant(shared / NAME, elsewhere)
    for reason in ("", "HTTP status 503"):
        with record.lock_state() as state:
            assert state.why == reason
            state.why = "HTTP status 503"
    assert (own / NAME).is_file()
    if elsewhere.exists():
        assert elsewhere.read_text() == "a person's file"


def test_where_there_is_no_shared_folder_the_record_lies_in_our_own(
    own: Path, tmp_path: Path
) -> None:
    with SharedRateLimit(
        SERVICE, own, HttpEnvironment(shared_dir=tmp_path / "gone" / "mediakeep")
    ).lock_state():
        pass
    assert (own / NAME).is_file()


def test_a_record_that_is_swept_away_while_one_waits_for_it_is_made_anew(
    record: SharedRateLimit, shared: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with record.lock_state() as state:
        state.why = "old"
    took, taken = [0], rate_limit._try_lock

    # The sweeping has to come between opening the file and taking its lock.
    def sweep(handle: int) -> bool:
        if not took[0]:
            (shared / NAME).unlink()
        took[0] += 1
        return taken(handle)

    monkeypatch.setattr(rate_limit, "_try_lock", sweep)
    with record.lock_state() as state:
        assert state.why == ""
        state.why = "new"
    assert took == [2]
    assert b"new" in (shared / NAME).read_bytes()


@pytest.mark.parametrize("swept", ["record", "folder"])
def test_a_record_that_is_swept_away_between_turn_and_request_is_made_anew(
    own: Path, shared: Path, swept: str
) -> None:
    """As a service does that removes old files from temporary folders."""
    environment = HttpEnvironment(lambda: NOW, shared_dir=shared)
    service = Service("MusicBrainz", SERVICE.host, 1.1)
    limit = SharedRateLimit(service, own, environment)
    request = RetryState(service, limit, environment, RequestStats())
    request.acquire_slot()
    (shared / NAME).unlink()
    if swept == "folder":
        shared.rmdir()
    assert request.confirm_slot()
    with limit.lock_state() as state:
        assert state.last == NOW
    assert (shared / NAME).is_file()
    assert not own.exists()


def exchange_reason(user: int, folder: Path, why: str) -> str:
    """As another user, store the reason of an outage, and return the one found before."""
    receiver, sender = os.pipe()
    child = os.fork()
    if not child:
        try:
            os.chdir(folder)  # other users can only reach it by relative paths
            os.setgid(user)
            os.setuid(user)
            tempfile.tempdir = "temporary"
            os.environ |= {"XDG_RUNTIME_DIR": "", "XDG_CACHE_HOME": "missing"}
            with SharedRateLimit(SERVICE, Path(str(user)), HttpEnvironment()).lock_state() as state:
                os.write(sender, f"found {state.why}".encode())
                state.why = why
        finally:
            os._exit(0)
    os.close(sender)
    os.waitpid(child, 0)
    with open(receiver, "rb") as stream:
        return stream.read().decode()


@pytest.mark.needs("root")  # to be two users
def test_two_users_share_no_record_and_neither_is_in_the_way_of_the_other(tmp_path: Path) -> None:
    users = 12345, 12346
    for name in ("temporary", *map(str, users)):
        (tmp_path / name).mkdir()
        (tmp_path / name).chmod(0o1777)
    tmp_path.chmod(0o755)
    squatted = tmp_path / "temporary" / "mediakeep-12346"  # where the second one's would be
    squatted.mkdir()
    squatted.chmod(0o777)
    assert [exchange_reason(user, tmp_path, f"by {user}") for user in users] == ["found "] * 2
    assert [exchange_reason(user, tmp_path, "") for user in users] == [
        "found by 12345",
        "found by 12346",
    ]
    assert (tmp_path / "temporary" / "mediakeep-12345" / NAME).is_file()
    assert list(squatted.iterdir()) == []
    assert (tmp_path / "12346" / NAME).is_file()
