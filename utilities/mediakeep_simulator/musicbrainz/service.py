"""The MusicBrainz web service of a catalogue: all paths below /ws/2, and its errors."""

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
    """Handle requests for one catalogue."""

    def __init__(self, shelves: CatalogueIndex) -> None:
        self._shelves, self._searcher = shelves, SearchEndpoint(shelves)

    def handle(self, question: SimulatorRequest) -> SimulatorResponse:
        """Handle a request; errors have MusicBrainz's format."""
        try:
            return self._route(question)
        except SimulatorHttpError as refusal:
            return error_response(refusal.status, refusal.message)

    def _route(self, question: SimulatorRequest) -> SimulatorResponse:
        if question.method != "GET":
            raise SimulatorHttpError(405, "Only GET is supported.")
        if question.get_param("fmt") != "json":
            raise SimulatorHttpError(406, "Only JSON is supported: use fmt=json.")
        entity, _, mbid = question.path.removeprefix(API_ROOT).rstrip("/").partition("/")
        if entity not in inc_params.LOOKUP_INCS:
            raise SimulatorHttpError(404, "Not Found")
        if mbid:
            return lookup.handle_lookup(self._shelves, entity, mbids.parse_mbid(mbid), question)
        if "query" in question.query:
            return self._searcher.handle(entity, question)
        if entity in inc_params.BROWSE_INCS:
            return browse.handle_browse(self._shelves, entity, question)
        raise SimulatorHttpError(400, f"Request {entity} by an MBID or by a query.")
