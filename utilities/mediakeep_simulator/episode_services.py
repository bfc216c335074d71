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
        try:
            return self._control(request, request.path.removeprefix(CONTROL_ROOT))
        except (ValueError, TypeError, LookupError) as error:
            return error_response(400, str(error))

    def _control(self, request: SimulatorRequest, topic: str) -> SimulatorResponse:
        if topic == "state":
            return json_response(self.youtube.describe_state())
        if request.method == "DELETE" and topic == "faults":
            self.faults.clear()
            return json_response({})
        order = msgspec.json.decode(request.body.read_all(), type=dict[str, Any])
        if topic == "faults":
            self.fail(order.pop("name"), **order)
        elif topic == "archive":
            self.archive_org.replace_file(*order["replace"].split("/", 1))
        elif topic == "youtube":
            self._change_youtube(order)
        else:
            return error_response(404, "Not Found")
        return json_response({})

    def _change_youtube(self, order: dict[str, Any]) -> None:
        actions: dict[str, Callable[[Any], object]] = {
            "advance": self.youtube.advance,
            "revoke": self.youtube.accounts.revoke,
            "expire_tokens": lambda _: self.youtube.accounts.expire_tokens(),
            "expire_sessions": lambda _: self.youtube.expire_sessions(),
            "outcome": lambda pair: self.youtube.uploads.outcomes.append((pair[0], pair[1])),
        }
        for name, value in order.items():
            actions[name](value)
