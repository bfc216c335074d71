"""What most tracks say, where that is clear enough to be proposed for the others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TypeVar

from mediakeep.media.edits.changes import Values
from mediakeep.music.checks import letters
from mediakeep.music.model import Track
from mediakeep.music.repairs import texts

T = TypeVar("T")


def clear(counts: Counter[T]) -> T | None:
    """Return what at least two thirds agree on, None where there is no such majority."""
    if not counts:
        return None
    most, count = counts.most_common(1)[0]
    return most if 3 * count >= 2 * counts.total() else None


def held(tracks: Iterable[Track], field: str) -> Values:
    """Return what two thirds of those tracks that have a field hold in it; () for no majority."""
    told = (mended(track, field) for track in tracks)
    return clear(Counter(filter(None, told))) or ()


def mended(track: Track, field: str) -> Values:
    """Return what a track holds in a field that is no blank, as it is once it is mended."""
    return tuple(texts.mended(text) for text in getattr(track.tags, field) if letters.holds(text))
