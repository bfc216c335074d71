"""The rate limit of another host, which a batch on several machines shares.

A host connects for each change of a state (`queue_host_client`), gets {"now", "state"}, and sends
the changed state: one line of JSON each. The state is locked as long as the connection is open, so
a host that dies gives the lock back. Times are those of the server's clock; `now` is its time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import msgspec

from mediakeep import queue_host_client
from mediakeep.queue_host_client import MAX_LINE, RATES, HostAddress, Stream

_TIMES = ("last", "pause", "outage", "refused", "probe")


class ServiceState(msgspec.Struct):
    """Times of a web service's last request, pauses and outage, in seconds since 1970.

    `span` is the assumed length of the last outage in seconds, 0 if there is none; `why` is its
    reason for messages. Until the time `probe`, one request checks whether an outage is over, and
    all others wait. Until the time `refused`, the secret with this digest is not sent.
    """

    last: float = 0.0
    pause: float = 0.0
    outage: float = 0.0
    span: float = 0.0
    why: str = ""
    refused: float = 0.0
    digest: str = ""
    probe: float = 0.0

    def shift(self, seconds: float) -> ServiceState:
        """Return the state with all times later by `seconds`."""
        times = {name: getattr(self, name) for name in _TIMES}
        moved = {name: time + seconds for name, time in times.items() if time}
        return msgspec.structs.replace(self, **moved)


class LockedState(msgspec.Struct, frozen=True):
    """The locked state, and the time of the server's clock."""

    now: float
    state: ServiceState


class RemoteRateLimit:
    """The state of one service at a server, whose clock may differ from this one."""

    def __init__(self, server: HostAddress, service_host: str, clock: Callable[[], float]) -> None:
        self._server, self._service_host, self._clock = server, service_host, clock
        self._ahead: float | None = None  # seconds by which this clock is ahead, once measured

    @classmethod
    def find(cls, service_host: str, clock: Callable[[], float]) -> RemoteRateLimit | None:
        """Return the rate limit that this process shares with other hosts, or None."""
        server = queue_host_client.get_address()
        return cls(server, service_host, clock) if server else None

    @contextmanager
    def lock_state(self) -> Iterator[ServiceState]:
        """Lock the state for a `with` block, and yield it; changes in the block are saved.

        Raise Aborting if the server cannot be reached.
        """
        with (
            queue_host_client.abort_if_lost(),
            queue_host_client.connect(self._server, RATES, self._service_host) as stream,
        ):
            try:
                locked = msgspec.json.decode(stream.readline(MAX_LINE), type=LockedState)
            except msgspec.DecodeError as error:
                raise ConnectionError("the rate limit of the batch is not available") from error
            if self._ahead is None:
                self._ahead = self._clock() - locked.now
            state = locked.state.shift(self._ahead)
            try:
                yield state
            finally:
                _send(stream, state.shift(-self._ahead))


def _send(stream: Stream, message: msgspec.Struct) -> None:
    stream.write(msgspec.json.encode(message) + b"\n")
    stream.flush()
