"""Parse the part number at the end of a name: "cd1", "disc 2", "part-1".

Based on the rules of Plex, Kodi and Jellyfin for split files.
"""

from __future__ import annotations

import re

import msgspec

_PART = re.compile(
    r"(?P<head>.*?)[ ._-]*(?:[\[(]\s*)?(?<![^\W_])(?P<word>cd|dvd|dis[ck]|part|pt)[ ._-]*"
    r"(?P<number>[0-9]{1,2}|[a-d])(?:[ ._-]?of[ ._-]?[0-9]{1,2})?(?![^\W_])(?:\s*[\])])?"
    r"(?P<tail>.*)",
    re.IGNORECASE | re.DOTALL,
)
_FOLDER = re.compile(r"(?:cd|dvd|dis[ck]|part|pt)[ ._-]*([0-9]{1,2}|[a-d])", re.IGNORECASE)
_YEAR = re.compile(r"(?<![0-9])(?:18|19|20)[0-9]{2}(?![0-9])")
_DISCS = ("dvd5", "dvd9")  # disc sizes, not numbers
_LONGEST = 300  # characters; no file system has longer names


class Part(msgspec.Struct, frozen=True):
    """A name split at its part number; `base` is the same for all parts of a movie.

    It is `is_ambiguous` if it may be a movie of its own, such as "Dune Part 2": only the files next
    to it can tell.
    """

    base: str
    number: int
    doubtful: bool = False


def find(stem: str) -> Part | None:
    """Return the part in a name without suffix, or None if there is none."""
    match = _PART.fullmatch(stem[:_LONGEST])
    if not match or not match["head"].strip(" ._-[("):
        return None
    number = _number(match["number"])
    if not number or match["word"].lower() + match["number"] in _DISCS:
        return None
    is_word = match["word"].lower() in ("part", "pt") or match["number"].isalpha()
    base = f"{match['head']}{match['tail']}{stem[_LONGEST:]}".strip(" ._-")
    return Part(base, number, doubtful=is_word and not _YEAR.search(match["head"]))


def of_folder(name: str) -> int:
    """Return the number of a part folder such as "CD1" or "Disc 2", or 0 if it is not one."""
    match = _FOLDER.fullmatch(name.strip())
    return _number(match[1]) if match else 0


def _number(text: str) -> int:
    return int(text) if text.isdigit() else "abcd".index(text.lower()) + 1
