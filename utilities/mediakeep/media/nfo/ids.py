"""Read the movie IDs in an NFO: Kodi's `<uniqueid>`, the older `<id>`, Jellyfin's elements, links.

Kodi calls a file that contains only a link to a movie a parsing NFO. A link after `</movie>` makes
it a combination NFO.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from mediakeep.media.nfo.xml_tree import Element

TMDB, IMDB = "tmdb", "imdb"

_UNKNOWN_SERVICE = "unknown"  # Kodi's name for an <id> without a service
_ID_PATTERNS = {TMDB: re.compile(r"[1-9][0-9]{0,9}"), IMDB: re.compile(r"tt[0-9]{7,10}")}
_ANY_ID = re.compile(r"[^\s<>]{1,64}")
_SERVICE_ALIASES = {"themoviedb": TMDB, "moviedb": TMDB, "thetvdb": "tvdb"}
_ID_ELEMENTS = {"tmdbid": TMDB, "imdbid": IMDB, "imdb_id": IMDB, "tvdbid": "tvdb"}
_LANGUAGE_PATH = r"(?:[a-z]{2}(?:-[A-Za-z]{2})?/)?"  # language part of a URL
_LINK_PATTERNS = {
    TMDB: re.compile(rf"themoviedb\.org/{_LANGUAGE_PATH}movie/([1-9][0-9]{{0,9}})(?![0-9])"),
    IMDB: re.compile(rf"imdb\.com/{_LANGUAGE_PATH}title/(tt[0-9]{{7,10}})(?![0-9])"),
}
_LOOSE_ID_ELEMENT = re.compile(
    r"<(?P<name>uniqueid|id|tmdbid|imdbid|imdb_id)(?:\s[^<>]{0,200}?type\s*=\s*[\"'](?P<type>\w{1,20})"
    r"[\"'][^<>]{0,200})?>\s{0,20}(?P<id>\w{1,20})\s{0,20}</(?P=name)>"
)


def parse_ids(movie: Element) -> dict[str, str]:
    """Return the movie IDs in an NFO by service, the default one first; skip invalid IDs."""
    ids_by_service: dict[str, str] = {}
    unique_ids = sorted(
        movie.find_children("uniqueid"), key=lambda element: not is_default(element)
    )
    for element in unique_ids:
        _add_id(ids_by_service, normalize_service(element.attributes.get("type", "")), element.text)
    for element in movie.children:
        if element.name in _ID_ELEMENTS:
            _add_id(ids_by_service, _ID_ELEMENTS[element.name], element.text)
    for name, text in _iter_legacy_ids(movie, unknown=not ids_by_service):
        _add_id(ids_by_service, name, text)
    return ids_by_service


def find_invalid_ids(movie: Element) -> Iterator[tuple[str, str]]:
    """Yield the service and the text of each invalid TMDb or IMDb ID in an NFO.

    Empty texts and 0 mean that there is no ID.
    """
    elements = [
        (normalize_service(element.attributes.get("type", "")), element)
        for element in movie.find_children("uniqueid")
    ]
    elements += [
        (_ID_ELEMENTS[element.name], element)
        for element in movie.children
        if element.name in _ID_ELEMENTS
    ]
    for name, element in elements:
        text = element.text.strip()
        if name in _ID_PATTERNS and text.strip("0") and not _ID_PATTERNS[name].fullmatch(text):
            yield name, text


def is_default(element: Element) -> bool:
    """Return True if a `<uniqueid>` or `<rating>` element is marked as the default one."""
    return element.attributes.get("default", "").strip().lower() == "true"


def normalize_service(type_: str) -> str:
    """Return the canonical name of a service, such as "tmdb"."""
    name = type_.strip().lower()
    return _SERVICE_ALIASES.get(name, name) or _UNKNOWN_SERVICE


def find_linked_ids(text: str) -> dict[str, str]:
    """Return the movie IDs in the links of a text, by service.

    A service is left out if its links lead to several movies.
    """
    ids_by_service = {}
    for name, pattern in _LINK_PATTERNS.items():
        ids = {match[1] for match in pattern.finditer(text)}
        if len(ids) == 1:
            ids_by_service[name] = ids.pop()
    return ids_by_service


def find_ids_in_broken_xml(text: str) -> dict[str, str]:
    """Return the movie IDs in the text of an NFO that is not well-formed XML, by service."""
    ids_by_service: dict[str, str] = {}
    for match in _LOOSE_ID_ELEMENT.finditer(text):
        name = (
            normalize_service(match["type"] or "")
            if match["name"] == "uniqueid"
            else _ID_ELEMENTS.get(match["name"])
        )
        _add_id(ids_by_service, name or IMDB, match["id"])
    return ids_by_service


def _iter_legacy_ids(movie: Element, *, unknown: bool) -> Iterator[tuple[str, str]]:
    for element in movie.find_children("id"):
        text = element.text.strip()
        yield from ((normalize_service(name), value) for name, value in element.attributes.items())
        if _ID_PATTERNS[IMDB].fullmatch(text):
            yield IMDB, text
        elif unknown:
            yield normalize_service(element.attributes.get("moviedb", "")), text


def _add_id(ids_by_service: dict[str, str], name: str, text: str) -> None:
    text = text.strip()
    if name not in ids_by_service and _ID_PATTERNS.get(name, _ANY_ID).fullmatch(text):
        ids_by_service[name] = text
