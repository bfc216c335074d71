"""Parse title, year and edition of one movie name.

guessit finds the properties. A year in brackets ends the title: before it only web sites and
release groups are removed, and editions that cannot be words of the title, as they are set off from
it. Characters that guessit mistakes for separators are hidden from it.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

import msgspec

from mediakeep.movies.names import name_cleanup

if TYPE_CHECKING:
    from guessit.api import GuessItApi

_OLDEST_FILM_YEAR = 1888  # year of the oldest film
_OLDEST_GUESSED_YEAR = "1900"  # of guessit
_YEAR = r"(?<![^\W_])((?:18|19|20)[0-9]{2})(?![^\W_])"
_BRACKETED_YEAR = re.compile(
    rf"[\[({{]\s*{_YEAR}\s*[\])}}]|\((?:[^()]*[^()\w])?{_YEAR}(?:[^()\w][^()]*)?\)"
)
_PLAIN_YEAR = re.compile(_YEAR)
_TITLE_AND_YEAR = re.compile(rf"(?P<title>.*\w)\W+{_YEAR}\W*")
_BRACKET = re.compile(r"[\[\](){}]")
_EDITION_NOUN = re.compile(r"[\W_](?:cut|edition|release|version)", re.IGNORECASE)
_DISC_TITLE_SUFFIX = re.compile(r"[ _]t[0-9]{2}$")  # a disc title, as numbered by MakeMKV
_HIDDEN = "\ue000"  # instead of a character that guessit must not read
_TITLE_BRACKETS = re.compile(r"\([^()]*\)|^\[[^\[\]]*\](?=[0-9²³]|\W*$)")  # as in "[REC]2"
# "Spider-Man.2002", unlike the release group in "ulshd-the.right.stuff.1983".
_HYPHENATED_WORD = re.compile(
    r"^(?:[^\W_]*[^\Wa-z0-9_][^\W_]*|spider|ant|anti|ex|half|non|post|pre|self|semi)-"
    rf"(?!{_YEAR})(?=\w)|^[^\W_]+-(?=[^\W\d_]+\W+(?:[0-9]|$))"
)
# These may be words of a title, unless they are behind it.
_SOFT_PROPERTIES = frozenset(
    {"country", "edition", "language", "other", "source", "streaming_service", "subtitle_language"}
)
_NOT_TECHNICAL = _SOFT_PROPERTIES | {
    "alternative_title", "crc32", "film", "film_title", "release_group", "title", "type", "website",
    "year",
}  # fmt: skip
_EXTRAS = frozenset({"Extras", "Proof", "Sample", "Trailer"})  # are not versions of a movie
_EDITION_NAMES = {
    "Collector": "Collector's Edition",
    "Fan": "Fan Edit",
    "Special": "Special Edition",
    "Ultimate": "Ultimate Edition",
    "Limited": "",  # not versions of a movie: these were shown in few cinemas
    "Festival": "",
}
# Editions that guessit does not know, as its patterns; "-" stands for any separator.
_MORE_EDITIONS = {
    "Final Cut": r"(?:the-)?final-cut",
    "Ultimate": r"(?:the-)?ultimate-cut",
    "Extended": r"extended-(?:director'?s-)?(?:cut|edition|version)",
    "Theatrical": r"theatrical-(?:version|release)",
    "Unrated": r"unrated-(?:director'?s-cut|cut|edition|version)",
    "Uncut": r"uncut-(?:edition|version)",
    "Special": r"special-cut",
    "Collector": r"collector'?s?-(?:edition|cut)|edition-collector",
    "Criterion": r"criterion-collection",
    "Anniversary Edition": r"\d{2}(?:th|st|nd|rd)-anniversary(?:-edition)?|anniversary-edition",
    "Remastered": r"(?:4k-)?(?:digitally-)?re-?mastered",
    "Restored": r"restored-version",
    "Redux": r"redux",
    "IMAX": r"imax-(?:version|enhanced)",
    "Open Matte": r"open-matte",
    "Despecialized": r"despecialized(?:-edition)?",
    "Assembly Cut": r"assembly-cut",
    "Rogue Cut": r"rogue-cut",
    "International": r"international-(?:cut|version)",
    "Black & Chrome": r"black-(?:and|&)-chrome(?:-edition)?",
}
_OPTIONS: Mapping[str, Any] = {
    "type": "movie",  # otherwise "Blade Runner 2049" is an episode
    "no_user_config": True,
    # Parts of titles, and dates, which guessit compares with today's.
    "excludes": ["alternative_title", "bonus", "date", "part", "volume"],
    "advanced": True,  # with positions
    "advanced_config": {
        "edition": {
            "edition": {
                "pristine": ["Collector"],  # the word alone ends titles
                **{
                    f"_{name}": {"value": name, "regex": pattern}
                    for name, pattern in _MORE_EDITIONS.items()
                },
            }
        },
        # A film of a series has dashes around its number, as in "James_Bond-f17-Goldeneye".
        "film": {"film": {"_f": {"regex": r"(?<=\x2d)f(\d{1,2})(?=\x2d)"}}},
        "other": {"other": {"pristine": ["PS Vita"]}},  # a word of titles, as in "La Dolce Vita"
    },
}
# What may be before a year in brackets, without being part of the title.
BEFORE_BRACKETED_YEAR = (
    "title", "year", "website", "release_group", "crc32", "screen_size", "video_codec",
)  # fmt: skip


class ParsedName(msgspec.Struct, frozen=True):
    """The title, year and edition parsed from a movie's name.

    `is_certain` is True if the year is in brackets after the title. `tail` is what follows title
    and year. `others` are the title with words that may belong to it. `is_release` is True if the
    name has technical properties, such as a codec.
    """

    title: str = ""
    year: int = 0
    edition: str = ""
    is_certain: bool = False
    is_release: bool = False
    tail: str = ""
    others: tuple[str, ...] = ()


def parse_title(name: str) -> ParsedName:
    """Parse the title, year and edition of a movie's name without suffix, IDs and part number."""
    name = _DISC_TITLE_SUFFIX.sub("", name)
    bracketed = _find_bracketed_year(name)
    properties, limit = _find_properties(name, bracketed)
    start, end = _find_title(name, properties, limit)
    year, year_start, year_end = _find_year(name, properties, (start, end), bracketed)
    title = _clean_part(name[start:end])
    editions = [it for it in properties if it.name == "edition" and it.start >= end]
    if editions and editions[0].start < year_start and (match := _TITLE_AND_YEAR.fullmatch(title)):
        title, year = match["title"], int(match[2])  # the last year is that of the edition
    return ParsedName(
        title,
        year,
        " ".join(dict.fromkeys(filter(None, map(_edition_name, editions)))),
        bool(bracketed),
        any(it.name not in _NOT_TECHNICAL for it in properties),
        name[max(end, year_end) :],
        tuple(_longer_titles(name, properties, (start, end), (year_start, year_end))),
    )


def is_year(text: str) -> bool:
    """Return True if a text of four digits can be the release year of a movie."""
    return _OLDEST_FILM_YEAR <= int(text) <= datetime.now(UTC).year + 5


def is_version_label(label: str) -> bool:
    """Return True if a text describes a version of a movie, such as "1080p", and is no title."""
    return any(
        it.name in ("edition", "other", "source") or it.name not in _NOT_TECHNICAL
        for it in find_properties(f"Title 2000 {label}")
        if it.value not in _EXTRAS
    )


def _find_properties(
    name: str, bracketed: re.Match[str] | None
) -> tuple[Sequence[NameProperty], int]:
    """Return the properties of a name, and the position where its title ends at the latest."""
    hidden = _hide_separators(name, bracketed)
    if not bracketed:
        return find_properties(hidden), len(name)
    included = BEFORE_BRACKETED_YEAR
    properties = find_properties(hidden, (*included, "edition"))
    editions, limit = [it for it in properties if it.name == "edition"], bracketed.start()
    for edition in reversed([it for it in editions if it.end <= limit]):
        if _has_letters(name[edition.end : limit]) or not _is_set_off(name, edition):
            # A word of the title, which ended it; now it is not looked for.
            behind = [it for it in editions if it.start >= limit]
            return [*find_properties(hidden, included), *behind], limit
        limit = edition.start
    return properties, limit


def _is_set_off(name: str, edition: NameProperty) -> bool:
    """Return True if an edition before a year in brackets cannot be a word of the title."""
    before, text = name[: edition.start].rstrip(), name[edition.start : edition.end]
    if not _has_letters(before) or before.lower() in ("a", "an", "the"):
        return False
    if _BRACKET.search(text):
        return True
    if edition.value == "Final Cut":  # several titles end with it
        return False
    in_capitals = len(text) > len("SE") and text.isupper() and not before.isupper()
    return in_capitals or before.endswith("-") or _EDITION_NOUN.search(text) is not None


def _find_bracketed_year(name: str) -> re.Match[str] | None:
    """Return the last year in brackets after a title, or None if there is none."""
    for match in [*_BRACKETED_YEAR.finditer(name)][::-1]:
        if is_year(_year_text(match)) and _has_letters(name[: match.start()]):
            return match
    return None


def _hide_separators(name: str, bracketed: re.Match[str] | None) -> str:
    """Replace what guessit mistakes for separators or numbers; positions stay the same."""
    years = [bracketed] if bracketed else [*_PLAIN_YEAR.finditer(name)]
    if years and is_year(year := _year_text(years[-1])) and year < _OLDEST_GUESSED_YEAR:
        start = name.index(year, years[-1].start())
        name = f"{name[:start]}{_OLDEST_GUESSED_YEAR}{name[start + len(year) :]}"
    end = bracketed.start() if bracketed else len(name)
    name = _TITLE_BRACKETS.sub(_hide_brackets, name[:end]) + name[end:]
    if word := _HYPHENATED_WORD.match(name):
        name = f"{name[: word.end() - 1]}{_HIDDEN}{name[word.end() :]}"
    return name


def _hide_brackets(match: re.Match[str]) -> str:
    """Hide the brackets of a text that is part of a title."""
    if _PLAIN_YEAR.search(match[0]) or is_version_label(match[0][1:-1]):
        return match[0]
    return _HIDDEN * len(match[0])


def _year_text(match: re.Match[str]) -> str:
    return str(next(filter(None, match.groups())))


def _find_title(name: str, properties: Sequence[NameProperty], limit: int) -> tuple[int, int]:
    """Return the start and end of the title, which ends at `limit` at the latest."""
    title = next((it for it in properties if it.name == "title" and it.start < limit), None)
    if not title:
        years = [it.start for it in properties if it.name == "year" and it.start]
        technical = [it.start for it in properties if it.name not in _NOT_TECHNICAL]
        return 0, min(limit, *(years or technical or [limit]))
    before = [it for it in properties if it.end <= title.start]
    is_word = before and all(it.name in _SOFT_PROPERTIES for it in before)
    start = 0 if is_word and not _BRACKET.search(name[: title.start]) else title.start
    between = any(it.start >= title.end and it.end <= limit for it in properties)
    is_whole = limit < len(name) and not between and not _BRACKET.search(name[title.end : limit])
    return start, limit if is_whole else min(title.end, limit)


def _find_year(
    name: str,
    properties: Sequence[NameProperty],
    title: tuple[int, int],
    bracketed: re.Match[str] | None,
) -> tuple[int, int, int]:
    """Return the year, its start and its end, or 0 and the end of the name if there is none."""
    if bracketed:
        return int(_year_text(bracketed)), bracketed.start(), bracketed.end()
    for it in properties:
        digits = re.sub(r"[^0-9]", "", name[it.start : it.end])
        if it.name == "year" and is_year(digits) and not title[0] <= it.start < title[1]:
            return int(digits), it.start, it.end
    return 0, len(name), len(name)


def _longer_titles(
    name: str, properties: Sequence[NameProperty], title: tuple[int, int], year: tuple[int, int]
) -> Iterator[str]:
    """Generate the title with words around it that may belong to it."""
    start, end = title
    stops = [it.start for it in properties if it.name not in _SOFT_PROPERTIES and it.start >= end]
    stops += [position for position in (year[0], len(name)) if position >= end]
    longer = _clean_part(name[start : min(stops)])
    yield longer
    if (
        end <= year[0] < year[1]
        and not _has_letters(name[year[1] :])
        and not _BRACKET.search(name[year[0] : year[1]])
    ):
        yield f"{longer} {_clean_part(name[year[0] : year[1]])}"  # a number at the end of the title
    if start and not _BRACKET.search(name[:start]):
        yield _clean_part(name[:end])


def _edition_name(edition: NameProperty) -> str:
    return _EDITION_NAMES.get(edition.value, edition.value)


def _has_letters(text: str) -> bool:
    return any(map(str.isalnum, text))


def _clean_part(text: str) -> str:
    return name_cleanup.clean_title(name_cleanup.replace_separators(text))


class NameProperty(msgspec.Struct, frozen=True):
    """A property that guessit found in a name, such as "video_codec", and its position."""

    name: str
    value: str
    start: int
    end: int


@lru_cache(maxsize=4096)
def find_properties(name: str, included: tuple[str, ...] = ()) -> tuple[NameProperty, ...]:
    """Return the properties of a name without suffix in their order, or () if guessit fails.

    Only the properties `included` are looked for, if there are any.
    """
    from guessit.api import GuessitException

    try:
        guess = _load_guessit().guessit(name, {**_OPTIONS, "includes": list(included)})
    except GuessitException:
        return ()
    values = [value if isinstance(value, list) else [value] for value in guess.values()]
    matches = itertools.chain.from_iterable(values)
    found = {NameProperty(it.name, str(it.value), it.start, it.end) for it in matches}
    return tuple(sorted(found, key=lambda it: (it.start, it.end, it.name, it.value)))


@cache
def _load_guessit() -> GuessItApi:
    """Import guessit, which takes as long as parsing 40 names."""
    from guessit.api import GuessItApi

    return GuessItApi()
