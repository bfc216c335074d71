"""The line to services: each request waits for its turn, and is sent again where that may help.

Redirects pass through it one by one, so each of them waits for its turn as well.

A secret joins a request where it leaves, on the connection: neither requests nor urllib3, whose
errors and logs tell of addresses and headers, ever know it. It is sent to its service's host alone.
"""

from __future__ import annotations

import contextlib
import http.client
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any, cast
from urllib.parse import urlsplit, urlunsplit
from weakref import WeakSet

from requests import PreparedRequest, Response
from requests import exceptions as failures
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError

from mediakeep.errors import ServiceFailed
from mediakeep.lookups import hints
from mediakeep.lookups.answers import MOST, Machine, Secret, Service
from mediakeep.lookups.patience import Patience

_PIECE = 2**16  # bytes

_FINAL = failures.ContentDecodingError, failures.InvalidURL  # another try does not cure them
_LOGIN_NEEDED = 511  # RFC 6585, section 6
_PAGE = (
    "{} answered with a web page instead of data, as the login page of a network does (captive"
    " portal). Log in to the network with a browser, then run again"
)
_BROKEN = failures.RequestException, HTTPError, OSError, http.client.HTTPException


class _TurnPassed(Exception):
    """Raised instead of sending a request whose turn has passed."""


class Line(HTTPAdapter):
    """Sends requests for a session; `patience` is that of the question that is asked now."""

    patience: Patience

    def __init__(self, machine: Machine) -> None:
        super().__init__()
        self._machine = machine
        self._sockets = WeakSet[socket.socket]()
        self._secret: Secret | None = None  # that goes along with what is sent now

    def send(self, request: PreparedRequest, *_: Any, **options: Any) -> Response:
        """Send a request until it is answered; Outage, or ServiceFailed where that is no use."""
        options |= {"timeout": self._machine.limits[:2], "stream": True}
        service = self.patience.service
        self._secret = service.secret if _is_at(service, request) else None
        while True:
            self.patience.take_turn()
            try:
                answer = self._once(request, options)
            except ServiceFailed:
                self.patience.answered()
                raise
            except _TurnPassed:
                continue
            except _BROKEN as error:
                self.patience.failed(_explain(error, self._server(request)))
                continue
            except BaseException:
                self.patience.abandoned()
                raise
            now = self._machine.clock()
            if answer.status_code == 401 and self._secret:
                self.patience.answered()
                raise self.patience.refused(self._secret)
            if answer.status_code not in hints.AGAIN:
                self.patience.answered(hints.rest(answer.headers, now))
                if _is_page(answer):
                    raise self.failure(_PAGE.format(urlsplit(request.url or "").hostname))
                return _unsigned(answer, self._secret)
            told = hints.pause(answer.status_code, answer.headers, now)
            self.patience.failed(f"it answered {answer.status_code}", told)

    def failure(self, why: str) -> ServiceFailed:
        """Make the error of a service whose answer is of no use."""
        return ServiceFailed(self.patience.service.name, why)

    def get_connection_with_tls_context(self, *given: Any, **named: Any) -> Any:
        """Give the connections to a host, of a kind whose sockets are known and can be cut."""
        pool: Any = super().get_connection_with_tls_context(*given, **named)
        kind: Any = pool.ConnectionCls
        line = self
        if kind.__name__ != "_Remembered":

            class _Remembered(kind):  # type: ignore[misc]  # plain or secure
                def connect(self) -> None:
                    super().connect()
                    line._sockets.add(self.sock)

                def putrequest(self, method: str, url: str, *given: Any, **named: Any) -> None:
                    secret = line._secret
                    super().putrequest(method, _signed(url, secret), *given, **named)
                    if secret and not secret.parameter:
                        self.putheader("Authorization", f"Bearer {secret.reveal()}")

                def endheaders(self, *given: Any, **named: Any) -> None:
                    if self.sock is None:  # connecting takes its time
                        self.connect()
                    if not line.patience.confirm_turn():
                        raise _TurnPassed
                    super().endheaders(*given, **named)

            pool.ConnectionCls = _Remembered
        return pool

    def _server(self, request: PreparedRequest) -> str:
        """Name the server that a request goes to, and the setting that it stands in, if any."""
        service = self.patience.service
        there = urlsplit(request.url or "")
        named = f"{there.hostname}:{there.port}" if there.port else str(there.hostname)
        if service.setting and _is_at(service, request):
            return f"{named}, as {service.setting} says"
        return named

    def _once(self, request: PreparedRequest, options: dict[str, Any]) -> Response:
        try:
            with self._extended(), self._bounded():
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
    def _extended(self) -> Iterator[None]:
        """Keep the wait for an answer out of the time limit of the item that is worked on."""
        longest, began = sum(self._machine.limits), time.monotonic()
        self._machine.extend(longest)
        try:
            yield
        finally:
            self._machine.extend(min(time.monotonic() - began, longest) - longest)

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


def _is_page(answer: Response) -> bool:
    """Tell whether a web page came in place of the data of a service, none of which sends any."""
    if answer.status_code == _LOGIN_NEEDED:
        return True
    kind = answer.headers.get("Content-Type", "").lower()
    beginning = answer.content[:512].lstrip().lower()
    return answer.status_code == 200 and (
        kind.startswith(("text/html", "application/xhtml"))
        or beginning.startswith((b"<!doctype html", b"<html"))
    )


def _is_at(service: Service, request: PreparedRequest) -> bool:
    """Tell whether a request goes to a service itself, and not where it was sent on to."""
    there, known = (urlsplit(url or "") for url in (request.url, service.host))
    return (there.scheme, there.hostname, there.port) == (
        known.scheme,
        known.hostname,
        known.port,
    )


def _signed(url: str, secret: Secret | None) -> str:
    """Add a secret to an address, where it is one that is sent there."""
    if not (secret and secret.parameter):
        return url
    sign = "&" if "?" in url else "?"
    return f"{url}{sign}{secret.parameter}={secret.reveal()}"


def _unsigned(answer: Response, secret: Secret | None) -> Response:
    """Take a secret out of the address that an answer leads to, as some repeat what they got."""
    if secret and (there := answer.headers.get("Location", "")):
        parts = urlsplit(there)
        words = parts.query.split("&")
        query = "&".join(word for word in words if secret.reveal() not in word)
        answer.headers["Location"] = urlunsplit(parts._replace(query=query))
    return answer


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
