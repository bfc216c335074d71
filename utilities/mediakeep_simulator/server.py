"""A server on this machine for the simulated services, with a log of requests."""

from __future__ import annotations

import re
import socket
import threading
import time
from collections.abc import Callable
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
from mediakeep_simulator.http_types import SimulatorRequest, SimulatorResponse, error_response
from mediakeep_simulator.musicbrainz.service import API_ROOT, MusicBrainzEndpoint
from mediakeep_simulator.tmdb import app as tmdb_app
from mediakeep_simulator.tmdb.app import TmdbApp
from mediakeep_simulator.tmdb.model import MovieCatalogue

HOST = "127.0.0.1"

_SECRET_PARAMETER = re.compile(r"(^|&)(api_key|session_id)=[^&]*")
_IDLE_TIMEOUT = 60.0  # seconds after which an idle connection is closed


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
    """Serves TMDb from a movie catalogue, and everything else from another application."""

    def __init__(self, source: SimulatorApp, movies: MovieCatalogue) -> None:
        self._source, self._tmdb = source, TmdbApp(movies)

    def handle(self, request: SimulatorRequest) -> SimulatorResponse:
        """Pass a request to the application of its path."""
        app = self._tmdb if request.path.startswith(tmdb_app.ROOTS) else self._source
        return app.handle(request)


class SimulatorServer:
    """A context manager that serves a catalogue or an application on this machine.

    With a movie catalogue it serves TMDb too, on the same port. Raise OSError if the port is in
    use.
    """

    def __init__(
        self,
        source: MusicBrainzCatalogue | SimulatorApp,
        faults: FaultInjector | None = None,
        *,
        port: int = 0,
        on_request: Callable[[LoggedRequest], object] = lambda _: None,
        movies: MovieCatalogue | None = None,
    ) -> None:
        rest = MusicBrainzApp(source) if isinstance(source, MusicBrainzCatalogue) else source
        self._source: SimulatorApp = AppRouter(rest, movies) if movies else rest
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
        request = SimulatorRequest(
            self.command,
            unquote(parts.path),
            parse_qs(parts.query, keep_blank_values=True),
            self.headers.get("User-Agent") or "",
            self.headers.get("Host") or "",
            self.headers.get("Authorization") or "",
        )
        self._drain()
        self._send(self.server.owner.handle(request, parts.query))

    do_HEAD = do_POST = do_PUT = do_DELETE = do_PATCH = do_OPTIONS = do_GET  # noqa: N815

    def _drain(self) -> None:
        """Make a request with a body close its connection, because the body is not read."""
        if self.headers.get("Content-Length", "0") != "0" or "Transfer-Encoding" in self.headers:
            self.close_connection = True

    def _send(self, reply: SimulatorResponse) -> None:
        if reply.delay and self.server.owner.closing.wait(reply.delay):
            return
        self.send_response(reply.status)
        for name, text in reply.headers.items():
            self.send_header(name, text)
        self.send_header("Content-Length", str(len(reply.body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(
                reply.body[: len(reply.body) // 2] if reply.is_truncated else reply.body
            )
        self.close_connection = self.close_connection or reply.is_truncated

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Log nothing here: the server has its own log."""
