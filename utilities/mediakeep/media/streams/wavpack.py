"""WavPack: blocks that declare their first sample.

After David Bryant's "WavPack 4 & 5 Binary File / Block Format".
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple

from mediakeep.media.anatomy import Anatomy, Info
from mediakeep.media.dialects import margins
from mediakeep.media.evidence import Sound, ends
from mediakeep.media.source import Source
from mediakeep.media.streams.plain import anatomy

_MARK = b"wvpk"
_HEADER, _COUNTED = 32, 24  # bytes of a block header, and those included in the block size
_UNKNOWN = 0xFFFFFFFF
_TAILS = (65_536, 262_144)  # bytes searched for the last block with audio
_RATES = (
    *(6000, 8000, 9600, 11025, 12000, 16000, 22050, 24000, 32000, 44100),
    *(48000, 64000, 88200, 96000, 192000),
)
_MONO, _HYBRID, _DSD = 1 << 2, 1 << 3, 1 << 31
_FIRST_PARTS, _PARTS = 4096, 64  # bytes and number of sub-blocks read
_OWN_RATE, _OWN_CHANNELS = 0x27, 0x0D

essence = margins.essence


class _Block(NamedTuple):
    """A block header: bytes after the first eight, samples of the block and of the whole file."""

    size: int
    first: int
    samples: int
    total: int  # 0 if unknown


def read(source: Source) -> Anatomy:
    """Parse the first block; raise struct.error if it is truncated."""
    samples, info = source.once(_first)
    return anatomy(source, samples, info)


def examine(source: Source) -> Sound:
    """Check that the last block with audio reaches the number of samples."""
    audio = margins.between(source)
    block = _parse(source.read(audio.start, _HEADER))
    total = block.total if block else 0
    for reach in _TAILS:
        tail = source.tail(audio.end, min(reach, audio.size))
        for offset, block in _blocks(tail):
            if offset + 8 + block.size > len(tail):
                return Sound(audio.size, "its last block is truncated")
            if block.samples:
                end = block.first + block.samples
                return Sound(audio.size, _missing(source, end, total) if end < total else "")
    return Sound(audio.size)


def _missing(source: Source, end: int, total: int) -> str:
    """Format the present and the declared number of samples as times."""
    rate = source.once(_first)[1].sample_rate or 1
    return ends(end / rate, total / rate)


def _first(source: Source) -> tuple[int, Info]:
    """Parse the first block; return the total samples, 0 if unknown, and the stream info."""
    start = margins.front(source)
    size, samples, flags = struct.unpack_from("<I4xI8xI", source.read(start, _HEADER), 4)
    parts = _parts(source, start + _HEADER, min(start + 8 + size, start + _FIRST_PARTS))
    info = Info(
        sample_rate=_rate(flags, parts),
        channels=parts.get(_OWN_CHANNELS, 0) & 0xFF or (1 if flags & _MONO else 2),
        bits_per_sample=1 if flags & _DSD else (flags & 3) * 8 + 8,
        lossless=not flags & _HYBRID,
    )
    return 0 if samples == _UNKNOWN else samples, info


def _rate(flags: int, parts: dict[int, int]) -> int:
    index = flags >> 23 & 15
    rate = _RATES[index] if index < len(_RATES) else parts.get(_OWN_RATE, 0)
    return rate * 4 if flags & _DSD else rate  # the declared rate is a quarter of the byte rate


def _parts(source: Source, offset: int, end: int) -> dict[int, int]:
    """Return the sub-blocks of up to 4 bytes, as integers by their id."""
    values = {}
    for _ in range(_PARTS):
        head = source.read(offset, 8)
        if offset + 4 > end or len(head) < 4:
            break
        header_size = 4 if head[0] & 0x80 else 2
        size = 2 * int.from_bytes(head[1:header_size], "little")
        length = size - 1 if head[0] & 0x40 else size
        if length <= 4:
            content = head[header_size : header_size + length]
            values[head[0] & 0x3F] = int.from_bytes(content, "little")
        offset += header_size + size
    return values


def _blocks(tail: bytes) -> Iterator[tuple[int, _Block]]:
    """Yield offset and header of each block in `tail`, the last one first."""
    offset = len(tail)
    while (offset := tail.rfind(_MARK, 0, offset)) >= 0:
        if block := _parse(tail[offset : offset + _HEADER]):
            yield offset, block


def _parse(head: bytes) -> _Block | None:
    """Parse a block header; return None if it is invalid or truncated."""
    if len(head) < _HEADER or head[:4] != _MARK:
        return None
    size, version, index_high, total_high, total, index, samples = struct.unpack_from(
        "<IHBBIII", head, 4
    )
    if not 0x402 <= version <= 0x410 or size < _COUNTED:
        return None
    file_samples = 0 if total == _UNKNOWN else total + (total_high << 32) - total_high
    return _Block(size, index + (index_high << 32), samples, file_samples)
