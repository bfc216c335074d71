"""Retries, backoff and a circuit breaker, shared by all processes.

1. A request acquires a slot: one per interval, across all processes of the machine. The slot is
   confirmed right before the request is sent, because the process may have been stopped meanwhile.
2. A failure that is worth a retry pauses the service for all processes: as long as the service
   requests, otherwise 2, 4, 8, 16 ... seconds.
3. A request that has waited a minute for pauses, or should wait longer, declares an outage: until
   its end all requests of all processes fail at once instead of waiting.
4. The first request after that end is a probe, and the others wait for it: if it succeeds, the
   outage ends and they continue; if it fails, the outage is extended and they fail.
5. A rejected secret is not sent again for a minute by any process, nor is the request.
"""

from __future__ import annotations

from datetime import datetime

from mediakeep.errors import Outage, ServiceFailed
from mediakeep.lookups.answers import Machine, Secret, Service, Spent
from mediakeep.lookups.slots import LONGEST_OUTAGE, LONGEST_PAUSE, Slots, State

_PROBE = 60.0  # seconds for a probe, before another request becomes the probe
_STEPS = 0.01, 1.0  # seconds between polls for the result of a probe, increasing
_SPANS = 60.0, 900.0  # seconds: the first outage, and the longest without a Retry-After


class Patience:
    """The retries of one request."""

    def __init__(self, service: Service, slots: Slots, machine: Machine, spent: Spent) -> None:
        self.service, self._slots = service, slots
        self._machine, self._spent = machine, spent
        self._tries, self._held, self._probing = 0, 0.0, False
        self._taken = 0.0  # when it acquired its slot
        self._step = 0.0  # the last wait for the probe of another request

    def take_turn(self) -> None:
        """Wait for a slot; raise Outage if that takes too long."""
        while (seconds := self._turn()) > 0:
            self.wait(seconds)
        self._spent.requests += 1

    def confirm_turn(self) -> bool:
        """Return whether the slot is still valid; call it right before sending the request.

        The interval to the next request starts here. If it returns False, acquire another slot.
        """
        if not self.service.interval:
            return True
        with self._slots.held() as state:
            now = self._machine.clock()
            is_paused = max(state.pause, state.outage) > now
            is_next = state.last in (self._taken, 0.0) or state.last + self.service.interval <= now
            if is_next and not is_paused:
                state.last = self._taken = now
                return True
        self._spent.requests -= 1
        return False

    def wait(self, seconds: float) -> None:
        """Sleep, and add the time to the statistics."""
        self._machine.waiting(seconds)
        self._spent.waited += seconds
        self._machine.sleep(seconds)

    def failed(self, why: str, requested: float = 0.0) -> None:
        """Pause the service after a failed attempt; raise Outage if the pauses take too long.

        `requested` is the delay in seconds from the response, or 0.
        """
        self._tries += 1
        with self._slots.held() as state:
            room = LONGEST_PAUSE - self._held
            seconds = requested or min(2.0**self._tries, max(room, 1.0))
            state.why = why
            if self._probing or seconds > room:
                raise self._outage(state, requested)
            state.pause = max(state.pause, self._machine.clock() + seconds)

    def answered(self, rest: float = 0.0) -> None:
        """Record a response; `rest` is the seconds until the rate limit resets."""
        with self._slots.held() as state:
            if self._probing or max(state.outage, state.probe) <= self._machine.clock():
                state.outage, state.span, state.why, state.probe = 0.0, 0.0, "", 0.0
            if rest > 0:
                until = self._machine.clock() + min(rest, LONGEST_PAUSE)
                state.pause = max(state.pause, until)

    def abandoned(self) -> None:
        """Let another request be the probe, because this one was interrupted."""
        if self._probing:
            with self._slots.held() as state:
                state.probe = 0.0

    def refused(self, secret: Secret) -> ServiceFailed:
        """Record that the service rejected a secret, and return the error."""
        with self._slots.held() as state:
            state.refused = self._machine.clock() + LONGEST_PAUSE
            state.digest = secret.digest
        return self._refusal(secret)

    def _turn(self) -> float:
        """Acquire a free slot and return 0, or return the seconds until the next attempt."""
        with self._slots.held() as state:
            now = self._machine.clock()
            secret = self.service.secret
            if secret and state.refused > now and state.digest == secret.digest:
                raise self._refusal(secret)
            if state.outage > now:
                raise self._given_up(state)
            if state.probe > now and not self._probing:
                first, longest = _STEPS
                self._step = min(2 * self._step or first, longest)
                return self._step
            if (pause := state.pause - now) > 0:
                if self._held + pause > LONGEST_PAUSE:
                    raise self._outage(state, pause)
                self._held += pause
                return pause
            if (rest := state.last + self.service.interval - now) > 0:
                return rest
            state.last = self._taken = now
            self._probing = state.span > 0
            if self._probing:
                state.probe = now + _PROBE
            return 0.0

    def _refusal(self, secret: Secret) -> ServiceFailed:
        why = f"it rejected the token from {secret.source} (HTTP status 401); correct the token"
        return ServiceFailed(self.service.name, why)

    def _outage(self, state: State, requested: float) -> Outage:
        """Declare an outage unless another request already did; return the error."""
        now = self._machine.clock()
        if self._probing or state.outage <= now:
            first, longest = _SPANS
            state.span = min(2 * state.span or first, longest)
            state.outage = now + min(requested or state.span, LONGEST_OUTAGE)
            state.probe = 0.0
        return self._given_up(state)

    def _given_up(self, state: State) -> Outage:
        end = datetime.fromtimestamp(state.outage).astimezone()  # in local time
        left = _span(state.outage - self._machine.clock())
        why = state.why or "rate limit exceeded"
        return Outage(self.service.name, f"{end:%H:%M:%S}", left, why)


def _span(seconds: float) -> str:
    """Format a time span, such as "58 s" or "15 min"."""
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"
