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
    """Handle the searches of one catalogue; an index is built when first needed."""

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
        }
        if entity not in indexes:
            raise SimulatorHttpError(400, f"{entity} cannot be searched here.")
        index, shown = indexes[entity]()
        found, page = index.search(query_parser.parse_query(query)), paging.parse_page(request)
        hits = [
            {"id": one.id, "score": score, **shown(one)}
            for score, one in found[page.offset : page.offset + page.limit]
        ]
        facts = {"created": _CREATED_AT, "count": len(found), "offset": page.offset}
        return json_response({**facts, f"{entity}s": hits})

    @cached_property
    def _artist_index(self) -> SearchIndex[CatalogueArtist]:
        named: Mapping[str, Callable[[CatalogueArtist], Sequence[str]]] = {
            "": lambda one: [one.name, *(alias.name for alias in one.aliases)],
            "artist": lambda one: [one.name],
            "alias": lambda one: [alias.name for alias in one.aliases],
            "arid": lambda one: [one.id],
            "sortname": lambda one: [one.sort_name],
            "country": lambda one: [one.country],
            "type": lambda one: [one.type],
            "comment": lambda one: [one.disambiguation],
        }
        return SearchIndex(
            sorted(self._catalogue_index.artists.values(), key=lambda one: one.id), named
        )

    @cached_property
    def _group_index(self) -> SearchIndex[CatalogueGroup]:
        named: Mapping[str, Callable[[CatalogueGroup], Sequence[str]]] = {
            "releasegroup": lambda one: [one.title],
            "rgid": lambda one: [one.id],
            "artist": lambda one: list(self._credit_names(one.credits)),
            "arid": lambda one: [credit.artist for credit in one.credits],
            "primarytype": lambda one: [one.primary],
            "secondarytype": lambda one: one.secondary,
        }
        return SearchIndex(list(self._catalogue_index.groups.values()), named)

    @cached_property
    def _release_index(self) -> SearchIndex[CatalogueRelease]:
        groups = self._catalogue_index.groups
        named: Mapping[str, Callable[[CatalogueRelease], Sequence[str]]] = {
            "release": lambda one: [one.title],
            "reid": lambda one: [one.id],
            "rgid": lambda one: [one.group],
            "artist": lambda one: list(self._credit_names(one.credits)),
            "artistname": lambda one: list(self._credit_names(one.credits)),
            "arid": lambda one: [credit.artist for credit in one.credits],
            "status": lambda one: [one.status],
            "primarytype": lambda one: [groups[one.group].primary],
            "secondarytype": lambda one: groups[one.group].secondary,
            "country": lambda one: [one.country],
            "date": lambda one: [one.date],
            "barcode": lambda one: [one.barcode],
            "catno": lambda one: [issuer.catalogue_number for issuer in one.labels],
            "format": lambda one: [medium.format for medium in one.media],
            "tracks": lambda one: [str(one.track_count)],
            "mediums": lambda one: [str(len(one.media))],
        }
        return SearchIndex(list(self._catalogue_index.releases.values()), named)

    def _credit_names(self, credited: Sequence[CatalogueCredit]) -> Iterator[str]:
        """Yield a credit as printed, and with the names and aliases of its artists."""
        printed = ""
        for credit in credited:
            artist = self._catalogue_index.artists[credit.artist]
            printed += (credit.name or artist.name) + credit.join
            yield artist.name
            yield from (alias.name for alias in artist.aliases)
        yield printed
