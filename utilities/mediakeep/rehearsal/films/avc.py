"""Grey pictures as H.264 (ITU-T H.264): one coded frame, and others that repeat it.

Each macroblock of the first frame is predicted from its neighbours without residual, which takes
one byte; the others skip all macroblocks. Constrained Baseline, one slice per picture.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from mediakeep.rehearsal.films.bits import Bits

_MB = 16  # pixels per side of a macroblock
_CYCLE = 16  # frame numbers before they restart
_PROFILE, _CONSTRAINTS = 66, 0xC0
_LEVELS = (
    (1620, 30),
    (3600, 31),
    (8192, 40),
    (36864, 51),
    (139264, 60),
)  # maximum macroblocks and level
_MACROBLOCK = "00100111"  # I_16x16_2_0_0, chroma by DC, the same quantiser, no coefficients
_TRANSFERS = {"hdr10": 16, "hlg": 18}  # ITU-T H.273, table 3
WIDE = 9  # primaries and matrix of BT.2020 (H.273, tables 2 and 4)


@dataclass(frozen=True)
class Pictures:
    """The parameter sets and the frames, each as a NAL unit."""

    sps: bytes
    pps: bytes
    frames: tuple[bytes, ...]


def transfer(hdr: str) -> int:
    """Return the transfer function number of "hdr10" or "hlg", or 0."""
    return _TRANSFERS.get(hdr, 0)


@lru_cache(maxsize=64)
def pictures(width: int, height: int, count: int, hdr: str = "") -> Pictures:
    """Encode a number of frames of an even size in pixels."""
    across, down = -(-width // _MB), -(-height // _MB)
    blocks = across * down
    frames = [_first(blocks)] + [_again(blocks, number) for number in range(1, count)]
    return Pictures(_sps(width, height, hdr), _pps(), tuple(frames))


def record(shown: Pictures) -> bytes:
    """Return the AVCDecoderConfigurationRecord (ISO/IEC 14496-15, 5.3.3.1)."""
    sps, pps = (len(unit).to_bytes(2) + unit for unit in (shown.sps, shown.pps))
    return b"\x01" + shown.sps[1:4] + b"\xff\xe1" + sps + b"\x01" + pps


def _sps(width: int, height: int, hdr: str) -> bytes:
    across, down = -(-width // _MB), -(-height // _MB)
    level = next((level for most, level in _LEVELS if across * down <= most), _LEVELS[-1][1])
    bits = Bits().put(_PROFILE, 8).put(_CONSTRAINTS, 8).put(level, 8)
    bits.golomb(0, 0, 2, 1).put(0, 1)  # frame numbers of four bits, shown in the order of decoding
    bits.golomb(across - 1, down - 1).put(0b11, 2)  # whole frames
    right, below = (across * _MB - width) // 2, (down * _MB - height) // 2
    if right or below:
        bits.put(1, 1).golomb(0, right, 0, below)
    else:
        bits.put(0, 1)
    _tell_colours(bits, hdr)
    return _unit(0x67, bits.closed())


def _tell_colours(bits: Bits, hdr: str) -> None:
    """Add the VUI (H.264, annex E.1.1) for HDR colours."""
    if not transfer(hdr):
        bits.put(0, 1)
        return
    bits.put(1, 1).put(0, 2)  # no aspect ratio or overscan
    bits.put(1, 1).put(5, 3).put(0, 1).put(1, 1)
    bits.put(WIDE, 8).put(transfer(hdr), 8).put(WIDE, 8)
    bits.put(0, 6)  # no chroma, timing, HRD, structure or restrictions


def _pps() -> bytes:
    bits = Bits().golomb(0, 0).put(0, 2).golomb(0, 0, 0).put(0, 3).golomb(0, 0, 0)
    return _unit(0x68, bits.put(0b100, 3).closed())


def _first(blocks: int) -> bytes:
    bits = Bits().golomb(0, 7, 0).put(0, 4).golomb(0)  # an IDR slice
    bits.put(0, 2).golomb(0, 1)  # no change of the quantiser, no deblocking
    return _unit(0x65, bits.raw(_MACROBLOCK * blocks).closed())


def _again(blocks: int, number: int) -> bytes:
    bits = Bits().golomb(0, 5, 0).put(number % _CYCLE, 4)
    bits.put(0, 3).golomb(0, 1, blocks)
    return _unit(0x41, bits.closed())


def _unit(header: int, content: bytes) -> bytes:
    """Build a NAL unit, escaping start codes (H.264, 7.4.1)."""
    out, zeros = bytearray((header,)), 0
    if b"\0\0" not in content:
        return bytes(out) + content
    for byte in content:
        if zeros >= 2 and byte <= 3:
            out.append(3)
            zeros = 0
        out.append(byte)
        zeros = zeros + 1 if byte == 0 else 0
    return bytes(out)
