"""Make simulated services fail: rate limits, rejected clients, outages, planned faults.

MusicBrainz and TMDb have separate rate limits and their own error messages.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from email.utils import formatdate

from mediakeep_simulator.http_types import SimulatorRequest, SimulatorResponse, error_response
from mediakeep_simulator.tmdb import errors

RequestHandler = Callable[[SimulatorRequest], SimulatorResponse]
RequestFault = Callable[[SimulatorRequest, RequestHandler], SimulatorResponse]
ResponseFault = Callable[[SimulatorResponse], SimulatorResponse]
RequestFilter = Callable[[SimulatorRequest], bool]

CONTROL_ROOT = "/simulator/"  # requests to the simulator itself, which never fail

BUSY_MESSAGE = "The MusicBrainz web server is currently busy. Please try again later."
_MUSICBRAINZ = "/ws/2/"
_RATE_LIMITED = (_MUSICBRAINZ, errors.API_ROOT)
_TOO_MANY_REQUESTS, _SERVICE_OFFLINE = 25, 9  # TMDb error codes
_GENERIC_AGENT = re.compile(
    r"(python-requests|python-urllib|python-httpx|java|libwww-perl)\b", re.I
)
_RATE_LIMIT_MESSAGE = "Your requests are exceeding the allowable rate limit."
_NO_AGENT_MESSAGE = (
    "Your requests name no application: set a User-Agent with a name, a version, a contact."
)


@dataclass
class _PlannedFault:
    fault: RequestFault
    times: int
    matches: RequestFilter
    skip: int = 0
    every: int = 1
    seen: int = 0

    def is_next(self, request: SimulatorRequest) -> bool:
        """Count a request that matches, and return whether it gets the fault."""
        if self.times <= 0 or not self.matches(request):
            return False
        self.seen += 1
        is_hit = self.seen > self.skip and (self.seen - self.skip - 1) % self.every == 0
        self.times -= is_hit
        return is_hit


@dataclass
class _PartialOutage:
    seconds: float
    share: float
    until: float = 0.0  # 0: starts with the next request
    pending: float = 0.0


class FaultInjector:
    """Passes requests on, or responds with faults; threads may share it.

    `per_second` is the rate limit of a web service in requests per second (0: none). `retry_hint`
    is how its response gives the time to retry: "seconds" or "date" in Retry-After, "limits" in the
    headers X-RateLimit-Limit, -Remaining and -Reset, or "" for none.
    """

    def __init__(self, per_second: float = 0.0, *, retry_hint: str = "") -> None:
        self.per_second, self.retry_hint = per_second, retry_hint
        self._lock = threading.Lock()
        self._next_slot: dict[str, float] = {}  # time of the next allowed request by service
        self._planned: list[_PlannedFault] = []
        self._outages: list[_PartialOutage] = []

    def fail_next(
        self,
        fault: ResponseFault,
        times: int = 1,
        where: RequestFilter = lambda _: True,
    ) -> None:
        """Apply a fault to the next `times` requests, or to the next ones that `where` selects."""
        self.intercept(lambda request, answer: fault(answer(request)), times, where)

    def intercept(
        self,
        fault: RequestFault,
        times: int = 1,
        where: RequestFilter = lambda _: True,
        *,
        skip: int = 0,
        every: int = 1,
    ) -> None:
        """Let a fault handle `times` of the requests that `where` selects.

        It gets the request and its handler. The first `skip` requests are not affected, then one of
        `every`.
        """
        with self._lock:
            self._planned.append(_PlannedFault(fault, times, where, skip, every))

    def clear(self) -> None:
        """Forget the planned faults."""
        with self._lock:
            self._planned.clear()

    def fail_share(self, seconds: float, share: float = 0.5) -> None:
        """Reject a share of all requests with 503 for some seconds, from the next request on.

        A share of 1.0 is an outage.
        """
        with self._lock:
            self._outages.append(_PartialOutage(seconds, share))

    def handle(self, request: SimulatorRequest, answer: RequestHandler) -> SimulatorResponse:
        """Return the response to a request: the regular one, an error, or a faulty one."""
        if request.path.startswith(CONTROL_ROOT):
            return answer(request)
        service = next((root for root in _RATE_LIMITED if request.path.startswith(root)), "")
        agent = request.agent.strip()
        if service == _MUSICBRAINZ and (not agent or _GENERIC_AGENT.match(agent)):
            return error_response(403, _NO_AGENT_MESSAGE)
        if service and (wait := self._reserve_slot(service)) > 0:
            return self._rate_limit_response(service, wait)
        fault = self._next_fault(request)
        return fault(request, answer) if fault else answer(request)

    def _reserve_slot(self, service: str) -> float:
        """Return 0 if the rate limit allows a request now, else the seconds until it does."""
        with self._lock:
            now = time.monotonic()
            free = self._next_slot.get(service, 0.0)
            if not self.per_second or now >= free:
                self._next_slot[service] = now + 1 / self.per_second if self.per_second else 0.0
                return 0.0
            return free - now

    def _rate_limit_response(self, service: str, wait: float) -> SimulatorResponse:
        seconds = int(wait) + 1
        hint = {
            "": {},
            "seconds": {"Retry-After": str(seconds)},
            "date": {"Retry-After": formatdate(time.time() + seconds, usegmt=True)},
            "limits": {
                "X-RateLimit-Limit": str(round(self.per_second)),
                "X-RateLimit-Remaining": "0",
                "X-RateLimit-Reset": str(int(time.time()) + seconds),
            },
        }[self.retry_hint]
        reply = (
            error_response(503, _RATE_LIMIT_MESSAGE)
            if service == _MUSICBRAINZ
            else errors.error_response(_TOO_MANY_REQUESTS)
        )
        return replace(reply, headers={**reply.headers, **hint})

    def _next_fault(self, request: SimulatorRequest) -> RequestFault | None:
        with self._lock:
            for order in self._planned:
                if order.is_next(request):
                    return order.fault
            if any(_is_hit(outage) for outage in self._outages):
                return (
                    _tmdb_offline
                    if request.path.startswith(errors.API_ROOT)
                    else _musicbrainz_offline
                )
        return None


def _musicbrainz_offline(_: SimulatorRequest, __: RequestHandler) -> SimulatorResponse:
    """Return the error with which MusicBrainz responds while it is down."""
    return error_response(503, BUSY_MESSAGE)


def _tmdb_offline(_: SimulatorRequest, __: RequestHandler) -> SimulatorResponse:
    """Return the error with which TMDb responds while it is down."""
    return errors.error_response(_SERVICE_OFFLINE)


def _is_hit(outage: _PartialOutage) -> bool:
    now = time.monotonic()
    outage.until = outage.until or now + outage.seconds
    if now >= outage.until:
        return False
    outage.pending += outage.share
    is_hit = outage.pending >= 1
    outage.pending -= is_hit
    return is_hit
