"""The headers of single frames: MPEG audio (ISO/IEC 11172-3, 13818-3) and ADTS (14496-3)."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

_LAYERS = {1: 3, 2: 2, 3: 1}  # as the header counts them -> as people do
_VERSIONS = {0: 2.5, 2: 2, 3: 1}
_KBITS = {
    (1, 1): (32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    (1, 2): (32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (1, 3): (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (2, 1): (32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (2, 2): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (2, 3): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_HERTZ = (44_100, 48_000, 32_000)
_ADTS_HERTZ = (
    *(96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000),
    *(22_050, 16_000, 12_000, 11_025, 8_000, 7_350),
)
_XING = {(True, False): 36, (True, True): 21, (False, False): 21, (False, True): 13}
_VBRI = 36


class Frame(NamedTuple):
    """One frame by its header: bytes, seconds, and what it has in common with its neighbours."""

    size: int
    seconds: float
    kind: tuple[float, int, int]  # version, layer, sampling rate


class Dialect(NamedTuple):
    """How frames of one kind are found: what they may begin with, and how a header is read."""

    start: re.Pattern[bytes]
    read: Callable[[bytes], Frame | None]  # of HEADER bytes; None where they are no header
    decoder: str


HEADER = 7  # bytes of the longer header


def mpeg(head: bytes) -> Frame | None:
    """Read the header of a frame of MPEG audio; one of free format, without a size, is none."""
    return _mpeg(head[:4])


@lru_cache(4096)
def _mpeg(head: bytes) -> Frame | None:
    if len(head) < 4 or head[0] != 0xFF or head[1] < 0xE0:
        return None
    version, layer = _VERSIONS.get(head[1] >> 3 & 3), _LAYERS.get(head[1] >> 1 & 3)
    bits, rate, padding = head[2] >> 4, head[2] >> 2 & 3, head[2] >> 1 & 1
    if not version or not layer or bits in (0, 15) or rate == 3:
        return None
    hertz = int(_HERTZ[rate] / {1: 1, 2: 2, 2.5: 4}[version])
    kbits = _KBITS[1 if version == 1 else 2, layer][bits - 1]
    kind = version, layer, hertz
    if layer == 1:
        return Frame((12_000 * kbits // hertz + padding) * 4, 384 / hertz, kind)
    samples = 576 if layer == 3 and version != 1 else 1152
    return Frame(samples * 125 * kbits // hertz + padding, samples / hertz, kind)


def adts(head: bytes) -> Frame | None:
    """Read the header of a frame of AAC in ADTS."""
    if len(head) < HEADER or head[0] != 0xFF or head[1] & 0xF6 != 0xF0:
        return None
    rate, size = head[2] >> 2 & 15, (head[3] & 3) << 11 | head[4] << 3 | head[5] >> 5
    if rate >= len(_ADTS_HERTZ) or size < HEADER:
        return None
    hertz = _ADTS_HERTZ[rate]
    return Frame(size, 1024 * ((head[6] & 3) + 1) / hertz, (4, head[2] >> 6, hertz))


def told(frame: bytes) -> int:
    """Return how many frames follow by the encoder's own count in this one, 0 if it tells none.

    Xing and Info after the LAME project's "Mp3 Info Tag revision 1", VBRI after Gabriel Bouvigne's
    "MP3 VBR header". Such a frame holds no sound.
    """
    if len(frame) < _VBRI + 18:
        return 0
    at = _XING[bool(frame[1] & 0x08), frame[3] >> 6 == 3]
    if frame[at : at + 4] in (b"Xing", b"Info"):
        return int.from_bytes(frame[at + 8 : at + 12]) if frame[at + 7] & 1 else 0
    return int.from_bytes(frame[_VBRI + 14 : _VBRI + 18]) if frame[_VBRI:][:4] == b"VBRI" else 0


# The third byte of MPEG audio holds bits and rate, of which some are no legal ones.
_THIRD = b"".join(re.escape(bytes([byte])) for byte in range(0x10, 0xF0) if byte >> 2 & 3 != 3)
MPEG = Dialect(re.compile(b"\xff[\xe2-\xe7\xf2-\xf7\xfa-\xff][" + _THIRD + b"]"), mpeg, "mp3")
ADTS = Dialect(re.compile(b"\xff[\xf0\xf1\xf8\xf9]"), adts, "aac")
