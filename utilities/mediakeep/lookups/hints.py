"""Parse response headers about retries and rate limits."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime

AGAIN = frozenset({429, 500, 502, 503, 504})  # statuses of requests worth retrying
_TOLD = {429, 503}  # with Retry-After: RFC 9110, section 15.6.4; RFC 6585, section 4
_SHORTEST = 1.0  # seconds; an immediate retry could be requested forever


def pause(status: int, headers: Mapping[str, str], now: float) -> float:
    """Return the seconds to wait before a retry, or 0 if the response does not specify them.

    Retry-After is in seconds or a date (RFC 9110, section 10.2.3), X-RateLimit-Reset in seconds
    since 1970; dates are compared with the service's Date, because clocks differ.
    """
    if status not in _TOLD:
        return 0.0
    text = headers.get("Retry-After", "")
    then = _moment(text) or _number(headers.get("X-RateLimit-Reset", ""))
    seconds = _number(text) or (then - _there(headers, now) if then else 0.0)
    return seconds if seconds >= _SHORTEST else 0.0


def rest(headers: Mapping[str, str], now: float) -> float:
    """Return the seconds until the rate limit resets, or 0 if it is not reached."""
    if headers.get("X-RateLimit-Remaining", "").strip() != "0":
        return 0.0
    return max(_number(headers.get("X-RateLimit-Reset", "")) - _there(headers, now), 0.0)


def _there(headers: Mapping[str, str], now: float) -> float:
    """Return the time of the service's clock, or `now` if there is no Date header."""
    return _moment(headers.get("Date", "")) or now


def _number(text: str) -> float:
    text = text.strip()
    return float(text[:15]) if text.isascii() and text.isdigit() else 0.0


def _moment(text: str) -> float:
    try:
        then = parsedate_to_datetime(text)
        return (then if then.tzinfo else then.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError, TypeError):
        return 0.0
