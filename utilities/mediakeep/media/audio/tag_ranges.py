"""Find the tags before and after the audio of MP3 and FLAC files, with the bytes between them."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from mediakeep.media.audio.ape.apev2 import FOOTER_SIZE, MAGIC
from mediakeep.media.audio.id3 import id3v1, id3v2
from mediakeep.media.bounded_file import BoundedFile, ByteRange

ID3V1, APEV2, OTHER = "ID3v1", "APEv2", ""

_MAX_TAGS = 16  # consecutive tags
_HAS_HEADER = 1 << 31
_LYRICS3_MAGIC = b"LYRICS200"
_LYRICS3_TRAILER_SIZE = len(_LYRICS3_MAGIC) + 6  # after a size of six digits


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
        at < end and len(found) < _MAX_TAGS and (size := id3v2.parse_tag_size(source.read(at, 10)))
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
    while end > start and len(found) < _MAX_TAGS:
        kind, size = _identify_last_tag(source, start, end)
        found.insert(0, (kind, ByteRange(end - size, end)))
        end -= size
    return found


def _identify_last_tag(source: BoundedFile, start: int, end: int) -> tuple[str, int]:
    tail = source.read_tail(end, min(end - start, id3v1.TAG_SIZE + FOOTER_SIZE))
    if len(tail) >= id3v1.TAG_SIZE and id3v1.ends_with_tag(tail):
        return ID3V1, id3v1.TAG_SIZE
    footer = tail[-FOOTER_SIZE:]
    if len(footer) == FOOTER_SIZE and footer.startswith(MAGIC):
        size, _, flags = struct.unpack_from("<III", footer, 12)
        size += FOOTER_SIZE if flags & _HAS_HEADER else 0
        if FOOTER_SIZE <= size <= end - start:
            return APEV2, size
    size_text = tail[-_LYRICS3_TRAILER_SIZE : -len(_LYRICS3_MAGIC)]
    if tail.endswith(_LYRICS3_MAGIC) and size_text.isdigit():
        size = _LYRICS3_TRAILER_SIZE + int(size_text)
        if size <= end - start:
            return OTHER, size
    return OTHER, end - start
