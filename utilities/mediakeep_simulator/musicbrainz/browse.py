"""Browse requests: all entities linked to one, page by page."""

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
    shelves: CatalogueIndex, entity: str, question: SimulatorRequest
) -> SimulatorResponse:
    """Handle a browse request; respond with 400 if the linked entity is not given."""
    shaper = EntitySerializer(
        shelves, inc_params.parse_incs(entity, question.get_param("inc"), browse=True)
    )
    return _BROWSERS[entity](shaper, question)


def _browse_releases(shaper: EntitySerializer, question: SimulatorRequest) -> SimulatorResponse:
    found = [
        r for r in _linked_releases(shaper.shelves, question) if _is_wanted(shaper, r, question)
    ]
    page = paging.parse_page(question)
    shown = found[page.offset : page.offset + page.limit]
    if "recordings" in shaper.incs:
        shown = list(_limit_tracks(shown))
    return _page_response(
        "release", len(found), page.offset, [shaper.serialize_release(one) for one in shown]
    )


def _linked_releases(
    shelves: CatalogueIndex, question: SimulatorRequest
) -> Sequence[CatalogueRelease]:
    link, mbid = _parse_link(shelves, "release", question)
    kept = {
        "artist": shelves.by_artist,
        "track_artist": shelves.by_track_artist,
        "release-group": shelves.editions,
        "label": shelves.by_label,
        "recording": shelves.appearances,
    }
    return kept[link].get(mbid, [])


def _is_wanted(
    shaper: EntitySerializer, release: CatalogueRelease, question: SimulatorRequest
) -> bool:
    statuses = _parse_types(question, "status", serialize_parts.RELEASE_STATUSES)
    group = shaper.shelves.groups[release.group]
    return (not statuses or release.status.casefold() in statuses) and _has_type(group, question)


def _limit_tracks(releases: Sequence[CatalogueRelease]) -> Iterator[CatalogueRelease]:
    room = MAX_TRACKS
    for place, release in enumerate(releases):
        room -= sum(1 for _ in list_tracks(release))
        if room < 0 and place:
            return
        yield release


def _browse_groups(shaper: EntitySerializer, question: SimulatorRequest) -> SimulatorResponse:
    shelves = shaper.shelves
    link, mbid = _parse_link(shelves, "release-group", question)
    found: Sequence[CatalogueGroup]
    if link == "artist":
        found = shelves.groups_by_artist.get(mbid, [])
    else:
        found = [shelves.groups[shelves.releases[mbid].group]]
    if _hides_unofficial(question, link):
        found = [group for group in found if _is_shown(shelves, group)]
    found = [group for group in found if _has_type(group, question)]
    page = paging.parse_page(question)
    shown = found[page.offset : page.offset + page.limit]
    return _page_response(
        "release-group", len(found), page.offset, [shaper.serialize_group(one) for one in shown]
    )


def _hides_unofficial(question: SimulatorRequest, link: str) -> bool:
    """Return True if groups with only promotions or bootlegs are left out."""
    wish = question.get_param("release-group-status")
    if wish not in ("", "website-default", "all") or (wish and link != "artist"):
        raise SimulatorHttpError(400, "release-group-status is not valid here.")
    return wish == "website-default"


def _is_shown(shelves: CatalogueIndex, group: CatalogueGroup) -> bool:
    editions = shelves.editions.get(group.id, [])
    return not editions or any(r.status not in ("Promotion", "Bootleg") for r in editions)


def _browse_recordings(shaper: EntitySerializer, question: SimulatorRequest) -> SimulatorResponse:
    shelves = shaper.shelves
    link, mbid = _parse_link(shelves, "recording", question)
    found: Sequence[CatalogueRecording]
    if link == "release":
        held = dict.fromkeys(track.recording for track in list_tracks(shelves.releases[mbid]))
        found = [shelves.recordings[one] for one in held]
    else:
        found = shelves.recordings_by(mbid)
    page = paging.parse_page(question)
    shown = found[page.offset : page.offset + page.limit]
    return _page_response(
        "recording", len(found), page.offset, [shaper.serialize_recording(one) for one in shown]
    )


def _parse_link(
    shelves: CatalogueIndex, entity: str, question: SimulatorRequest
) -> tuple[str, str]:
    """Return the link type and the current MBID; 404 if there is no such entity."""
    given = [link for link in LINK_PARAMETERS[entity] if question.get_param(link)]
    if len(given) != 1:
        links = ", ".join(LINK_PARAMETERS[entity])
        raise SimulatorHttpError(400, f"Browse {entity}s by exactly one of: {links}.")
    mbid = shelves.resolve_mbid(mbids.parse_mbid(question.get_param(given[0])))
    kept: dict[str, Any] = {
        "artist": shelves.artists,
        "track_artist": shelves.artists,
        "release-group": shelves.groups,
        "label": shelves.labels,
        "recording": shelves.recordings,
        "release": shelves.releases,
    }
    if mbid not in kept[given[0]]:
        raise SimulatorHttpError(404, "Not Found")
    return given[0], mbid


def _has_type(group: CatalogueGroup, question: SimulatorRequest) -> bool:
    """Return True if a group has the requested types, primary and secondary."""
    wished = _parse_types(
        question, "type", (*serialize_parts.PRIMARY_TYPES, *serialize_parts.SECONDARY_TYPES)
    )
    primary = wished & {name.casefold() for name in serialize_parts.PRIMARY_TYPES}
    secondary = wished - primary
    own = {name.casefold() for name in group.secondary}
    return (not primary or group.primary.casefold() in primary) and (
        not secondary or bool(secondary & own)
    )


def _parse_types(question: SimulatorRequest, name: str, known: Sequence[str]) -> set[str]:
    chosen = {word.casefold() for word in question.get_param(name).split("|") if word}
    for word in sorted(chosen - {one.casefold() for one in known}):
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
