"""Checks for missing tags.

A whole disc in one file is skipped: its cue sheet has the titles and numbers, often all the rest.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from mediakeep.music import placeholders
from mediakeep.music.checks import letters
from mediakeep.music.model import Track

_ANY_DATE = re.compile("[1-9]")


def missing_title(track: Track) -> str | None:
    """No title, or a blank one."""
    return _missing(track, track.tags.title)


def missing_artist(track: Track) -> str | None:
    """No artist, or a blank one; an album artist does not count."""
    return _missing(track, track.tags.artist)


def missing_album(track: Track) -> str | None:
    """No album, or a blank one."""
    return _missing(track, track.tags.album)


def missing_track_number(track: Track) -> str | None:
    """No track number; a total alone does not count, a vinyl side does."""
    return _missing(track, (track.tags.track,))


def missing_albumartist(track: Track) -> str | None:
    """No album artist, or a blank one, on a track in the folder of an album."""
    loose = "/" not in track.place
    if loose or not any(map(letters.holds, track.tags.album)):
        return None
    return _missing(track, track.tags.albumartist)


def missing_date(track: Track) -> str | None:
    """Neither a date nor an original date with a year; "0000" is none."""
    dates = (*track.tags.date, *track.tags.originaldate)
    if track.fault or track.cue or any(_ANY_DATE.search(date) for date in dates):
        return None
    return f"the date is {letters.quoted(dates[0])}" if any(map(letters.holds, dates)) else ""


def placeholder_genre(track: Track) -> str | None:
    """A genre that is only a placeholder."""
    genres = [genre for genre in track.tags.genres if placeholders.is_genre(genre)]
    return "the genre is " + ", ".join(map(letters.quoted, genres)) if genres else None


def missing_genre(track: Track) -> str | None:
    """No genre, or a blank one."""
    return _missing(track, track.tags.genres)


def _missing(track: Track, texts: Sequence[str]) -> str | None:
    return None if track.fault or track.cue or any(map(letters.holds, texts)) else ""
