"""Parse title and year from a name with our own rules, without guessit."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import msgspec

from mediakeep.movies.names import spelling, words

_FIRST = 1888  # year of the oldest film
_BRACKETED = re.compile(r"[\[({]\s*((?:18|19|20)[0-9]{2})\s*[\])}]")
_WITHIN = re.compile(r"\((?:[^()]*[^()\w])?((?:18|19|20)[0-9]{2})(?:[^()\w][^()]*)?\)")
_BARE = re.compile(r"(?<![^\W_])(?:18|19|20)[0-9]{2}(?![^\W_])")
_SUFFIXED = re.compile(r"[ _]t[0-9]{2}$")  # a disc title, as numbered by MakeMKV


class Reading(msgspec.Struct, frozen=True):
    """A parsed name; `is_certain` if the year is in brackets after the title.

    `tail` is what follows both, `full_title` the title with everything that was cut off in doubt.
    """

    title: str = ""
    year: int = 0
    certain: bool = False
    tail: str = ""
    whole: str = ""


def tidied(name: str) -> str:
    """Return a name without the groups, sites and numbers that programs add."""
    return _SUFFIXED.sub("", spelling.without_noise(name))


def read(name: str) -> Reading:
    """Parse a plain-text name without noise, IDs and part numbers."""
    for pattern in (_BRACKETED, _WITHIN):
        years = [match for match in pattern.finditer(name) if is_year(match[1])]
        for match in years[::-1]:
            title = _title(name[: match.start()])
            if title:
                return Reading(title, int(match[1]), True, name[match.end() :], title)
        for match in years:  # the year comes first
            if rest := _until_quality(name[match.end() :])[0]:
                return Reading(rest, int(match[1]), False, name[match.end() :], rest)
    return _bare(spelling.spaced(name))


def is_year(text: str) -> bool:
    """Return True if four digits can be the year of a film."""
    return _FIRST <= int(text) <= datetime.now(UTC).year + 5


def _bare(text: str) -> Reading:
    """Parse a name with the year outside brackets: the last one before release words counts."""
    head, tail = _cut(text)
    years = [match for match in _BARE.finditer(head) if is_year(match[0])]
    for match in years[::-1]:
        title, whole = _without_soft(head[: match.start()])
        if title and not _is_of_edition(title):
            rest = head[match.end() :] + tail
            if not rest.strip():  # it may as well be a number at the end of the title
                whole = f"{whole} {match[0]}"
            return Reading(title, int(match[0]), False, rest, whole)
    if years and (title := spelling.clean(head[years[0].end() :])):
        return Reading(title, int(years[0][0]), False, tail, spelling.clean(head))
    title, whole = _without_soft(head)
    return Reading(title, 0, False, tail, whole)


def _is_of_edition(title: str) -> bool:
    """Return True if a title ends with another year and an edition, to which the year belongs."""
    shorter, edition = words.without_edition(title)
    before, _, last = shorter.rpartition(" ")
    return bool(edition and before and _BARE.fullmatch(last) and is_year(last))


def _title(text: str) -> str:
    return spelling.clean(spelling.spaced(text))


def _until_quality(text: str) -> tuple[str, str]:
    head, tail = _cut(spelling.spaced(text))
    return _without_soft(head)[0], tail


def _cut(text: str) -> tuple[str, str]:
    """Split a name before its first release word, but never before its first word."""
    for match in re.finditer(r"[^\s.\[\](){},]+", text):
        word = match[0].strip("-.")
        first = text[: match.start()].strip(" -[({")
        parts = [word, *word.split("-")[:1]]
        if first and any(words.HARD.fullmatch(part) for part in parts):
            return text[: match.start()], text[match.start() :]
    return text, ""


def _without_soft(text: str) -> tuple[str, str]:
    """Strip ambiguous release words from the end; return the title without and with them."""
    whole = spelling.clean(text)
    title = whole
    while (split := title.rpartition(" "))[0] and words.SOFT.fullmatch(split[2].strip("-[](){}.")):
        if words.is_article(shorter := spelling.clean(split[0])):
            break
        title = shorter
    return title, whole
