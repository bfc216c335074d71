"""Read the tags before and after the audio of any format: ID3v2, APEv2, Lyrics3 and ID3v1.

Lyrics3 after id3.org's "Lyrics3 v2.00", ID3v2's footer after its "ID3 tag version 2.4.0" (3.4).
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from msgspec import structs

from mediakeep.media.audio.ape import apev2
from mediakeep.media.audio.id3 import id3v1, id3v2
from mediakeep.media.audio.parsed_file import ParsedFile, StreamInfo, TagBlock, parse_or_none
from mediakeep.media.bounded_file import BoundedFile, ByteRange


def build_parsed_file(source: BoundedFile, samples: int, info: StreamInfo) -> ParsedFile:
    """Combine audio properties with the tags around the audio.

    `samples` is the number of samples. APEv2 is the native tag format of the files that this is
    used for.
    """
    length = samples / info.sample_rate if info.sample_rate else 0.0
    bitrate = round(find_audio_range(source).size * 8 / length) if length else 0
    blocks = sorted(read_tag_blocks(source), key=lambda block: block.tag_format != "ape")
    return ParsedFile(info=structs.replace(info, length=length, bitrate=bitrate), blocks=blocks)


# bytes at the end that identify the last tag
TRAILER_PROBE_SIZE = id3v1.TAG_SIZE + apev2.FOOTER_SIZE

MAX_TAGS = 16  # consecutive tags; more are an attack
_LYRICS3_MAGIC = b"LYRICS200"
_LYRICS3_TRAILER_SIZE = len(_LYRICS3_MAGIC) + 6  # after a size of six digits
_ID3_FOOTER_SIZE, _ID3_FOOTER_MAGIC = 10, b"3DI"


def find_audio_range(source: BoundedFile) -> ByteRange:
    """Return the byte range between the leading and the trailing tags of an audio file."""
    return ByteRange(find_audio_start(source), find_audio_end(source, find_audio_start(source)))


def iter_essence(source: BoundedFile) -> Iterator[ByteRange]:
    """Yield the audio of a format without container: the bytes between its tags."""
    yield find_audio_range(source)


def find_audio_start(source: BoundedFile) -> int:
    """Return the byte offset after the leading ID3v2 tags, or 0 if there are none."""
    return source.call_once_and_cache(_find_leading_tags)[1]


def find_audio_end(source: BoundedFile, start: int) -> int:
    """Return the byte offset at which the trailing tags start.

    `start` is the offset at which the audio begins.
    """
    end = source.size
    for _, span in source.call_once_and_cache(_find_trailing_tags):
        if span.start < start:
            break
        end = span.start
    return end


def read_tag_blocks(source: BoundedFile) -> list[TagBlock]:
    """Read the tags around the audio in the order of preference: ID3v2, APEv2, then ID3v1."""
    trailing: list[TagBlock | None] = []
    for mark, span in source.call_once_and_cache(_find_trailing_tags):
        if mark == apev2.MAGIC:
            trailing.insert(0, parse_or_none(partial(apev2.read_tag, source, *span)))
        elif mark == id3v1.MAGIC:
            trailing.append(id3v1.parse_tag(source.read(span.start, span.size)))
    leading = [
        parse_or_none(partial(id3v2.read_tag, source, *span))
        for span in source.call_once_and_cache(_find_leading_tags)[0]
    ]
    return [block for block in leading + trailing if block]


def _find_leading_tags(source: BoundedFile) -> tuple[list[ByteRange], int]:
    """Return the byte ranges of the leading ID3v2 tags, and the offset after them.

    Some taggers write a new tag before the old one. A header with an impossible size is ignored.
    """
    tags: list[ByteRange] = []
    offset = 0
    while len(tags) < MAX_TAGS:
        head = source.read(offset, id3v2.HEADER_SIZE)
        size = id3v2.parse_tag_size(head)
        if not size or offset + size > source.size:
            break
        tags.append(ByteRange(offset, offset + size))
        offset += size
        if source.read(offset, len(_ID3_FOOTER_MAGIC)) == _ID3_FOOTER_MAGIC:
            offset += _ID3_FOOTER_SIZE
    return tags, min(offset, source.size)


def _find_trailing_tags(source: BoundedFile) -> list[tuple[bytes, ByteRange]]:
    """Return the magic bytes and the byte range of each trailing tag, the last tag first."""
    start, end = find_audio_start(source), source.size
    tags: list[tuple[bytes, ByteRange]] = []
    for _ in range(MAX_TAGS):
        mark, size = identify_last_tag(source, start, end)
        if not size:
            break
        tags.append((mark, ByteRange(end - size, end)))
        end -= size
    return tags


def identify_last_tag(source: BoundedFile, start: int, end: int) -> tuple[bytes, int]:
    """Return the magic bytes and the size of the tag that ends at `end`.

    Return b"" and 0 if there is no tag, or if it begins before `start`.
    """
    mark, size = _measure_last_tag(source, start, end)
    return (mark, size) if 0 < size <= end - start else (b"", 0)


def _measure_last_tag(source: BoundedFile, start: int, end: int) -> tuple[bytes, int]:
    tail = source.read_tail(end, min(TRAILER_PROBE_SIZE, end - start))
    if len(tail) >= id3v1.TAG_SIZE and id3v1.ends_with_tag(tail):
        return id3v1.MAGIC, id3v1.TAG_SIZE
    if size := apev2.measure_tag(source, tail[-apev2.FOOTER_SIZE :], end):
        return apev2.MAGIC, size
    if (
        tail.endswith(_LYRICS3_MAGIC)
        and tail[-_LYRICS3_TRAILER_SIZE : -len(_LYRICS3_MAGIC)].isdigit()
    ):
        return _LYRICS3_MAGIC, _LYRICS3_TRAILER_SIZE + int(
            tail[-_LYRICS3_TRAILER_SIZE : -len(_LYRICS3_MAGIC)]
        )
    if tail[-_ID3_FOOTER_SIZE:].startswith(_ID3_FOOTER_MAGIC):
        return _ID3_FOOTER_MAGIC, 2 * _ID3_FOOTER_SIZE + id3v2.decode_syncsafe(tail[-4:])
    return b"", 0
