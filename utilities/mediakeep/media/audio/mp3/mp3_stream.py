"""Parse MPEG audio (MP3): frames between the leading and the trailing tags."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mediakeep.media.audio import surrounding_tags
from mediakeep.media.audio.id3 import id3v2
from mediakeep.media.audio.mp3 import mpeg_frames, xing
from mediakeep.media.audio.mp3.mpeg_frames import MpegFrame
from mediakeep.media.audio.parsed_file import ParsedFile, StreamInfo
from mediakeep.media.audio.stream_check import StreamCheck, missing_bytes_text
from mediakeep.media.bounded_file import BoundedFile, ByteRange, ReadAt

_SEARCH_SIZE = 128 * 1024  # bytes searched for the first frame
_READ_SIZE = 16 * 1024
_MAX_CANDIDATES = 1500  # offsets that look like a frame
_CERTAIN_FRAMES, _MIN_FRAMES = 4, 2  # consecutive frames: certain, or at least possible
_FRAME_SYNC = re.compile(rb"\xff[\xe2-\xe7\xf2-\xf7\xfa-\xff]")

_HEADER_SEARCH_SIZE = 4096  # bytes searched for a frame with declared size
_LAYER_3_SYNC = re.compile(rb"\xff[\xe2\xe3\xf2\xf3\xfa\xfb]")  # of MPEG 2.5, 2 and 1
_SIZE_TOLERANCE = 4096  # encoders disagree on whether their own frame counts, some on a few more
_UNKNOWN_COUNTS = (0, 0xFFFFFFFF)


def parse(source: BoundedFile) -> ParsedFile:
    """Parse the first frame of an MP3 file; raise ValueError if there is none."""
    return ParsedFile(
        info=_find_stream_info(source, surrounding_tags.find_audio_range(source)),
        blocks=surrounding_tags.read_tag_blocks(source),
    )


def check_stream(source: BoundedFile) -> StreamCheck:
    """Compare the audio size that the first frame of an MP3 file declares with the real one."""
    if reason := _truncated_tag_text(source):
        return StreamCheck(0, reason)
    audio = surrounding_tags.find_audio_range(source)
    offset, declared = _find_declared_size(source.read(audio.start, _HEADER_SEARCH_SIZE))
    present = audio.size - offset
    missing = declared > present + _SIZE_TOLERANCE and declared not in _possible_declared_sizes(
        source.size
    )
    return StreamCheck(audio.size, missing_bytes_text(present, declared) if missing else "")


def iter_essence(source: BoundedFile) -> Iterator[ByteRange]:
    """Yield the byte range between the tags of an MP3 file, if the file does not end in a tag."""
    if id3v2.parse_tag_size(source.read(0, id3v2.HEADER_SIZE)) <= source.size:
        yield surrounding_tags.find_audio_range(source)


def _find_stream_info(source: BoundedFile, audio: ByteRange) -> StreamInfo:
    """Find the first MPEG frame, and build the audio properties from it."""
    uncertain, read_at = None, source.make_part_reader(*audio)
    for offset in _iter_frame_candidates(source, audio):
        head = read_at(offset, xing.HEADER_SIZE)
        first = mpeg_frames.parse_frame_header(head[:4])
        if first is None:
            continue
        size = audio.size - offset
        if xing_info := _xing_info(head, first, size):
            return xing_info
        consecutive = _count_consecutive_frames(read_at, offset, first)
        if consecutive >= _CERTAIN_FRAMES:
            return _constant_bitrate_info(first, size)
        if consecutive >= _MIN_FRAMES and uncertain is None:
            uncertain = _constant_bitrate_info(first, size, sketchy=True)
    if uncertain is None:
        raise ValueError("no frame found")
    return uncertain


def _iter_frame_candidates(source: BoundedFile, audio: ByteRange) -> Iterator[int]:
    """Yield the offsets in the audio at which an MPEG frame may begin, 0 first."""
    yield 0
    tried = 1
    for start in range(0, _SEARCH_SIZE, _READ_SIZE):
        count = min(_READ_SIZE + 1, audio.size - start)
        source.preload(audio.start + start, count)
        for match in _FRAME_SYNC.finditer(source.read(audio.start + start, count)):
            if tried >= _MAX_CANDIDATES:
                return
            tried += 1
            yield start + match.start()
        if count <= _READ_SIZE:
            return


def _count_consecutive_frames(read_at: ReadAt, offset: int, first: MpegFrame) -> int:
    """Count consecutive frames of the same type as the first frame.

    The count stops at the number that rules out chance.
    """
    count, frame = 1, first
    while count < _CERTAIN_FRAMES:
        offset += frame.size
        next_frame = mpeg_frames.parse_frame_header(read_at(offset, 4))
        if next_frame is None or next_frame[:2] != first[:2]:
            break
        if next_frame.sample_rate != first.sample_rate:
            break
        count, frame = count + 1, next_frame
    return count


def _constant_bitrate_info(first: MpegFrame, size: int, *, sketchy: bool = False) -> StreamInfo:
    """Build audio properties on the assumption that all MPEG frames are like the first.

    `size` is the size of the audio in bytes; `sketchy` marks the properties as uncertain.
    """
    return StreamInfo(
        length=size * 8 / first.bitrate,
        bitrate=first.bitrate,
        sample_rate=first.sample_rate,
        channels=first.channels,
        uncertain=sketchy,
    )


def _xing_info(head: bytes, first: MpegFrame, size: int) -> StreamInfo | None:
    """Build audio properties from a Xing or VBRI header, or return None if there is none."""
    header = xing.parse_header(head) if first.layer == 3 else None
    if header is None:
        return None
    samples = max(0, header.frame_count * first.samples - header.trimmed_samples)
    if not samples:
        return _constant_bitrate_info(first, size)
    audio = max(0, (header.byte_count or size) - first.size)  # the frame of the header has no audio
    return StreamInfo(
        length=samples / first.sample_rate,
        bitrate=round(audio * 8 * first.sample_rate / (header.frame_count * first.samples)),
        sample_rate=first.sample_rate,
        channels=first.channels,
    )


def _truncated_tag_text(source: BoundedFile) -> str:
    """Return a clause if an MP3 file ends within a valid ID3v2 tag, else ""."""
    head = source.read(0, id3v2.HEADER_SIZE)
    if (
        head[:3] != b"ID3"
        or len(head) < 10
        or head[3] not in id3v2.SUPPORTED_VERSIONS
        or max(head[6:]) > 127
    ):
        return ""
    size = id3v2.HEADER_SIZE + id3v2.decode_syncsafe(head[6:])
    return "" if size <= source.size else f"its tags take {size:,} bytes, it holds {source.size:,}"


def _possible_declared_sizes(size: int) -> tuple[int, int]:
    """Return the two audio sizes, in bytes, that encoders declare if they count the tags.

    The first includes an ID3v1 tag, the second does not.
    """
    return size, size - 128


def _find_declared_size(audio: bytes) -> tuple[int, int]:
    """Return the offset of the first MPEG frame and the audio size declared from there on.

    Both are in bytes, and 0 if nothing is found.
    """
    for match in _LAYER_3_SYNC.finditer(audio):
        offset = match.start()
        if declared := _declared_size(audio[offset : offset + xing.HEADER_SIZE]):
            return offset, declared
        if offset == 0:
            break
    return 0, 0


def _declared_size(frame: bytes) -> int:
    """Return the audio size in bytes that an encoder header declares.

    The header has two sizes; in the first one old LAME versions count tags as well.
    """
    header = xing.parse_header(frame) if len(frame) == xing.HEADER_SIZE else None
    if header is None:
        return 0
    if header.byte_count in _UNKNOWN_COUNTS:
        least = mpeg_frames.min_frame_size(frame, even=header.is_constant_bitrate)
        return 0 if header.frame_count in _UNKNOWN_COUNTS else header.frame_count * least
    return min(header.byte_count, header.music_bytes) if header.music_bytes else header.byte_count
