"""Parse title and year from a movie's name with our own rules, without guessit."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import msgspec

from mediakeep.movies.names import name_cleanup, release_words

_OLDEST_FILM_YEAR = 1888  # year of the oldest film
_BRACKETED_YEAR = re.compile(r"[\[({]\s*((?:18|19|20)[0-9]{2})\s*[\])}]")
_YEAR_WITHIN_BRACKETS = re.compile(
    r"\((?:[^()]*[^()\w])?((?:18|19|20)[0-9]{2})(?:[^()\w][^()]*)?\)"
)
_PLAIN_YEAR = re.compile(r"(?<![^\W_])(?:18|19|20)[0-9]{2}(?![^\W_])")
_DISC_TITLE_SUFFIX = re.compile(r"[ _]t[0-9]{2}$")  # a disc title, as numbered by MakeMKV


class ParsedName(msgspec.Struct, frozen=True):
    """The title and year parsed from a movie's name.

    `is_certain` is True if the year is in brackets after the title. `tail` is what follows title
    and year. `full_title` is the title with everything that was cut off in doubt.
    """

    title: str = ""
    year: int = 0
    is_certain: bool = False
    tail: str = ""
    full_title: str = ""


def strip_noise(name: str) -> str:
    """Return a movie's name without the groups, sites and numbers that programs add."""
    return _DISC_TITLE_SUFFIX.sub("", name_cleanup.strip_site_and_group(name))


def parse(name: str) -> ParsedName:
    """Parse title and year from a movie's name without noise, IDs and part numbers."""
    for pattern in (_BRACKETED_YEAR, _YEAR_WITHIN_BRACKETS):
        years = [match for match in pattern.finditer(name) if is_year(match[1])]
        for match in years[::-1]:
            title = _clean_part(name[: match.start()])
            if title:
                return ParsedName(title, int(match[1]), True, name[match.end() :], title)
        for match in years:  # the year comes first
            if rest := _before_release_words(name[match.end() :])[0]:
                return ParsedName(rest, int(match[1]), False, name[match.end() :], rest)
    return _parse_unbracketed_year(name_cleanup.replace_separators(name))


def is_year(text: str) -> bool:
    """Return True if a text of four digits can be the release year of a movie."""
    return _OLDEST_FILM_YEAR <= int(text) <= datetime.now(UTC).year + 5


def _parse_unbracketed_year(text: str) -> ParsedName:
    """Parse a movie's name with a year outside brackets.

    The last year before the first release word, such as a codec, counts.
    """
    head, tail = _split_at_release_word(text)
    years = [match for match in _PLAIN_YEAR.finditer(head) if is_year(match[0])]
    for match in years[::-1]:
        title, whole = _strip_soft_words(head[: match.start()])
        if title and not _is_edition_year(title):
            rest = head[match.end() :] + tail
            if not rest.strip():  # it may as well be a number at the end of the title
                whole = f"{whole} {match[0]}"
            return ParsedName(title, int(match[0]), False, rest, whole)
    if years and (title := name_cleanup.clean_title(head[years[0].end() :])):
        return ParsedName(title, int(years[0][0]), False, tail, name_cleanup.clean_title(head))
    title, whole = _strip_soft_words(head)
    return ParsedName(title, 0, False, tail, whole)


def _is_edition_year(title: str) -> bool:
    """Return True if a title ends with another year and an edition.

    Then the last year belongs to the edition.
    """
    shorter, edition = release_words.split_edition(title)
    before, _, last = shorter.rpartition(" ")
    return bool(edition and before and _PLAIN_YEAR.fullmatch(last) and is_year(last))


def _clean_part(text: str) -> str:
    return name_cleanup.clean_title(name_cleanup.replace_separators(text))


def _before_release_words(text: str) -> tuple[str, str]:
    head, tail = _split_at_release_word(name_cleanup.replace_separators(text))
    return _strip_soft_words(head)[0], tail


def _split_at_release_word(text: str) -> tuple[str, str]:
    """Split a name before its first release word, such as a codec.

    It is never split before its first word.
    """
    for match in re.finditer(r"[^\s.\[\](){},]+", text):
        word = match[0].strip("-.")
        first = text[: match.start()].strip(" -[({")
        parts = [word, *word.split("-")[:1]]
        if first and any(release_words.RELEASE_WORD.fullmatch(part) for part in parts):
            return text[: match.start()], text[match.start() :]
    return text, ""


def _strip_soft_words(text: str) -> tuple[str, str]:
    """Return a title without and with the ambiguous release words at its end."""
    whole = name_cleanup.clean_title(text)
    title = whole
    while (split := title.rpartition(" "))[0] and release_words.AMBIGUOUS_RELEASE_WORD.fullmatch(
        split[2].strip("-[](){}.")
    ):
        if release_words.is_article(shorter := name_cleanup.clean_title(split[0])):
            break
        title = shorter
    return title, whole
