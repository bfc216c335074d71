"""Serve the rate limits of this machine to the other hosts of a batch; see `rate_client`."""

from __future__ import annotations

import contextlib
import hmac
import secrets
import socketserver
import threading
from collections.abc import Iterator
from pathlib import Path

import msgspec

from mediakeep.lookups.http import rate_client
from mediakeep.lookups.http.models import HttpEnvironment, Service
from mediakeep.lookups.http.rate_client import LockedState, LockRequest, ServiceState
from mediakeep.lookups.http.rate_limit import SharedRateLimit


class _Handler(socketserver.StreamRequestHandler):
    """Handles one connection: the state is locked until the changed one arrives, or the end."""

    timeout = rate_client.TIMEOUT
    server: _Server

    def handle(self) -> None:
        with contextlib.suppress(OSError, msgspec.DecodeError):
            line = self.rfile.readline(rate_client.MAX_LINE)
            request = msgspec.json.decode(line, type=LockRequest)
            if hmac.compare_digest(request.token, self.server.token):
                self._lend_state(request.host)

    def _lend_state(self, host: str) -> None:
        environment = self.server.environment
        limit = SharedRateLimit(Service(host, host), self.server.folder, environment)
        with limit.lock_state_file() as state:
            locked = LockedState(environment.clock(), state)
            self.wfile.write(msgspec.json.encode(locked) + b"\n")
            line = self.rfile.readline(rate_client.MAX_LINE)
            changed = msgspec.json.decode(line, type=ServiceState)
            for name in ServiceState.__struct_fields__:
                setattr(state, name, getattr(changed, name))


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, address: str, folder: Path, environment: HttpEnvironment) -> None:
        self.token, self.folder, self.environment = secrets.token_hex(16), folder, environment
        super().__init__((address, 0), _Handler)


@contextlib.contextmanager
def serve_rate_limits(
    address: str, folder: Path, environment: HttpEnvironment | None = None
) -> Iterator[str]:
    """Serve the rate limits of this machine at an address of it for a `with` block.

    Yield the value of MEDIAKEEP_RATE_SERVER for other hosts. `folder` has the states if there is no
    runtime directory.
    """
    with _Server(address, folder, environment or HttpEnvironment()) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        try:
            yield f"{address}:{server.server_address[1]}:{server.token}"
        finally:
            server.shutdown()
