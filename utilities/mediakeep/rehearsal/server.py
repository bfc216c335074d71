"""A loopback server for the simulated services, with a request log."""

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

from mediakeep.rehearsal import coverart
from mediakeep.rehearsal.coverart import Archive
from mediakeep.rehearsal.entities import World
from mediakeep.rehearsal.films import tmdb
from mediakeep.rehearsal.films.film import Cinema
from mediakeep.rehearsal.films.tmdb import Booth
from mediakeep.rehearsal.reply import Question, Reply, error
from mediakeep.rehearsal.shelves import Shelves
from mediakeep.rehearsal.weather import Weather
from mediakeep.rehearsal.ws2.service import ROOT, Service

HOST = "127.0.0.1"

_SECRET = re.compile(r"(^|&)(api_key|session_id)=[^&]*")
_IDLE = 60.0  # seconds after which an idle connection is closed


@dataclass(frozen=True)
class Asked:
    """A logged request, without secrets in its query, and the status of its response."""

    time: float  # monotonic
    method: str
    path: str
    query: str
    agent: str
    status: int


class Source(Protocol):
    """An application that handles requests, such as a simulated service or a proxy."""

    def answer(self, question: Question) -> Reply:
        """Handle one request."""
        ...


class Stand:
    """Serve a catalogue: MusicBrainz below /ws/2, the Cover Art Archive elsewhere."""

    def __init__(self, world: World) -> None:
        shelves = Shelves(world)
        self._service, self._archive = Service(shelves), Archive(shelves)

    def answer(self, question: Question) -> Reply:
        """Pass a request to the service of its path."""
        if question.path.startswith(ROOT):
            return self._service.answer(question)
        if question.path.startswith(coverart.ROOTS):
            return self._archive.answer(question)
        return error(404, "Not Found")


class Stands:
    """Serve TMDb from a movie catalogue, and everything else from another application."""

    def __init__(self, source: Source, cinema: Cinema) -> None:
        self._source, self._booth = source, Booth(cinema)

    def answer(self, question: Question) -> Reply:
        """Pass a request to the application of its path."""
        app = self._booth if question.path.startswith(tmdb.ROOTS) else self._source
        return app.answer(question)


class Server:
    """A context manager that serves a catalogue or an application; `requests` logs every request.

    With a `cinema` it also serves TMDb on the same port. Raise OSError if the port is in use.
    """

    def __init__(
        self,
        source: World | Source,
        weather: Weather | None = None,
        *,
        port: int = 0,
        told: Callable[[Asked], object] = lambda _: None,
        cinema: Cinema | None = None,
    ) -> None:
        rest = Stand(source) if isinstance(source, World) else source
        self._source: Source = Stands(rest, cinema) if cinema else rest
        self.weather = weather or Weather()
        self.asked: list[Asked] = []
        self._told, self._lock = told, threading.Lock()
        self._listener = _Listener((HOST, port), self)
        self.url = f"http://{HOST}:{self._listener.server_port}"
        self.closing = threading.Event()

    def __enter__(self) -> Server:
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

    def answer(self, question: Question, line: str) -> Reply:
        """Handle a request and log it; `line` is its raw query."""
        arrived = time.monotonic()
        reply = self.weather.meet(question, self._source.answer)
        shown = _SECRET.sub(r"\1\2=REDACTED", line)
        asked = Asked(arrived, question.method, question.path, shown, question.agent, reply.status)
        with self._lock:
            self.asked.append(asked)
            self._told(asked)
        return reply


class _Listener(ThreadingHTTPServer):
    """Accept connections; open ones are closed with it."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], owner: Server) -> None:
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
    """Read the requests of one connection, one after the other."""

    protocol_version = "HTTP/1.1"
    server_version, sys_version = "mediakeep-rehearsal", ""
    timeout = _IDLE
    wbufsize = -1  # send headers and body together
    disable_nagle_algorithm = True
    server: _Listener

    def do_GET(self) -> None:
        """Handle one request."""
        parts = urlsplit(self.path)
        question = Question(
            self.command,
            unquote(parts.path),
            parse_qs(parts.query, keep_blank_values=True),
            self.headers.get("User-Agent") or "",
            self.headers.get("Host") or "",
            self.headers.get("Authorization") or "",
        )
        self._drain()
        self._send(self.server.owner.answer(question, parts.query))

    do_HEAD = do_POST = do_PUT = do_DELETE = do_PATCH = do_OPTIONS = do_GET  # noqa: N815

    def _drain(self) -> None:
        """Close the connection after a request with a body, which is not read."""
        if self.headers.get("Content-Length", "0") != "0" or "Transfer-Encoding" in self.headers:
            self.close_connection = True

    def _send(self, reply: Reply) -> None:
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
            self.wfile.write(reply.body[: len(reply.body) // 2] if reply.cut else reply.body)
        self.close_connection = self.close_connection or reply.cut

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Log nothing here: the server has its own log."""
