"""Checks for tags that tracks lack.

Audio files of a whole disc are skipped: their cue sheet has the titles and numbers, and often all
the rest.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from mediakeep.music.model import Track
from mediakeep.music.text import compare_text, placeholders

_ANY_DATE = re.compile("[1-9]")


def missing_title(track: Track) -> str | None:
    """Check whether the title is missing or blank."""
    return _check_missing(track, track.tags.title)


def missing_artist(track: Track) -> str | None:
    """Check whether the artist is missing or blank; an album artist does not replace it."""
    return _check_missing(track, track.tags.artist)


def missing_album(track: Track) -> str | None:
    """Check whether the album title is missing or blank."""
    return _check_missing(track, track.tags.album)


def missing_track_number(track: Track) -> str | None:
    """Check whether the track number is missing; a total without a number is no number.

    A side of vinyl, such as "A1", is a number.
    """
    return _check_missing(track, (track.tags.track,))


def missing_albumartist(track: Track) -> str | None:
    """Check whether the album artist is missing or blank on a track in an album's folder."""
    loose = "/" not in track.place
    if loose or not any(map(compare_text.has_text, track.tags.album)):
        return None
    return _check_missing(track, track.tags.albumartist)


def missing_date(track: Track) -> str | None:
    """Check whether there is neither a date nor an original date with a year; "0000" is no year."""
    dates = (*track.tags.date, *track.tags.originaldate)
    if track.fault or track.has_cue_sheet or any(_ANY_DATE.search(date) for date in dates):
        return None
    return (
        f"the date is {compare_text.quote(dates[0])}"
        if any(map(compare_text.has_text, dates))
        else ""
    )


def placeholder_genre(track: Track) -> str | None:
    """Check whether a genre is only a placeholder, such as "Unknown"."""
    genres = [genre for genre in track.tags.genres if placeholders.is_placeholder_genre(genre)]
    return "the genre is " + ", ".join(map(compare_text.quote, genres)) if genres else None


def missing_genre(track: Track) -> str | None:
    """Check whether the genre is missing or blank."""
    return _check_missing(track, track.tags.genres)


def _check_missing(track: Track, texts: Sequence[str]) -> str | None:
    return (
        None if track.fault or track.has_cue_sheet or any(map(compare_text.has_text, texts)) else ""
    )
