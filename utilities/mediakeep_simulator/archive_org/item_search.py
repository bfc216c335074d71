"""The scrape API of archive.org: search items, page by page with a cursor."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any

import msgspec

from mediakeep_simulator.episode_catalogue import ArchiveItem
from mediakeep_simulator.http_types import SimulatorHttpError, SimulatorRequest
from mediakeep_simulator.musicbrainz import query_parser
from mediakeep_simulator.musicbrainz.query_parser import AllOf, AnyOf, QueryNode, QueryRange
from mediakeep_simulator.musicbrainz.search_index import split_words

_MIN_COUNT, _MAX_COUNT, _DEFAULT_COUNT = 100, 10_000, 5_000  # items on a page
_KEYWORD_FIELDS = {"identifier", "collection", "mediatype"}  # which match as a whole
_DEFAULT_FIELDS = ("title", "description", "creator", "subject", "identifier")


def scrape_items(items: Sequence[ArchiveItem], request: SimulatorRequest) -> dict[str, Any]:
    """Return a page of the items that match, by identifier; `items` are in that order."""
    count = request.get_param("count") or str(_DEFAULT_COUNT)
    if not count.isdecimal() or not _MIN_COUNT <= int(count) <= _MAX_COUNT:
        raise SimulatorHttpError(400, f"count must be from {_MIN_COUNT} to {_MAX_COUNT}")
    query = query_parser.parse_query(request.get_param("q").replace("*:*", "*") or "*")
    found = [item for item in items if not item.removed and _matches(query, item)]
    if request.get_param("total_only") == "true":
        return {"items": [], "count": 0, "total": len(found)}
    after = _parse_cursor(request.get_param("cursor"))
    rest = [item for item in found if item.identifier > after]
    page = rest[: int(count)]
    fields = request.get_param("fields").split(",")
    rows = [
        {"identifier": item.identifier}
        | {name: item.metadata[name] for name in fields if name in item.metadata}
        for item in page
    ]
    answer = {"items": rows, "count": len(page), "total": len(found)}
    if len(rest) > len(page):
        position = msgspec.json.encode([{"identifier": page[-1].identifier}])
        answer["cursor"] = base64.b64encode(position).decode()
    return answer


def _parse_cursor(cursor: str) -> str:
    """Return the identifier after which a page begins."""
    try:
        return str(msgspec.json.decode(base64.b64decode(cursor))[0]["identifier"]) if cursor else ""
    except (ValueError, TypeError, LookupError) as error:
        raise SimulatorHttpError(400, "Invalid cursor") from error


def _matches(node: QueryNode, item: ArchiveItem) -> bool:
    match node:
        case AnyOf():
            return any(_matches(part, item) for part in node.parts)
        case AllOf():
            return all(_matches(part, item) for part in node.parts) and not any(
                _matches(part, item) for part in node.excluded
            )
        case QueryRange():
            years = [text[:4] for text in _read_field(item, node.field) if text[:4].isdecimal()]
            return any(node.first <= int(year) <= node.last for year in years)
    fields = (node.field,) if node.field else _DEFAULT_FIELDS
    texts = [text for field in fields for text in _read_field(item, field)]
    if node.is_prefix:
        return any(text.casefold().startswith(node.text.casefold()) for text in texts)
    if node.field in _KEYWORD_FIELDS:
        return node.text in texts
    return any(set(split_words(node.text)) <= set(split_words(text)) for text in texts)


def _read_field(item: ArchiveItem, field: str) -> list[str]:
    """Return the values of a field, which may be one or a list; the year is that of the date."""
    known = {**item.metadata, "identifier": item.identifier, "year": item.metadata.get("date", "")}
    value = known.get(field, [])
    return [str(one) for one in (value if isinstance(value, list) else [value])]
