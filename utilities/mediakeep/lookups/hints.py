"""What a service says in its headers about its own pace."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime

AGAIN = frozenset({429, 500, 502, 503, 504})  # statuses that are worth another try
_TOLD = {429, 503}  # those that name a time: RFC 9110, section 15.6.4; RFC 6585, section 4
_SHORTEST = 1.0  # seconds; "at once" is no time, as it might be said for ever


def pause(status: int, headers: Mapping[str, str], now: float) -> float:
    """Return the seconds that a refusal says to wait; 0 where it says nothing that can be read.

    Retry-After is seconds or a date (RFC 9110, section 10.2.3), X-RateLimit-Reset seconds since
    1970; dates are compared with the service's own, as the clocks of two machines differ.
    """
    if status not in _TOLD:
        return 0.0
    text = headers.get("Retry-After", "")
    then = _moment(text) or _number(headers.get("X-RateLimit-Reset", ""))
    seconds = _number(text) or (then - _there(headers, now) if then else 0.0)
    return seconds if seconds >= _SHORTEST else 0.0


def rest(headers: Mapping[str, str], now: float) -> float:
    """Return the seconds until more may be asked, where an answer was the last one allowed."""
    if headers.get("X-RateLimit-Remaining", "").strip() != "0":
        return 0.0
    return max(_number(headers.get("X-RateLimit-Reset", "")) - _there(headers, now), 0.0)


def _there(headers: Mapping[str, str], now: float) -> float:
    """Return the time by the service's clock, else by ours."""
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
