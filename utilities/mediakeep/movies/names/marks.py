"""Marks in names that Plex, Kodi, Jellyfin and Radarr agree on: ids, and labels of editions.

After the naming rules in the manuals of Plex ("{tmdb-1}", "{imdb-tt1}", "{edition-X}") and
Jellyfin ("[tmdbid-1]", also with "=", also in round or curly brackets).
"""

from __future__ import annotations

import re

import msgspec

_ID = re.compile(
    r"[\[({]\s*(tmdb|imdb|tvdb)(?:[ _.-]?id)?\s*[-=:]\s*([^\[\](){}]{0,40})[\])}]", re.IGNORECASE
)
_PLAIN_ID = re.compile(r"(?<![^\W_])(tmdb|imdb|tvdb)(?:id)?[-=](tt[0-9]+|[0-9]+)\b", re.IGNORECASE)
_IMDB = re.compile(r"[\[({]?\s*(?<![^\W_])(tt[0-9]{7,9})(?![^\W_])\s*[\])}]?", re.IGNORECASE)
_EDITION = re.compile(r"[\[({]\s*edition\s*[-=:]\s*([^\[\](){}]{0,80})[\])}]", re.IGNORECASE)
_TMDB_ID = re.compile(r"[1-9][0-9]{0,8}")
_IMDB_ID = re.compile(r"(?:tt)?([0-9]{7,9})", re.IGNORECASE)


class Marks(msgspec.Struct, frozen=True):
    """What was marked in a name, and the name without it."""

    rest: str
    tmdb_id: int = 0
    imdb_id: str = ""
    edition: str = ""


def take(name: str) -> Marks:
    """Take ids and labels of editions out of a name; those of other services are dropped.

    Of several ids of one service the first counts.
    """
    found: dict[str, str] = {}

    def note(service: str, value: str) -> str:
        if value := _valid(service, value.strip()):
            found.setdefault(service, value)
        return " "

    rest = _EDITION.sub(lambda mark: note("edition", mark[1]), name)
    for shape in (_ID, _PLAIN_ID):
        rest = shape.sub(lambda mark: note(mark[1].lower(), mark[2]), rest)
    rest = _IMDB.sub(lambda mark: note("imdb", mark[1]), rest)
    tmdb, imdb = int(found.get("tmdb", 0)), found.get("imdb", "")
    return Marks(rest.strip(), tmdb, imdb, found.get("edition", ""))


def _valid(service: str, value: str) -> str:
    if service == "tmdb":
        return value if _TMDB_ID.fullmatch(value) else ""
    if service == "imdb":
        plain = _IMDB_ID.fullmatch(value)
        return f"tt{plain[1]}" if plain else ""
    return " ".join(value.split()) if service == "edition" else ""
