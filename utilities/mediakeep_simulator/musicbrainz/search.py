"""Search requests: releases, artists and release groups by a query, the best 25 to 100."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

from mediakeep_simulator.catalogue_index import CatalogueIndex
from mediakeep_simulator.entities import (
    CatalogueArtist,
    CatalogueCredit,
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
from mediakeep_simulator.musicbrainz import paging, query_parser
from mediakeep_simulator.musicbrainz.search_index import SearchIndex
from mediakeep_simulator.musicbrainz.search_results import SearchSerializer

_CREATED_AT = (
    "2026-01-01T00:00:00.000Z"  # creation time of the index, constant for reproducible responses
)


class SearchEndpoint:
    """Responds to the search requests for one catalogue; an index is built when first needed."""

    def __init__(self, index: CatalogueIndex) -> None:
        self._catalogue_index, self._hits = index, SearchSerializer(index)

    def handle(self, entity: str, request: SimulatorRequest) -> SimulatorResponse:
        """Handle a search; respond with 400 if the query is invalid."""
        query = request.get_param("query")
        if not query.strip():
            raise SimulatorHttpError(400, "A query is needed.")
        indexes: Mapping[
            str, Callable[[], tuple[SearchIndex[Any], Callable[[Any], dict[str, Any]]]]
        ] = {
            "artist": lambda: (self._artist_index, self._hits.serialize_artist),
            "release": lambda: (self._release_index, self._hits.serialize_release),
            "release-group": lambda: (self._group_index, self._hits.serialize_group),
            "recording": lambda: (self._recording_index, self._hits.serialize_recording),
        }
        index, serialize = indexes[entity]()
        results, page = index.search(query_parser.parse_query(query)), paging.parse_page(request)
        hits = [
            {"id": result.id, "score": score, **serialize(result)}
            for score, result in results[page.offset : page.offset + page.limit]
        ]
        facts = {"created": _CREATED_AT, "count": len(results), "offset": page.offset}
        return json_response({**facts, f"{entity}s": hits})

    @cached_property
    def _artist_index(self) -> SearchIndex[CatalogueArtist]:
        named: Mapping[str, Callable[[CatalogueArtist], Sequence[str]]] = {
            "": lambda artist: [artist.name, *(alias.name for alias in artist.aliases)],
            "artist": lambda artist: [artist.name],
            "alias": lambda artist: [alias.name for alias in artist.aliases],
            "arid": lambda artist: [artist.id],
            "sortname": lambda artist: [artist.sort_name],
            "country": lambda artist: [artist.country],
            "type": lambda artist: [artist.type],
            "comment": lambda artist: [artist.disambiguation],
        }
        return SearchIndex(
            sorted(self._catalogue_index.artists.values(), key=lambda artist: artist.id), named
        )

    @cached_property
    def _group_index(self) -> SearchIndex[CatalogueGroup]:
        named: Mapping[str, Callable[[CatalogueGroup], Sequence[str]]] = {
            "releasegroup": lambda group: [group.title],
            "rgid": lambda group: [group.id],
            "artist": lambda group: list(self._credit_names(group.credits)),
            "arid": lambda group: [credit.artist for credit in group.credits],
            "primarytype": lambda group: [group.primary],
            "secondarytype": lambda group: group.secondary,
        }
        return SearchIndex(list(self._catalogue_index.groups.values()), named)

    @cached_property
    def _release_index(self) -> SearchIndex[CatalogueRelease]:
        groups = self._catalogue_index.groups
        named: Mapping[str, Callable[[CatalogueRelease], Sequence[str]]] = {
            "release": lambda release: [release.title],
            "reid": lambda release: [release.id],
            "rgid": lambda release: [release.group],
            "artist": lambda release: list(self._credit_names(release.credits)),
            "artistname": lambda release: list(self._credit_names(release.credits)),
            "arid": lambda release: [credit.artist for credit in release.credits],
            "status": lambda release: [release.status],
            "primarytype": lambda release: [groups[release.group].primary],
            "secondarytype": lambda release: groups[release.group].secondary,
            "country": lambda release: [release.country],
            "date": lambda release: [release.date],
            "barcode": lambda release: [release.barcode],
            "catno": lambda release: [issuer.catalogue_number for issuer in release.labels],
            "format": lambda release: [medium.format for medium in release.media],
            "tracks": lambda release: [str(release.track_count)],
            "mediums": lambda release: [str(len(release.media))],
        }
        return SearchIndex(list(self._catalogue_index.releases.values()), named)

    @cached_property
    def _recording_index(self) -> SearchIndex[CatalogueRecording]:
        on = self._catalogue_index.appearances
        named: Mapping[str, Callable[[CatalogueRecording], Sequence[str]]] = {
            "recording": lambda recording: [recording.title],
            "rid": lambda recording: [recording.id],
            "artist": lambda recording: list(self._credit_names(recording.credits)),
            "arid": lambda recording: [credit.artist for credit in recording.credits],
            "dur": lambda recording: [str(recording.length)] if recording.length else [],
            "isrc": lambda recording: recording.isrcs,
            "release": lambda recording: [release.title for release in on[recording.id]],
            "reid": lambda recording: [release.id for release in on[recording.id]],
            "rgid": lambda recording: [release.group for release in on[recording.id]],
            "status": lambda recording: [release.status for release in on[recording.id]],
            "tracksrelease": lambda recording: [
                str(release.track_count) for release in on[recording.id]
            ],
        }
        return SearchIndex(
            [item for item in self._catalogue_index.recordings.values() if item.id in on], named
        )

    def _credit_names(self, credited: Sequence[CatalogueCredit]) -> Iterator[str]:
        """Yield the searchable texts of an artist credit.

        These are the credit as printed, and the names and aliases of its artists.
        """
        printed = ""
        for credit in credited:
            artist = self._catalogue_index.artists[credit.artist]
            printed += (credit.name or artist.name) + credit.join
            yield artist.name
            yield from (alias.name for alias in artist.aliases)
        yield printed
