"""A server on this machine for the simulated services, with a log of requests."""

from __future__ import annotations

import re
import socket
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Protocol
from urllib.parse import parse_qs, unquote, urlsplit

from mediakeep_simulator import coverart
from mediakeep_simulator.catalogue_index import CatalogueIndex
from mediakeep_simulator.coverart import CoverArtApp
from mediakeep_simulator.entities import MusicBrainzCatalogue
from mediakeep_simulator.fault_injection import FaultInjector
from mediakeep_simulator.http_types import (
    NO_RESPONSE,
    RequestBody,
    SimulatorRequest,
    SimulatorResponse,
    error_response,
)
from mediakeep_simulator.musicbrainz.service import API_ROOT, MusicBrainzEndpoint
from mediakeep_simulator.tmdb import app as tmdb_app
from mediakeep_simulator.tmdb.app import TmdbApp
from mediakeep_simulator.tmdb.model import MovieCatalogue

HOST = "127.0.0.1"

_SECRET_PARAMETER = re.compile(r"(^|&)(api_key|session_id)=[^&]*")
_IDLE_TIMEOUT = 60.0  # seconds after which an idle connection is closed
_BLOCK_TIME = 0.05  # seconds of a slow response that are sent together


@dataclass(frozen=True)
class LoggedRequest:
    """A logged request, without secrets in its query, and the status of its response."""

    time: float  # monotonic
    method: str
    path: str
    query: str
    agent: str
    status: int


class SimulatorApp(Protocol):
    """Interface of an object that responds to requests, such as a simulated service or a proxy."""

    def handle(self, request: SimulatorRequest) -> SimulatorResponse:
        """Handle one request."""
        ...


class MusicBrainzApp:
    """Serves a catalogue: MusicBrainz below /ws/2, the Cover Art Archive at all other paths."""

    def __init__(self, catalogue: MusicBrainzCatalogue) -> None:
        index = CatalogueIndex(catalogue)
        self._service, self._cover_art = MusicBrainzEndpoint(index), CoverArtApp(index)

    def handle(self, request: SimulatorRequest) -> SimulatorResponse:
        """Pass a request to the service of its path."""
        if request.path.startswith(API_ROOT):
            return self._service.handle(request)
        if request.path.startswith(coverart.ROOTS):
            return self._cover_art.handle(request)
        return error_response(404, "Not Found")


class AppRouter:
    """Passes a request to the application of the root of its path, else to the first one."""

    def __init__(
        self, source: SimulatorApp, others: Iterable[tuple[tuple[str, ...], SimulatorApp]]
    ) -> None:
        self._source, self._others = source, tuple(others)

    def handle(self, request: SimulatorRequest) -> SimulatorResponse:
        """Pass a request to the application of its path."""
        apps = (app for roots, app in self._others if request.path.startswith(roots))
        return next(apps, self._source).handle(request)


class SimulatorServer:
    """A context manager that serves a catalogue or an application on this machine.

    With a movie catalogue it serves TMDb too, on the same port, and so it does with `others`:
    applications and the roots of their paths. Raise OSError if the port is in use.
    """

    def __init__(
        self,
        source: MusicBrainzCatalogue | SimulatorApp,
        faults: FaultInjector | None = None,
        *,
        port: int = 0,
        on_request: Callable[[LoggedRequest], object] = lambda _: None,
        movies: MovieCatalogue | None = None,
        others: Iterable[tuple[tuple[str, ...], SimulatorApp]] = (),
    ) -> None:
        rest = MusicBrainzApp(source) if isinstance(source, MusicBrainzCatalogue) else source
        tmdb: tuple[tuple[tuple[str, ...], SimulatorApp], ...] = (
            ((tmdb_app.ROOTS, TmdbApp(movies)),) if movies else ()
        )
        self._source = AppRouter(rest, (*tmdb, *others))
        self.faults = faults or FaultInjector()
        self.requests: list[LoggedRequest] = []
        self._on_request, self._lock = on_request, threading.Lock()
        self._listener = _Listener((HOST, port), self)
        self.url = f"http://{HOST}:{self._listener.server_port}"
        self.closing = threading.Event()

    def __enter__(self) -> SimulatorServer:
        serve = self._listener.serve_forever
        threading.Thread(target=serve, args=(0.05,), daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.closing.set()
        self._listener.shutdown()
        self._listener.close()

    def handle(self, request: SimulatorRequest, line: str) -> SimulatorResponse:
        """Handle a request and log it; `line` is its raw query."""
        arrived = time.monotonic()
        reply = self.faults.handle(request, self._source.handle)
        query = _SECRET_PARAMETER.sub(r"\1\2=REDACTED", line)
        logged = LoggedRequest(
            arrived, request.method, request.path, query, request.agent, reply.status
        )
        with self._lock:
            self.requests.append(logged)
            self._on_request(logged)
        return reply


class _Listener(ThreadingHTTPServer):
    """Accepts connections, and closes them when it is closed."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], owner: SimulatorServer) -> None:
        self.owner = owner
        self._open: set[socket.socket] = set()
        super().__init__(address, _Handler)

    def process_request(self, request: socket.socket, client_address: object) -> None:  # type: ignore[override]
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: socket.socket) -> None:  # type: ignore[override]
        self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: object, client_address: object) -> None:
        """Ignore clients that disconnect."""

    def close(self) -> None:
        """Close the listening socket and all connections."""
        self.server_close()
        for connection in tuple(self._open):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue  # closed by the client


class _Handler(BaseHTTPRequestHandler):
    """Reads the requests of one connection, one after the other."""

    protocol_version = "HTTP/1.1"
    server_version, sys_version = "mediakeep-simulator", ""
    timeout = _IDLE_TIMEOUT
    wbufsize = -1  # send headers and body together
    disable_nagle_algorithm = True
    server: _Listener

    def do_GET(self) -> None:
        """Respond to one GET request."""
        parts = urlsplit(self.path)
        chunked = "Transfer-Encoding" in self.headers  # not read, so that the connection is closed
        length = self.headers.get("Content-Length", "0")
        body = RequestBody(self.rfile, int(length) if length.isdecimal() and not chunked else 0)
        request = SimulatorRequest(
            self.command,
            unquote(parts.path),
            parse_qs(parts.query, keep_blank_values=True),
            self.headers.get("User-Agent") or "",
            self.headers.get("Host") or "",
            self.headers.get("Authorization") or "",
            {name.lower(): text for name, text in self.headers.items()},
            body,
        )
        reply = self.server.owner.handle(request, parts.query)
        if reply.cut_after is None:
            body.read_all()
        self.close_connection = self.close_connection or chunked or body.unread > 0
        self._send(reply)

    do_HEAD = do_POST = do_PUT = do_DELETE = do_PATCH = do_OPTIONS = do_GET  # noqa: N815

    def _send(self, reply: SimulatorResponse) -> None:
        closing = self.server.owner.closing
        if (reply.delay and closing.wait(reply.delay)) or reply.cut_after == NO_RESPONSE:
            self.close_connection = True
            return
        # A service whose clock is another one says the time itself.
        (self.send_response_only if "Date" in reply.headers else self.send_response)(reply.status)
        for name, text in reply.headers.items():
            self.send_header(name, text)
        self.send_header("Content-Length", str(len(reply.body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = self.close_connection or reply.cut_after is not None
        body = memoryview(b"" if self.command == "HEAD" else reply.body)[: reply.cut_after]
        block = int(reply.rate * _BLOCK_TIME) or len(body) or 1
        while body:
            self.wfile.write(body[:block])
            body = body[block:]
            if reply.rate:
                self.wfile.flush()
                closing.wait(_BLOCK_TIME)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Log nothing here: the server has its own log."""
