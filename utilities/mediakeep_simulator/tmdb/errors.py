"""The errors of TMDb: each code has an HTTP status and a message."""

from __future__ import annotations

import msgspec

from mediakeep_simulator.http_types import SimulatorResponse

API_ROOT = "/3/"

_ERRORS = {  # developer.themoviedb.org/docs/errors
    2: (501, "Invalid service: this service does not exist."),
    4: (405, "Invalid format: this service does not exist in that format."),
    7: (401, "Invalid API key: a valid key is needed."),
    9: (503, "Service offline: it is offline for a while, try again later."),
    22: (400, "Invalid page: pages are whole numbers from 1 to 500."),
    25: (429, "More requests than are allowed."),
    27: (422, "Too many append to response objects: the most is 20."),
    34: (404, "The resource that was asked for is not there."),
}


class TmdbApiError(Exception):
    """Raised to respond with an error of TMDb, given by its code."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


def error_response(code: int, **headers: str) -> SimulatorResponse:
    """Return the error response of TMDb for a code.

    Underscores in header names stand for hyphens.
    """
    status, message = _ERRORS[code]
    body = msgspec.json.encode({"status_code": code, "status_message": message, "success": False})
    fields = {name.replace("_", "-"): text for name, text in headers.items()}
    return SimulatorResponse(
        status, body, {"Content-Type": "application/json;charset=utf-8", **fields}
    )
