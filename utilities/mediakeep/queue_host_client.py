"""Connect a worker to the host of the queue, which serves its home and its rate limits.

A connection begins with a line of JSON, a ConnectionRequest; what follows is up to the service it
names. If a connection is lost, Aborting ends the batch: its items are released, and no attempt is
counted.
"""

from __future__ import annotations

import contextlib
import io
import pickle
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from mediakeep import home_rpc
from mediakeep.errors import QueueHostLost
from mediakeep.home_rpc import HomeCall
from mediakeep.outcome import Aborting

if TYPE_CHECKING:
    import ssl

TIMEOUT = 30.0  # seconds
_CALL_TIMEOUT = 120.0  # seconds; a network may drop packets for a while, and a call wait for a lock
MAX_LINE = 8192  # bytes
CALLS, RATES = "calls", "rates"  # the services

Stream = io.BufferedRWPair


class Certificates(msgspec.Struct, frozen=True):
    """The files of a host's certificates for TLS."""

    ca: str
    cert: str
    key: str

    def open_context(self, *, server: bool) -> ssl.SSLContext:
        """Return the settings of connections, whose two ends have certificates of one authority."""
        import ssl  # late, as it is slow

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER if server else ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False  # as Dask: the authority is one's own
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(self.ca)
        context.load_cert_chain(self.cert, self.key)
        return context


class HostAddress(msgspec.Struct, frozen=True):
    """Where a batch serves other hosts; encrypted if there are certificates.

    `home` is the home, escaped, if workers call the host of the queue for it; "" if each sees it.
    """

    host: str
    port: int
    token: str
    certificates: Certificates | None = None
    home: str = ""


class ConnectionRequest(msgspec.Struct, frozen=True):
    """The first line of a connection: the service, and what it is about."""

    token: str
    service: str
    subject: str = ""


@contextlib.contextmanager
def connect(address: HostAddress, service: str, subject: str = "") -> Iterator[Stream]:
    """Connect to a service for a `with` block; raise OSError if that fails."""
    with contextlib.ExitStack() as stack:
        place = address.host, address.port
        connection = stack.enter_context(socket.create_connection(place, TIMEOUT))
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        if address.certificates:
            context = address.certificates.open_context(server=False)
            connection = stack.enter_context(context.wrap_socket(connection))
        if service == CALLS:
            connection.settimeout(_CALL_TIMEOUT)
        stream = stack.enter_context(connection.makefile("rwb"))
        request = ConnectionRequest(address.token, service, subject)
        stream.write(msgspec.json.encode(request) + b"\n")
        stream.flush()
        yield stream


@contextlib.contextmanager
def abort_if_lost() -> Iterator[None]:
    """Raise Aborting if the connection of a `with` block is lost."""
    try:
        yield
    except (OSError, EOFError, pickle.UnpicklingError) as lost:
        reason = "the connection was closed"
        if isinstance(lost, OSError):
            reason = lost.strerror or str(lost)
        raise Aborting(QueueHostLost(socket.gethostname(), reason)) from lost


class _SocketClient:
    """The connection of this process for calls; it is opened by the first one."""

    def __init__(self, address: HostAddress, home: Path) -> None:
        self.home, self._address = home, address
        self._connection = contextlib.ExitStack()
        self._stream: Stream | None = None
        self._lock = threading.Lock()

    def call(self, call: HomeCall) -> Any:
        data = pickle.dumps(call)
        with self._lock, abort_if_lost():
            try:
                if self._stream is None:
                    self._stream = self._connection.enter_context(connect(self._address, CALLS))
                self._stream.write(data)
                self._stream.flush()
                result, error = pickle.load(self._stream)
            except BaseException:  # a part of a message may be left in it
                self.close()
                raise
        if error:
            raise error
        return result

    def close(self) -> None:
        self._stream = None
        with contextlib.suppress(OSError):
            self._connection.close()


_address: HostAddress | None = None  # of the batch that this process works for


@contextlib.contextmanager
def use_host(address: HostAddress | None, home: Path) -> Iterator[None]:
    """Use the host of the queue in this process for a `with` block; None if it is this one.

    `home` is a folder of this host that stands for the home, for what only this process needs.
    """
    global _address
    client = _SocketClient(address, home) if address and address.home else None
    _address = address
    home_rpc.use_client(client)
    try:
        yield
    finally:
        _address = None
        home_rpc.use_client(None)
        if client:
            client.close()


def get_address() -> HostAddress | None:
    """Return the address of the host of the queue, or None if it is this one."""
    return _address
