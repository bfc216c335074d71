"""Files that a movie is cut into: "cd1", "disc 2", "part-1" at the end of a name.

After the rules for split files of Plex, Kodi and Jellyfin.
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
_DISCS = ("dvd5", "dvd9")  # how much it holds, not which it is
_LONGEST = 300  # characters; no system has longer names


class Part(msgspec.Struct, frozen=True):
    """A name cut at its part: `base` is the same for all parts of a movie.

    It is `doubtful` whether it is a part of one movie or a movie of its own, such as "Dune Part 2":
    only files that lie beside it can tell.
    """

    base: str
    number: int
    doubtful: bool = False


def find(stem: str) -> Part | None:
    """Tell which part of a movie a name without suffix is, None where it is none."""
    found = _PART.fullmatch(stem[:_LONGEST])
    if not found or not found["head"].strip(" ._-[("):
        return None
    number = _number(found["number"])
    if not number or found["word"].lower() + found["number"] in _DISCS:
        return None
    spoken = found["word"].lower() in ("part", "pt") or found["number"].isalpha()
    base = f"{found['head']}{found['tail']}{stem[_LONGEST:]}".strip(" ._-")
    return Part(base, number, doubtful=spoken and not _YEAR.search(found["head"]))


def of_folder(name: str) -> int:
    """Tell which part a folder such as "CD1" or "Disc 2" holds, 0 where it is none."""
    found = _FOLDER.fullmatch(name.strip())
    return _number(found[1]) if found else 0


def _number(text: str) -> int:
    return int(text) if text.isdigit() else "abcd".index(text.lower()) + 1
