"""MPEG audio (MP3): frames from the first to the last, between the tags."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mediakeep.media.anatomy import Anatomy, Info
from mediakeep.media.dialects import id3, margins
from mediakeep.media.evidence import Sound, holds
from mediakeep.media.layouts import mpegframes, xing
from mediakeep.media.layouts.mpegframes import Frame
from mediakeep.media.source import ReadAt, Source, Span

_SEARCHED = 128 * 1024  # bytes in which the first frame must lie
_PIECE = 16 * 1024
_TRIED = 1500  # places that look like a frame
_SURE, _FEWEST = 4, 2  # frames in a row that leave no doubt, or at least some hope
_SYNC = re.compile(rb"\xff[\xe2-\xe7\xf2-\xf7\xfa-\xff]")

_PROMISED_WITHIN = 4096  # bytes in which a frame begins that promises more
_LAYER_3 = re.compile(rb"\xff[\xe2\xe3\xf2\xf3\xfa\xfb]")  # of MPEG 2.5, 2 and 1
_SLACK = 4096  # encoders disagree on whether the header's own frame counts, and some on a few more
_UNKNOWN = (0, 0xFFFFFFFF)


def read(source: Source) -> Anatomy:
    """Find the first frame, and what it says; ValueError where there is none."""
    return Anatomy(info=_found(source, margins.between(source)), blocks=margins.blocks(source))


def examine(source: Source) -> Sound:
    """Compare what the header in the first frame promises with what is there."""
    if told := _within_tag(source):
        return Sound(0, told)
    audio = margins.between(source)
    at, promised = _promise(source.read(audio.start, _PROMISED_WITHIN))
    there = audio.size - at
    missing = promised > there + _SLACK and promised not in _with_tags(source.size)
    return Sound(audio.size, holds(there, promised) if missing else "")


def essence(source: Source) -> Iterator[Span]:
    """Give the bytes between the tags; none where a tag goes on behind the end of the file."""
    if id3.extent(source.read(0, id3.HEADER)) <= source.size:
        yield margins.between(source)


def _found(source: Source, audio: Span) -> Info:
    """Read the first frame of a sound."""
    sketch, read_at = None, source.within(*audio)
    for place in _places(source, audio):
        head = read_at(place, xing.SIZE)
        first = mpegframes.read(head[:4])
        if first is None:
            continue
        size = audio.size - place
        if told := _told(head, first, size):
            return told
        row = _row(read_at, place, first)
        if row >= _SURE:
            return _even(first, size)
        if row >= _FEWEST and sketch is None:
            sketch = _even(first, size, sketchy=True)
    if sketch is None:
        raise ValueError("no frame")
    return sketch


def _places(source: Source, audio: Span) -> Iterator[int]:
    """Give the places in a sound that may open a frame, the very beginning first."""
    yield 0
    tried = 1
    for start in range(0, _SEARCHED, _PIECE):
        count = min(_PIECE + 1, audio.size - start)
        source.hold(audio.start + start, count)
        for found in _SYNC.finditer(source.read(audio.start + start, count)):
            if tried >= _TRIED:
                return
            tried += 1
            yield start + found.start()
        if count <= _PIECE:
            return


def _row(read_at: ReadAt, place: int, first: Frame) -> int:
    """Count the frames of one kind in a row, as far as is needed."""
    count, following = 1, first
    while count < _SURE:
        place += following.size
        after = mpegframes.read(read_at(place, 4))
        if after is None or after[:2] != first[:2] or after.sample_rate != first.sample_rate:
            break
        count, following = count + 1, after
    return count


def _even(first: Frame, size: int, *, sketchy: bool = False) -> Info:
    """Take all frames to be like the first."""
    return Info(
        length=size * 8 / first.bitrate,
        bitrate=first.bitrate,
        sample_rate=first.sample_rate,
        channels=first.channels,
        sketchy=sketchy,
    )


def _told(head: bytes, first: Frame, size: int) -> Info | None:
    """Read what an encoder's own header says; None where there is none."""
    told = xing.read(head) if first.layer == 3 else None
    if told is None:
        return None
    samples = max(0, told.frames * first.samples - told.cut)
    if not samples:
        return _even(first, size)
    audio = max(0, (told.size or size) - first.size)  # the header's own frame holds no sound
    return Info(
        length=samples / first.sample_rate,
        bitrate=round(audio * 8 * first.sample_rate / (told.frames * first.samples)),
        sample_rate=first.sample_rate,
        channels=first.channels,
    )


def _within_tag(source: Source) -> str:
    """An ID3v2 tag that goes on behind the end of the file, if it certainly is one."""
    head = source.read(0, id3.HEADER)
    if head[:3] != b"ID3" or len(head) < 10 or head[3] not in id3.VERSIONS or max(head[6:]) > 127:
        return ""
    size = id3.HEADER + id3.seven(head[6:])
    return "" if size <= source.size else f"its tags take {size:,} bytes, it holds {source.size:,}"


def _with_tags(size: int) -> tuple[int, int]:
    """What an encoder promises that counts the tags in, perhaps but for ID3v1."""
    return size, size - 128


def _promise(audio: bytes) -> tuple[int, int]:
    """Where the first frame begins, and the bytes promised from there on; 0 if nothing tells."""
    for found in _LAYER_3.finditer(audio):
        at = found.start()
        if promised := _promised(audio[at : at + xing.SIZE]):
            return at, promised
        if at == 0:
            break
    return 0, 0


def _promised(frame: bytes) -> int:
    """Old versions of LAME count the tags in the first of their two counts of bytes."""
    told = xing.read(frame) if len(frame) == xing.SIZE else None
    if told is None:
        return 0
    if told.size in _UNKNOWN:
        least = mpegframes.least(frame, even=told.even)
        return 0 if told.frames in _UNKNOWN else told.frames * least
    return min(told.size, told.music) if told.music else told.size
