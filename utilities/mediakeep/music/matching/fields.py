"""Single fields of tags: whether they are empty, and whether they differ from a release."""

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
    """Remove leading zeros: "03" becomes "3"."""
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
    """Return whether a field is empty, or contains only placeholders."""
    is_placeholder = _EMPTY.get(field, _is_none)
    values = changes.value(track.tags, field)
    return all(not letters.holds(text) or is_placeholder(text) for text in values)


def differs(track: Track, field: str, wanted: Values) -> bool:
    """Return whether a field differs from the wanted values; typographic variants are equal.

    One of several labels, the year of a full date, and "CD" for any type of CD are not different.
    """
    current = changes.value(track.tags, field)
    if field in _DATES:
        is_prefix = current[0].startswith(wanted[0]) or wanted[0].startswith(current[0])
        return len(current) > 1 or not is_prefix
    if normalize := _WRITTEN.get(field):
        accepted = set(map(normalize, wanted))
        if field == "media" and any(map(evidence.is_cd_type, accepted)):
            accepted.add(evidence.CD)
        return not set(map(normalize, current)) <= accepted
    return tuple(map(_plain, current)) != tuple(map(_plain, wanted))


def _plain(text: str) -> str:
    return letters.neat(text.translate(_SPELT).replace("…", "..."))
