"""Search requests: releases, artists and release groups by a query, the best 25 to 100."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

from mediakeep.rehearsal.entities import Artist, Credit, Group, Release
from mediakeep.rehearsal.reply import Question, Refusal, Reply, ok
from mediakeep.rehearsal.shelves import Shelves
from mediakeep.rehearsal.ws2 import lucene, paging
from mediakeep.rehearsal.ws2.hits import Hits
from mediakeep.rehearsal.ws2.index import Index

_CREATED = (
    "2026-01-01T00:00:00.000Z"  # creation time of the index, constant for reproducible responses
)


class Searcher:
    """Handle the searches of one catalogue; an index is built when first needed."""

    def __init__(self, shelves: Shelves) -> None:
        self._shelves, self._hits = shelves, Hits(shelves)

    def answer(self, entity: str, question: Question) -> Reply:
        """Handle a search; respond with 400 if the query is invalid."""
        query = question.one("query")
        if not query.strip():
            raise Refusal(400, "A query is needed.")
        indexes: Mapping[str, Callable[[], tuple[Index[Any], Callable[[Any], dict[str, Any]]]]] = {
            "artist": lambda: (self._artists, self._hits.artist),
            "release": lambda: (self._releases, self._hits.release),
            "release-group": lambda: (self._groups, self._hits.group),
        }
        if entity not in indexes:
            raise Refusal(400, f"{entity} cannot be searched here.")
        index, shown = indexes[entity]()
        found, page = index.search(lucene.read(query)), paging.read(question)
        hits = [
            {"id": one.id, "score": score, **shown(one)}
            for score, one in found[page.offset : page.offset + page.limit]
        ]
        facts = {"created": _CREATED, "count": len(found), "offset": page.offset}
        return ok({**facts, f"{entity}s": hits})

    @cached_property
    def _artists(self) -> Index[Artist]:
        named: Mapping[str, Callable[[Artist], Sequence[str]]] = {
            "": lambda one: [one.name, *(alias.name for alias in one.aliases)],
            "artist": lambda one: [one.name],
            "alias": lambda one: [alias.name for alias in one.aliases],
            "arid": lambda one: [one.id],
            "sortname": lambda one: [one.sort_name],
            "country": lambda one: [one.country],
            "type": lambda one: [one.type],
            "comment": lambda one: [one.disambiguation],
        }
        return Index(sorted(self._shelves.artists.values(), key=lambda one: one.id), named)

    @cached_property
    def _groups(self) -> Index[Group]:
        named: Mapping[str, Callable[[Group], Sequence[str]]] = {
            "releasegroup": lambda one: [one.title],
            "rgid": lambda one: [one.id],
            "artist": lambda one: list(self._credited(one.credits)),
            "arid": lambda one: [credit.artist for credit in one.credits],
            "primarytype": lambda one: [one.primary],
            "secondarytype": lambda one: one.secondary,
        }
        return Index(list(self._shelves.groups.values()), named)

    @cached_property
    def _releases(self) -> Index[Release]:
        groups = self._shelves.groups
        named: Mapping[str, Callable[[Release], Sequence[str]]] = {
            "release": lambda one: [one.title],
            "reid": lambda one: [one.id],
            "rgid": lambda one: [one.group],
            "artist": lambda one: list(self._credited(one.credits)),
            "artistname": lambda one: list(self._credited(one.credits)),
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
        return Index(list(self._shelves.releases.values()), named)

    def _credited(self, credited: Sequence[Credit]) -> Iterator[str]:
        """Yield a credit as printed, and with the names and aliases of its artists."""
        printed = ""
        for credit in credited:
            artist = self._shelves.artists[credit.artist]
            printed += (credit.name or artist.name) + credit.join
            yield artist.name
            yield from (alias.name for alias in artist.aliases)
        yield printed
