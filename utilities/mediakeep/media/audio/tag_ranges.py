"""Find the tags before and after the audio of a file, with the bytes between them."""

from __future__ import annotations

from collections.abc import Iterator

from mediakeep.media.audio import surrounding_tags
from mediakeep.media.audio.ape import apev2
from mediakeep.media.audio.id3 import id3v1, id3v2
from mediakeep.media.audio.surrounding_tags import MAX_TAGS
from mediakeep.media.bounded_file import BoundedFile, ByteRange

ID3V1, APEV2, OTHER = "ID3v1", "APEv2", ""

_KINDS = {id3v1.MAGIC: ID3V1, apev2.MAGIC: APEV2}


def find_audio(essence: Iterator[ByteRange]) -> ByteRange:
    """Return the byte range of the audio; raise ValueError if a damaged header hides it.

    A bare `next` would end a generator that calls this with a RuntimeError.
    """
    audio = next(essence, None)
    if audio is None:
        raise ValueError("no audio between the tags")
    return audio


def find_leading_tags(source: BoundedFile, end: int) -> list[ByteRange]:
    """Return the ID3v2 tags before the audio that begins at `end`.

    Other bytes before the audio are the last range.
    """
    found, at = list[ByteRange](), 0
    while (
        at < end and len(found) < MAX_TAGS and (size := id3v2.parse_tag_size(source.read(at, 10)))
    ):
        found.append(ByteRange(at, min(at + size, end)))
        at += size
    if at < end:
        found.append(ByteRange(at, end))
    return found


def find_trailing_tags(source: BoundedFile, start: int) -> list[tuple[str, ByteRange]]:
    """Return kind and range of each tag after the audio that ends at `start`, in file order.

    Lyrics3 and unknown bytes are of the kind `OTHER`.
    """
    found: list[tuple[str, ByteRange]] = []
    end = source.size
    while end > start and len(found) < MAX_TAGS:
        kind, size = _identify_last_tag(source, start, end)
        found.insert(0, (kind, ByteRange(end - size, end)))
        end -= size
    return found


def _identify_last_tag(source: BoundedFile, start: int, end: int) -> tuple[str, int]:
    mark, size = surrounding_tags.identify_last_tag(source, start, end)
    return (_KINDS.get(mark, OTHER), size) if size else (OTHER, end - start)
