"""Ids in an NFO: `<uniqueid>` of Kodi, its older `<id>`, the elements of Jellyfin, and links.

A file that holds nothing but the address of a movie is what Kodi calls a parsing NFO; an address
after `</movie>` makes a combination NFO.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from mediakeep.media.nfo.tree import Element

TMDB, IMDB = "tmdb", "imdb"

_UNKNOWN = "unknown"  # as Kodi calls an <id> that does not tell whose it is
_SHAPES = {TMDB: re.compile(r"[1-9][0-9]{0,9}"), IMDB: re.compile(r"tt[0-9]{7,10}")}
_ANY = re.compile(r"[^\s<>]{1,64}")
_SPELT = {"themoviedb": TMDB, "moviedb": TMDB, "thetvdb": "tvdb"}
_PLAIN = {"tmdbid": TMDB, "imdbid": IMDB, "imdb_id": IMDB, "tvdbid": "tvdb"}
_TONGUE = r"(?:[a-z]{2}(?:-[A-Za-z]{2})?/)?"  # of the page, as a browser shows its address
_LINKS = {
    TMDB: re.compile(rf"themoviedb\.org/{_TONGUE}movie/([1-9][0-9]{{0,9}})(?![0-9])"),
    IMDB: re.compile(rf"imdb\.com/{_TONGUE}title/(tt[0-9]{{7,10}})(?![0-9])"),
}
_LOOSE = re.compile(
    r"<(?P<name>uniqueid|id|tmdbid|imdbid|imdb_id)(?:\s[^<>]{0,200}?type\s*=\s*[\"'](?P<type>\w{1,20})"
    r"[\"'][^<>]{0,200})?>\s{0,20}(?P<id>\w{1,20})\s{0,20}</(?P=name)>"
)


def told(movie: Element) -> dict[str, str]:
    """Return the ids of an NFO by service, the default first; what cannot be one is left out."""
    found: dict[str, str] = {}
    unique = sorted(movie.named("uniqueid"), key=lambda one: not is_default(one))
    for one in unique:
        _keep(found, service(one.attributes.get("type", "")), one.text)
    for one in movie.children:
        if one.name in _PLAIN:
            _keep(found, _PLAIN[one.name], one.text)
    for name, text in _older(movie, unknown=not found):
        _keep(found, name, text)
    return found


def invalid(movie: Element) -> Iterator[tuple[str, str]]:
    """Give what stands for an id of TMDb or IMDb in an NFO and cannot be one, with its service.

    Nothing and 0 are how programs write that there is none.
    """
    told = [(service(one.attributes.get("type", "")), one) for one in movie.named("uniqueid")]
    told += [(_PLAIN[one.name], one) for one in movie.children if one.name in _PLAIN]
    for name, one in told:
        text = one.text.strip()
        if name in _SHAPES and text.strip("0") and not _SHAPES[name].fullmatch(text):
            yield name, text


def is_default(element: Element) -> bool:
    """Tell whether a `<uniqueid>` or `<rating>` is the one that counts."""
    return element.attributes.get("default", "").strip().lower() == "true"


def service(type_: str) -> str:
    """Return the name that a service goes by here."""
    name = type_.strip().lower()
    return _SPELT.get(name, name) or _UNKNOWN


def linked(text: str) -> dict[str, str]:
    """Return the ids in links to movies; where links of a site lead to several, none of them."""
    found = {}
    for name, link in _LINKS.items():
        ids = {one[1] for one in link.finditer(text)}
        if len(ids) == 1:
            found[name] = ids.pop()
    return found


def salvaged(text: str) -> dict[str, str]:
    """Return the ids that stand in the text of an NFO that is no proper XML."""
    found: dict[str, str] = {}
    for one in _LOOSE.finditer(text):
        name = service(one["type"] or "") if one["name"] == "uniqueid" else _PLAIN.get(one["name"])
        _keep(found, name or IMDB, one["id"])
    return found


def _older(movie: Element, *, unknown: bool) -> Iterator[tuple[str, str]]:
    for one in movie.named("id"):
        text = one.text.strip()
        yield from ((service(name), value) for name, value in one.attributes.items())
        if _SHAPES[IMDB].fullmatch(text):
            yield IMDB, text
        elif unknown:
            yield service(one.attributes.get("moviedb", "")), text


def _keep(found: dict[str, str], name: str, text: str) -> None:
    text = text.strip()
    if name not in found and _SHAPES.get(name, _ANY).fullmatch(text):
        found[name] = text
