"""Safe repairs of the letters of tags."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from mediakeep.media.edits.changes import Values
from mediakeep.music.checks import garbling, texts
from mediakeep.music.model import Artist, Track
from mediakeep.music.repairs import misreading, repair, spacing
from mediakeep.music.repairs.repair import Repair

_TIDIED = ("title", "artist", "album", "albumartist", "genres")
_RESTORED = ("title", "artist", "album", "albumartist", "composer", "genres")
_LONGEST = 1000  # letters: of a longer text only the beginning is judged
_MISREAD = "it was read in the wrong encoding"


def mojibake(artist: Artist) -> Iterator[Repair]:
    """Texts that are garbled beyond doubt, as they were meant to be."""
    for track in artist.tracks:
        if texts.mojibake(track) is not None and repair.is_writable(track):
            for field, _, new in _changed(track, _RESTORED, misreading.mended):
                yield from repair.edits(track, field, new, "mojibake", _MISREAD)


def whitespace(artist: Artist) -> Iterator[Repair]:
    """Texts with white space where none belongs, without it."""
    for track in artist.tracks:
        if texts.whitespace(track) is not None and repair.is_writable(track):
            for field, held, new in _changed(track, _TIDIED, _tidied):
                odd = dict.fromkeys(one for text in held for one in spacing.oddities(text))
                yield from repair.edits(track, field, new, "whitespace", ", ".join(odd))


def likely(artist: Artist) -> Iterator[Repair]:
    """Garbled texts as they were meant to be, where nothing proves it."""
    for track in artist.tracks:
        if texts.mojibake(track) is not None and repair.is_writable(track):
            for field, _, new in _changed(track, _RESTORED, _restored):
                yield from repair.edits(track, field, new, "mojibake", _MISREAD)


def mended(text: str) -> str:
    """Return a text as it is once all its safe repairs are made."""
    while (new := spacing.tidied(misreading.mended(text))) != text:
        text = new
    return text


def _tidied(text: str) -> str:
    return text if texts.is_garbled(text) else spacing.tidied(text)


def _restored(text: str) -> str:
    return garbling.restored(text) if len(text) <= _LONGEST else text


def _changed(
    track: Track, fields: Sequence[str], mend: Callable[[str], str]
) -> Iterator[tuple[str, Values, Values]]:
    """Give the fields that another text belongs in, each with what it holds and should hold."""
    for field in fields:
        held: Values = getattr(track.tags, field)
        new = tuple(map(mend, held))
        if new != held:
            yield field, held, new
