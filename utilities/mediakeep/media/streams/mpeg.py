"""MPEG audio (MP3): frames between the leading and trailing tags."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mediakeep.media.anatomy import Anatomy, Info
from mediakeep.media.dialects import id3, margins
from mediakeep.media.evidence import Sound, holds
from mediakeep.media.layouts import mpegframes, xing
from mediakeep.media.layouts.mpegframes import Frame
from mediakeep.media.source import ReadAt, Source, Span

_SEARCHED = 128 * 1024  # bytes searched for the first frame
_PIECE = 16 * 1024
_TRIED = 1500  # offsets that look like a frame
_SURE, _FEWEST = 4, 2  # consecutive frames: certain, or at least possible
_SYNC = re.compile(rb"\xff[\xe2-\xe7\xf2-\xf7\xfa-\xff]")

_PROMISED_WITHIN = 4096  # bytes searched for a frame with declared size
_LAYER_3 = re.compile(rb"\xff[\xe2\xe3\xf2\xf3\xfa\xfb]")  # of MPEG 2.5, 2 and 1
_SLACK = 4096  # encoders disagree on whether their own frame counts, some on a few more
_UNKNOWN = (0, 0xFFFFFFFF)


def read(source: Source) -> Anatomy:
    """Parse the first frame; raise ValueError if there is none."""
    return Anatomy(info=_found(source, margins.between(source)), blocks=margins.blocks(source))


def examine(source: Source) -> Sound:
    """Compare the size declared in the first frame with that of the audio."""
    if reason := _within_tag(source):
        return Sound(0, reason)
    audio = margins.between(source)
    offset, declared = _promise(source.read(audio.start, _PROMISED_WITHIN))
    present = audio.size - offset
    missing = declared > present + _SLACK and declared not in _with_tags(source.size)
    return Sound(audio.size, holds(present, declared) if missing else "")


def essence(source: Source) -> Iterator[Span]:
    """Yield the range between the tags; nothing if the file ends within a tag."""
    if id3.extent(source.read(0, id3.HEADER)) <= source.size:
        yield margins.between(source)


def _found(source: Source, audio: Span) -> Info:
    """Find the first frame and build the stream info from it."""
    uncertain, read_at = None, source.within(*audio)
    for offset in _places(source, audio):
        head = read_at(offset, xing.SIZE)
        first = mpegframes.read(head[:4])
        if first is None:
            continue
        size = audio.size - offset
        if xing_info := _told(head, first, size):
            return xing_info
        consecutive = _row(read_at, offset, first)
        if consecutive >= _SURE:
            return _even(first, size)
        if consecutive >= _FEWEST and uncertain is None:
            uncertain = _even(first, size, sketchy=True)
    if uncertain is None:
        raise ValueError("no frame found")
    return uncertain


def _places(source: Source, audio: Span) -> Iterator[int]:
    """Yield the offsets at which a frame may begin, 0 first."""
    yield 0
    tried = 1
    for start in range(0, _SEARCHED, _PIECE):
        count = min(_PIECE + 1, audio.size - start)
        source.hold(audio.start + start, count)
        for match in _SYNC.finditer(source.read(audio.start + start, count)):
            if tried >= _TRIED:
                return
            tried += 1
            yield start + match.start()
        if count <= _PIECE:
            return


def _row(read_at: ReadAt, offset: int, first: Frame) -> int:
    """Count consecutive frames of the same type, up to the number that is certain."""
    count, frame = 1, first
    while count < _SURE:
        offset += frame.size
        next_frame = mpegframes.read(read_at(offset, 4))
        if next_frame is None or next_frame[:2] != first[:2]:
            break
        if next_frame.sample_rate != first.sample_rate:
            break
        count, frame = count + 1, next_frame
    return count


def _even(first: Frame, size: int, *, sketchy: bool = False) -> Info:
    """Build stream info on the assumption that all frames are like the first."""
    return Info(
        length=size * 8 / first.bitrate,
        bitrate=first.bitrate,
        sample_rate=first.sample_rate,
        channels=first.channels,
        sketchy=sketchy,
    )


def _told(head: bytes, first: Frame, size: int) -> Info | None:
    """Build stream info from a Xing or VBRI header; return None if there is none."""
    header = xing.read(head) if first.layer == 3 else None
    if header is None:
        return None
    samples = max(0, header.frames * first.samples - header.cut)
    if not samples:
        return _even(first, size)
    audio = max(0, (header.size or size) - first.size)  # the frame of the header has no audio
    return Info(
        length=samples / first.sample_rate,
        bitrate=round(audio * 8 * first.sample_rate / (header.frames * first.samples)),
        sample_rate=first.sample_rate,
        channels=first.channels,
    )


def _within_tag(source: Source) -> str:
    """Return the reason if the file ends within a valid ID3v2 tag, else ""."""
    head = source.read(0, id3.HEADER)
    if head[:3] != b"ID3" or len(head) < 10 or head[3] not in id3.VERSIONS or max(head[6:]) > 127:
        return ""
    size = id3.HEADER + id3.seven(head[6:])
    return "" if size <= source.size else f"its tags take {size:,} bytes, it holds {source.size:,}"


def _with_tags(size: int) -> tuple[int, int]:
    """Return the sizes that encoders declare if they count tags, with or without ID3v1."""
    return size, size - 128


def _promise(audio: bytes) -> tuple[int, int]:
    """Return the start of the first frame and the size declared from there on, or zeros."""
    for match in _LAYER_3.finditer(audio):
        offset = match.start()
        if declared := _promised(audio[offset : offset + xing.SIZE]):
            return offset, declared
        if offset == 0:
            break
    return 0, 0


def _promised(frame: bytes) -> int:
    """Return the declared size; old LAME versions count tags in the first of two sizes."""
    header = xing.read(frame) if len(frame) == xing.SIZE else None
    if header is None:
        return 0
    if header.size in _UNKNOWN:
        least = mpegframes.least(frame, even=header.even)
        return 0 if header.frames in _UNKNOWN else header.frames * least
    return min(header.size, header.music) if header.music else header.size
