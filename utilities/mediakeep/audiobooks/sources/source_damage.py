"""Decide what is done about damaged files, and describe it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from mediakeep.audiobooks.encoding.book_plan import CountedSource
from mediakeep.audiobooks.sources import source_order
from mediakeep.errors import SourcesRefused
from mediakeep.media.audio.decode.damage import format_position

_MOST_CONCEALED = {"auto": 1.0, "conceal": float("inf"), "refuse": -1.0}  # seconds of a file
_SHOWN = 5  # positions
_CURE = "Replace it, move it out of the folder, or use --damage conceal."


def check_damage(
    counted: Sequence[CountedSource], folders: Sequence[Path], mode: str
) -> tuple[str, ...]:
    """Return a sentence about each damaged or silent file; `mode` is the setting `damage`.

    Raises SourcesRefused with the damaged files that are not to be used.
    """
    most = _MOST_CONCEALED[mode]
    if refused := [one for one in counted if one.damage and one.concealed > most]:
        problems = _describe(refused, folders, "cannot be decoded")
        raise SourcesRefused(tuple(f"{text} {_CURE}" for text in problems))
    return tuple(_describe(counted, folders, "replaced by silence"))


def _describe(
    counted: Sequence[CountedSource], folders: Sequence[Path], what: str
) -> Iterator[str]:
    for source in counted:
        shown = source_order.display_source(source.path, folders)
        positions = list(dict.fromkeys(map(format_position, source.damage)))
        more = f" and {len(positions) - _SHOWN:,} more places" if positions[_SHOWN:] else ""
        if positions:
            at = ", ".join(positions[:_SHOWN]) + more
            yield f"{shown}: damaged at {at}; {source.concealed:.2f} s {what}."
        if source.is_silent:
            yield f"{shown}: contains only silence."
