"""Parse track numbers in tags and at the start of file names."""

from __future__ import annotations

import re

from mediakeep.music.model import Track
from mediakeep.music.text import compare_text

_VINYL_SIDE = re.compile(r"([A-Za-z])\1?[0-9]{0,2}|[0-9]{1,2}[A-Za-z]")
_DIGITS = re.compile("[0-9]+")
_NUMBER_OF_TOTAL = re.compile(r"\D*0*([0-9]{1,9})\s*(?:of|von|de|/|\\)\s*[0-9]+\D*", re.IGNORECASE)
_LEADING_NUMBERS = re.compile(r"[\s(\[#]*([0-9]{1,3})(?![0-9])(?:[\s\-_.]+([0-9]{1,3})(?![0-9]))?")
_MAX_DIGITS = 9  # digits; longer numbers are not believed

_DISC_FACTOR = 100  # "103 Title" is the third track of the first disc


def is_digits(text: str) -> bool:
    """Return whether the text of a number consists of ASCII digits only."""
    return text.isascii() and text.isdigit()


def parse_digits(text: str) -> int | None:
    """Return the integer that plain digits stand for; None if there is none or it is too large."""
    return int(text) if len(text) <= _MAX_DIGITS and is_digits(text) else None


def is_vinyl_side(text: str) -> bool:
    """Return whether a number names a side of vinyl: "A1", "AA2", "1A", or "B" with one track."""
    return _VINYL_SIDE.fullmatch(text) is not None


def track_number(track: Track) -> int | None:
    """Return the number of a track in its tags, or None if it is missing or ambiguous."""
    text = track.tags.track
    parsed = parse_digits(text)
    return _parse_unusual(text) if parsed is None and text else parsed


@compare_text.cache_by_text
def _parse_unusual(text: str) -> int | None:
    """Return the number in texts such as "Track 3", "#3" and "3 of 12"; "1-03" is ambiguous."""
    if match := _NUMBER_OF_TOTAL.fullmatch(text):
        return int(match[1])
    digit_groups = _DIGITS.findall(text)
    return (
        parse_digits(digit_groups[0])
        if len(digit_groups) == 1 and not is_vinyl_side(text)
        else None
    )


def numbers_in_name(name: str, disc: str) -> frozenset[int]:
    """Return the track numbers that the start of a file name may mean; there may be none.

    "1-03 Title" and "103 Title" can be the third track of disc 1 if `disc` is 1 or unknown.
    """
    match = _LEADING_NUMBERS.match(name)
    if not match:
        return frozenset()
    first, second = int(match[1]), match[2]
    numbers = {first}
    if second and disc in ("", str(first)):
        numbers.add(int(second))
    if first > _DISC_FACTOR and disc in ("", str(first // _DISC_FACTOR)):
        numbers.add(first % _DISC_FACTOR)
    return frozenset(numbers)


def title_in_name(stem: str) -> str:
    """Return the part of a file name after the number at its start."""
    match = _LEADING_NUMBERS.match(stem)
    return stem[match.end(1) :] if match else stem
