"""Tags before and behind the sound of MP3 and FLAC: ID3v2, then APEv2, Lyrics3 and ID3v1."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from mediakeep.media.audio.ape.apev2 import FOOTER_SIZE, MAGIC
from mediakeep.media.audio.id3 import id3v2
from mediakeep.media.audio.tag_edits import TargetTags
from mediakeep.media.audio.write_options import OtherTags, TagWriteOptions
from mediakeep.media.bounded_file import BoundedFile, ByteRange
from mediakeep.media.edits import apev2, id3texts, id3v1

_MOST = 16  # tags in a row
_ID3V1, _APE, _OTHER = "ID3v1", "APEv2", ""
_HAS_HEADER = 1 << 31


def before(source: BoundedFile, end: int) -> list[ByteRange]:
    """Return the ID3v2 tags in front of a sound that begins at `end`; what is none stays apart."""
    found, at = list[ByteRange](), 0
    while at < end and len(found) < _MOST and (size := id3v2.parse_tag_size(source.read(at, 10))):
        found.append(ByteRange(at, min(at + size, end)))
        at += size
    if at < end:
        found.append(ByteRange(at, end))
    return found


def behind(source: BoundedFile, start: int) -> list[tuple[str, ByteRange]]:
    """Return the tags behind a sound that ends at `start`, in order, each with its kind."""
    found: list[tuple[str, ByteRange]] = []
    end = source.size
    while end > start and len(found) < _MOST:
        kind, size = _last(source, start, end)
        found.insert(0, (kind, ByteRange(end - size, end)))
        end -= size
    return found


def front(data: bytes, wanted: TargetTags, manner: TagWriteOptions) -> bytes:
    """Return an ID3v2 tag that stands beside the one that speaks for the file."""
    if not id3v2.parse_tag_size(data) or manner.other_tags is OtherTags.LEAVE:
        return data
    if manner.other_tags is OtherTags.REMOVE:
        return b""
    return id3texts.edited(data, wanted, manner.id3)


def back(
    source: BoundedFile, start: int, wanted: TargetTags, manner: TagWriteOptions
) -> Iterator[bytes]:
    """Give what stands behind the sound, each tag as the setting wants it."""
    for kind, span in behind(source, start):
        data = source.read(span.start, span.size)
        if not kind or manner.other_tags is OtherTags.LEAVE:
            yield data
        elif manner.other_tags is OtherTags.UPDATE:
            yield id3v1.edited(data, wanted) if kind == _ID3V1 else apev2.edited(data, wanted)


def _last(source: BoundedFile, start: int, end: int) -> tuple[str, int]:
    tail = source.read_tail(end, min(end - start, id3v1.SIZE))
    if len(tail) == id3v1.SIZE and tail.startswith(b"TAG"):
        return _ID3V1, id3v1.SIZE
    footer = tail[-FOOTER_SIZE:]
    if len(footer) == FOOTER_SIZE and footer.startswith(MAGIC):
        size, _, flags = struct.unpack_from("<III", footer, 12)
        size += FOOTER_SIZE if flags & _HAS_HEADER else 0
        if FOOTER_SIZE <= size <= end - start:
            return _APE, size
    if tail.endswith(b"LYRICS200") and tail[-15:-9].isdigit():
        size = 15 + int(tail[-15:-9])
        if size <= end - start:
            return _OTHER, size
    return _OTHER, end - start
