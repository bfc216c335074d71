"""Inject faults before requests are handled: rate limits, rejected agents, outages, planned faults.

MusicBrainz and TMDb have separate rate limits and their own error messages.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from email.utils import formatdate

from mediakeep.rehearsal import faults
from mediakeep.rehearsal.faults import Fault
from mediakeep.rehearsal.films import statuses
from mediakeep.rehearsal.reply import Question, Reply, error

_MUSICBRAINZ = "/ws/2/"
_PACED = (_MUSICBRAINZ, statuses.ROOT)
_TOO_MANY, _DOWN = 25, 9  # TMDb error codes
_GENERIC = re.compile(r"(python-requests|python-urllib|python-httpx|java|libwww-perl)\b", re.I)
_TOO_FAST = "Your requests are exceeding the allowable rate limit."
_NOBODY = "Your requests name no application: set a User-Agent with a name, a version, a contact."


@dataclass
class _Order:
    fault: Fault
    times: int
    where: Callable[[Question], bool]


@dataclass
class _Storm:
    seconds: float
    share: float
    until: float = 0.0  # 0: starts with the next request
    debt: float = 0.0


class Weather:
    """Pass requests on, or respond with faults; thread-safe.

    `per_second` is the rate limit of a web service (0: none); `retry_hint` is how its response
    gives the time to retry: "seconds" or "date" in Retry-After, "limits" in the headers
    X-RateLimit-Limit, -Remaining and -Reset, or "" for none.
    """

    def __init__(self, per_second: float = 0.0, *, tells: str = "") -> None:
        self.per_second, self.tells = per_second, tells
        self._lock = threading.Lock()
        self._free: dict[str, float] = {}  # time of the next allowed request by service
        self._orders: list[_Order] = []
        self._storms: list[_Storm] = []

    def order(
        self, fault: Fault, times: int = 1, where: Callable[[Question], bool] = lambda _: True
    ) -> None:
        """Apply a fault to the next requests, or to the next ones that `where` selects."""
        with self._lock:
            self._orders.append(_Order(fault, times, where))

    def storm(self, seconds: float, share: float = 0.5) -> None:
        """From the next request on, reject a share of all requests with 503; 1.0 is an outage."""
        with self._lock:
            self._storms.append(_Storm(seconds, share))

    def meet(self, question: Question, answer: Callable[[Question], Reply]) -> Reply:
        """Return the response to a request: the regular one, an error, or a faulty one."""
        service = next((root for root in _PACED if question.path.startswith(root)), "")
        agent = question.agent.strip()
        if service == _MUSICBRAINZ and (not agent or _GENERIC.match(agent)):
            return error(403, _NOBODY)
        if service and (wait := self._wait(service)) > 0:
            return self._refusal(service, wait)
        fault = self._fault(question)
        return fault(answer(question)) if fault else answer(question)

    def _wait(self, service: str) -> float:
        """Reserve a slot within the rate limit, or return the seconds until there is one."""
        with self._lock:
            now = time.monotonic()
            free = self._free.get(service, 0.0)
            if not self.per_second or now >= free:
                self._free[service] = now + 1 / self.per_second if self.per_second else 0.0
                return 0.0
            return free - now

    def _refusal(self, service: str, wait: float) -> Reply:
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
        }[self.tells]
        reply = error(503, _TOO_FAST) if service == _MUSICBRAINZ else statuses.reply(_TOO_MANY)
        return replace(reply, headers={**reply.headers, **hint})

    def _fault(self, question: Question) -> Fault | None:
        with self._lock:
            for order in self._orders:
                if order.times > 0 and order.where(question):
                    order.times -= 1
                    return order.fault
            if any(_strikes(storm) for storm in self._storms):
                return _offline if question.path.startswith(statuses.ROOT) else faults.refused()
        return None


def _offline(_: Reply) -> Reply:
    """Respond as TMDb does while it is down."""
    return statuses.reply(_DOWN)


def _strikes(storm: _Storm) -> bool:
    now = time.monotonic()
    storm.until = storm.until or now + storm.seconds
    if now >= storm.until:
        return False
    storm.debt += storm.share
    struck = storm.debt >= 1
    storm.debt -= struck
    return struck
