"""Dates in ID3v2 frames: 2.4 has one frame per date, 2.3 has a year, and for one date its day."""

from __future__ import annotations

import re
from collections.abc import Mapping

from mediakeep.media.audio.tag_edits import Values

RECORDED = ("TDRC", "TYER", "TDAT", "TIME")  # the frames of the date of a recording
ORIGINAL = ("TDOR", "TORY")  # and of its first release

_DAY = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:T(\d{2}):(\d{2}))?", re.ASCII)
_YEAR = re.compile(r"(\d{4})(-.*)?", re.ASCII)


def recorded_frames(version: int, values: Values) -> Mapping[str, Values]:
    """Return the texts of the frames that store the date of a recording in a version."""
    found = _DAY.fullmatch(values[0]) if len(values) == 1 else None
    if version == 4 or not found:
        return _date_frames(version, values, ("TDRC", "TYER"))
    year, month, day, hour, minute = found.groups("")
    parts = {"TYER": (year,), "TDAT": (day + month,)}
    return parts | {"TIME": (hour + minute,)} if hour else parts


def original_frames(version: int, values: Values) -> Mapping[str, Values]:
    """Return the texts of the frames that store an original date in a version."""
    return _date_frames(version, values, ORIGINAL)


def _date_frames(version: int, values: Values, names: tuple[str, str]) -> Mapping[str, Values]:
    """Return the texts of the frames for a date; `names` are those of 2.4 and of 2.3.

    2.3 has no place for a month alone, nor for the day of an original date. The frame of 2.4 stores
    it there, next to the year for readers that do not know that frame.
    """
    date_name, year_name = names
    if version == 4 or not values:
        return {date_name: values} if values else {}
    found = [match for text in values if (match := _YEAR.fullmatch(text))]
    if any(match[2] for match in found):
        return {date_name: values, year_name: (found[0][1],)}
    return {year_name: values}
