"""Forward requests to a real server, rate-limited, and record its responses."""

from __future__ import annotations

import http.client
import threading
import time
from urllib.parse import quote, urlencode, urlsplit

from mediakeep_simulator.http_types import SimulatorRequest, SimulatorResponse, error_response
from mediakeep_simulator.musicbrainz.service import API_ROOT
from mediakeep_simulator.recorder import CatalogueRecorder

PUBLIC_HOST = "musicbrainz.org"
COVER_ART_URL = "https://coverartarchive.org"

_MAX_BODY = 64 * 2**20  # bytes of a response: a page of releases has half a megabyte
_TIMEOUT = 30.0
_FORWARDED_HEADERS = ("Content-Type", "Location", "Retry-After")
PERSONAL_PARAMETERS = ("api_key", "token", "user", "contact")  # parameters that are never forwarded


class RecordingProxy:
    """Forwards requests to a real server, and records its responses.

    If the server cannot be reached, the response is a 502. Nothing personal is forwarded: no client
    header, no key, no user. The server gets at most one request per `interval` seconds.
    """

    def __init__(
        self, upstream: str, agent: str, recorder: CatalogueRecorder, *, interval: float = 0.0
    ) -> None:
        self._upstream, self._agent, self._recorder = upstream.rstrip("/"), agent, recorder
        self._interval = interval
        self._lock, self._next_slot = threading.Lock(), 0.0

    def handle(self, request: SimulatorRequest) -> SimulatorResponse:
        """Forward a request, record the response and return it."""
        base = self._upstream
        if request.path.startswith(API_ROOT):
            self._wait_for_slot()
        elif is_public_server(base):
            base = COVER_ART_URL
        try:
            reply = self._forward(base, request)
        except (OSError, http.client.HTTPException, ValueError) as failure:
            return error_response(502, f"{base} is unreachable: {failure}")
        self._recorder.record(request, reply)
        return reply

    def _wait_for_slot(self) -> None:
        with self._lock:
            now = time.monotonic()
            start = max(now, self._next_slot)
            self._next_slot = start + self._interval
        time.sleep(start - now)

    def _forward(self, base: str, request: SimulatorRequest) -> SimulatorResponse:
        parts = urlsplit(base)
        secure = parts.scheme == "https"
        kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
        connection = kind(parts.netloc, timeout=_TIMEOUT)
        parameters = {
            name: texts for name, texts in request.query.items() if name not in PERSONAL_PARAMETERS
        }
        line = f"?{urlencode(parameters, doseq=True)}" if parameters else ""
        headers = {"User-Agent": self._agent, "Accept": "*/*"}
        try:
            target = parts.path + quote(request.path) + line
            connection.request(request.method, target, headers=headers)
            response = connection.getresponse()
            body = response.read(_MAX_BODY + 1)
        finally:
            connection.close()
        if len(body) > _MAX_BODY:
            raise ValueError("its response is too long")
        forwarded = {
            name: text for name in _FORWARDED_HEADERS if (text := response.headers.get(name))
        }
        limits = {k: v for k, v in response.headers.items() if k.lower().startswith("x-ratelimit-")}
        return SimulatorResponse(response.status, body, forwarded | limits)


def is_public_server(address: str) -> bool:
    """Return whether a URL is of the public MusicBrainz server, not a mirror or a simulator."""
    host = urlsplit(address).hostname or ""
    return host == PUBLIC_HOST or host.endswith(f".{PUBLIC_HOST}")
