"""Track numbers: what a tag's text stands for, and what the beginning of a file's name tells."""

from __future__ import annotations

import re

from mediakeep.music.checks import letters
from mediakeep.music.model import Track

_SIDE = re.compile(r"([A-Za-z])\1?[0-9]{0,2}|[0-9]{1,2}[A-Za-z]")
_FIGURES = re.compile("[0-9]+")
_WITH_TOTAL = re.compile(r"\D*0*([0-9]{1,9})\s*(?:of|von|de|/|\\)\s*[0-9]+\D*", re.IGNORECASE)
_LEADING = re.compile(r"[\s(\[#]*([0-9]{1,3})(?![0-9])(?:[\s\-_.]+([0-9]{1,3})(?![0-9]))?")
_MOST = 9  # figures of a number that is believed

_BY_HUNDREDS = 100  # "103 Title" is the third track of the first disc


def is_plain(text: str) -> bool:
    """Tell whether a number is written in plain figures."""
    return text.isascii() and text.isdigit()


def figures(text: str) -> int | None:
    """Return the number that plain figures stand for; None where there is none, or no sane one."""
    return int(text) if len(text) <= _MOST and is_plain(text) else None


def is_side(text: str) -> bool:
    """Tell whether a number names a side of vinyl: "A1", "AA2", "1A", or "B" with one track."""
    return _SIDE.fullmatch(text) is not None


def number(track: Track) -> int | None:
    """Return the track number that a tag stands for, None where it has none or it is unclear."""
    text = track.tags.track
    plain = figures(text)
    return _meant(text) if plain is None and text else plain


@letters.remembered
def _meant(text: str) -> int | None:
    """Make out the number in the likes of "Track 3", "#3" and "3 of 12"; "1-03" is unclear."""
    if found := _WITH_TOTAL.fullmatch(text):
        return int(found[1])
    runs = _FIGURES.findall(text)
    return figures(runs[0]) if len(runs) == 1 and not is_side(text) else None


def in_name(name: str, disc: str) -> frozenset[int]:
    """Return the track numbers that a file's name can begin with; none where it begins otherwise.

    "1-03 Title" and "103 Title" can be the third track of disc 1, where `disc` is that or unknown.
    """
    found = _LEADING.match(name)
    if not found:
        return frozenset()
    first, second = int(found[1]), found[2]
    numbers = {first}
    if second and disc in ("", str(first)):
        numbers.add(int(second))
    if first > _BY_HUNDREDS and disc in ("", str(first // _BY_HUNDREDS)):
        numbers.add(first % _BY_HUNDREDS)
    return frozenset(numbers)


def title_in_name(stem: str) -> str:
    """Return what follows the number at the beginning of a file's name."""
    found = _LEADING.match(stem)
    return stem[found.end(1) :] if found else stem
