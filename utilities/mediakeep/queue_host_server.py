"""Serve the workers of other hosts, on the host of the queue; see `queue_host_client`."""

from __future__ import annotations

import contextlib
import hmac
import pickle
import secrets
import socket
import socketserver
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from mediakeep import queue_host_client
from mediakeep.errors import ItemFailed
from mediakeep.queue_host import HomeCall
from mediakeep.queue_host_client import Certificates, Greeting, HostAddress, Stream

Service = Callable[[str, Stream], None]  # takes the subject of a greeting, and the connection
_CONNECTION_ERRORS = (OSError, EOFError, msgspec.DecodeError, pickle.UnpicklingError)


class _Handler(socketserver.BaseRequestHandler):
    server: _Server

    def handle(self) -> None:
        with contextlib.suppress(*_CONNECTION_ERRORS), contextlib.ExitStack() as stack:
            connection: socket.socket = self.request
            connection.settimeout(queue_host_client.TIMEOUT)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            if self.server.tls:
                connection = self.server.tls.wrap_socket(connection, server_side=True)
                stack.enter_context(connection)
            self.server.connections.add(connection)
            stack.callback(self.server.connections.discard, connection)
            stream = stack.enter_context(connection.makefile("rwb"))
            greeting = msgspec.json.decode(
                stream.readline(queue_host_client.MAX_LINE), type=Greeting
            )
            if hmac.compare_digest(greeting.token, self.server.token):
                if greeting.service == queue_host_client.CALLS:
                    connection.settimeout(None)  # tasks may take hours
                self.server.services[greeting.service](greeting.subject, stream)


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True

    def __init__(
        self, host: str, services: Mapping[str, Service], certificates: Certificates | None
    ) -> None:
        self.token, self.services = secrets.token_hex(16), services
        self.tls = certificates.open_context(server=True) if certificates else None
        self.connections: set[socket.socket] = set()
        super().__init__((host, 0), _Handler)


@contextlib.contextmanager
def serve(
    host: str, services: Mapping[str, Service], certificates: Certificates | None = None
) -> Iterator[HostAddress]:
    """Serve other hosts at an address of this one for a `with` block; then no service runs."""
    with _Server(host, services, certificates) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        try:
            yield HostAddress(host, server.server_address[1], server.token, certificates)
        finally:
            server.shutdown()
            for connection in [*server.connections]:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)


def serve_calls(home: Path) -> Service:
    """Return the service that calls functions and objects in the home."""

    def serve_connection(_subject: str, stream: Stream) -> None:
        with _HomeObjects(home) as objects:
            while True:
                pickle.dump(objects.answer(pickle.load(stream)), stream)
                stream.flush()

    return serve_connection


class _HomeObjects(contextlib.ExitStack):
    """The objects that one connection has opened; they close with it."""

    def __init__(self, home: Path) -> None:
        super().__init__()
        self._home = home
        self._objects: dict[HomeCall, Any] = {}

    def answer(self, call: HomeCall) -> tuple[Any, Exception | None]:
        """Return the result of a call, and None; or None, and the error."""
        try:
            return self._call(call), None
        except Exception as error:  # noqa: BLE001 - the caller gets it
            try:
                pickle.loads(pickle.dumps(error))
            except Exception:  # noqa: BLE001 - pickle may raise any exception
                return None, ItemFailed(f"{type(error).__name__}: {error}")
            return None, error

    def _call(self, call: HomeCall) -> Any:
        path = self._home / call.place
        if not call.method:
            return call.function(path, *call.values)
        key = msgspec.structs.replace(call, method="", values=())
        if (opened := self._objects.get(key)) is None:
            opened = self._objects[key] = call.function(path, **dict(call.options))
            self.callback(opened.close)
        return getattr(opened, call.method)(*call.values)
