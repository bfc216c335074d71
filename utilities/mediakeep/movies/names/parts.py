"""Parse the part number at the end of a movie's name: "cd1", "disc 2", "part-1".

Based on the rules of Plex, Kodi and Jellyfin for split files.
"""

from __future__ import annotations

import re

import msgspec

_PART_PATTERN = re.compile(
    r"(?P<head>.*?)[ ._-]*(?:[\[(]\s*)?(?<![^\W_])(?P<word>cd|dvd|dis[ck]|part|pt)[ ._-]*"
    r"(?P<number>[0-9]{1,2}|[a-d])(?:[ ._-]?of[ ._-]?[0-9]{1,2})?(?![^\W_])(?:\s*[\])])?"
    r"(?P<tail>.*)",
    re.IGNORECASE | re.DOTALL,
)
_PART_FOLDER = re.compile(r"(?:cd|dvd|dis[ck]|part|pt)[ ._-]*([0-9]{1,2}|[a-d])", re.IGNORECASE)
_YEAR_PATTERN = re.compile(r"(?<![0-9])(?:18|19|20)[0-9]{2}(?![0-9])")
_DISC_SIZES = ("dvd5", "dvd9")  # disc sizes, not numbers
_MAX_NAME_LENGTH = 300  # characters; no file system has longer names


class NamePart(msgspec.Struct, frozen=True):
    """A movie's name split at its part number; `base` is the same for all parts of a movie.

    It is `is_ambiguous` if the file may be a movie of its own, such as "Dune Part 2". Only the
    other files in the folder decide that.
    """

    base: str
    number: int
    is_ambiguous: bool = False


def parse_part_number(stem: str) -> NamePart | None:
    """Return the name of a video, without suffix, split at its part number, or None if none."""
    match = _PART_PATTERN.fullmatch(stem[:_MAX_NAME_LENGTH])
    if not match or not match["head"].strip(" ._-[("):
        return None
    number = _parse_number(match["number"])
    if not number or match["word"].lower() + match["number"] in _DISC_SIZES:
        return None
    is_word = match["word"].lower() in ("part", "pt") or match["number"].isalpha()
    base = f"{match['head']}{match['tail']}{stem[_MAX_NAME_LENGTH:]}".strip(" ._-")
    return NamePart(base, number, is_ambiguous=is_word and not _YEAR_PATTERN.search(match["head"]))


def parse_part_folder(name: str) -> int:
    """Return the number of a part folder such as "CD1" or "Disc 2", or 0 for other names."""
    match = _PART_FOLDER.fullmatch(name.strip())
    return _parse_number(match[1]) if match else 0


def _parse_number(text: str) -> int:
    return int(text) if text.isdigit() else "abcd".index(text.lower()) + 1
