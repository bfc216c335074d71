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
_LONE = re.compile(r"(?<!\S)[\[\](){}](?!\S)")  # a bracket that is left of a pair
_CLOSING = {"[": "]", "(": ")", "{": "}"}
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

    Of several ids of one service the first counts. One in brackets that do not match, such as
    "[tmdbid-1}", may be mistyped or cut off: it is taken out, but not believed.
    """
    found: dict[str, str] = {}

    def note(service: str, value: str, mark: re.Match[str]) -> str:
        if (value := _valid(service, value.strip())) and _is_balanced(mark):
            found.setdefault(service, value)
        return " "

    rest = _EDITION.sub(lambda mark: note("edition", mark[1], mark), name)
    for shape in (_ID, _PLAIN_ID):
        rest = shape.sub(lambda mark: note(mark[1].lower(), mark[2], mark), rest)
    rest = _IMDB.sub(lambda mark: note("imdb", mark[1], mark), rest)
    if rest != name:
        rest = _LONE.sub(" ", rest)
    tmdb, imdb = int(found.get("tmdb", 0)), found.get("imdb", "")
    return Marks(rest.strip(), tmdb, imdb, found.get("edition", ""))


def _is_balanced(mark: re.Match[str]) -> bool:
    """Tell whether the brackets around a mark match, if it stands right at one."""
    inner = mark[0].strip("[](){} \t")
    start = mark.start() + mark[0].index(inner)
    before, after = mark.string[:start], mark.string[start + len(inner) :]
    if before.rstrip()[-1:] not in _CLOSING and after.lstrip()[:1] not in _CLOSING.values():
        return True
    opened = _opened(before)[0]
    return bool(opened) and _opened(after)[1] == opened[-1]


def _opened(text: str) -> tuple[list[str], str]:
    """Return what closes the brackets that are left open in a text, and the first excess one."""
    opened: list[str] = []
    excess = ""
    for char in text:
        if char in _CLOSING:
            opened.append(_CLOSING[char])
        elif char in _CLOSING.values():
            if not opened:
                excess = excess or char  # as in "Smile :)"
            elif char == opened[-1]:
                opened.pop()
    return opened, excess


def _valid(service: str, value: str) -> str:
    if service == "tmdb":
        return value if _TMDB_ID.fullmatch(value) else ""
    if service == "imdb":
        plain = _IMDB_ID.fullmatch(value)
        return f"tt{plain[1]}" if plain else ""
    return " ".join(value.split()) if service == "edition" else ""
