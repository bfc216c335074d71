"""Dates in the frames of ID3v2: 2.4 has one for each, 2.3 has years and, of one date, its day."""

from __future__ import annotations

import re
from collections.abc import Mapping

from mediakeep.media.audio.tag_edits import Values

# The frames that tell when it was recorded, and when it first came out.
RECORDED = ("TDRC", "TYER", "TDAT", "TIME")
ORIGINAL = ("TDOR", "TORY")

_DAY = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:T(\d{2}):(\d{2}))?", re.ASCII)
_YEAR = re.compile(r"(\d{4})(-.*)?", re.ASCII)


def recorded(version: int, values: Values) -> Mapping[str, Values]:
    """Return what the frames of a version hold for a date."""
    found = _DAY.fullmatch(values[0]) if len(values) == 1 else None
    if version == 4 or not found:
        return _told(version, values, ("TDRC", "TYER"))
    year, month, day, hour, minute = found.groups("")
    parts = {"TYER": (year,), "TDAT": (day + month,)}
    return parts | {"TIME": (hour + minute,)} if hour else parts


def original(version: int, values: Values) -> Mapping[str, Values]:
    """Return what the frames of a version hold for an original date."""
    return _told(version, values, ORIGINAL)


def _told(version: int, values: Values, names: tuple[str, str]) -> Mapping[str, Values]:
    """A month alone has no place in 2.3, nor has the day of an original date.

    The frame of 2.4 tells it; readers that do not look for that find the year, and those that find
    more than a year where the year belongs would take nothing.
    """
    whole, year = names
    if version == 4 or not values:
        return {whole: values} if values else {}
    found = [one for text in values if (one := _YEAR.fullmatch(text))]
    if any(one[2] for one in found):
        return {whole: values, year: (found[0][1],)}
    return {year: values}
