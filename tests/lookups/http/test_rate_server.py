"""The hosts of a batch share the rate limits of one machine."""

from __future__ import annotations

import contextlib
import logging
import socket
import threading
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from msgspec import structs

from mediakeep import queue_host_client, queue_host_server
from mediakeep.errors import QueueHostLost
from mediakeep.lookups.http import rate_limit
from mediakeep.lookups.http.cached_http import CachedHttp
from mediakeep.lookups.http.models import HttpEnvironment, RequestStats, Service
from mediakeep.lookups.http.rate_client import RemoteRateLimit
from mediakeep.lookups.http.rate_limit import SharedRateLimit
from mediakeep.lookups.http.rate_server import RateServer
from mediakeep.lookups.http.retry import RetryState
from mediakeep.outcome import Aborting
from mediakeep.queue_host_client import HostAddress
from tests.sampling import each_row

NOW = 1_700_000_000.25
SERVICE = Service("Shop", "https://shop.example", interval=1.1)


def build_environment(folder: Path, now: float = NOW) -> HttpEnvironment:
    """Return an environment with a clock that stands still, and a folder for its states."""
    folder.mkdir(mode=0o700, exist_ok=True)
    return HttpEnvironment(lambda: now, shared_dir=folder)


def serve(folder: Path) -> AbstractContextManager[HostAddress]:
    """Serve the rate limits of a folder."""
    service = RateServer(folder, build_environment(folder))
    return queue_host_server.serve("127.0.0.1", {queue_host_client.RATES: service})


def acquire(folder: Path, now: float) -> float:
    """Return the seconds that a request would have to wait at a time; 0 if it may be sent."""
    waits: list[float] = []
    environment = HttpEnvironment(lambda: now + sum(waits), waits.append, shared_dir=folder)
    retries = RetryState(
        SERVICE, SharedRateLimit(SERVICE, folder, environment), environment, RequestStats()
    )
    retries.acquire_slot()
    assert retries.confirm_slot()
    return sum(waits)


@each_row("ahead", [0.0, 59.9, -59.9, 3600.1])
def test_hosts_keep_one_pace_whatever_their_clocks_say(memory: Path, ahead: float) -> None:
    here, there = memory / "here", memory / "there"
    with serve(here) as server:
        assert acquire(here, NOW) == 0
        there.mkdir()
        assert acquire(there, NOW) == 0  # the control: a state of its own
        with queue_host_client.use_host(server, there):
            assert acquire(there, NOW + ahead) == pytest.approx(1.1, abs=0.01)


def test_a_host_that_dies_gives_the_lock_back_and_changes_nothing(
    memory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    has_locked, is_refused, try_lock = threading.Event(), threading.Event(), rate_limit._try_lock

    def try_watched(handle: int) -> bool:
        is_free = try_lock(handle)
        if not is_free:
            is_refused.set()
        return is_free

    monkeypatch.setattr(rate_limit, "_try_lock", try_watched)
    with serve(memory) as server:
        with queue_host_client.connect(server, "rates", SERVICE.host) as stream:
            assert b'"now"' in stream.readline()
            locked = threading.Thread(target=_lock_once, args=(server, has_locked))
            locked.start()
            assert is_refused.wait(60)
            assert not has_locked.is_set()
        locked.join(60)
        assert has_locked.is_set()
        assert not locked.is_alive()


def _lock_once(server: HostAddress, has_locked: threading.Event | None = None) -> None:
    with RemoteRateLimit(server, SERVICE.host, lambda: NOW).lock_state() as state:
        if has_locked:
            has_locked.set()
        assert not state.pause
        state.pause = NOW + 5


@each_row(
    "line",
    [
        b"",
        b"\n",
        b"no json\n",
        b'{"token": "wrong", "service": "rates", "subject": "https://shop.example"}\n',
        b"[" * 8000 + b"\n",
        b"x" * 9000,
        '{"token": "é", "service": "rates", "subject": "https://shop.example"}\n'.encode(),
    ],
)
def test_strangers_get_no_state_and_stop_nothing(
    memory: Path, line: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with serve(memory) as server:
        with socket.create_connection((server.host, server.port)) as connection:
            received = b""
            with contextlib.suppress(OSError):  # the server may have closed it at any of these
                connection.sendall(line)
                connection.shutdown(socket.SHUT_WR)
                received = connection.recv(100)
            assert received == b""
        wrong = structs.replace(server, token="0000")
        with (
            pytest.raises(Aborting, match="not available"),
            RemoteRateLimit(wrong, SERVICE.host, lambda: NOW).lock_state(),
        ):
            pytest.fail("a stranger got the state")
        with queue_host_client.connect(server, "unknown") as stream:
            assert stream.read() == b""
        _lock_once(server)
    assert not caplog.messages, "no handler has failed"


def test_a_lost_server_ends_the_batch_and_blames_no_cache(memory: Path) -> None:
    with serve(memory) as server:
        pass
    with queue_host_client.use_host(server, memory):
        http = CachedHttp(memory / "cache.sqlite", "", machine=build_environment(memory))
        with contextlib.closing(http), pytest.raises(Aborting, match="cannot be reached") as lost:
            http.get(SERVICE, f"{SERVICE.host}/a")
    assert isinstance(lost.value.error, QueueHostLost)
