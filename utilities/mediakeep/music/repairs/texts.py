"""Safe repairs of the characters in tags."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from mediakeep.media.edits.changes import Values
from mediakeep.music.checks import garbling, texts
from mediakeep.music.model import Artist, Track
from mediakeep.music.repairs import misreading, repair, spacing
from mediakeep.music.repairs.repair import Repair

_TIDIED = ("title", "artist", "album", "albumartist", "genres")
_RESTORED = ("title", "artist", "album", "albumartist", "composer", "genres")
_LONGEST = 1000  # characters; only the beginning of a longer text is examined
_MISREAD = "decoded with the wrong encoding"


def mojibake(artist: Artist) -> Iterator[Repair]:
    """Restore texts that are certainly garbled."""
    for track in artist.tracks:
        if texts.mojibake(track) is not None and repair.is_writable(track):
            for field, _, new in _changed(track, _RESTORED, misreading.mended):
                yield from repair.edits(track, field, new, "mojibake", _MISREAD)


def whitespace(artist: Artist) -> Iterator[Repair]:
    """Remove superfluous whitespace."""
    for track in artist.tracks:
        if texts.whitespace(track) is not None and repair.is_writable(track):
            for field, current, new in _changed(track, _TIDIED, _tidied):
                removed = dict.fromkeys(
                    description for text in current for description in spacing.oddities(text)
                )
                yield from repair.edits(track, field, new, "whitespace", ", ".join(removed))


def likely(artist: Artist) -> Iterator[Repair]:
    """Propose the restored text if it is not proven."""
    for track in artist.tracks:
        if texts.mojibake(track) is not None and repair.is_writable(track):
            for field, _, new in _changed(track, _RESTORED, _restored):
                yield from repair.edits(track, field, new, "mojibake", _MISREAD)


def _tidied(text: str) -> str:
    return text if texts.is_garbled(text) else spacing.tidied(text)


def _restored(text: str) -> str:
    return garbling.restored(text) if len(text) <= _LONGEST else text


def _changed(
    track: Track, fields: Sequence[str], change: Callable[[str], str]
) -> Iterator[tuple[str, Values, Values]]:
    """Yield the fields that change, each with its current and new values."""
    for field in fields:
        current: Values = getattr(track.tags, field)
        new = tuple(map(change, current))
        if new != current:
            yield field, current, new
