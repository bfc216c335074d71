"""Retries of HTTP requests, and a circuit breaker, shared by all processes.

1. A request acquires a slot: one per interval, across all processes of the machine. The slot is
   confirmed right before the request is sent, because the process may have been stopped meanwhile.
2. A failure that is worth a retry pauses the service for all processes: as long as the service
   requests, otherwise 2, 4, 8, 16 ... seconds.
3. A request that has waited a minute for pauses, or should wait longer, declares an outage: until
   its end all requests of all processes fail at once instead of waiting.
4. The first request after that end is a probe, and the others wait for it: if it succeeds, the
   outage ends and they continue; if it fails, the outage is extended and they fail.
5. A secret that the service rejected is not sent again for a minute by any process.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from mediakeep.errors import Outage, SecretRejected
from mediakeep.lookups.http.models import HttpEnvironment, RequestStats, Secret, Service
from mediakeep.lookups.http.rate_client import ServiceState
from mediakeep.lookups.http.rate_limit import MAX_OUTAGE, MAX_PAUSE, SharedRateLimit

_PROBE_TIMEOUT = 60.0  # seconds for a probe, before another request becomes the probe
_PROBE_POLL_STEPS = 0.01, 1.0  # seconds between polls for the result of a probe, increasing
_OUTAGE_SPANS = 60.0, 900.0  # seconds: the first outage, and the longest without a Retry-After
_SAME_TIME = 1e-4  # seconds between two equal times


class RetryState:
    """The retries of one HTTP request: its waits for the rate limit, and its failures so far."""

    def __init__(
        self,
        service: Service,
        rate_limit: SharedRateLimit,
        environment: HttpEnvironment,
        stats: RequestStats,
    ) -> None:
        self.service, self._rate_limit = service, rate_limit
        self._environment, self._stats = environment, stats
        self._attempts, self._seconds_paused, self._is_probe = 0, 0.0, False
        self._slot_time = 0.0  # when it acquired its slot
        self._probe_wait = 0.0  # the last wait for the probe of another request

    def acquire_slot(self) -> None:
        """Wait until the rate limit allows the request; raise Outage if that takes too long."""
        while (seconds := self._try_acquire()) > 0:
            self.wait(seconds)
        self._stats.requests += 1

    def confirm_slot(self) -> bool:
        """Return whether the request may still be sent; call it right before sending.

        The interval to the next request starts here. If it returns False, call `acquire_slot`
        again.
        """
        if not self.service.interval:
            return True
        with self._rate_limit.lock_state() as state:
            now = self._environment.clock()
            is_paused = max(state.pause, state.outage) > now
            # not exactly equal after a conversion between the clocks of two hosts
            is_own = not state.last or abs(state.last - self._slot_time) < _SAME_TIME
            is_next = is_own or state.last + self.service.interval <= now
            if is_next and not is_paused:
                state.last = self._slot_time = now
                return True
        self._stats.requests -= 1
        return False

    def wait(self, seconds: float) -> None:
        """Sleep for some seconds, and add them to the request statistics."""
        self._environment.on_wait(seconds)
        self._stats.seconds_waited += seconds
        self._environment.sleep(seconds)

    def record_failure(self, why: str, requested: float = 0.0) -> None:
        """Pause the service for all processes after a failed request.

        `requested` is the delay in seconds that the response asks for, or 0. Raise Outage if the
        pauses take too long.
        """
        self._attempts += 1
        with self._rate_limit.lock_state() as state:
            room = MAX_PAUSE - self._seconds_paused
            seconds = requested or min(2.0**self._attempts, max(room, 1.0))
            state.why = why
            if self._is_probe or seconds > room:
                raise self._declare_outage(state, requested)
            state.pause = max(state.pause, self._environment.clock() + seconds)

    def record_success(self, reset_seconds: float = 0.0) -> None:
        """Record that the service responded.

        `reset_seconds` is the number of seconds until the service's rate limit resets, or 0.
        """
        with self._rate_limit.lock_state() as state:
            if self._is_probe or max(state.outage, state.probe) <= self._environment.clock():
                state.outage, state.span, state.why, state.probe = 0.0, 0.0, "", 0.0
            if reset_seconds > 0:
                until = self._environment.clock() + min(reset_seconds, MAX_PAUSE)
                state.pause = max(state.pause, until)

    def release_probe(self) -> None:
        """Let another request check whether the outage is over, as this one was interrupted."""
        if self._is_probe:
            with self._rate_limit.lock_state() as state:
                state.probe = 0.0

    def reject_secret(self, secret: Secret) -> SecretRejected:
        """Record that the service rejected a token or key, and return the error to raise."""
        with self._rate_limit.lock_state() as state:
            state.refused = self._environment.clock() + MAX_PAUSE
            state.digest = secret.digest
        return self._secret_rejected_error(secret)

    def _try_acquire(self) -> float:
        """Return 0 if the request may be sent now, else the seconds until the next attempt."""
        with self._rate_limit.lock_state() as state:
            now = self._environment.clock()
            secret = self.service.secret
            if secret and state.refused > now and state.digest == secret.digest:
                raise self._secret_rejected_error(secret)
            if state.outage > now:
                raise self._outage_error(state)
            if state.probe > now and not self._is_probe:
                first, longest = _PROBE_POLL_STEPS
                self._probe_wait = min(2 * self._probe_wait or first, longest)
                return self._probe_wait
            if (pause := state.pause - now) > 0:
                if self._seconds_paused + pause > MAX_PAUSE:
                    raise self._declare_outage(state, pause)
                self._seconds_paused += pause
                return pause
            if (rest := state.last + self.service.interval - now) > 0:
                return rest
            state.last = self._slot_time = now
            self._is_probe = state.span > 0
            if self._is_probe:
                state.probe = now + _PROBE_TIMEOUT
            return 0.0

    def _secret_rejected_error(self, secret: Secret) -> SecretRejected:
        why = f"it rejected the token from {secret.source} (HTTP status 401); correct the token"
        return SecretRejected(self.service.name, why)

    def _declare_outage(self, state: ServiceState, requested: float) -> Outage:
        """Declare an outage of the service, unless another request already did.

        Return the error to raise.
        """
        now = self._environment.clock()
        if self._is_probe or state.outage <= now:
            first, longest = _OUTAGE_SPANS
            state.span = min(2 * state.span or first, longest)
            state.outage = now + min(requested or state.span, MAX_OUTAGE)
            state.probe = 0.0
        return self._outage_error(state)

    def _outage_error(self, state: ServiceState) -> Outage:
        end = datetime.fromtimestamp(state.outage).astimezone()  # in local time
        left = state.outage - self._environment.clock()
        why = state.why or "rate limit exceeded"
        error = Outage(self.service.name, f"{end:%H:%M:%S}", _format_span(left), why)
        error.retry_after = left
        return error


def _format_span(seconds: float) -> str:
    """Return a time span in seconds as text, such as "58 s" or "15 min"."""
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"


RETRY_STATUSES = frozenset({429, 500, 502, 503, 504})  # statuses of requests worth retrying
_STATUSES_WITH_DELAY = {429, 503}  # with Retry-After: RFC 9110, section 15.6.4; RFC 6585, section 4
_MIN_DELAY = 1.0  # seconds; an immediate retry could be requested forever


def parse_retry_after(status: int, headers: Mapping[str, str], now: float) -> float:
    """Return how many seconds to wait before a retry, or 0 if the response does not say.

    Retry-After is in seconds or a date (RFC 9110, section 10.2.3). X-RateLimit-Reset is in seconds
    since 1970. Dates are compared with the service's Date header, because clocks differ.
    """
    if status not in _STATUSES_WITH_DELAY:
        return 0.0
    text = headers.get("Retry-After", "")
    then = _parse_http_date(text) or _parse_number(headers.get("X-RateLimit-Reset", ""))
    seconds = _parse_number(text) or (then - _server_time(headers, now) if then else 0.0)
    return seconds if seconds >= _MIN_DELAY else 0.0


def parse_rate_limit(headers: Mapping[str, str], now: float) -> float:
    """Return the seconds until the rate limit resets, or 0 if it is not reached."""
    if headers.get("X-RateLimit-Remaining", "").strip() != "0":
        return 0.0
    return max(
        _parse_number(headers.get("X-RateLimit-Reset", "")) - _server_time(headers, now), 0.0
    )


def _server_time(headers: Mapping[str, str], now: float) -> float:
    """Return the time of the service's clock in seconds since 1970.

    Return `now` if the response has no Date header.
    """
    return _parse_http_date(headers.get("Date", "")) or now


def _parse_number(text: str) -> float:
    text = text.strip()
    return float(text[:15]) if text.isascii() and text.isdigit() else 0.0


def _parse_http_date(text: str) -> float:
    try:
        then = parsedate_to_datetime(text)
        return (then if then.tzinfo else then.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError, TypeError):
        return 0.0
