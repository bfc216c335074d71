"""Scan the frames of MP3 and ADTS files: gaps, a truncated end, missing frames.

Each frame header gives the offset of the next one, so a changed bit in a header, a zeroed sector or
a cut is found; changes within a frame are not.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator

import msgspec

from mediakeep.media.decoding import headers
from mediakeep.media.decoding.headers import HEADER, Dialect, Frame
from mediakeep.media.source import Source, Span

_SEARCHED = 1 << 16  # bytes searched in one read
_REACH = 8192 + HEADER  # maximum bytes from a frame to the end of the next header
_ID3V1, _APE = 128, 32
_FEW = 1  # frames that encoders count but do not write
_EMPTY = 4096  # zero bytes after the last frame that are more than padding


class Walk(msgspec.Struct):
    """The result of a scan; gaps as seconds of audio before them, sizes in bytes."""

    # Offset and size of each audio frame; a long audiobook has millions.
    starts: array[int] = msgspec.field(default_factory=lambda: array("Q"))
    sizes: array[int] = msgspec.field(default_factory=lambda: array("H"))
    seconds: float = 0.0
    gaps: list[float] = []
    cut: bool = False  # the last frame continues after the end
    empty: bool = False  # only zeros where more audio should be
    told: int = 0  # declared number of frames; 0 if unknown

    @property
    def places(self) -> Iterator[Span]:
        """The byte range of each audio frame."""
        pairs = zip(self.starts, self.sizes, strict=True)
        return (Span(start, start + size) for start, size in pairs)

    @property
    def missing(self) -> int:
        """The number of missing frames."""
        missing = self.told - len(self.starts)
        return missing if self.told and missing > _FEW else 0


def walk(source: Source, audio: Span, frame_format: Dialect) -> Walk | None:
    """Scan the audio of a file; return None if no two frames follow each other."""
    offset = _search(source, audio, frame_format)
    if offset is None:
        return None
    scan, signature = Walk(), None
    while offset < audio.end:
        frame = frame_format.read(source.read(offset, HEADER))
        if frame and (signature is None or frame.kind == signature):
            scan.cut = not _take(scan, source, Span(offset, offset + frame.size), frame, audio.end)
            offset, signature = offset + frame.size, frame.kind
            continue
        tag_end = _behind_tag(source, offset)
        next_frame = _search(source, Span(tag_end, audio.end), frame_format)
        if next_frame is None:
            scan.empty = _is_empty(source, Span(tag_end, audio.end))
            break
        if next_frame > tag_end:
            scan.gaps.append(scan.seconds)
        offset, signature = next_frame, None
    return scan


def _take(scan: Walk, source: Source, frame_range: Span, frame: Frame, end: int) -> bool:
    """Add a frame unless it holds the encoder header; return whether it is complete."""
    if frame_range.end > end:
        return False
    if not scan.starts and not scan.told:
        scan.told = headers.told(source.read(frame_range.start, min(frame_range.size, 200)))
        if scan.told:
            return True
    scan.starts.append(frame_range.start)
    scan.sizes.append(frame_range.size)
    scan.seconds += frame.seconds
    return True


def _search(source: Source, span: Span, frame_format: Dialect) -> int | None:
    """Return the offset of the next frame followed by one of the same type, or None."""
    for start in range(span.start, span.end, _SEARCHED):
        piece = source.read(start, min(_SEARCHED + _REACH, span.end - start))
        for offset in _candidates(piece, frame_format):
            if offset >= _SEARCHED:
                break
            first = frame_format.read(piece[offset : offset + HEADER])
            if first is None:
                continue
            second = frame_format.read(piece[offset + first.size :][:HEADER])
            if (second and second.kind == first.kind) or start + offset + first.size == span.end:
                return start + offset
    return None


def _candidates(piece: bytes, frame_format: Dialect) -> Iterator[int]:
    """Yield each offset at which a frame may begin, overlapping ones too."""
    offset = -1
    while match := frame_format.start.search(piece, offset + 1):
        offset = match.start()
        yield offset


def _behind_tag(source: Source, offset: int) -> int:
    """Return the end of a tag between frames, as in concatenated files."""
    head = source.read(offset, _APE)
    if head.startswith(b"TAG"):
        return offset + _ID3V1
    if head.startswith(b"ID3") and len(head) > 9:
        size = sum((byte & 127) << 7 * n for n, byte in enumerate(reversed(head[6:10])))
        return offset + 10 + size
    if head.startswith(b"APETAGEX"):
        return offset + _APE + int.from_bytes(head[12:16], "little")
    return offset


def _is_empty(source: Source, span: Span) -> bool:
    return span.size >= _EMPTY and not any(
        source.read(start, min(_SEARCHED, span.end - start)).strip(b"\0")
        for start in range(span.start, span.end, _SEARCHED)
    )
