"""Find the properties of a movie's name with guessit: title, year, editions, codecs and so on."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from guessit.api import GuessItApi

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
