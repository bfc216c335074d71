"""Requests and responses of the simulated services."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from io import BufferedIOBase, BytesIO
from typing import Any

import msgspec

_JSON_TYPE = "application/json; charset=utf-8"
_HELP_TEXT = "For usage, please see: https://musicbrainz.org/development/mmd"
NO_RESPONSE = -1  # SimulatorResponse.cut_after of a connection closed without a response
_MAX_READ = 1 << 16  # bytes


class RequestBody:
    """The body of a request, read while it arrives; it ends early if the client disconnects.

    A fault may limit the number of bytes that are read, or set a `rate` in bytes per second.
    """

    def __init__(self, stream: BufferedIOBase | None = None, size: int = 0) -> None:
        self._stream, self.size, self.unread, self.rate = stream or BytesIO(), size, size, 0.0

    def read(self) -> bytes:
        """Return the next bytes that arrive, or b"" at the end."""
        data = b""
        with contextlib.suppress(OSError):
            data = self._stream.read1(min(_MAX_READ, max(0, self.unread)))
        self.unread -= len(data)
        if self.rate:
            time.sleep(len(data) / self.rate)
        return data

    def read_all(self) -> bytes:
        """Return the rest of the body."""
        return b"".join(iter(self.read, b""))


@dataclass(frozen=True)
class SimulatorRequest:
    """A request to a simulated service, with decoded path and parameters.

    Each parameter has a list of values. `authorization` is the header of that name, which is left
    out of the repr, as are the other `headers`, whose names are in lower case.
    """

    method: str
    path: str
    query: Mapping[str, list[str]] = field(default_factory=dict)
    agent: str = ""
    host: str = ""
    authorization: str = field(default="", repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: RequestBody = field(default_factory=RequestBody, repr=False)

    def get_param(self, name: str, default: str = "") -> str:
        """Return the first value of a query parameter, or `default` if it is missing."""
        return (self.query.get(name) or [default])[0]


@dataclass(frozen=True)
class SimulatorResponse:
    """A response of a simulated service.

    A fault may set a `delay` in seconds before it, a `rate` in bytes per second, or close the
    connection after `cut_after` bytes of the body, or without a response (NO_RESPONSE).
    """

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=lambda: {"Content-Type": _JSON_TYPE})
    delay: float = 0.0
    rate: float = 0.0
    cut_after: int | None = None


class SimulatorHttpError(Exception):
    """Raised to respond with an error, given by its status and message."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status, self.message = status, message


def json_response(data: Any) -> SimulatorResponse:
    """Return a response with JSON data."""
    return SimulatorResponse(200, msgspec.json.encode(data))


def error_response(status: int, message: str) -> SimulatorResponse:
    """Return an error response in MusicBrainz's format."""
    return SimulatorResponse(status, msgspec.json.encode({"error": message, "help": _HELP_TEXT}))
