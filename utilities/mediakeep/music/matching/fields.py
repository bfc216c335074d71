"""Single fields of tags: when one holds nothing, and when it says something else than a release."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from mediakeep.media.edits import changes
from mediakeep.media.edits.changes import Values
from mediakeep.music import placeholders
from mediakeep.music.checks import letters
from mediakeep.music.matching import evidence
from mediakeep.music.model import Track

_DATES = frozenset({"date", "originaldate"})
_DATE = re.compile("[1-9]")
_SPELT = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "‐": "-", "–": "-", "—": "-"})


def _is_no_date(text: str) -> bool:
    return not _DATE.search(text)


def _is_no_number(text: str) -> bool:
    return not text.strip("0")


def _is_none(_text: str) -> bool:
    return False


def number(text: str) -> str:
    """Write a number as it is compared: "03" is "3"."""
    return text.lstrip("0")


_WRITTEN: Mapping[str, Callable[[str], str]] = {
    "barcode": evidence.barcode,
    "catalognumber": evidence.number,
    "label": letters.loose,
    "media": evidence.medium,
    "releasecountry": str.upper,
    "releasestatus": str.casefold,
    "releasetype": str.casefold,
    **dict.fromkeys(("track", "track_total", "disc", "disc_total"), number),
}
_EMPTY: Mapping[str, Callable[[str], bool]] = {
    "title": placeholders.is_title,
    "artist": placeholders.is_artist,
    "artists": placeholders.is_artist,
    "albumartist": placeholders.is_artist,
    "album": placeholders.is_album,
    "genres": placeholders.is_genre,
    "date": _is_no_date,
    "originaldate": _is_no_date,
    "track": _is_no_number,
    "track_total": _is_no_number,
    "disc": _is_no_number,
    "disc_total": _is_no_number,
}


def is_empty(track: Track, field: str) -> bool:
    """Tell whether a field holds nothing, or only what stands for nothing."""
    stands_for_none = _EMPTY.get(field, _is_none)
    held = changes.value(track.tags, field)
    return all(not letters.holds(text) or stands_for_none(text) for text in held)


def differs(track: Track, field: str, wanted: Values) -> bool:
    """Tell whether a field says something else; the shape of an apostrophe is nothing else.

    One of several labels is no other label, a year is the date that lies in it, and any type of CD
    is a CD.
    """
    held = changes.value(track.tags, field)
    if field in _DATES:
        told = held[0].startswith(wanted[0]) or wanted[0].startswith(held[0])
        return len(held) > 1 or not told
    if write := _WRITTEN.get(field):
        written = set(map(write, wanted))
        if field == "media" and any(map(evidence.is_cd_type, written)):
            written.add(evidence.CD)
        return not set(map(write, held)) <= written
    return tuple(map(_plain, held)) != tuple(map(_plain, wanted))


def _plain(text: str) -> str:
    return letters.neat(text.translate(_SPELT).replace("…", "..."))
