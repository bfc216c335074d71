"""The value that a clear majority of tracks has, as a proposal for the others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TypeVar

from mediakeep.media.edits.changes import Values
from mediakeep.music.checks import letters
from mediakeep.music.model import Track
from mediakeep.music.repairs import cleaning

T = TypeVar("T")


def clear(counts: Counter[T]) -> T | None:
    """Return the value that at least two thirds agree on, or None."""
    if not counts:
        return None
    most, count = counts.most_common(1)[0]
    return most if 3 * count >= 2 * counts.total() else None


def held(tracks: Iterable[Track], field: str) -> Values:
    """Return the value of a field that two thirds of the tracks that have it agree on, or ()."""
    values = (mended(track, field) for track in tracks)
    return clear(Counter(filter(None, values))) or ()


def mended(track: Track, field: str) -> Values:
    """Return the non-blank values of a field as they are after repairs."""
    return tuple(
        cleaning.mended(text) for text in getattr(track.tags, field) if letters.holds(text)
    )
