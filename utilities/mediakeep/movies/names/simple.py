"""Title and year read from a name by rules of our own, without guessit."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import msgspec

from mediakeep.movies.names import spelling, words

_FIRST = 1888  # the year of the oldest film
_BRACKETED = re.compile(r"[\[({]\s*((?:18|19|20)[0-9]{2})\s*[\])}]")
_WITHIN = re.compile(r"\((?:[^()]*[^()\w])?((?:18|19|20)[0-9]{2})(?:[^()\w][^()]*)?\)")
_BARE = re.compile(r"(?<![^\W_])(?:18|19|20)[0-9]{2}(?![^\W_])")
_SUFFIXED = re.compile(r"[ _]t[0-9]{2}$")  # a title of a disc, as MakeMKV numbers them


class Reading(msgspec.Struct, frozen=True):
    """Title and year of a name; `certain` where the year stands in brackets behind the title.

    `tail` is what stands behind both, `whole` the title with all that was cut off it in doubt.
    """

    title: str = ""
    year: int = 0
    certain: bool = False
    tail: str = ""
    whole: str = ""


def tidied(name: str) -> str:
    """Return a name without the groups, sites and numbers that programs put around it."""
    return _SUFFIXED.sub("", spelling.without_noise(name))


def read(name: str) -> Reading:
    """Read a name that is plain text, tidied, without ids and parts."""
    for shape in (_BRACKETED, _WITHIN):
        years = [found for found in shape.finditer(name) if is_year(found[1])]
        for found in years[::-1]:
            title = _title(name[: found.start()])
            if title:
                return Reading(title, int(found[1]), True, name[found.end() :], title)
        for found in years:  # the year comes first
            if rest := _until_quality(name[found.end() :])[0]:
                return Reading(rest, int(found[1]), False, name[found.end() :], rest)
    return _bare(spelling.spaced(name))


def is_year(text: str) -> bool:
    """Tell whether four digits can be the year of a film."""
    return _FIRST <= int(text) <= datetime.now(UTC).year + 5


def _bare(text: str) -> Reading:
    """Read a name whose year stands in no brackets: the last one before words of quality counts."""
    head, tail = _cut(text)
    years = [found for found in _BARE.finditer(head) if is_year(found[0])]
    for found in years[::-1]:
        title, whole = _without_soft(head[: found.start()])
        if title and not _is_of_edition(title):
            rest = head[found.end() :] + tail
            if not rest.strip():  # nothing else tells it from a number that ends the title
                whole = f"{whole} {found[0]}"
            return Reading(title, int(found[0]), False, rest, whole)
    if years and (title := spelling.clean(head[years[0].end() :])):
        return Reading(title, int(years[0][0]), False, tail, spelling.clean(head))
    title, whole = _without_soft(head)
    return Reading(title, 0, False, tail, whole)


def _is_of_edition(title: str) -> bool:
    """Tell whether another year and an edition end a title: the year behind is that edition's."""
    shorter, edition = words.without_edition(title)
    before, _, last = shorter.rpartition(" ")
    return bool(edition and before and _BARE.fullmatch(last) and is_year(last))


def _title(text: str) -> str:
    return spelling.clean(spelling.spaced(text))


def _until_quality(text: str) -> tuple[str, str]:
    head, tail = _cut(spelling.spaced(text))
    return _without_soft(head)[0], tail


def _cut(text: str) -> tuple[str, str]:
    """Cut a spaced name before its first word of quality, but never before its first word."""
    for found in re.finditer(r"[^\s.\[\](){},]+", text):
        word = found[0].strip("-.")
        first = text[: found.start()].strip(" -[({")
        parts = [word, *word.split("-")[:1]]
        if first and any(words.HARD.fullmatch(part) for part in parts):
            return text[: found.start()], text[found.start() :]
    return text, ""


def _without_soft(text: str) -> tuple[str, str]:
    """Take words that hardly are of the title off its end; returns it without and with them."""
    whole = spelling.clean(text)
    title = whole
    while (left := title.rpartition(" "))[0] and words.SOFT.fullmatch(left[2].strip("-[](){}.")):
        if words.is_article(shorter := spelling.clean(left[0])):
            break
        title = shorter
    return title, whole
