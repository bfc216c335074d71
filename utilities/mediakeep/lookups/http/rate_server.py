"""Serve the rate limits of this machine to the other hosts of a batch; see `rate_client`."""

from __future__ import annotations

from pathlib import Path

import msgspec

from mediakeep.lookups.http.models import HttpEnvironment, Service
from mediakeep.lookups.http.rate_client import LockedState, ServiceState
from mediakeep.lookups.http.rate_limit import SharedRateLimit
from mediakeep.queue_host_client import MAX_LINE, Stream


class RateServer:
    """Lends the states of services; each is locked until the changed one arrives, or the end.

    `folder` has the states if there is no runtime directory.
    """

    def __init__(self, folder: Path, environment: HttpEnvironment | None = None) -> None:
        self._folder, self._environment = folder, environment or HttpEnvironment()

    def __call__(self, host: str, stream: Stream) -> None:
        """Called with the address of a service and a connection."""
        limit = SharedRateLimit(Service(host, host), self._folder, self._environment)
        with limit.lock_state_file() as state:
            locked = LockedState(self._environment.clock(), state)
            stream.write(msgspec.json.encode(locked) + b"\n")
            stream.flush()
            changed = msgspec.json.decode(stream.readline(MAX_LINE), type=ServiceState)
            for name in ServiceState.__struct_fields__:
                setattr(state, name, getattr(changed, name))
