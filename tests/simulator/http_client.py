"""A minimal HTTP client for tests of the simulator: each request has its own connection."""

from __future__ import annotations

import http.client
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from mediakeep_simulator.server import SimulatorServer

AGENT = "mediakeep-tests/1 (tests@example.org)"


@dataclass(frozen=True)
class HttpReply:
    """A response as received."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def data(self) -> Any:
        return json.loads(self.body)


def get(
    server: SimulatorServer, path: str, *, method: str = "GET", agent: str = AGENT, **query: object
) -> HttpReply:
    """Send a request on a new connection."""
    connection = http.client.HTTPConnection(server.url.removeprefix("http://"), timeout=10)
    line = f"{quote(path)}?{urlencode(query)}" if query else quote(path)
    try:
        connection.request(method, line, headers={"User-Agent": agent})
        answer = connection.getresponse()
        return HttpReply(answer.status, answer.headers, answer.read())
    finally:
        connection.close()


def ws2(server: SimulatorServer, path: str, **query: object) -> HttpReply:
    """Request JSON from the MusicBrainz web service."""
    return get(server, f"/ws/2/{path}", fmt="json", **query)
