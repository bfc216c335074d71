"""requests adapter that applies rate limit, retries, timeouts and secrets.

Each redirect passes through it as a request of its own, so the rate limit applies to it as well.

A secret is added on the connection, so that it never appears in errors and logs of requests and
urllib3, which contain URLs and headers. It is sent to its service's host only.
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

_FINAL = failures.ContentDecodingError, failures.InvalidURL  # a retry does not help
_LOGIN_NEEDED = 511  # RFC 6585, section 6
_PAGE = (
    "{} returned a web page instead of data, such as the login page of a network (captive portal)."
    " Log in to the network with a browser, then run again"
)
_BROKEN = failures.RequestException, HTTPError, OSError, http.client.HTTPException


class _TurnPassed(Exception):
    """Raised instead of sending a request whose slot has expired."""


class Line(HTTPAdapter):
    """Adapter of a session; set `retry_state` before each request."""

    patience: Patience

    def __init__(self, machine: Machine) -> None:
        super().__init__()
        self._machine = machine
        self._sockets = WeakSet[socket.socket]()
        self._secret: Secret | None = None  # sent with the current request

    def send(self, request: PreparedRequest, *_: Any, **options: Any) -> Response:
        """Send a request, with retries; raise Outage, or ServiceFailed if a retry does not help."""
        options |= {"timeout": self._machine.limits[:2], "stream": True}
        service = self.patience.service
        self._secret = service.secret if _is_at(service, request) else None
        while True:
            self.patience.take_turn()
            try:
                response = self._once(request, options)
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
            if response.status_code == 401 and self._secret:
                self.patience.answered()
                raise self.patience.refused(self._secret)
            if response.status_code not in hints.AGAIN:
                self.patience.answered(hints.rest(response.headers, now))
                if _is_page(response):
                    raise self.failure(_PAGE.format(urlsplit(request.url or "").hostname))
                return _unsigned(response, self._secret)
            delay = hints.pause(response.status_code, response.headers, now)
            self.patience.failed(f"HTTP status {response.status_code}", delay)

    def failure(self, why: str) -> ServiceFailed:
        """Return the error for an unusable response."""
        return ServiceFailed(self.patience.service.name, why)

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> Any:
        """Return the pool of a host; its connections register their sockets and add secrets."""
        pool: Any = super().get_connection_with_tls_context(*args, **kwargs)
        kind: Any = pool.ConnectionCls
        adapter = self
        if kind.__name__ != "_Remembered":

            class _Remembered(kind):  # type: ignore[misc]  # plain or secure
                def connect(self) -> None:
                    super().connect()
                    adapter._sockets.add(self.sock)

                def putrequest(self, method: str, url: str, *args: Any, **kwargs: Any) -> None:
                    secret = adapter._secret
                    super().putrequest(method, _signed(url, secret), *args, **kwargs)
                    if secret and not secret.parameter:
                        self.putheader("Authorization", f"Bearer {secret.reveal()}")

                def endheaders(self, *args: Any, **kwargs: Any) -> None:
                    if self.sock is None:  # connecting takes time
                        self.connect()
                    if not adapter.patience.confirm_turn():
                        raise _TurnPassed
                    super().endheaders(*args, **kwargs)

            pool.ConnectionCls = _Remembered
        return pool

    def _server(self, request: PreparedRequest) -> str:
        """Return the server of a request, with the setting that names it, if any."""
        service = self.patience.service
        there = urlsplit(request.url or "")
        label = f"{there.hostname}:{there.port}" if there.port else str(there.hostname)
        if service.setting and _is_at(service, request):
            return f"{label}, set by {service.setting}"
        return label

    def _once(self, request: PreparedRequest, options: dict[str, Any]) -> Response:
        try:
            with self._extended(), self._bounded():
                response: Any = super().send(request, **options)
                with contextlib.closing(response):
                    response._content = self._body(response)
        except _FINAL as error:
            raise self.failure("the response cannot be decoded") from error
        response._content_consumed = True  # like its `content` property, but limited
        return cast(Response, response)

    def _body(self, response: Response) -> bytes:
        body = bytearray()
        for piece in response.iter_content(_PIECE):
            body += piece
            if len(body) > MOST:
                raise self.failure(f"the response exceeds {MOST >> 20} MB")
        return bytes(body)

    @contextlib.contextmanager
    def _extended(self) -> Iterator[None]:
        """Exclude the wait for a response from the time limit of the current item."""
        longest, began = sum(self._machine.limits), time.monotonic()
        self._machine.extend(longest)
        try:
            yield
        finally:
            self._machine.extend(min(time.monotonic() - began, longest) - longest)

    @contextlib.contextmanager
    def _bounded(self) -> Iterator[None]:
        """Abort a request that takes too long, such as a response sent byte by byte."""
        over = threading.Event()

        def cut() -> None:
            over.set()
            for connected in list(self._sockets):
                with contextlib.suppress(OSError):  # closed meanwhile
                    connected.shutdown(socket.SHUT_RDWR)

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
        if over.is_set():  # a response without Content-Length ends normally when it is cut
            raise failures.ReadTimeout()


def _is_page(response: Response) -> bool:
    """Return whether a response is a web page; services return data only."""
    if response.status_code == _LOGIN_NEEDED:
        return True
    kind = response.headers.get("Content-Type", "").lower()
    beginning = response.content[:512].lstrip().lower()
    return response.status_code == 200 and (
        kind.startswith(("text/html", "application/xhtml"))
        or beginning.startswith((b"<!doctype html", b"<html"))
    )


def _is_at(service: Service, request: PreparedRequest) -> bool:
    """Return whether a request goes to the service's host, not to a redirect target."""
    target, host = (urlsplit(url or "") for url in (request.url, service.host))
    return (target.scheme, target.hostname, target.port) == (
        host.scheme,
        host.hostname,
        host.port,
    )


def _signed(url: str, secret: Secret | None) -> str:
    """Add a secret to a URL if it is sent as a query parameter."""
    if not (secret and secret.parameter):
        return url
    sign = "&" if "?" in url else "?"
    return f"{url}{sign}{secret.parameter}={secret.reveal()}"


def _unsigned(response: Response, secret: Secret | None) -> Response:
    """Remove a secret from the Location header, since some services repeat the query."""
    if secret and (there := response.headers.get("Location", "")):
        parts = urlsplit(there)
        words = parts.query.split("&")
        query = "&".join(word for word in words if secret.reveal() not in word)
        response.headers["Location"] = urlunsplit(parts._replace(query=query))
    return response


def _explain(error: Exception, server: str) -> str:
    """Describe an error without its own text, which may contain a secret."""
    if isinstance(error, failures.Timeout) or "timed out" in str(error):
        return "timeout"
    if isinstance(error, failures.SSLError):
        return "TLS connection failed"
    if isinstance(error, failures.ProxyError):
        return "proxy connection failed"
    if isinstance(error, failures.ChunkedEncodingError):
        return "incomplete response"
    return f"cannot connect to {server}"
