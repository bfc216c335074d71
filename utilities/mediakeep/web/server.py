"""Run the server until a signal ends it; open streams end within three seconds."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import socket
from collections.abc import Callable, Iterator

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from mediakeep.errors import UsageError
from mediakeep.web import application, event_hub
from mediakeep.web.event_hub import EventHub
from mediakeep.web.settings import WebOptions
from mediakeep.web.web_home import WebHome

HEAD_SECONDS = 20.0  # in which the head of a request must come
_MAX_CONNECTIONS = 2 * event_hub.MAX_CLIENTS
_LOCAL_NAMES = ("localhost", "127.0.0.1", "[::1]")
# All addresses of this machine: the family, and an address for documentation (RFC 5737, RFC 3849).
_ALL_ADDRESSES = {
    "0.0.0.0": (socket.AF_INET, "192.0.2.1"),
    "::": (socket.AF_INET6, "2001:db8::1"),
}
_GRACE_SECONDS = 2  # for requests that are answered when the server stops


class _HubServer(uvicorn.Server):
    """A server that ends the streams of events when it stops."""

    def __init__(self, config: uvicorn.Config, hub: EventHub) -> None:
        super().__init__(config)
        self._hub = hub

    async def on_tick(self, counter: int) -> bool:
        """Called ten times a second in the event loop; return whether to stop."""
        should_stop = await super().on_tick(counter)
        if should_stop:
            self._hub.stop()
        return should_stop


class _TimedProtocol(H11Protocol):
    """HTTP, with a limit on the time in which the head of a request must come."""

    _head_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Called when a client has connected."""
        super().connection_made(transport)
        self._await_head()

    def data_received(self, data: bytes) -> None:
        """Called with a part of a request."""
        super().data_received(data)
        if self.cycle is None or self.cycle.response_complete:
            self._await_head()
        else:
            self._end_timer()

    def connection_lost(self, exc: Exception | None) -> None:
        """Called at the end."""
        self._end_timer()
        super().connection_lost(exc)

    def _await_head(self) -> None:
        if self._head_timer is None:
            self._head_timer = self.loop.call_later(HEAD_SECONDS, self.transport.close)

    def _end_timer(self) -> None:
        if self._head_timer:
            self._head_timer.cancel()
            self._head_timer = None


def list_names(options: WebOptions) -> list[str]:
    """Return the host names of the server; the first one is for links."""
    names = [*options.names, *_LOCAL_NAMES]
    if options.host not in _ALL_ADDRESSES:
        return [_format_host(options.host), *names]
    own = [_format_host(address) for address in _find_address(options.host)]
    return [*options.names, *own, socket.gethostname().lower(), *_LOCAL_NAMES]


def _find_address(host: str) -> Iterator[str]:
    """Yield the address by which other machines reach this one; nothing is sent to find it."""
    family, target = _ALL_ADDRESSES[host]
    with contextlib.suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as probe:
        probe.connect((target, 9))
        yield probe.getsockname()[0]


def _format_host(host: str) -> str:
    """Return a host as a URL has it."""
    return f"[{host}]" if ":" in host else host


def open_socket(options: WebOptions) -> socket.socket:
    """Return the socket to listen on; raise UsageError if it cannot be opened."""
    try:
        family = socket.AF_INET6 if ":" in options.host else socket.AF_INET
        listener = socket.create_server((options.host, options.port), family=family, backlog=1024)
        # asyncio sets it for connections of sockets that it has opened itself only.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return listener
    except OSError as error:
        raise UsageError(
            f"Cannot listen on {options.host}, port {options.port}: {error.strerror or error}."
            " Choose another --host or --port."
        ) from error


def check_host(web: WebHome) -> None:
    """Raise UsageError if others can reach the server without a token, or by any name."""
    tokens = web.access.list_tokens()  # or an error that names a home that is gone
    for name in web.options.names:
        if "*" in name:
            raise UsageError(f'web.names has "{name}". Name each host without a "*".')
    try:
        is_local = ipaddress.ip_address(web.options.host).is_loopback
    except ValueError:
        is_local = web.options.host == "localhost"
    if not is_local and not tokens:
        raise UsageError(
            f"Others can reach {web.options.host}, and there is no token. Create one first:"
            " media_web.py tokens create NAME"
        )


def run_server(web: WebHome, announce: Callable[[str], None]) -> None:
    """Serve a home until SIGTERM or Ctrl-C; `announce` gets the login link when it listens."""
    options = web.options
    check_host(web)
    with open_socket(options) as listener:
        server = build_server(web)
        name, *_ = list_names(options)
        port = listener.getsockname()[1]
        announce(f"http://{name}:{port}/login?token={web.access.create_link()}")
        server.run([listener])


def build_server(web: WebHome) -> uvicorn.Server:
    """Return a server of a home, for a socket that is given to its `run`."""
    hub = EventHub(web)
    config = uvicorn.Config(
        application.build_application(web, hub, list_names(web.options)),
        http=_TimedProtocol,
        limit_concurrency=_MAX_CONNECTIONS,
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=_GRACE_SECONDS,
        timeout_keep_alive=30,
        lifespan="off",
    )
    return _HubServer(config, hub)
