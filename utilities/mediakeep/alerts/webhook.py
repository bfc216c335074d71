"""Post an alert to a webhook once, and interpret the status code by RFC 9110, section 15.

Redirects are not followed, because they could lead to another host or to plain HTTP, and the body
contains paths of the user. Certificates are verified by the system defaults. The result never
contains the webhook's address, which is a secret.
"""

from __future__ import annotations

import contextlib
import http.client
import socket
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import SplitResult, urlsplit

from mediakeep import __version__
from mediakeep.alerts.delivery import DeliveryAttempt

TIMEOUT = 10.0  # seconds to connect, and to wait for each part of the response
MAX_SECONDS = 30.0  # seconds for one attempt in total
_RETRIABLE_STATUSES = {408, 425, 429}  # the last two: RFC 8470, section 5.2; RFC 6585, section 4
_HEADERS = {
    "Content-Type": "application/json",
    "User-Agent": f"mediakeep/{__version__}",
    "Connection": "close",
}


def post_alert(
    url: str, body: bytes, timeout: float = TIMEOUT, longest: float = MAX_SECONDS
) -> DeliveryAttempt:
    """Post a JSON body to a webhook once, and return the result; errors are returned, not raised.

    `timeout` limits each wait for the network, and `longest` the whole attempt, both in seconds.
    """
    parts = urlsplit(url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    connection = _open_connection(parts, timeout)
    try:
        with _limit_duration(connection, longest) as is_over:
            connection.connect()
            if is_over.is_set():  # there was no connection to shut down then
                raise TimeoutError
            connection.request("POST", target, body, _HEADERS)
            response = connection.getresponse()
            return classify_response(response.status, response.headers.get("Retry-After", ""))
    except (OSError, http.client.HTTPException, UnicodeError) as error:
        return DeliveryAttempt(ok=False, reason=describe_error(error))
    finally:
        connection.close()


def _open_connection(parts: SplitResult, timeout: float) -> http.client.HTTPConnection:
    host = parts.hostname or ""
    if parts.scheme == "https":
        context = ssl.create_default_context()
        return http.client.HTTPSConnection(host, parts.port, timeout=timeout, context=context)
    return http.client.HTTPConnection(host, parts.port, timeout=timeout)


@contextlib.contextmanager
def _limit_duration(
    connection: http.client.HTTPConnection, max_seconds: float
) -> Iterator[threading.Event]:
    """Shut down the connection if the `with` block takes longer than `max_seconds`.

    A plain timeout does not stop a server that sends one byte now and then. The event is set when
    the time is over; the error that follows is raised as TimeoutError.
    """
    is_over = threading.Event()

    def shut_down() -> None:
        is_over.set()
        if connection.sock:
            with contextlib.suppress(OSError):
                connection.sock.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(max_seconds, shut_down)
    timer.daemon = True
    timer.start()
    try:
        yield is_over
    except (OSError, http.client.HTTPException) as error:
        if is_over.is_set():
            raise TimeoutError from error
        raise
    finally:
        timer.cancel()


def classify_response(
    status: int, retry_after: str = "", now: datetime | None = None
) -> DeliveryAttempt:
    """Return what an HTTP status means for an alert: accepted, rejected for good, or retry."""
    if 200 <= status < 300:
        return DeliveryAttempt(ok=True, reason=f"answered {status}")
    if 300 <= status < 400:
        why = f"answered {status}, a redirect, which is not followed; use the address it leads to"
        return DeliveryAttempt(ok=False, reason=why, final=True)
    final = 400 <= status < 500 and status not in _RETRIABLE_STATUSES
    wait = parse_retry_after(retry_after, now or datetime.now(UTC))
    return DeliveryAttempt(ok=False, reason=f"answered {status}", final=final, retry_after=wait)


def parse_retry_after(retry_after: str, now: datetime) -> float:
    """Return the seconds that a Retry-After header asks to wait, or 0 if the header is invalid.

    RFC 9110, section 10.2.3 defines the header.
    """
    text = retry_after.strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        date = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return 0.0
    aware = date if date.tzinfo else date.replace(tzinfo=UTC)
    return max(0.0, (aware - now).total_seconds())


def describe_error(error: Exception) -> str:
    """Return a short text that says why there was no response.

    The error's own text is not used, because it may contain the webhook's secret address.
    """
    if isinstance(error, TimeoutError):
        return "timeout"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted: {error.verify_message}"
    if isinstance(error, ssl.SSLError):
        return "no secure connection"
    if isinstance(error, OSError):
        return error.strerror or "the connection was closed"
    return "invalid HTTP response"
