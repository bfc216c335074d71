"""The simulated archive.org and YouTube as one application, with requests that control it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec

from mediakeep_simulator.archive_org import app as archive_org_app
from mediakeep_simulator.archive_org.app import ArchiveOrgApp
from mediakeep_simulator.episode_catalogue import EpisodeCatalogue
from mediakeep_simulator.fault_injection import (
    CONTROL_ROOT,
    FaultInjector,
    RequestFault,
    RequestFilter,
    RequestHandler,
)
from mediakeep_simulator.http_types import (
    NO_RESPONSE,
    SimulatorRequest,
    SimulatorResponse,
    error_response,
    json_response,
)
from mediakeep_simulator.server import SimulatorServer
from mediakeep_simulator.youtube import app as youtube_app
from mediakeep_simulator.youtube import errors
from mediakeep_simulator.youtube.app import YoutubeApp

ROOTS = (*archive_org_app.ROOTS, *youtube_app.ROOTS, CONTROL_ROOT)
_HTML_TYPE = {"Content-Type": "text/html; charset=utf-8"}
_HTML_PAGE = b"<!DOCTYPE html><html><body><h1>Temporarily offline</h1></body></html>\n"
_CLOSED = SimulatorResponse(503, b"", cut_after=NO_RESPONSE)
_FINAL_CHUNK = re.compile(r"bytes \d+-(\d+)/(\d+)")


class EpisodeServices:
    """Serves the items and channels of a catalogue; the state of YouTube is in a folder."""

    def __init__(
        self, catalogue: EpisodeCatalogue, folder: Path, faults: FaultInjector | None = None
    ) -> None:
        self.faults = faults or FaultInjector()
        self.archive_org = ArchiveOrgApp(catalogue.items)
        self.youtube = YoutubeApp(catalogue.youtube, folder)

    def serve(self, port: int = 0) -> SimulatorServer:
        """Return a server of these services alone."""
        return SimulatorServer(self, self.faults, port=port)

    def fail(
        self,
        name: str,
        *,
        times: int = 1,
        skip: int = 0,
        every: int = 1,
        where: Mapping[str, str] | None = None,
        **parameters: Any,
    ) -> None:
        """Plan a fault by its name, for the next requests that `where` selects.

        Raise ValueError if the name or a parameter is wrong.
        """
        fault = build_fault(name, **parameters)
        matches = build_filter(where or {})
        self.faults.intercept(fault, times, matches, skip=skip, every=every)

    def handle(self, request: SimulatorRequest) -> SimulatorResponse:
        """Pass a request to the service of its path."""
        if request.path.startswith(archive_org_app.ROOTS):
            return self.archive_org.handle(request)
        if request.path.startswith(youtube_app.ROOTS):
            return self.youtube.handle(request)
        topic = request.path.removeprefix(CONTROL_ROOT)
        try:
            if topic != "state":
                self._control(topic, request.body.read_all())
        except (ValueError, TypeError, LookupError) as error:
            return error_response(400, f"{topic}: {error!r}")
        return json_response(self.youtube.describe_state())

    def _control(self, topic: str, body: bytes) -> None:
        """Follow a control request; a fault without a name removes all faults."""
        order = msgspec.json.decode(body or b"{}", type=dict[str, Any])
        if topic == "faults":
            name = order.pop("name", "")
            self.fail(name, **order) if name else self.faults.clear()
            return
        actions: dict[str, Callable[[Any], object]] = {
            "advance": lambda seconds: self.youtube.advance(float(seconds)),
            "revoke": self.youtube.accounts.revoke,
            "expire_tokens": lambda _: self.youtube.accounts.expire_tokens(),
            "expire_sessions": lambda _: self.youtube.expire_sessions(),
            "outcome": lambda pair: self.youtube.uploads.outcomes.append((pair[0], pair[1])),
            "replace": lambda file: self.archive_org.replace_file(*file.split("/", 1)),
        }
        for name, value in order.items():
            actions[name](value)


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
