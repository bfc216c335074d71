"""Run the server until a signal ends it; open streams end within three seconds."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable

import uvicorn

from mediakeep.errors import UsageError
from mediakeep.web import application
from mediakeep.web.event_hub import EventHub
from mediakeep.web.settings import WebOptions
from mediakeep.web.web_home import WebHome

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
    for name in web.options.names:
        if "*" in name:
            raise UsageError(f'web.names has "{name}". Name each host without a "*".')
    try:
        is_local = ipaddress.ip_address(web.options.host).is_loopback
    except ValueError:
        is_local = web.options.host == "localhost"
    if not is_local and not web.access.list_tokens():
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
        port = listener.getsockname()[1]
        host = application.server_name(options.host)
        announce(f"http://{host}:{port}/login?token={web.access.create_link()}")
        server.run([listener])


def build_server(web: WebHome) -> uvicorn.Server:
    """Return a server of a home, for a socket that is given to its `run`."""
    hub = EventHub(web)
    config = uvicorn.Config(
        application.build_application(web, hub),
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=_GRACE_SECONDS,
        timeout_keep_alive=30,
        lifespan="off",
    )
    return _HubServer(config, hub)
