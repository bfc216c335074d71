"""The hosts of a batch share the rate limits of one machine."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from pathlib import Path

import pytest

from mediakeep.lookups.http import rate_client, rate_server
from mediakeep.lookups.http.models import HttpEnvironment, RequestStats, Service
from mediakeep.lookups.http.rate_client import RemoteRateLimit
from mediakeep.lookups.http.rate_limit import SharedRateLimit
from mediakeep.lookups.http.retry import RetryState
from tests.sampling import each_row

NOW = 1_700_000_000.25
SERVICE = Service("Shop", "https://shop.example", interval=1.1)


def build_environment(folder: Path, now: float = NOW) -> HttpEnvironment:
    """Return an environment with a clock that stands still, and a folder for its states."""
    folder.mkdir(mode=0o700, exist_ok=True)
    return HttpEnvironment(lambda: now, shared_dir=folder)


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
def test_hosts_keep_one_pace_whatever_their_clocks_say(
    memory: Path, monkeypatch: pytest.MonkeyPatch, ahead: float
) -> None:
    here, there = memory / "here", memory / "there"
    with rate_server.serve_rate_limits("127.0.0.1", here, build_environment(here)) as server:
        assert acquire(here, NOW) == 0
        there.mkdir()
        assert acquire(there, NOW) == 0  # the control: a state of its own
        monkeypatch.setenv(rate_client.VARIABLE, server)
        assert acquire(there, NOW + ahead) == pytest.approx(1.1, abs=0.01)


def test_a_host_that_dies_gives_the_lock_back_and_changes_nothing(memory: Path) -> None:
    environment = build_environment(memory)
    with rate_server.serve_rate_limits("127.0.0.1", memory, environment) as server:
        host, port, token = server.rsplit(":", 2)
        with socket.create_connection((host, int(port))) as connection:
            connection.sendall(json.dumps({"token": token, "host": SERVICE.host}).encode() + b"\n")
            assert b'"now"' in connection.recv(rate_client.MAX_LINE)
            locked = threading.Thread(target=_lock_once, args=(server,))
            locked.start()
            assert locked.is_alive()  # it waits for this one
        locked.join(60)
        assert not locked.is_alive()


def _lock_once(server: str) -> None:
    with RemoteRateLimit(server, SERVICE.host, lambda: NOW).lock_state() as state:
        assert not state.pause
        state.pause = NOW + 5


@each_row(
    "line",
    [
        b"",
        b"\n",
        b"no json\n",
        b'{"token": "wrong", "host": "https://shop.example"}\n',
        b"[" * 8000 + b"\n",
        b"x" * 9000,
    ],
)
def test_strangers_get_no_state_and_stop_nothing(memory: Path, line: bytes) -> None:
    environment = build_environment(memory)
    with rate_server.serve_rate_limits("127.0.0.1", memory, environment) as server:
        host, port, _token = server.rsplit(":", 2)
        with socket.create_connection((host, int(port))) as connection:
            received = b""
            with contextlib.suppress(OSError):  # the server may have closed it at any of these
                connection.sendall(line)
                connection.shutdown(socket.SHUT_WR)
                received = connection.recv(100)
            assert received == b""
        wrong = server.rsplit(":", 1)[0] + ":0000"
        with (
            pytest.raises(ConnectionError, match="not available"),
            RemoteRateLimit(wrong, SERVICE.host, lambda: NOW).lock_state(),
        ):
            pytest.fail("a stranger got the state")
        _lock_once(server)
