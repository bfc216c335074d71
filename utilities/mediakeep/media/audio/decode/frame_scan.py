"""Scan the frames of MP3 and ADTS files for gaps, a truncated end and missing frames.

Each frame header gives the offset of the next frame. So a changed bit in a header, a zeroed sector
or a cut is found; changes within a frame are not.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator

import msgspec

from mediakeep.media.audio.decode import frame_headers
from mediakeep.media.audio.decode.frame_headers import HEADER_SIZE, FrameFormat, FrameHeader
from mediakeep.media.bounded_file import BoundedFile, ByteRange

_SEARCH_SIZE = 1 << 16  # bytes searched in one read
_MAX_FRAME_REACH = 8192 + HEADER_SIZE  # maximum bytes from a frame to the end of the next header
_ID3V1_SIZE, _APE_FOOTER_SIZE = 128, 32
_TOLERATED_MISSING = 1  # frames that encoders count but do not write
_MIN_ZERO_BYTES = 4096  # zero bytes after the last frame that are more than padding


class FrameScan(msgspec.Struct):
    """The frames and gaps found in an MP3 or ADTS file.

    `starts` and `sizes` are the byte offset and the size in bytes of each frame. Each entry of
    `gaps` is the playing position of a gap, in seconds of audio before it.
    """

    # Offset and size of each audio frame; a long audiobook has millions.
    starts: array[int] = msgspec.field(default_factory=lambda: array("Q"))
    sizes: array[int] = msgspec.field(default_factory=lambda: array("H"))
    seconds: float = 0.0
    gaps: list[float] = []
    is_truncated: bool = False  # the last frame continues after the end
    ends_in_zeros: bool = False  # only zeros where more audio should be
    expected_frames: int = 0  # declared number of frames; 0 if unknown

    @property
    def frame_ranges(self) -> Iterator[ByteRange]:
        """The byte range of each audio frame."""
        pairs = zip(self.starts, self.sizes, strict=True)
        return (ByteRange(start, start + size) for start, size in pairs)

    @property
    def missing_frames(self) -> int:
        """How many frames the file declares but does not contain."""
        missing = self.expected_frames - len(self.starts)
        return missing if self.expected_frames and missing > _TOLERATED_MISSING else 0


def scan_frames(
    source: BoundedFile, audio: ByteRange, frame_format: FrameFormat
) -> FrameScan | None:
    """Scan the audio frames in a byte range of a file.

    Return None if no two valid frames follow each other.
    """
    offset = _find_frame(source, audio, frame_format)
    if offset is None:
        return None
    scan, signature = FrameScan(), None
    while offset < audio.end:
        frame = frame_format.parse_header(source.read(offset, HEADER_SIZE))
        if frame and (signature is None or frame.signature == signature):
            scan.is_truncated = not _add_frame(
                scan, source, ByteRange(offset, offset + frame.size), frame, audio.end
            )
            offset, signature = offset + frame.size, frame.signature
            continue
        tag_end = skip_tags(source, offset)
        next_frame = _find_frame(source, ByteRange(tag_end, audio.end), frame_format)
        if next_frame is None:
            scan.ends_in_zeros = _is_zero_filled(source, ByteRange(tag_end, audio.end))
            break
        if next_frame > tag_end:
            scan.gaps.append(scan.seconds)
        offset, signature = next_frame, None
    return scan


def _add_frame(
    scan: FrameScan, source: BoundedFile, frame_range: ByteRange, frame: FrameHeader, end: int
) -> bool:
    """Add an audio frame to a scan; return True if the frame ends before `end`.

    A frame that holds only the encoder's header is not added.
    """
    if frame_range.end > end:
        return False
    if not scan.starts and not scan.expected_frames:
        scan.expected_frames = frame_headers.parse_frame_count(
            source.read(frame_range.start, min(frame_range.size, 200))
        )
        if scan.expected_frames:
            return True
    scan.starts.append(frame_range.start)
    scan.sizes.append(frame_range.size)
    scan.seconds += frame.seconds
    return True


def _find_frame(
    source: BoundedFile, byte_range: ByteRange, frame_format: FrameFormat
) -> int | None:
    """Return the next offset at which two frames of the same type follow each other, or None."""
    for start in range(byte_range.start, byte_range.end, _SEARCH_SIZE):
        piece = source.read(start, min(_SEARCH_SIZE + _MAX_FRAME_REACH, byte_range.end - start))
        for offset in _iter_candidates(piece, frame_format):
            if offset >= _SEARCH_SIZE:
                break
            first = frame_format.parse_header(piece[offset : offset + HEADER_SIZE])
            if first is None:
                continue
            second = frame_format.parse_header(piece[offset + first.size :][:HEADER_SIZE])
            if (
                second and second.signature == first.signature
            ) or start + offset + first.size == byte_range.end:
                return start + offset
    return None


def _iter_candidates(piece: bytes, frame_format: FrameFormat) -> Iterator[int]:
    """Yield each offset at which a frame may begin, including overlapping ones."""
    offset = -1
    while match := frame_format.sync.search(piece, offset + 1):
        offset = match.start()
        yield offset


def skip_tags(source: BoundedFile, offset: int) -> int:
    """Return the end of the tags that lie between two frames, as in concatenated files."""
    while (end := _skip_tag(source, offset)) > offset:
        offset = end
    return offset


def _skip_tag(source: BoundedFile, offset: int) -> int:
    head = source.read(offset, _APE_FOOTER_SIZE)
    if head.startswith(b"TAG"):
        return offset + _ID3V1_SIZE
    if head.startswith(b"ID3") and len(head) > 9:
        size = sum((byte & 127) << 7 * n for n, byte in enumerate(reversed(head[6:10])))
        return offset + 10 + size
    if head.startswith(b"APETAGEX"):
        return offset + _APE_FOOTER_SIZE + int.from_bytes(head[12:16], "little")
    return offset


def _is_zero_filled(source: BoundedFile, byte_range: ByteRange) -> bool:
    return byte_range.size >= _MIN_ZERO_BYTES and not any(
        source.read(start, min(_SEARCH_SIZE, byte_range.end - start)).strip(b"\0")
        for start in range(byte_range.start, byte_range.end, _SEARCH_SIZE)
    )
