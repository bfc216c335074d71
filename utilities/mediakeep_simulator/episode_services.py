"""The simulated archive.org and YouTube as one application, with requests that control it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from mediakeep_simulator import service_faults
from mediakeep_simulator.archive_org import app as archive_org_app
from mediakeep_simulator.archive_org.app import ArchiveOrgApp
from mediakeep_simulator.episode_catalogue import EpisodeCatalogue
from mediakeep_simulator.fault_injection import CONTROL_ROOT, FaultInjector
from mediakeep_simulator.http_types import (
    SimulatorRequest,
    SimulatorResponse,
    error_response,
    json_response,
)
from mediakeep_simulator.server import SimulatorServer
from mediakeep_simulator.youtube import app as youtube_app
from mediakeep_simulator.youtube.app import YoutubeApp

ROOTS = (*archive_org_app.ROOTS, *youtube_app.ROOTS, CONTROL_ROOT)


class EpisodeServices:
    """Serves the items and channels of a catalogue; the state of YouTube is in a folder."""

    def __init__(
        self, catalogue: EpisodeCatalogue, folder: Path, faults: FaultInjector | None = None
    ) -> None:
        self.faults = faults or FaultInjector()
        self.archive_org = ArchiveOrgApp(catalogue.items)
        self.youtube = YoutubeApp(catalogue.youtube, folder)

    def serve(self, port: int = 0) -> SimulatorServer:
        """Return a server of these services alone."""
        return SimulatorServer(self, self.faults, port=port)

    def fail(
        self,
        name: str,
        *,
        times: int = 1,
        skip: int = 0,
        every: int = 1,
        where: Mapping[str, str] | None = None,
        **parameters: Any,
    ) -> None:
        """Plan a fault by its name, for the next requests that `where` selects.

        Raise ValueError if the name or a parameter is wrong.
        """
        fault = service_faults.build_fault(name, **parameters)
        matches = service_faults.build_filter(where or {})
        self.faults.intercept(fault, times, matches, skip=skip, every=every)

    def handle(self, request: SimulatorRequest) -> SimulatorResponse:
        """Pass a request to the service of its path."""
        if request.path.startswith(archive_org_app.ROOTS):
            return self.archive_org.handle(request)
        if request.path.startswith(youtube_app.ROOTS):
            return self.youtube.handle(request)
        topic = request.path.removeprefix(CONTROL_ROOT)
        try:
            if topic != "state":
                self._control(topic, request.body.read_all())
        except (ValueError, TypeError, LookupError) as error:
            return error_response(400, f"{topic}: {error!r}")
        return json_response(self.youtube.describe_state())

    def _control(self, topic: str, body: bytes) -> None:
        """Follow a control request; a fault without a name removes all faults."""
        order = msgspec.json.decode(body or b"{}", type=dict[str, Any])
        if topic == "faults":
            name = order.pop("name", "")
            self.fail(name, **order) if name else self.faults.clear()
            return
        actions: dict[str, Callable[[Any], object]] = {
            "advance": lambda seconds: self.youtube.advance(float(seconds)),
            "revoke": self.youtube.accounts.revoke,
            "expire_tokens": lambda _: self.youtube.accounts.expire_tokens(),
            "expire_sessions": lambda _: self.youtube.expire_sessions(),
            "outcome": lambda pair: self.youtube.uploads.outcomes.append((pair[0], pair[1])),
            "replace": lambda file: self.archive_org.replace_file(*file.split("/", 1)),
        }
        for name, value in order.items():
            actions[name](value)
