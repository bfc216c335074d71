"""Adapter for the requests library that applies rate limit, retries, timeouts and secrets.

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
from collections.abc import Callable, Iterator, Sized
from http.cookiejar import DefaultCookiePolicy
from typing import Any, cast
from urllib.parse import urlsplit, urlunsplit
from weakref import WeakSet

from requests import PreparedRequest, Response, Session
from requests import exceptions as failures
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError, ProtocolError

from mediakeep import __version__, path_text, step_log
from mediakeep.errors import RequestLost, ServiceFailed
from mediakeep.lookups.http import retry
from mediakeep.lookups.http.models import MAX_RESPONSE_BYTES, HttpEnvironment, Secret, Service
from mediakeep.lookups.http.retry import RetryState

_CHUNK_BYTES = 2**16  # bytes

_PERMANENT_ERRORS = failures.ContentDecodingError, failures.InvalidURL  # a retry does not help
_NETWORK_AUTHENTICATION_REQUIRED = 511  # RFC 6585, section 6
_CAPTIVE_PORTAL = (
    "{} returned a web page instead of data, such as the login page of a network (captive portal)."
    " Log in to the network with a browser, then run again"
)
_MIN_UPLOAD_RATE = 8192  # bytes a second; a slower upload of a request's body is a timeout
_MAX_REDIRECTS = 5
CONNECTION_ERRORS = failures.RequestException, HTTPError, OSError, http.client.HTTPException


class _SlotExpired(Exception):
    """Raised instead of sending a request that has waited too long after it was allowed."""


class RetryingAdapter(HTTPAdapter):
    """Adapter of an HTTP session that retries requests; set `retry_state` before each request.

    If it `expects_json`, a 404 without JSON, as of a captive portal, is an error. If it
    `sends_once`, a request without an answer raises RequestLost instead of being sent again.
    `before_send` is called before each request. `hidden_target` is a secret path and query, sent
    instead of those of the request's URL. A response is worth a retry if its status is one of
    `retry_statuses`.
    """

    retry_state: RetryState
    retry_statuses = retry.RETRY_STATUSES
    expects_json = True
    sends_once = False
    hidden_target: Secret | None = None
    before_send: Callable[[], object] = staticmethod(lambda: None)

    def __init__(self, environment: HttpEnvironment) -> None:
        super().__init__()
        self._environment = environment
        self._sockets = WeakSet[socket.socket]()
        self._secret: Secret | None = None  # sent with the current request
        self._is_reused = False  # the connection of the current request was used before
        self._over = threading.Event()  # the current request took too long

    def send(self, request: PreparedRequest, *_: Any, **options: Any) -> Response:
        """Send a request, with retries.

        A server may close an idle connection just as a request is sent on it. That is no failure of
        the service: the request is sent again on another connection (RFC 9112, section 9.3.1).
        Raise Outage, or ServiceFailed if a retry does not help. With the option `stream`, the body
        of a response with status 200 or 206 is left unread.
        """
        is_streamed = bool(options.get("stream"))
        options |= {"timeout": self._environment.timeouts[:2], "stream": True}
        service = self.retry_state.service
        request.headers.pop("Authorization", None)  # of ~/.netrc, for other programs
        self._secret = service.secret if is_service_host(service, request.url) else None
        while True:
            self.retry_state.acquire_slot()
            try:
                self.before_send()
                response = self._send_once(request, options, is_streamed)
            except ServiceFailed:
                self.retry_state.record_success()
                raise
            except _SlotExpired:
                continue
            except CONNECTION_ERRORS as error:
                if self.sends_once:
                    self.retry_state.release_probe()
                    why = _failure_text(error, self._server_label(request))
                    raise RequestLost(service.name, why) from error
                # closed before the first byte of a response
                if self._is_reused and isinstance(_find_cause(error), ConnectionError):
                    continue
                self.retry_state.record_failure(_failure_text(error, self._server_label(request)))
                continue
            except BaseException:
                self.retry_state.release_probe()
                raise
            now = self._environment.clock()
            url = urlsplit(request.url or "")  # its query may have secrets
            place = f"{url.scheme}://{url.netloc}{url.path}"
            step_log.log_step(f"{request.method} {place}: status {response.status_code}")
            if response.status_code == 401 and self._secret:
                self.retry_state.record_success()
                raise self.retry_state.reject_secret(self._secret)
            if response.status_code not in self.retry_statuses:
                self.retry_state.record_success(retry.parse_rate_limit(response.headers, now))
                if _is_html_page(response):
                    raise self.build_failure(
                        _CAPTIVE_PORTAL.format(urlsplit(request.url or "").hostname)
                    )
                if response.status_code == 404 and self.expects_json and not _is_json(response):
                    raise self.build_failure("HTTP status 404")
                return _remove_secret(response, self._secret)
            delay = retry.parse_retry_after(response.status_code, response.headers, now)
            self.retry_state.record_failure(f"HTTP status {response.status_code}", delay)
            if self.sends_once:
                raise RequestLost(service.name, f"HTTP status {response.status_code}")

    def build_failure(self, why: str) -> ServiceFailed:
        """Return the error for a response that cannot be used; `why` is the reason."""
        return ServiceFailed(self.retry_state.service.name, why)

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> Any:
        """Return the pool of a host; its connections register their sockets and add secrets."""
        pool: Any = super().get_connection_with_tls_context(*args, **kwargs)
        kind: Any = pool.ConnectionCls
        adapter = self
        if kind.__name__ != "_Remembered":

            class _Remembered(kind):  # type: ignore[misc]  # plain or secure
                is_new = False

                def connect(self) -> None:
                    super().connect()
                    self.is_new = True
                    adapter._sockets.add(self.sock)
                    if adapter._over.is_set():  # there was no socket to shut down then
                        raise TimeoutError

                def putrequest(self, method: str, url: str, *args: Any, **kwargs: Any) -> None:
                    secret, target = adapter._secret, adapter.hidden_target
                    url = target.reveal() if target else _add_secret(url, secret)
                    super().putrequest(method, url, *args, **kwargs)
                    if secret and not secret.parameter:
                        self.putheader("Authorization", f"Bearer {secret.reveal()}")

                def endheaders(self, *args: Any, **kwargs: Any) -> None:
                    if self.sock is None:  # connecting takes time
                        self.connect()
                    adapter._is_reused, self.is_new = not self.is_new, False
                    if not adapter.retry_state.confirm_slot():
                        raise _SlotExpired
                    super().endheaders(*args, **kwargs)

            pool.ConnectionCls = _Remembered
        return pool

    def _server_label(self, request: PreparedRequest) -> str:
        """Return the server of a request for messages, with the setting that names it, if any."""
        service = self.retry_state.service
        url_parts = urlsplit(request.url or "")
        label = (
            f"{url_parts.hostname}:{url_parts.port}" if url_parts.port else str(url_parts.hostname)
        )
        if service.host_setting and is_service_host(service, request.url):
            return f"{label}, set by {service.host_setting}"
        return label

    def _send_once(
        self, request: PreparedRequest, options: dict[str, Any], is_streamed: bool
    ) -> Response:
        self._is_reused = False
        body_seconds = len(cast(Sized, request.body or b"")) / _MIN_UPLOAD_RATE
        try:
            with self._extend_deadline(body_seconds), self._abort_on_timeout(body_seconds):
                response: Any = super().send(request, **options)
                if is_streamed and response.status_code in (200, 206):
                    return cast(Response, response)
                with contextlib.closing(response):
                    response._content = self._read_body(response)
        except _PERMANENT_ERRORS as error:
            raise self.build_failure("the response cannot be decoded") from error
        except failures.ConnectionError as error:
            if _has_excess_headers(_find_cause(error)):  # sent again if the request is repeated
                raise self.build_failure("the response has too many or too long headers") from error
            raise
        response._content_consumed = True  # like its `content` property, but limited
        return cast(Response, response)

    def _read_body(self, response: Response) -> bytes:
        body = bytearray()
        for piece in response.iter_content(_CHUNK_BYTES):
            body += piece
            if len(body) > MAX_RESPONSE_BYTES:
                raise self.build_failure(f"the response exceeds {MAX_RESPONSE_BYTES >> 20} MB")
        return bytes(body)

    @contextlib.contextmanager
    def _extend_deadline(self, body_seconds: float) -> Iterator[None]:
        """Exclude the wait for a response in the `with` block from the item's time limit."""
        longest, began = sum(self._environment.timeouts) + body_seconds, time.monotonic()
        self._environment.extend_deadline(longest)
        try:
            yield
        finally:
            self._environment.extend_deadline(min(time.monotonic() - began, longest) - longest)

    @contextlib.contextmanager
    def _abort_on_timeout(self, body_seconds: float) -> Iterator[None]:
        """Abort a request in the `with` block that takes too long.

        An example is a response sent byte by byte. `body_seconds` is the additional time for
        sending its own body.
        """
        over = self._over = threading.Event()

        def cut() -> None:
            over.set()
            for connected in list(self._sockets):
                with contextlib.suppress(OSError):  # closed meanwhile
                    connected.shutdown(socket.SHUT_RDWR)

        timer = threading.Timer(self._environment.timeouts[2] + body_seconds, cut)
        timer.daemon = True
        timer.start()
        try:
            yield
        except CONNECTION_ERRORS as error:
            if over.is_set():
                raise failures.ReadTimeout() from error
            raise
        finally:
            timer.cancel()
        if over.is_set():  # a response without Content-Length ends normally when it is cut
            raise failures.ReadTimeout()


def prepare_session(session: Session, adapter: RetryingAdapter, contact: str) -> None:
    """Set what all sessions share: the adapter, the User-Agent, no cookies, few redirects."""
    session.headers["User-Agent"] = _user_agent(contact)
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    session.max_redirects = _MAX_REDIRECTS
    for scheme in ("http://", "https://"):
        session.mount(scheme, adapter)


@contextlib.contextmanager
def translate_request_errors(service: Service) -> Iterator[None]:
    """Convert errors of requests in a `with` block, other than those of its adapter."""
    try:
        yield
    except failures.TooManyRedirects as error:
        raise ServiceFailed(service.name, "too many redirects") from error
    except (failures.RequestException, ValueError) as error:
        raise ServiceFailed(service.name, "invalid URL, or invalid redirect") from error


def _user_agent(contact: str) -> str:
    """Return the User-Agent header: application, version and contact, as MusicBrainz requires."""
    name = f"mediakeep/{__version__}" + (f" ( {contact} )" if contact else "")
    return path_text.to_printable(name).encode("ascii", "backslashreplace").decode()


def _is_html_page(response: Response) -> bool:
    """Return whether a response is a web page, which is an error: services return data only."""
    if response.status_code == _NETWORK_AUTHENTICATION_REQUIRED:
        return True
    kind = response.headers.get("Content-Type", "").lower()
    is_read = response._content_consumed
    beginning = response.content[:512].lstrip().lower() if is_read else b""
    return response.status_code == 200 and (
        kind.startswith(("text/html", "application/xhtml"))
        or beginning.startswith((b"<!doctype html", b"<html"))
    )


def _is_json(response: Response) -> bool:
    return "json" in response.headers.get("Content-Type", "")


def is_service_host(service: Service, url: str | None) -> bool:
    """Return whether a request goes to the service's host, not to a redirect target."""
    target, host = (urlsplit(text or "") for text in (url, service.host))
    return (target.scheme, target.hostname, target.port) == (
        host.scheme,
        host.hostname,
        host.port,
    )


def _add_secret(url: str, secret: Secret | None) -> str:
    """Add a secret to a URL if it is sent as a query parameter."""
    if not (secret and secret.parameter):
        return url
    sign = "&" if "?" in url else "?"
    return f"{url}{sign}{secret.parameter}={secret.reveal()}"


def _remove_secret(response: Response, secret: Secret | None) -> Response:
    """Remove a secret from the Location header, since some services repeat the query."""
    if secret and (there := response.headers.get("Location", "")):
        parts = urlsplit(there)
        words = parts.query.split("&")
        query = "&".join(word for word in words if secret.reveal() not in word)
        response.headers["Location"] = urlunsplit(parts._replace(query=query))
    return response


def _find_cause(error: Exception) -> object:
    """Return the error of http.client or the socket before the body of a response, if any."""
    cause = error.args[0] if isinstance(error, failures.ConnectionError) and error.args else None
    return cause.args[-1] if isinstance(cause, ProtocolError) else None


def _has_excess_headers(cause: object) -> bool:
    """Return whether http.client refused the number or the length of a response's headers."""
    return type(cause) is http.client.HTTPException or isinstance(cause, http.client.LineTooLong)


def _failure_text(error: Exception, server: str) -> str:
    """Return a text about an error without its own message, which may contain a secret."""
    if isinstance(error, failures.Timeout) or "timed out" in str(error):
        return "timeout"
    if isinstance(error, failures.SSLError):
        return "TLS connection failed"
    if isinstance(error, failures.ProxyError):
        return "proxy connection failed"
    if isinstance(error, failures.ChunkedEncodingError):
        return "incomplete response"
    return f"cannot connect to {server}"
