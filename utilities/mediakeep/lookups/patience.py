"""How long one question waits for its service, and when it gives up.

1. It takes a turn: one request in each interval, over all processes of the machine. Right before
   the request leaves the turn is confirmed, as the process may have been stopped meanwhile.
2. What is worth another try pauses the service for everybody: as long as the service says, else
   2, 4, 8, 16 ... seconds.
3. A question that has waited a minute for pauses, or is told to wait longer, declares an outage:
   until its end every question of every process gives up at once, instead of each waiting.
4. The first question after that end is a probe, and the others wait for its answer: its success
   ends the outage, and they go on; its failure makes it longer, and they give up.
5. A secret that is refused is not sent again for a minute, by nobody; nor is the question.
"""

from __future__ import annotations

from datetime import datetime

from mediakeep.errors import Outage, ServiceFailed
from mediakeep.lookups.answers import Machine, Secret, Service, Spent
from mediakeep.lookups.slots import LONGEST_OUTAGE, LONGEST_PAUSE, Slots, State

_PROBE = 60.0  # seconds that a probe may take, before another question is one
_STEPS = 0.01, 1.0  # seconds between two looks at how a probe went, rising
_SPANS = 60.0, 900.0  # seconds: the first outage, and the longest that no service told


class Patience:
    """The patience of one question."""

    def __init__(self, service: Service, slots: Slots, machine: Machine, spent: Spent) -> None:
        self.service, self._slots = service, slots
        self._machine, self._spent = machine, spent
        self._tries, self._held, self._probing = 0, 0.0, False
        self._taken = 0.0  # when it took its turn
        self._step = 0.0  # the last wait for the probe of another question

    def take_turn(self) -> None:
        """Wait until the service may be asked; Outage where that is too long."""
        while (seconds := self._turn()) > 0:
            self.wait(seconds)
        self._spent.requests += 1

    def confirm_turn(self) -> bool:
        """Tell, right before the request leaves, whether it is still its turn; else take another.

        The interval to the next request begins here.
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
        """Wait, and count it."""
        self._machine.waiting(seconds)
        self._spent.waited += seconds
        self._machine.sleep(seconds)

    def failed(self, why: str, told: float = 0.0) -> None:
        """Pause the service after a try that failed, so many seconds if told; Outage at the end."""
        self._tries += 1
        with self._slots.held() as state:
            room = LONGEST_PAUSE - self._held
            seconds = told or min(2.0**self._tries, max(room, 1.0))
            state.why = why
            if self._probing or seconds > room:
                raise self._outage(state, told)
            state.pause = max(state.pause, self._machine.clock() + seconds)

    def answered(self, rest: float = 0.0) -> None:
        """Note that the service is well, and that it wants so many seconds of rest."""
        with self._slots.held() as state:
            if self._probing or max(state.outage, state.probe) <= self._machine.clock():
                state.outage, state.span, state.why, state.probe = 0.0, 0.0, "", 0.0
            if rest > 0:
                until = self._machine.clock() + min(rest, LONGEST_PAUSE)
                state.pause = max(state.pause, until)

    def abandoned(self) -> None:
        """Let another question be the probe, as this one was interrupted before its answer."""
        if self._probing:
            with self._slots.held() as state:
                state.probe = 0.0

    def refused(self, secret: Secret) -> ServiceFailed:
        """Note that the service does not accept a secret, and make the error of that."""
        with self._slots.held() as state:
            state.refused = self._machine.clock() + LONGEST_PAUSE
            state.digest = secret.digest
        return self._refusal(secret)

    def _turn(self) -> float:
        """Take a turn if it is free and return 0, else the seconds until it is worth a look."""
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
        why = f"it does not accept the token that {secret.source} gives (401); correct it"
        return ServiceFailed(self.service.name, why)

    def _outage(self, state: State, told: float) -> Outage:
        """Declare an outage, unless another question did so meanwhile."""
        now = self._machine.clock()
        if self._probing or state.outage <= now:
            first, longest = _SPANS
            state.span = min(2 * state.span or first, longest)
            state.outage = now + min(told or state.span, LONGEST_OUTAGE)
            state.probe = 0.0
        return self._given_up(state)

    def _given_up(self, state: State) -> Outage:
        end = datetime.fromtimestamp(state.outage).astimezone()  # for a person, by their clock
        left = _span(state.outage - self._machine.clock())
        why = state.why or "it was asked to wait for long"
        return Outage(self.service.name, f"{end:%H:%M:%S}", left, why)


def _span(seconds: float) -> str:
    """Write the rest of an outage: 58 s, 15 min."""
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"
