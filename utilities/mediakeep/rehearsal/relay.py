"""Forward requests to a real server, rate-limited, and record its responses."""

from __future__ import annotations

import http.client
import threading
import time
from urllib.parse import quote, urlencode, urlsplit

from mediakeep.rehearsal.gatherer import Gatherer
from mediakeep.rehearsal.reply import Question, Reply, error
from mediakeep.rehearsal.ws2.service import ROOT

PUBLIC = "musicbrainz.org"
COVERS = "https://coverartarchive.org"

_LARGEST = 64 * 2**20  # bytes of a response: a page of releases has half a megabyte
_TIMEOUT = 30.0
_KEPT = ("Content-Type", "Location", "Retry-After")
PERSONAL = ("api_key", "token", "user", "contact")  # parameters that are never forwarded


class Relay:
    """Respond like the server behind it; OSError and the like become a 502.

    Nothing personal is forwarded: no client header, no key, no user. The web service gets one
    request per `interval` seconds at most.
    """

    def __init__(
        self, upstream: str, agent: str, gatherer: Gatherer, *, interval: float = 0.0
    ) -> None:
        self._upstream, self._agent, self._gatherer = upstream.rstrip("/"), agent, gatherer
        self._interval = interval
        self._lock, self._free = threading.Lock(), 0.0

    def answer(self, question: Question) -> Reply:
        """Forward a request, record the response and return it."""
        base = self._upstream
        if question.path.startswith(ROOT):
            self._pace()
        elif is_public(base):
            base = COVERS
        try:
            reply = self._ask(base, question)
        except (OSError, http.client.HTTPException, ValueError) as failure:
            return error(502, f"{base} is unreachable: {failure}")
        self._gatherer.take(question, reply)
        return reply

    def _pace(self) -> None:
        with self._lock:
            now = time.monotonic()
            start = max(now, self._free)
            self._free = start + self._interval
        time.sleep(start - now)

    def _ask(self, base: str, question: Question) -> Reply:
        parts = urlsplit(base)
        secure = parts.scheme == "https"
        kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
        connection = kind(parts.netloc, timeout=_TIMEOUT)
        parameters = {name: texts for name, texts in question.query.items() if name not in PERSONAL}
        line = f"?{urlencode(parameters, doseq=True)}" if parameters else ""
        headers = {"User-Agent": self._agent, "Accept": "*/*"}
        try:
            target = parts.path + quote(question.path) + line
            connection.request(question.method, target, headers=headers)
            response = connection.getresponse()
            body = response.read(_LARGEST + 1)
        finally:
            connection.close()
        if len(body) > _LARGEST:
            raise ValueError("its response is too long")
        forwarded = {name: text for name in _KEPT if (text := response.headers.get(name))}
        limits = {k: v for k, v in response.headers.items() if k.lower().startswith("x-ratelimit-")}
        return Reply(response.status, body, forwarded | limits)


def is_public(address: str) -> bool:
    """Return True for the public MusicBrainz server, not a mirror or a simulator."""
    host = urlsplit(address).hostname or ""
    return host == PUBLIC or host.endswith(f".{PUBLIC}")
