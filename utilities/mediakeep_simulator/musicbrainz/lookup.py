"""Lookup requests: one entity by its MBID; lists in it end after 25."""

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
    json_response,
)
from mediakeep_simulator.musicbrainz import inc_params
from mediakeep_simulator.musicbrainz.serializers import EntityJson, EntitySerializer

MAX_LIST = 25  # $MAX_ITEMS of the server

LookupEntity = CatalogueArtist | CatalogueGroup | CatalogueRecording | CatalogueRelease


def handle_lookup(
    shelves: CatalogueIndex, entity: str, mbid: str, question: SimulatorRequest
) -> SimulatorResponse:
    """Handle a lookup; a merged entity responds with its current MBID."""
    shaper = EntitySerializer(shelves, inc_params.parse_incs(entity, question.get_param("inc")))
    found = _find_entity(shelves, entity, mbid)
    return json_response(_SERIALIZERS[type(found)](shaper, found))


def _find_entity(shelves: CatalogueIndex, entity: str, mbid: str) -> LookupEntity:
    kept: Mapping[str, Mapping[str, LookupEntity]] = {
        "artist": shelves.artists,
        "release": shelves.releases,
        "release-group": shelves.groups,
        "recording": shelves.recordings,
    }
    found = kept[entity].get(shelves.resolve_mbid(mbid))
    if found is None or shelves.is_deleted(mbid):
        raise SimulatorHttpError(404, "Not Found")
    return found


def _artist_json(shaper: EntitySerializer, artist: CatalogueArtist) -> EntityJson:
    shelves, shape = shaper.shelves, shaper.serialize_artist(artist)
    if "releases" in shaper.incs:
        shape["releases"] = [
            shaper.serialize_release(one) for one in shelves.by_artist.get(artist.id, [])[:MAX_LIST]
        ]
    if "release-groups" in shaper.incs:
        groups = shelves.groups_by_artist.get(artist.id, [])
        shape["release-groups"] = [shaper.serialize_group(one) for one in groups[:MAX_LIST]]
    if "recordings" in shaper.incs:
        shape["recordings"] = [
            shaper.serialize_recording(one) for one in shelves.recordings_by(artist.id)[:MAX_LIST]
        ]
    if "works" in shaper.incs:
        shape["works"] = []
    return shape


def _group_json(shaper: EntitySerializer, group: CatalogueGroup) -> EntityJson:
    shape = shaper.serialize_group(group)
    if "releases" in shaper.incs:
        editions = shaper.shelves.editions.get(group.id, [])
        shape["releases"] = [shaper.serialize_release(one) for one in editions[:MAX_LIST]]
    return shape


def _recording_json(shaper: EntitySerializer, recording: CatalogueRecording) -> EntityJson:
    shape = shaper.serialize_recording(recording)
    if "releases" in shaper.incs:
        appearances = shaper.shelves.appearances.get(recording.id, [])
        shape["releases"] = [shaper.serialize_release(one) for one in appearances[:MAX_LIST]]
    return shape


def _release_json(shaper: EntitySerializer, release: CatalogueRelease) -> EntityJson:
    return shaper.serialize_release(release)


_SERIALIZERS: Mapping[type[LookupEntity], Any] = {
    CatalogueArtist: _artist_json,
    CatalogueGroup: _group_json,
    CatalogueRecording: _recording_json,
    CatalogueRelease: _release_json,
}
