"""Faults by name, and the requests that they apply to, for tests and for the control requests."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from mediakeep_simulator.fault_injection import RequestFault, RequestFilter, RequestHandler
from mediakeep_simulator.http_types import NO_RESPONSE, SimulatorRequest, SimulatorResponse
from mediakeep_simulator.youtube import errors

_HTML_TYPE = {"Content-Type": "text/html; charset=utf-8"}
_HTML_PAGE = b"<!DOCTYPE html><html><body><h1>Temporarily offline</h1></body></html>\n"
_CLOSED = SimulatorResponse(503, b"", cut_after=NO_RESPONSE)
_FINAL_CHUNK = re.compile(r"bytes \d+-(\d+)/(\d+)")


def _error(status: int = 0, reason: str = "backendError", retry_after: str = "") -> RequestFault:
    reply = errors.error_response(reason, status)
    more = {"Retry-After": retry_after} if retry_after else {}
    return lambda _, __: replace(reply, headers={**reply.headers, **more})


def _cut_upload(after: int) -> RequestFault:
    def cut(request: SimulatorRequest, answer: RequestHandler) -> SimulatorResponse:
        request.body.unread = min(after, request.body.unread)
        answer(request)
        return _CLOSED

    return cut


def _slow(rate: float) -> RequestFault:
    def slow_down(request: SimulatorRequest, answer: RequestHandler) -> SimulatorResponse:
        request.body.rate = rate
        return replace(answer(request), rate=rate)

    return slow_down


def _corrupt_body(reply: SimulatorResponse) -> SimulatorResponse:
    return replace(reply, body=reply.body[:-1] + bytes(255 - byte for byte in reply.body[-1:]))


_FAULTS: dict[str, Callable[..., RequestFault]] = {  # described in docs/simulate-services.md
    "error": _error,
    "lost": lambda: lambda request, answer: replace(answer(request), cut_after=NO_RESPONSE),
    "refuse": lambda: lambda _, __: _CLOSED,
    "cut": lambda after: lambda request, answer: replace(answer(request), cut_after=after),
    "cut_upload": _cut_upload,
    "slow": _slow,
    "stall": lambda seconds: lambda request, answer: replace(answer(request), delay=seconds),
    "corrupt": lambda: lambda request, answer: _corrupt_body(answer(request)),
    "html": lambda: lambda _, __: SimulatorResponse(200, _HTML_PAGE, _HTML_TYPE),
    "ignore_range": lambda: lambda request, answer: answer(replace(request, headers={})),
}


def build_fault(name: str, **parameters: Any) -> RequestFault:
    """Build a fault; raise ValueError if it is unknown or a parameter is wrong."""
    if name not in _FAULTS:
        raise ValueError(f"there is no fault {name}; use one of {', '.join(_FAULTS)}")
    try:
        return _FAULTS[name](**parameters)
    except TypeError as error:
        raise ValueError(f"fault {name}: {error}") from error


def build_filter(patterns: Mapping[str, str]) -> RequestFilter:
    """Build a filter of requests, from regular expressions.

    Their names are `method`, `path`, `final` (which is "yes" for the last chunk of an upload, else
    "no") and header names in lower case.
    """
    compiled = {name: re.compile(pattern) for name, pattern in patterns.items()}

    def matches(request: SimulatorRequest) -> bool:
        chunk = _FINAL_CHUNK.fullmatch(request.headers.get("content-range", ""))
        is_final = chunk is not None and int(chunk[1]) + 1 == int(chunk[2])
        known = {"method": request.method, "path": request.path, **request.headers}
        known["final"] = "yes" if is_final else "no"
        return all(pattern.search(known.get(name, "")) for name, pattern in compiled.items())

    return matches
