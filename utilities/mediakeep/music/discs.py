"""Folders that hold one disc of an album."""

from __future__ import annotations

import re

_WORDS = "one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve"
_DISC = re.compile(
    r"(?:cd|dis[ck]|digital media|vinyl|cassette|side|lp|sacd|dvd|blu-?ray)"
    rf"[\W_]*(?:\d+(?:of\d+)?|{_WORDS}|[ivx]+|[a-h])(?![^\W\d_])",
    re.IGNORECASE,
)


def is_disc(name: str) -> bool:
    """Tell whether a folder's name is that of a disc: CD1, Disc 2, Digital Media 01, Side A."""
    return _DISC.match(name) is not None


def album_of(place: str) -> str:
    """Return the place of the album that a folder is part of: its own, unless it holds a disc.

    A disc right in the artist's folder, which is no album, is one of its own.
    """
    above, _, name = place.rpartition("/")
    while above and is_disc(name):
        place = above
        above, _, name = place.rpartition("/")
    return place
