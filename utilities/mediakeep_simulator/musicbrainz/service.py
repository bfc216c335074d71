"""The simulated MusicBrainz web service: all paths below /ws/2, and its errors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mediakeep_simulator.catalogue_index import CatalogueIndex
from mediakeep_simulator.entities import (
    CatalogueArtist,
    CatalogueGroup,
    CatalogueRecording,
    CatalogueRelease,
)
from mediakeep_simulator.http_types import (
    SimulatorHttpError,
    SimulatorRequest,
    SimulatorResponse,
    error_response,
    json_response,
)
from mediakeep_simulator.musicbrainz import browse, inc_params, mbids
from mediakeep_simulator.musicbrainz.search import SearchEndpoint
from mediakeep_simulator.musicbrainz.serializers import EntityJson, EntitySerializer

API_ROOT = "/ws/2/"
MAX_LIST = 25  # $MAX_ITEMS of the server

LookupEntity = CatalogueArtist | CatalogueGroup | CatalogueRecording | CatalogueRelease


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
            return handle_lookup(self._catalogue_index, entity, mbids.parse_mbid(mbid), request)
        if "query" in request.query:
            return self._searcher.handle(entity, request)
        if entity in inc_params.BROWSE_INCS:
            return browse.handle_browse(self._catalogue_index, entity, request)
        raise SimulatorHttpError(400, f"Request {entity} by an MBID or by a query.")


def handle_lookup(
    index: CatalogueIndex, entity: str, mbid: str, request: SimulatorRequest
) -> SimulatorResponse:
    """Handle a lookup; a merged entity responds with its current MBID."""
    serializer = EntitySerializer(index, inc_params.parse_incs(entity, request.get_param("inc")))
    result = _find_entity(index, entity, mbid)
    return json_response(_SERIALIZERS[type(result)](serializer, result))


def _find_entity(index: CatalogueIndex, entity: str, mbid: str) -> LookupEntity:
    entities: Mapping[str, Mapping[str, LookupEntity]] = {
        "artist": index.artists,
        "release": index.releases,
        "release-group": index.groups,
        "recording": index.recordings,
    }
    result = entities[entity].get(index.resolve_mbid(mbid))
    if result is None or index.is_deleted(mbid):
        raise SimulatorHttpError(404, "Not Found")
    return result


def _artist_json(serializer: EntitySerializer, artist: CatalogueArtist) -> EntityJson:
    index, entity_json = serializer.index, serializer.serialize_artist(artist)
    if "releases" in serializer.incs:
        entity_json["releases"] = [
            serializer.serialize_release(release)
            for release in index.by_artist.get(artist.id, [])[:MAX_LIST]
        ]
    if "release-groups" in serializer.incs:
        groups = index.groups_by_artist.get(artist.id, [])
        entity_json["release-groups"] = [
            serializer.serialize_group(group) for group in groups[:MAX_LIST]
        ]
    if "recordings" in serializer.incs:
        entity_json["recordings"] = [
            serializer.serialize_recording(recording)
            for recording in index.recordings_by(artist.id)[:MAX_LIST]
        ]
    if "works" in serializer.incs:
        entity_json["works"] = []
    return entity_json


def _group_json(serializer: EntitySerializer, group: CatalogueGroup) -> EntityJson:
    entity_json = serializer.serialize_group(group)
    if "releases" in serializer.incs:
        editions = serializer.index.editions.get(group.id, [])
        entity_json["releases"] = [
            serializer.serialize_release(release) for release in editions[:MAX_LIST]
        ]
    return entity_json


def _recording_json(serializer: EntitySerializer, recording: CatalogueRecording) -> EntityJson:
    entity_json = serializer.serialize_recording(recording)
    if "releases" in serializer.incs:
        appearances = serializer.index.appearances.get(recording.id, [])
        entity_json["releases"] = [
            serializer.serialize_release(release) for release in appearances[:MAX_LIST]
        ]
    return entity_json


def _release_json(serializer: EntitySerializer, release: CatalogueRelease) -> EntityJson:
    return serializer.serialize_release(release)


_SERIALIZERS: Mapping[type[LookupEntity], Any] = {
    CatalogueArtist: _artist_json,
    CatalogueGroup: _group_json,
    CatalogueRecording: _recording_json,
    CatalogueRelease: _release_json,
}
