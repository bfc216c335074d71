"""The simulated MusicBrainz web service: all paths below /ws/2, and its errors."""

from __future__ import annotations

from mediakeep_simulator.catalogue_index import CatalogueIndex
from mediakeep_simulator.http_types import (
    SimulatorHttpError,
    SimulatorRequest,
    SimulatorResponse,
    error_response,
)
from mediakeep_simulator.musicbrainz import browse, inc_params, lookup, mbids
from mediakeep_simulator.musicbrainz.search import SearchEndpoint

API_ROOT = "/ws/2/"


class MusicBrainzEndpoint:
    """Responds to requests for one catalogue like the MusicBrainz web service."""

    def __init__(self, index: CatalogueIndex) -> None:
        self._catalogue_index, self._searcher = index, SearchEndpoint(index)

    def handle(self, request: SimulatorRequest) -> SimulatorResponse:
        """Handle a request; errors have MusicBrainz's format."""
        try:
            return self._route(request)
        except SimulatorHttpError as refusal:
            return error_response(refusal.status, refusal.message)

    def _route(self, request: SimulatorRequest) -> SimulatorResponse:
        if request.method != "GET":
            raise SimulatorHttpError(405, "Only GET is supported.")
        if request.get_param("fmt") != "json":
            raise SimulatorHttpError(406, "Only JSON is supported: use fmt=json.")
        entity, _, mbid = request.path.removeprefix(API_ROOT).rstrip("/").partition("/")
        if entity not in inc_params.LOOKUP_INCS:
            raise SimulatorHttpError(404, "Not Found")
        if mbid:
            return lookup.handle_lookup(
                self._catalogue_index, entity, mbids.parse_mbid(mbid), request
            )
        if "query" in request.query:
            return self._searcher.handle(entity, request)
        if entity in inc_params.BROWSE_INCS:
            return browse.handle_browse(self._catalogue_index, entity, request)
        raise SimulatorHttpError(400, f"Request {entity} by an MBID or by a query.")
