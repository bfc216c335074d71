"""Folders that hold one disc of an album."""

from __future__ import annotations

import re

_DISC = re.compile(
    r"(?:cd|dis[ck]|digital media|vinyl|cassette|side|lp|sacd|dvd|blu-?ray)"
    r"[\W_]*(?:\d+|one|two|three|four|[a-h])(?![^\W\d_])",
    re.IGNORECASE,
)


def is_disc(name: str) -> bool:
    """Tell whether a folder's name is that of a disc: CD1, Disc 2, Digital Media 01, Side A."""
    return _DISC.match(name) is not None
