"""Requests and responses of the simulated services."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

_JSON_TYPE = "application/json; charset=utf-8"
_HELP_TEXT = "For usage, please see: https://musicbrainz.org/development/mmd"


@dataclass(frozen=True)
class SimulatorRequest:
    """A request to a simulated service, with decoded path and parameters.

    Each parameter has a list of values. `authorization` is the header of that name, which is left
    out of the repr.
    """

    method: str
    path: str
    query: Mapping[str, list[str]] = field(default_factory=dict)
    agent: str = ""
    host: str = ""
    authorization: str = field(default="", repr=False)

    def get_param(self, name: str, default: str = "") -> str:
        """Return the first value of a query parameter, or `default` if it is missing."""
        return (self.query.get(name) or [default])[0]


@dataclass(frozen=True)
class SimulatorResponse:
    """A response of a simulated service.

    A fault may set a `delay` in seconds, or truncate the body.
    """

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=lambda: {"Content-Type": _JSON_TYPE})
    delay: float = 0.0
    is_truncated: bool = False


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
