"""Parse FLAC: metadata blocks, then numbered frames, after RFC 9639."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import NamedTuple

from mediakeep.media.audio import surrounding_tags
from mediakeep.media.audio.flac import flac_frames, vorbis_comments
from mediakeep.media.audio.flac.flac_frames import (
    FIXED_SYNC,
    VARIABLE_SYNC,
    FlacStreamInfo,
    find_frames_backwards,
)
from mediakeep.media.audio.parsed_file import ParsedFile, StreamInfo, TagBlock, parse_or_none
from mediakeep.media.audio.stream_check import StreamCheck, missing_time_text
from mediakeep.media.bounded_file import BoundedFile, ByteRange

STREAMINFO_BLOCK, COMMENT_BLOCK, PICTURE_BLOCK = 0, 4, 6

_LAST_BLOCK_FLAG = 0x80
_MAX_BLOCKS = 1024
_FRAME_SYNC_BYTE = 0xFF  # first byte of a frame, not of a block


class FlacBlock(NamedTuple):
    """A FLAC metadata block: its type, and the byte offsets of its content."""

    block_type: int
    start: int
    end: int


class FlacMetadata(NamedTuple):
    """The metadata blocks of a FLAC file, and the byte offset at which they end.

    In a truncated file the offset may be beyond the end of the file.
    """

    blocks: list[FlacBlock]
    end: int


def walk_blocks(source: BoundedFile, offset: int) -> FlacMetadata:
    """Read the headers of the FLAC metadata blocks that follow the marker `fLaC`.

    The content of a block may be missing.
    """
    blocks: list[FlacBlock] = []
    for _ in range(_MAX_BLOCKS):
        head = source.read(offset, 4)
        if len(head) < 4:
            return FlacMetadata(blocks, source.size + 1)
        if head[0] == _FRAME_SYNC_BYTE:
            break
        start = offset + 4
        offset = start + int.from_bytes(head[1:])
        blocks.append(FlacBlock(head[0] & 0x7F, start, offset))
        if head[0] & _LAST_BLOCK_FLAG:
            break
    return FlacMetadata(blocks, offset)


_MAGIC = b"fLaC"
_SEARCH_SIZE = 1 << 16  # bytes; FFmpeg looks for the first frame in more
_DEFAULT_TAIL_SIZE, _MAX_TAIL_SIZE = 65_536, 262_144  # bytes searched: frame size unknown, maximum


def parse(source: BoundedFile) -> ParsedFile:
    """Parse the metadata blocks of a FLAC file; raise ValueError if there is no STREAMINFO."""
    stream, metadata = source.call_once_and_cache(_read_metadata)
    if stream is None:
        raise ValueError("no STREAMINFO")
    source.read_tail(
        source.size, _last_frame_search_size(stream) + surrounding_tags.TRAILER_PROBE_SIZE
    )  # one read for all
    audio = ByteRange(
        metadata.end,
        surrounding_tags.find_audio_end(source, surrounding_tags.find_audio_start(source)),
    )
    block = parse_or_none(partial(_read_tags, source, metadata))
    surrounding = surrounding_tags.read_tag_blocks(source)
    return ParsedFile(
        info=build_stream_info(stream, audio.size),
        blocks=[block, *surrounding] if block else surrounding,
    )


def build_stream_info(stream: FlacStreamInfo, size: int) -> StreamInfo:
    """Build the audio properties of a FLAC stream with `size` bytes of audio.

    Raises ValueError if the sample rate is 0.
    """
    if not stream.sample_rate:
        raise ValueError("sample rate 0")
    length = stream.total_samples / stream.sample_rate
    return StreamInfo(
        length=length,
        bitrate=round(size * 8 * stream.sample_rate / stream.total_samples)
        if stream.total_samples and size > 0
        else 0,
        sample_rate=stream.sample_rate,
        channels=stream.channels,
        bits_per_sample=stream.bits_per_sample,
        lossless=True,
    )


def check_stream(source: BoundedFile) -> StreamCheck:
    """Check that the last frame of a FLAC file reaches the number of samples in STREAMINFO."""
    stream, metadata = source.call_once_and_cache(_read_metadata)
    if metadata.end > source.size:
        return StreamCheck(0, _truncated_headers_text(source, stream))
    audio = ByteRange(metadata.end, surrounding_tags.find_audio_end(source, metadata.end))
    return StreamCheck(
        audio.size,
        _missing_audio_text(source, audio, stream) if stream and stream.total_samples else "",
    )


def find_lost_start(source: BoundedFile) -> tuple[bytes, int] | None:
    """Return headers for the rest of a FLAC file whose start is overwritten, and where it begins.

    Return None if there are frames at its start, as far as FFmpeg looks for them, or if the next
    one is the first. The headers are STREAMINFO alone: those after it may be overwritten, too.
    """
    stream, metadata = source.call_once_and_cache(_read_metadata)
    if stream is None or metadata.blocks[0].block_type != STREAMINFO_BLOCK:
        return None
    for at in range(metadata.end, source.size, _SEARCH_SIZE):
        data = source.read(at, _SEARCH_SIZE + flac_frames.MAX_HEADER_SIZE)
        if frame := flac_frames.find_first_frame(data, stream):
            if at == metadata.end or frame[1] <= stream.block_size:
                return None
            info = source.read(metadata.blocks[0].start, flac_frames.STREAMINFO_SIZE)
            header = bytes((_LAST_BLOCK_FLAG | STREAMINFO_BLOCK, 0, 0, len(info)))
            return _MAGIC + header + info, at + frame[0]
    return None


def iter_essence(source: BoundedFile) -> Iterator[ByteRange]:
    """Yield the audio of a FLAC file: all bytes after the last metadata block."""
    start = source.call_once_and_cache(_read_metadata)[1].end
    yield ByteRange(start, surrounding_tags.find_audio_end(source, start))


def _read_metadata(source: BoundedFile) -> tuple[FlacStreamInfo | None, FlacMetadata]:
    """Read the metadata blocks of a FLAC file, and parse the first STREAMINFO."""
    metadata = walk_blocks(source, surrounding_tags.find_audio_start(source) + len(_MAGIC))
    for kind, start, _ in metadata.blocks:
        if kind == STREAMINFO_BLOCK:
            return flac_frames.parse_streaminfo(
                source.read(start, flac_frames.STREAMINFO_SIZE)
            ), metadata
    return None, metadata


def _read_tags(source: BoundedFile, metadata: FlacMetadata) -> TagBlock:
    """Read the first Vorbis comment block and all pictures of a FLAC file."""
    start = end = 0
    for kind, *extent in metadata.blocks:
        if kind == COMMENT_BLOCK and end == start:
            start, end = extent
    source.allow_tag_bytes(end - start)
    block = vorbis_comments.parse_comments(source.read(start, end - start))
    for kind, start, end in metadata.blocks:
        if kind != PICTURE_BLOCK:
            continue
        source.allow_tag_bytes(end - start)
        if block.is_full:
            break
        if picture := vorbis_comments.parse_picture_block(
            end - start, source.make_part_reader(start, end)
        ):
            block.add_picture(picture)
    return block


def _truncated_headers_text(source: BoundedFile, stream: FlacStreamInfo | None) -> str:
    """Return a clause that says how the FLAC metadata is truncated, or "".

    If there are frames at the end of the file, only a size in the headers is wrong.
    """
    tail = source.read_tail(source.size, _DEFAULT_TAIL_SIZE)
    has_frames = stream and any(
        any(find_frames_backwards(tail, stream, sync)) for sync in (FIXED_SYNC, VARIABLE_SYNC)
    )
    return "" if has_frames else "it ends within its headers"


def _last_frame_search_size(stream: FlacStreamInfo) -> int:
    """Return how many bytes before the end of the audio are sure to contain a frame's start."""
    size = (
        stream.max_frame_size + flac_frames.MAX_HEADER_SIZE
        if stream.max_frame_size
        else _DEFAULT_TAIL_SIZE
    )
    return min(size, _MAX_TAIL_SIZE)


def _missing_audio_text(source: BoundedFile, audio: ByteRange, stream: FlacStreamInfo) -> str:
    """Return a clause that says how far the FLAC frames reach, or "".

    "" means that all frames are there, or that none is found.
    """
    reach = min(_last_frame_search_size(stream), audio.size)
    sync = VARIABLE_SYNC if source.read(audio.start, 2) == VARIABLE_SYNC else FIXED_SYNC
    tail, furthest = source.read_tail(audio.end, reach), 0
    for offset, end in find_frames_backwards(tail, stream, sync):
        if end >= stream.total_samples:
            is_truncated = len(tail) - offset < stream.min_frame_size
            return "it ends within its last frame" if is_truncated else ""
        furthest = max(furthest, end)
    if not furthest and reach < audio.size:
        return ""  # the file does not end with audio, so the missing part is unknown
    rate = stream.sample_rate or 1
    return missing_time_text(furthest / rate, stream.total_samples / rate)
