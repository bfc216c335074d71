"""The value that a clear majority of tracks has, as a proposal for the others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TypeVar

from mediakeep.media.audio.tag_edits import Values
from mediakeep.music.model import Track
from mediakeep.music.text import cleaning, compare_text

T = TypeVar("T")


def find_majority(counts: Counter[T]) -> T | None:
    """Return the value that at least two thirds agree on, or None."""
    if not counts:
        return None
    most, count = counts.most_common(1)[0]
    return most if 3 * count >= 2 * counts.total() else None


def majority_value(tracks: Iterable[Track], field: str) -> Values:
    """Return the value of a field that two thirds of the tracks that have it agree on, or ()."""
    values = (cleaned_value(track, field) for track in tracks)
    return find_majority(Counter(filter(None, values))) or ()


def cleaned_value(track: Track, field: str) -> Values:
    """Return the non-blank values of a field as they are after repairs."""
    return tuple(
        cleaning.clean_text(text)
        for text in getattr(track.tags, field)
        if compare_text.has_text(text)
    )
