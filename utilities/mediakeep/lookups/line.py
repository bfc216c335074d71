"""The line to services: each request waits for its turn, and is sent again where that may help.

Redirects pass through it one by one, so each of them waits for its turn as well.
"""

from __future__ import annotations

import contextlib
import http.client
import socket
import threading
from collections.abc import Iterator
from typing import Any, cast
from urllib.parse import urlsplit
from weakref import WeakSet

from requests import PreparedRequest, Response
from requests import exceptions as failures
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError

from mediakeep.errors import ServiceFailed
from mediakeep.lookups import hints
from mediakeep.lookups.answers import MOST, Machine
from mediakeep.lookups.patience import Patience

_PIECE = 2**16  # bytes

_FINAL = failures.ContentDecodingError, failures.InvalidURL  # another try does not cure them
_BROKEN = failures.RequestException, HTTPError, OSError, http.client.HTTPException


class Line(HTTPAdapter):
    """Sends requests for a session; `patience` is that of the question that is asked now."""

    patience: Patience

    def __init__(self, machine: Machine) -> None:
        super().__init__()
        self._machine = machine
        self._sockets = WeakSet[socket.socket]()

    def send(self, request: PreparedRequest, *_: Any, **options: Any) -> Response:
        """Send a request until it is answered; Outage, or ServiceFailed where that is no use."""
        options |= {"timeout": self._machine.limits[:2], "stream": True}
        while True:
            self.patience.take_turn()
            try:
                answer = self._once(request, options)
            except ServiceFailed:
                self.patience.answered()
                raise
            except _BROKEN as error:
                self.patience.failed(_explain(error, self._server(request)))
                continue
            now = self._machine.clock()
            if answer.status_code not in hints.AGAIN:
                self.patience.answered(hints.rest(answer.headers, now))
                return answer
            told = hints.pause(answer.status_code, answer.headers, now)
            self.patience.failed(f"it answered {answer.status_code}", told)

    def failure(self, why: str) -> ServiceFailed:
        """Make the error of a service whose answer is of no use."""
        return ServiceFailed(self.patience.service.name, why)

    def get_connection_with_tls_context(self, *given: Any, **named: Any) -> Any:
        """Give the connections to a host, of a kind whose sockets are known and can be cut."""
        pool: Any = super().get_connection_with_tls_context(*given, **named)
        kind: Any = pool.ConnectionCls
        sockets = self._sockets
        if kind.__name__ != "_Remembered":

            class _Remembered(kind):  # type: ignore[misc]  # plain or secure
                def connect(self) -> None:
                    super().connect()
                    sockets.add(self.sock)

            pool.ConnectionCls = _Remembered
        return pool

    def _server(self, request: PreparedRequest) -> str:
        """Name the server that a request goes to, and the setting that it stands in, if any."""
        service = self.patience.service
        there, known = (urlsplit(url or "") for url in (request.url, service.host))
        named = f"{there.hostname}:{there.port}" if there.port else str(there.hostname)
        is_known = (there.hostname, there.port) == (known.hostname, known.port)
        return f"{named}, as {service.setting} says" if service.setting and is_known else named

    def _once(self, request: PreparedRequest, options: dict[str, Any]) -> Response:
        try:
            with self._bounded():
                answer: Any = super().send(request, **options)
                with contextlib.closing(answer):
                    answer._content = self._body(answer)
        except _FINAL as error:
            raise self.failure("what it answered cannot be read") from error
        answer._content_consumed = True  # as its `content` does it, but within bounds
        return cast(Response, answer)

    def _body(self, answer: Response) -> bytes:
        body = bytearray()
        for piece in answer.iter_content(_PIECE):
            body += piece
            if len(body) > MOST:
                raise self.failure(f"it answered with more than {MOST >> 20} MB")
        return bytes(body)

    @contextlib.contextmanager
    def _bounded(self) -> Iterator[None]:
        """Cut what takes too long, such as an answer that comes byte by byte."""
        over = threading.Event()

        def cut() -> None:
            over.set()
            for one in list(self._sockets):
                with contextlib.suppress(OSError):  # it has been closed meanwhile
                    one.shutdown(socket.SHUT_RDWR)

        timer = threading.Timer(self._machine.limits[2], cut)
        timer.daemon = True
        timer.start()
        try:
            yield
        except _BROKEN as error:
            if over.is_set():
                raise failures.ReadTimeout() from error
            raise
        finally:
            timer.cancel()
        if over.is_set():  # an answer without a length ends where it is cut
            raise failures.ReadTimeout()


def _explain(error: Exception, server: str) -> str:
    """Say why there was no answer; never in the words of the error, which may hold a secret."""
    if isinstance(error, failures.Timeout) or "timed out" in str(error):
        return "there was no answer in time"
    if isinstance(error, failures.SSLError):
        return "there is no secure connection to it"
    if isinstance(error, failures.ProxyError):
        return "the proxy on the way to it refuses"
    if isinstance(error, failures.ChunkedEncodingError):
        return "its answer broke off"
    return f"there is no connection to {server}"
