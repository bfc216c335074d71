"""Extract the ID and edition tags that Plex, Kodi, Jellyfin and Radarr put into names.

Based on the naming rules in the manuals of Plex ("{tmdb-1}", "{imdb-tt1}", "{edition-X}") and
Jellyfin ("[tmdbid-1]", also with "=", also in round or curly brackets).
"""

from __future__ import annotations

import re

import msgspec

_ID_TAG = re.compile(
    r"[\[({]\s*(tmdb|imdb|tvdb)(?:[ _.-]?id)?\s*[-=:]\s*([^\[\](){}]{0,40})[\])}]", re.IGNORECASE
)
_UNBRACKETED_ID = re.compile(
    r"(?<![^\W_])(tmdb|imdb|tvdb)(?:id)?[-=](tt[0-9]+|[0-9]+)\b", re.IGNORECASE
)
_IMDB_TAG = re.compile(r"[\[({]?\s*(?<![^\W_])(tt[0-9]{7,9})(?![^\W_])\s*[\])}]?", re.IGNORECASE)
_LONE_BRACKET = re.compile(r"(?<!\S)[\[\](){}](?!\S)")  # a bracket whose partner was removed
_CLOSING_BRACKET = {"[": "]", "(": ")", "{": "}"}
_EDITION_TAG = re.compile(r"[\[({]\s*edition\s*[-=:]\s*([^\[\](){}]{0,80})[\])}]", re.IGNORECASE)
_TMDB_ID = re.compile(r"[1-9][0-9]{0,8}")
_IMDB_ID = re.compile(r"(?:tt)?([0-9]{7,9})", re.IGNORECASE)


class NameTags(msgspec.Struct, frozen=True):
    """The ID and edition tags in a movie's name; `rest` is the name without them."""

    rest: str
    tmdb_id: int = 0
    imdb_id: str = ""
    edition: str = ""


def extract_tags(name: str) -> NameTags:
    """Extract the ID and edition tags of a movie's name; drop IDs of other services.

    The first of several IDs of a service counts. An ID in brackets that do not match, such as
    "[tmdbid-1}", may be mistyped or truncated: it is removed, but ignored.
    """
    values: dict[str, str] = {}

    def collect(service: str, value: str, match: re.Match[str]) -> str:
        if (value := _validate_value(service, value.strip())) and _has_matching_brackets(match):
            values.setdefault(service, value)
        return " "

    rest = _EDITION_TAG.sub(lambda match: collect("edition", match[1], match), name)
    for pattern in (_ID_TAG, _UNBRACKETED_ID):
        rest = pattern.sub(lambda match: collect(match[1].lower(), match[2], match), rest)
    rest = _IMDB_TAG.sub(lambda match: collect("imdb", match[1], match), rest)
    if rest != name:
        rest = _LONE_BRACKET.sub(" ", rest)
    tmdb, imdb = int(values.get("tmdb", 0)), values.get("imdb", "")
    return NameTags(rest.strip(), tmdb, imdb, values.get("edition", ""))


def _has_matching_brackets(match: re.Match[str]) -> bool:
    """Return True if the brackets around a tag match, or if there are none."""
    tag = match[0].strip("[](){} \t")
    start = match.start() + match[0].index(tag)
    before, after = match.string[:start], match.string[start + len(tag) :]
    if (
        before.rstrip()[-1:] not in _CLOSING_BRACKET
        and after.lstrip()[:1] not in _CLOSING_BRACKET.values()
    ):
        return True
    missing = _find_open_brackets(before)[0]
    return bool(missing) and _find_open_brackets(after)[1] == missing[-1]


def _find_open_brackets(text: str) -> tuple[list[str], str]:
    """Return the closing brackets that a text lacks, and its first excess closing bracket."""
    missing: list[str] = []
    excess = ""
    for char in text:
        if char in _CLOSING_BRACKET:
            missing.append(_CLOSING_BRACKET[char])
        elif char in _CLOSING_BRACKET.values():
            if not missing:
                excess = excess or char  # as in "Smile :)"
            elif char == missing[-1]:
                missing.pop()
    return missing, excess


def _validate_value(service: str, value: str) -> str:
    if service == "tmdb":
        return value if _TMDB_ID.fullmatch(value) else ""
    if service == "imdb":
        plain = _IMDB_ID.fullmatch(value)
        return f"tt{plain[1]}" if plain else ""
    return " ".join(value.split()) if service == "edition" else ""
