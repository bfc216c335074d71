"""Find the tag value that a clear majority of tracks has."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TypeVar

from mediakeep.media.audio.tag_edits import Values
from mediakeep.music.model import Track
from mediakeep.music.text import cleaning, compare_text

T = TypeVar("T")


def find_majority(counts: Counter[T]) -> T | None:
    """Return the value that makes up at least two thirds of the counts, or None."""
    if not counts:
        return None
    value, count = counts.most_common(1)[0]
    return value if 3 * count >= 2 * counts.total() else None


def majority_value(tracks: Iterable[Track], field: str) -> Values:
    """Return the value that two thirds of the tracks with this field agree on, or ()."""
    values = (non_blank_cleaned_values(track, field) for track in tracks)
    return find_majority(Counter(filter(None, values))) or ()


def non_blank_cleaned_values(track: Track, field: str) -> Values:
    """Return the values of a track's field as they will be after repairs, without blank ones."""
    return tuple(
        cleaning.clean_text(text)
        for text in getattr(track.tags, field)
        if compare_text.has_text(text)
    )
