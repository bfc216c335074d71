"""Parse DSF: three chunks, then the tags, after Sony's "DSF File Format Specification 1.01"."""

from __future__ import annotations

import struct
from functools import partial

from mediakeep.media.audio import surrounding_tags
from mediakeep.media.audio.id3 import id3v2
from mediakeep.media.audio.parsed_file import EssenceParts, ParsedFile, StreamInfo, parse_or_none
from mediakeep.media.audio.stream_check import StreamCheck, missing_bytes_text
from mediakeep.media.bounded_file import BoundedFile, ByteRange

_DSD_CHUNK_SIZE = 28  # bytes of the first chunk, which declares the file size
_SIZE_FIELDS_OFFSET = 12  # in that chunk
_CHUNK_HEADER_SIZE = 12  # bytes of name and size, included in the size


def parse(source: BoundedFile) -> ParsedFile:
    """Parse the headers and the ID3 tag of a DSF file; raise struct.error if truncated."""
    start = surrounding_tags.find_audio_start(source)
    _, tag = struct.unpack("<QQ", source.read(start + _SIZE_FIELDS_OFFSET, 16))
    channels, rate, bits, samples = struct.unpack("<IIIQ", source.read(start + 52, 20))
    if not rate:
        raise ValueError("sample rate 0")
    block = (
        parse_or_none(partial(id3v2.read_tag, source, start + tag, source.size)) if tag else None
    )
    info = StreamInfo(
        length=samples / rate,
        bitrate=rate * bits * channels,
        sample_rate=rate,
        channels=channels,
        bits_per_sample=bits,
        lossless=True,
    )
    return ParsedFile(info=info, blocks=[block] if block else [])


def check_stream(source: BoundedFile) -> StreamCheck:
    """Compare the sizes that a DSF file declares, of the file and its data, with the file size."""
    start, data = surrounding_tags.find_audio_start(source), _find_data(source)
    declared_size = struct.unpack_from("<Q", source.read(start + 12, 8))[0]
    declared_end = max(start + declared_size, data.end)
    missing = missing_bytes_text(source.size, declared_end) if declared_end > source.size else ""
    size = ByteRange(data.start, min(data.end, source.size)).size
    if declared_end - source.size == 1:
        return StreamCheck(size, "its last byte is missing", audio_complete=True)
    return StreamCheck(size, missing)


def iter_essence(source: BoundedFile) -> EssenceParts:
    """Yield the audio of a DSF file: its format chunk, then the samples."""
    data = _find_data(source)
    yield ByteRange(
        surrounding_tags.find_audio_start(source) + _DSD_CHUNK_SIZE,
        min(data.start - _CHUNK_HEADER_SIZE, source.size),
    )
    yield ByteRange(data.start, min(data.end, source.size))


def find_size_fields(source: BoundedFile) -> ByteRange:
    """Return where the header declares the size of the file and the offset of its tag, 0 if none.

    Both are numbers of 8 bytes, and count from the beginning of the header.
    """
    start = surrounding_tags.find_audio_start(source) + _SIZE_FIELDS_OFFSET
    return ByteRange(start, start + 16)


def find_tag(source: BoundedFile) -> ByteRange:
    """Return the byte range of the ID3v2 tag, or the empty range at the end if there is none.

    Raises ValueError if the header points to something else.
    """
    fields = find_size_fields(source)
    _, tag = struct.unpack("<QQ", source.read(fields.start, fields.size))
    if not tag:
        return ByteRange(source.size, source.size)
    tag += fields.start - _SIZE_FIELDS_OFFSET
    size = id3v2.parse_tag_size(source.read(tag, id3v2.HEADER_SIZE))
    if not size or not _find_data(source).end <= tag <= tag + size <= source.size:
        raise ValueError("no ID3v2 tag where the header points to")
    return ByteRange(tag, tag + size)


def find_audio_chunks(source: BoundedFile) -> ByteRange:
    """Return the range of the format chunk and the data chunk with their headers."""
    start = surrounding_tags.find_audio_start(source) + _DSD_CHUNK_SIZE
    return ByteRange(start, _find_data(source).end)


def _find_data(source: BoundedFile) -> ByteRange:
    """Return the byte range of the samples in the data chunk, which follows the format chunk."""
    start = surrounding_tags.find_audio_start(source) + _DSD_CHUNK_SIZE
    start += struct.unpack_from("<Q", source.read(start + 4, 8))[0]
    size = struct.unpack_from("<Q", source.read(start + 4, 8))[0]
    return ByteRange(start + _CHUNK_HEADER_SIZE, start + max(size, _CHUNK_HEADER_SIZE))
