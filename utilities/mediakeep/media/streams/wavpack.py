"""WavPack: blocks that each tell their place, after David Bryant's "WavPack 4 & 5 Binary File
/ Block Format"."""

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
_HEADER, _COUNTED = 32, 24  # bytes of a block's header, and those of them that its size counts
_UNKNOWN = 0xFFFFFFFF
_TAILS = (65_536, 262_144)  # bytes searched for the last block with sound
_RATES = (
    *(6000, 8000, 9600, 11025, 12000, 16000, 22050, 24000, 32000, 44100),
    *(48000, 64000, 88200, 96000, 192000),
)
_MONO, _HYBRID, _DSD = 1 << 2, 1 << 3, 1 << 31
_FIRST_PARTS, _PARTS = 4096, 64  # bytes and number of a block's parts that are looked at
_OWN_RATE, _OWN_CHANNELS = 0x27, 0x0D

essence = margins.essence


class _Block(NamedTuple):
    """Its bytes after the first eight, and the samples that it and the whole file hold."""

    size: int
    first: int
    samples: int
    total: int  # 0 where unknown


def read(source: Source) -> Anatomy:
    """Read the first block; struct.error where it is cut off."""
    samples, info = source.once(_first)
    return anatomy(source, samples, info)


def examine(source: Source) -> Sound:
    """Find the last block with sound, and see whether it reaches the number of samples."""
    audio = margins.between(source)
    block = _parse(source.read(audio.start, _HEADER))
    total = block.total if block else 0
    for reach in _TAILS:
        tail = source.tail(audio.end, min(reach, audio.size))
        for at, block in _blocks(tail):
            if at + 8 + block.size > len(tail):
                return Sound(audio.size, "its last block is cut off")
            if block.samples:
                end = block.first + block.samples
                return Sound(audio.size, _missing(source, end, total) if end < total else "")
    return Sound(audio.size)


def _missing(source: Source, end: int, total: int) -> str:
    """Put into time the samples that there are, and those that there should be."""
    rate = source.once(_first)[1].sample_rate or 1
    return ends(end / rate, total / rate)


def _first(source: Source) -> tuple[int, Info]:
    """What the first block tells of all: the samples, 0 where unknown, and what they are."""
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
    numbered = flags >> 23 & 15
    rate = _RATES[numbered] if numbered < len(_RATES) else parts.get(_OWN_RATE, 0)
    return rate * 4 if flags & _DSD else rate  # the rate is that of DSD64's bytes halved


def _parts(source: Source, place: int, end: int) -> dict[int, int]:
    """Read the small numbers among the parts of a block."""
    found = {}
    for _ in range(_PARTS):
        head = source.read(place, 8)
        if place + 4 > end or len(head) < 4:
            break
        ahead = 4 if head[0] & 0x80 else 2
        size = 2 * int.from_bytes(head[1:ahead], "little")
        length = size - 1 if head[0] & 0x40 else size
        if length <= 4:
            found[head[0] & 0x3F] = int.from_bytes(head[ahead : ahead + length], "little")
        place += ahead + size
    return found


def _blocks(tail: bytes) -> Iterator[tuple[int, _Block]]:
    """Give each block that begins in `tail`, the last one first."""
    at = len(tail)
    while (at := tail.rfind(_MARK, 0, at)) >= 0:
        if block := _parse(tail[at : at + _HEADER]):
            yield at, block


def _parse(head: bytes) -> _Block | None:
    """Read the header of a block; None if it is none, or not all there."""
    if len(head) < _HEADER or head[:4] != _MARK:
        return None
    size, version, index_high, total_high, total, index, samples = struct.unpack_from(
        "<IHBBIII", head, 4
    )
    if not 0x402 <= version <= 0x410 or size < _COUNTED:
        return None
    whole = 0 if total == _UNKNOWN else total + (total_high << 32) - total_high
    return _Block(size, index + (index_high << 32), samples, whole)
