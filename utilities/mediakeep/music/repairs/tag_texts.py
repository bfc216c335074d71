"""Safe repairs of the characters in tags."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from mediakeep.media.audio.tag_edits import Values
from mediakeep.music.checks import tag_texts
from mediakeep.music.model import Artist, Track
from mediakeep.music.repairs import repair
from mediakeep.music.repairs.repair import Repair
from mediakeep.music.text import mojibake, whitespace

_WHITESPACE_FIELDS = ("title", "artist", "album", "albumartist", "genres")
_MOJIBAKE_FIELDS = ("title", "artist", "album", "albumartist", "composer", "genres")
_MAX_LENGTH = 1000  # characters; only the beginning of a longer text is examined
_MOJIBAKE_REASON = "decoded with the wrong encoding"


def repair_mojibake(artist: Artist) -> Iterator[Repair]:
    """Restore texts that were certainly decoded with the wrong encoding."""
    for track in artist.tracks:
        if tag_texts.mojibake(track) is not None and repair.is_writable(track):
            for field, _, new in _find_changes(track, _MOJIBAKE_FIELDS, mojibake.repair_mojibake):
                yield from repair.set_field(track, field, new, "mojibake", _MOJIBAKE_REASON)


def repair_whitespace(artist: Artist) -> Iterator[Repair]:
    """Remove superfluous spaces and invisible characters from the texts in tags."""
    for track in artist.tracks:
        if tag_texts.whitespace(track) is not None and repair.is_writable(track):
            for field, current, new in _find_changes(track, _WHITESPACE_FIELDS, _clean_whitespace):
                removed = dict.fromkeys(
                    description
                    for text in current
                    for description in whitespace.describe_whitespace(text)
                )
                yield from repair.set_field(track, field, new, "whitespace", ", ".join(removed))


def propose_mojibake(artist: Artist) -> Iterator[Repair]:
    """Propose the restored text for wrongly decoded text, if the restoration is not certain."""
    for track in artist.tracks:
        if tag_texts.mojibake(track) is not None and repair.is_writable(track):
            for field, _, new in _find_changes(track, _MOJIBAKE_FIELDS, _decode_mojibake):
                yield from repair.set_field(track, field, new, "mojibake", _MOJIBAKE_REASON)


def _clean_whitespace(text: str) -> str:
    return text if tag_texts.is_mojibake(text) else whitespace.clean_whitespace(text)


def _decode_mojibake(text: str) -> str:
    return mojibake.decode_mojibake(text) if len(text) <= _MAX_LENGTH else text


def _find_changes(
    track: Track, fields: Sequence[str], change: Callable[[str], str]
) -> Iterator[tuple[str, Values, Values]]:
    """Yield each field that `change` alters, with its current and its new values."""
    for field in fields:
        current: Values = getattr(track.tags, field)
        new = tuple(map(change, current))
        if new != current:
            yield field, current, new
