"""Serve the workers of other hosts, on the host of the queue; see `queue_host_client`."""

from __future__ import annotations

import contextlib
import hmac
import pickle
import secrets
import socket
import socketserver
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from mediakeep import queue_host_client, step_log
from mediakeep.errors import ItemFailed
from mediakeep.home_rpc import HomeCall
from mediakeep.queue_host_client import Certificates, ConnectionRequest, HostAddress, Stream

Service = Callable[[str, Stream], None]  # takes the subject of a request, and the connection
_CONNECTION_ERRORS = (OSError, EOFError, msgspec.DecodeError, pickle.UnpicklingError)


class _Handler(socketserver.BaseRequestHandler):
    server: _Server

    def handle(self) -> None:
        with contextlib.suppress(*_CONNECTION_ERRORS), contextlib.ExitStack() as stack:
            connection: socket.socket = self.request
            connection.settimeout(queue_host_client.TIMEOUT)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            if self.server.tls:
                connection.do_handshake()  # type: ignore[attr-defined]
            stream = stack.enter_context(connection.makefile("rwb"))
            request = msgspec.json.decode(
                stream.readline(queue_host_client.MAX_LINE), type=ConnectionRequest
            )
            service = self.server.services.get(request.service)
            is_known = hmac.compare_digest(request.token.encode(), self.server.token.encode())
            if service and is_known:
                if request.service == queue_host_client.CALLS:
                    connection.settimeout(None)  # tasks may take hours
                service(request.subject, stream)


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True

    def __init__(
        self, host: str, services: Mapping[str, Service], certificates: Certificates | None
    ) -> None:
        self.token, self.services = secrets.token_hex(16), services
        self.tls = certificates.open_context(server=True) if certificates else None
        self.connections: set[socket.socket] = set()
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        super().__init__((host, 0), _Handler)

    def get_request(self) -> tuple[socket.socket, Any]:
        """Called to accept a connection; the thread of its handler makes the handshake."""
        connection, place = super().get_request()
        if self.tls:
            connection = self.tls.wrap_socket(
                connection, server_side=True, do_handshake_on_connect=False
            )
        return connection, place

    def process_request(self, request: Any, client_address: Any) -> None:
        """Called with a connection, before the thread of its handler starts."""
        self.connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Called when a handler has ended."""
        self.connections.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002
        """Called with a connection whose handler has failed."""
        step_log.log_step(f"Connection of {client_address[0]}: {sys.exc_info()[1]!r}")


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
                    # not that of TLS, which may be making its handshake
                    socket.socket.shutdown(connection, socket.SHUT_RDWR)


def serve_calls(home: Path) -> Service:
    """Return the service that calls functions and objects in the home."""

    def serve_connection(_subject: str, stream: Stream) -> None:
        with _HomeObjects(home) as objects:
            while True:
                stream.write(objects.answer(pickle.load(stream)))
                stream.flush()

    return serve_connection


class _HomeObjects(contextlib.ExitStack):
    """The objects that one connection has opened; they close with it."""

    def __init__(self, home: Path) -> None:
        super().__init__()
        self._home = home
        self._objects: dict[HomeCall, Any] = {}

    def answer(self, call: HomeCall) -> bytes:
        """Return, pickled, the result of a call, and None; or None, and the error."""
        result, failure = None, None
        try:
            result = self._call(call)
        except Exception as error:  # noqa: BLE001 - the caller gets it
            failure = error
        try:
            data = pickle.dumps((result, failure))
            if failure:
                pickle.loads(data)
            return data
        except Exception as error:  # noqa: BLE001 - pickle may raise any exception
            shown = failure or error
            return pickle.dumps((None, ItemFailed(f"{type(shown).__name__}: {shown}")))

    def _call(self, call: HomeCall) -> Any:
        path = self._home / call.place
        if not call.method:
            return call.function(path, *call.values)
        key = msgspec.structs.replace(call, method="", values=())
        if (opened := self._objects.get(key)) is None:
            opened = self._objects[key] = call.function(path, **dict(call.options))
            self.callback(opened.close)
        return getattr(opened, call.method)(*call.values)
