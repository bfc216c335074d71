"""What can be wrong, one function a kind: None where all is well, else the detail ("" is one too).

Each looks at one track, album or artist and decides; the table in `diagnose` names them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from mediakeep import files
from mediakeep.music import placeholders
from mediakeep.music.model import Album, Fault, Track

_BLANK = "\u200b\u200c\u200d\u2060\ufeff"  # characters of no width: a text of these alone is blank
_WHITESPACE_IN = ("title", "artist", "album", "albumartist", "genres")
_NO_BREAK = "\u00a0\u202f"  # proper beside figures and French punctuation, not between words
_ODD = (
    ("space at the start", re.compile(r"^\s")),
    ("space at the end", re.compile(r"\s$")),
    ("two spaces in a row", re.compile(r"\S\s{2,}(?=\S)")),
    ("a tab or line break", re.compile(r"\S[\t\n\v\f\r\x1c-\x1f\x85\u2028\u2029](?=\S)")),
    ("a no-break space", re.compile(rf"[^\s\d.«][{_NO_BREAK}](?=[^\s\d»?!:;%])")),
    ("a character of no width", re.compile("[\u200b\u2060\ufeff]")),
)
_ANY_DATE = re.compile("[1-9]")


def unreadable_file(track: Track) -> str | None:
    """The system refused the file."""
    return track.reason if track.fault is Fault.UNREADABLE else None


def empty_file(track: Track) -> str | None:
    """The file has no bytes."""
    return "" if track.fault is Fault.EMPTY else None


def not_audio(track: Track) -> str | None:
    """The file has bytes, but no audio could be found in them."""
    return track.reason if track.fault is Fault.NOT_AUDIO else None


def missing_title(track: Track) -> str | None:
    """No title, or a blank one."""
    return _missing(track, track.tags.title)


def missing_artist(track: Track) -> str | None:
    """No artist, or a blank one; an album artist alone is none."""
    return _missing(track, track.tags.artist)


def missing_album(track: Track) -> str | None:
    """No album, or a blank one."""
    return _missing(track, track.tags.album)


def missing_date(track: Track) -> str | None:
    """Neither a date nor an original date that names a year; "0000" names none."""
    dates = (*track.tags.date, *track.tags.originaldate)
    if track.fault or any(_ANY_DATE.search(date) for date in dates):
        return None
    return f"the date is {_quoted(dates[0])}" if any(map(_holds, dates)) else ""


def missing_track_number(track: Track) -> str | None:
    """No track number; a total alone is none, a letter as on vinyl is one."""
    return _missing(track, (track.tags.track,))


def placeholder_genre(track: Track) -> str | None:
    """A genre that says that there is none."""
    found = [genre for genre in track.tags.genres if placeholders.is_genre(genre)]
    return "the genre is " + ", ".join(map(_quoted, found)) if found else None


def whitespace(track: Track) -> str | None:
    """White space where none belongs, in a text that other tools compare letter by letter."""
    found = [
        f"{field.removesuffix('s')} {_quoted(text)}: {', '.join(odd)}"
        for field in _WHITESPACE_IN
        for text in getattr(track.tags, field)
        if _holds(text) and (odd := [name for name, pattern in _ODD if pattern.search(text)])
    ]
    return "; ".join(found) if found else None


def missing_cover(album: Album) -> str | None:
    """No track with an embedded picture, and no picture file in the folder."""
    readable = [track for track in album.tracks if not track.fault]
    embedded = any(picture.size for track in readable for picture in track.tags.pictures)
    return None if embedded or album.images or not readable else ""


def _missing(track: Track, texts: Sequence[str]) -> str | None:
    return None if track.fault or any(map(_holds, texts)) else ""


def _holds(text: str) -> bool:
    """Tell whether there is more to a text than white space and characters of no width."""
    return bool(text.strip().strip(_BLANK + " \u00a0\0"))


def _quoted(text: str) -> str:
    return f'"{files.printable(text)}"'
