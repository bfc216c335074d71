"""Browse requests: all entities linked to one entity, page by page."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from mediakeep_simulator.catalogue_index import CatalogueIndex, list_tracks
from mediakeep_simulator.entities import CatalogueGroup, CatalogueRecording, CatalogueRelease
from mediakeep_simulator.http_types import (
    SimulatorHttpError,
    SimulatorRequest,
    SimulatorResponse,
    json_response,
)
from mediakeep_simulator.musicbrainz import inc_params, mbids, paging, serialize_parts
from mediakeep_simulator.musicbrainz.serializers import EntitySerializer

MAX_TRACKS = 500  # WS_TRACK_LIMIT of the server: tracks per page, but at least one release

LINK_PARAMETERS = {
    "release": ("artist", "track_artist", "release-group", "label", "recording"),
    "release-group": ("artist", "release"),
    "recording": ("release", "artist"),
}


def handle_browse(
    index: CatalogueIndex, entity: str, request: SimulatorRequest
) -> SimulatorResponse:
    """Handle a browse request; respond with 400 if the linked entity is not given."""
    serializer = EntitySerializer(
        index, inc_params.parse_incs(entity, request.get_param("inc"), browse=True)
    )
    return _BROWSERS[entity](serializer, request)


def _browse_releases(serializer: EntitySerializer, request: SimulatorRequest) -> SimulatorResponse:
    releases = [
        r for r in _linked_releases(serializer.index, request) if _is_wanted(serializer, r, request)
    ]
    page = paging.parse_page(request)
    listed = releases[page.offset : page.offset + page.limit]
    if "recordings" in serializer.incs:
        listed = list(_limit_tracks(listed))
    return _page_response(
        "release",
        len(releases),
        page.offset,
        [serializer.serialize_release(release) for release in listed],
    )


def _linked_releases(
    index: CatalogueIndex, request: SimulatorRequest
) -> Sequence[CatalogueRelease]:
    link, mbid = _parse_link(index, "release", request)
    releases_by_link = {
        "artist": index.by_artist,
        "track_artist": index.by_track_artist,
        "release-group": index.editions,
        "label": index.by_label,
        "recording": index.appearances,
    }
    return releases_by_link[link].get(mbid, [])


def _is_wanted(
    serializer: EntitySerializer, release: CatalogueRelease, request: SimulatorRequest
) -> bool:
    statuses = _parse_types(request, "status", serialize_parts.RELEASE_STATUSES)
    group = serializer.index.groups[release.group]
    return (not statuses or release.status.casefold() in statuses) and _has_type(group, request)


def _limit_tracks(releases: Sequence[CatalogueRelease]) -> Iterator[CatalogueRelease]:
    room = MAX_TRACKS
    for place, release in enumerate(releases):
        room -= sum(1 for _ in list_tracks(release))
        if room < 0 and place:
            return
        yield release


def _browse_groups(serializer: EntitySerializer, request: SimulatorRequest) -> SimulatorResponse:
    index = serializer.index
    link, mbid = _parse_link(index, "release-group", request)
    groups: Sequence[CatalogueGroup]
    if link == "artist":
        groups = index.groups_by_artist.get(mbid, [])
    else:
        groups = [index.groups[index.releases[mbid].group]]
    if _hides_unofficial(request, link):
        groups = [group for group in groups if _is_shown(index, group)]
    groups = [group for group in groups if _has_type(group, request)]
    page = paging.parse_page(request)
    listed = groups[page.offset : page.offset + page.limit]
    return _page_response(
        "release-group",
        len(groups),
        page.offset,
        [serializer.serialize_group(group) for group in listed],
    )


def _hides_unofficial(request: SimulatorRequest, link: str) -> bool:
    """Return True if groups with only promotions or bootlegs are left out."""
    status = request.get_param("release-group-status")
    if status not in ("", "website-default", "all") or (status and link != "artist"):
        raise SimulatorHttpError(400, "release-group-status is not valid here.")
    return status == "website-default"


def _is_shown(index: CatalogueIndex, group: CatalogueGroup) -> bool:
    editions = index.editions.get(group.id, [])
    return not editions or any(r.status not in ("Promotion", "Bootleg") for r in editions)


def _browse_recordings(
    serializer: EntitySerializer, request: SimulatorRequest
) -> SimulatorResponse:
    index = serializer.index
    link, mbid = _parse_link(index, "recording", request)
    recordings: Sequence[CatalogueRecording]
    if link == "release":
        recording_ids = dict.fromkeys(
            track.recording for track in list_tracks(index.releases[mbid])
        )
        recordings = [index.recordings[recording] for recording in recording_ids]
    else:
        recordings = index.recordings_by(mbid)
    page = paging.parse_page(request)
    listed = recordings[page.offset : page.offset + page.limit]
    return _page_response(
        "recording",
        len(recordings),
        page.offset,
        [serializer.serialize_recording(recording) for recording in listed],
    )


def _parse_link(index: CatalogueIndex, entity: str, request: SimulatorRequest) -> tuple[str, str]:
    """Return the link type and the current MBID; 404 if there is no such entity."""
    names = [link for link in LINK_PARAMETERS[entity] if request.get_param(link)]
    if len(names) != 1:
        links = ", ".join(LINK_PARAMETERS[entity])
        raise SimulatorHttpError(400, f"Browse {entity}s by exactly one of: {links}.")
    mbid = index.resolve_mbid(mbids.parse_mbid(request.get_param(names[0])))
    entities: dict[str, Any] = {
        "artist": index.artists,
        "track_artist": index.artists,
        "release-group": index.groups,
        "label": index.labels,
        "recording": index.recordings,
        "release": index.releases,
    }
    if mbid not in entities[names[0]]:
        raise SimulatorHttpError(404, "Not Found")
    return names[0], mbid


def _has_type(group: CatalogueGroup, request: SimulatorRequest) -> bool:
    """Return True if a group has the requested types, primary and secondary."""
    requested = _parse_types(
        request, "type", (*serialize_parts.PRIMARY_TYPES, *serialize_parts.SECONDARY_TYPES)
    )
    primary = requested & {name.casefold() for name in serialize_parts.PRIMARY_TYPES}
    secondary = requested - primary
    own = {name.casefold() for name in group.secondary}
    return (not primary or group.primary.casefold() in primary) and (
        not secondary or bool(secondary & own)
    )


def _parse_types(request: SimulatorRequest, name: str, known: Sequence[str]) -> set[str]:
    chosen = {word.casefold() for word in request.get_param(name).split("|") if word}
    for word in sorted(chosen - {name.casefold() for name in known}):
        raise SimulatorHttpError(400, f"{word} is not a recognized {name}.")
    return chosen


def _page_response(
    entity: str, count: int, offset: int, shown: list[dict[str, Any]]
) -> SimulatorResponse:
    return json_response(
        {f"{entity}-count": count, f"{entity}-offset": offset, f"{entity}s": shown}
    )


_BROWSERS: dict[str, Callable[[EntitySerializer, SimulatorRequest], SimulatorResponse]] = {
    "release": _browse_releases,
    "release-group": _browse_groups,
    "recording": _browse_recordings,
}
