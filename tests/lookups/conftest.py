"""A scripted local HTTP server, and a clock that only sleep advances."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from mediakeep.lookups.http.cached_http import CachedHttp
from mediakeep.lookups.http.models import HttpEnvironment, Service
from tests.lookups import episode_clients
from tests.lookups.episode_clients import EpisodeClients

CONTACT = "secret@example.org"
NOW = 1_800_000_000.0  # a moment in 2027

Manner = Callable[["_Handler"], None]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Scripted

    def do_GET(self) -> None:
        self.server.take(self)

    def log_message(self, *_: Any) -> None:
        """Log nothing."""


class Scripted(ThreadingHTTPServer):
    """Answers each request of a path with its next manner; the last one repeats."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.manners: dict[str, list[Manner]] = {}
        self.asked: list[str] = []
        self.times: list[float] = []
        self.headers: list[dict[str, str]] = []
        self.over = threading.Event()
        self._guard = threading.Lock()
        threading.Thread(target=self.serve_forever, args=[0.02], daemon=True).start()

    @property
    def host(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def take(self, handler: _Handler) -> None:
        with self._guard:
            self.times.append(time.monotonic())
            count = self.asked.count(handler.path)
            self.asked.append(handler.path)
            self.headers.append(dict(handler.headers))
            manners = self.manners.get(handler.path, [answer()])
        manners[min(count, len(manners) - 1)](handler)

    def service(self, interval: float = 0.0) -> Service:
        return Service("MusicBrainz", self.host, interval)

    def stop(self) -> None:
        self.over.set()
        self.shutdown()
        self.server_close()


def answer(status: int = 200, body: bytes = b'{"id": "a"}', **headers: str) -> Manner:
    """Answer with a status, and headers with _ instead of - in their names."""

    def respond(handler: _Handler) -> None:
        handler.send_response_only(status)
        told = {"Content_Type": "application/json", "Content_Length": str(len(body)), **headers}
        for name, value in told.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        if status != 304:  # it has no body (RFC 9110, section 15.4.5)
            handler.wfile.write(body)

    return respond


def raw(data: bytes) -> Manner:
    """Send some bytes and close the connection."""

    def respond(handler: _Handler) -> None:
        handler.wfile.write(data)
        handler.close_connection = True

    return respond


def drip(first: bytes) -> Manner:
    """Start an answer, then send single bytes without end."""

    def respond(handler: _Handler) -> None:
        handler.wfile.write(first)
        while not handler.server.over.wait(0.02):
            handler.wfile.write(b"x")

    return respond


def hang(handler: _Handler) -> None:
    """Accept the request and never answer it."""
    handler.server.over.wait(60)


@dataclass
class Clock:
    """A clock that only sleep advances, so that a minute of waiting takes no time."""

    now: float = NOW
    slept: list[float] = field(default_factory=list)
    told: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        self.slept.append(round(seconds, 3))
        self.now += seconds


@pytest.fixture
def server() -> Iterator[Scripted]:
    made = Scripted()
    yield made
    made.stop()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def machine(tmp_path: Path, clock: Clock) -> HttpEnvironment:
    """An environment with that clock and a shared folder of the test."""
    return HttpEnvironment(lambda: clock.now, clock.sleep, clock.told.append, shared_dir=tmp_path)


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "status" / "cache" / "musicbrainz.sqlite"


@pytest.fixture
def http(cache: Path, machine: HttpEnvironment) -> Iterator[CachedHttp]:
    made = CachedHttp(cache, CONTACT, machine=machine)
    yield made
    made.close()


def slots(folder: Path) -> dict[str, Any]:
    """Read the only state file in a folder."""
    [path] = folder.glob("*.slots")
    found: dict[str, Any] = json.loads(path.read_bytes().partition(b"\n")[0])
    return found


@pytest.fixture
def clients(tmp_path: Path, machine: HttpEnvironment) -> Iterator[EpisodeClients]:
    """The simulated archive.org and YouTube with three episodes."""
    with episode_clients.serve(tmp_path, machine) as running:
        yield running
