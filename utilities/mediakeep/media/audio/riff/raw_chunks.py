"""Split WAV and AIFF files into chunks, for writers and undo.

The sizes must be exact: unlike the reader, a writer may not guess where a chunk ends.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple

from mediakeep.media.audio import surrounding_tags
from mediakeep.media.audio.riff import info_tags, riff_stream
from mediakeep.media.audio.unsupported_layout import UnsupportedLayout
from mediakeep.media.bounded_file import BoundedFile, ByteRange

HEADER_SIZE = 8  # bytes of a chunk's name and size

_FORM_HEADER_SIZE = 12  # bytes of the file before its first chunk
_MAX_CHUNKS = 1000
_BLOCK_SIZE = 1 << 16  # bytes read at once
LARGE_FORMS = (b"RF64", b"BW64")  # WAV with 64-bit sizes; the first bytes of a file
_UNFIT_CHUNKS = "its chunks do not fit into each other"
_AUDIO_CHUNKS = frozenset({b"data", b"SSND"})
_INEXACT_SIZE = (
    "its header does not tell where the audio ends, as that of a recording that was broken off."
    " Copy the audio into a new file, as with ffmpeg -i OLD -c copy NEW, then replace it"
)


class RawChunk(NamedTuple):
    """A chunk: its name, and the byte offsets of its header, of its content and of their ends.

    `next` is the offset after the padding byte that follows content of an odd size.
    """

    name: bytes
    start: int
    body: int
    end: int
    next: int

    @property
    def whole(self) -> ByteRange:
        """The chunk with its header and its padding byte."""
        return ByteRange(self.start, self.next)


class RiffFile(NamedTuple):
    """A WAV or AIFF file: its byte order, the offset of its first byte, and its chunks.

    `end` is the offset after the last chunk, `form_end` the offset at which the file ends according
    to the size in its header, if that is possible.
    """

    order: str  # "<" or ">", as in `struct`
    start: int
    chunks: tuple[RawChunk, ...]
    end: int
    form_end: int


def split_exact_file(source: BoundedFile) -> RiffFile:
    """Return the chunks of a WAV or AIFF file whose size fields agree, so that it can be rewritten.

    Zero bytes after the last chunk are allowed. Raises UnsupportedLayout otherwise.
    """
    riff = split_file(source)
    chunks = tuple(_drop_unnamed_chunks(riff.chunks))
    end = chunks[-1].next if chunks else riff.end
    if chunks and chunks[-1].end == riff.form_end and any(source.read(riff.form_end, 1)):
        end = riff.form_end  # the byte after it is no padding
    form_end = max(end, riff.form_end)
    if any(chunk.name in _AUDIO_CHUNKS for chunk in riff.chunks[len(chunks) :]):
        raise UnsupportedLayout(_UNFIT_CHUNKS)
    for at in range(end, form_end, _BLOCK_SIZE):
        if any(source.read(at, min(_BLOCK_SIZE, form_end - at))):
            raise UnsupportedLayout(_UNFIT_CHUNKS)
    return riff._replace(chunks=chunks, end=end, form_end=form_end)


def split_file(source: BoundedFile) -> RiffFile:
    """Return the chunks of a WAV or AIFF file, up to other data such as an ID3v1 tag.

    Raises UnsupportedLayout if the audio does not have an exact size.
    """
    start = surrounding_tags.find_audio_start(source)
    if source.read(start, 4) in LARGE_FORMS:
        raise UnsupportedLayout("its sizes have 64 bits")
    is_big = riff_stream.is_big_endian(source, start)
    chunks, at = list[RawChunk](), start + _FORM_HEADER_SIZE
    while chunk := _read_chunk(source, at, "big" if is_big else "little"):
        if len(chunks) == _MAX_CHUNKS:
            raise UnsupportedLayout("it has too many chunks")
        chunks.append(chunk)
        at = chunk.next
    if not any(chunk.name in _AUDIO_CHUNKS and chunk.end > chunk.body for chunk in chunks):
        raise UnsupportedLayout(_INEXACT_SIZE)
    order = ">" if is_big else "<"
    declared = int.from_bytes(source.read(start + 4, 4), "big" if is_big else "little")
    form_end = min(start + HEADER_SIZE + declared, surrounding_tags.find_audio_end(source, start))
    return RiffFile(order, start, tuple(chunks), at, form_end)


def is_info_list(source: BoundedFile, chunk: RawChunk) -> bool:
    """Return True if a chunk is a RIFF INFO list, which contains texts."""
    list_type = source.read(chunk.body, len(info_tags.LIST_TYPE))
    return chunk.name == riff_stream.LIST_CHUNK and list_type == info_tags.LIST_TYPE


def is_tag_chunk(source: BoundedFile, chunk: RawChunk) -> bool:
    """Return True if a chunk contains tags: ID3v2, or a RIFF INFO list."""
    return chunk.name in riff_stream.ID3_CHUNKS or is_info_list(source, chunk)


def build_chunk(name: bytes, content: bytes, order: str = "<") -> bytes:
    """Return a chunk with its header and its padding byte; `order` is as in `struct`."""
    return name + struct.pack(f"{order}I", len(content)) + content + bytes(len(content) % 2)


def _drop_unnamed_chunks(chunks: tuple[RawChunk, ...]) -> Iterator[RawChunk]:
    """Yield the chunks up to the first one whose name mutagen does not accept."""
    for chunk in chunks:
        if not chunk.name.strip(b" ") or not all(0x20 <= byte <= 0x7E for byte in chunk.name):
            return
        yield chunk


def _read_chunk(source: BoundedFile, start: int, order: str) -> RawChunk | None:
    head = source.read(start, HEADER_SIZE)
    body = start + HEADER_SIZE
    end = body + int.from_bytes(head[4:], "big" if order == "big" else "little")
    if len(head) < HEADER_SIZE or end > source.size or not head[:4].isascii():
        return None
    return RawChunk(head[:4], start, body, end, min(end + (end - body) % 2, source.size))
