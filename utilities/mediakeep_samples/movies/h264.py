"""Grey pictures as H.264 (ITU-T H.264): one coded frame, and others that repeat it.

Each macroblock of the first frame is predicted from its neighbours without residual, which takes
one byte; the others skip all macroblocks. Constrained Baseline, one slice per picture.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from mediakeep_samples.movies.bit_writer import BitWriter

_MACROBLOCK_SIZE = 16  # pixels per side of a macroblock
_FRAME_NUMBERS = 16  # frame numbers before they restart
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
BT2020 = 9  # primaries and matrix of BT.2020 (H.273, tables 2 and 4)


@dataclass(frozen=True)
class H264Stream:
    """The parameter sets and the frames, each as a NAL unit."""

    sps: bytes
    pps: bytes
    frames: tuple[bytes, ...]


def transfer_number(hdr: str) -> int:
    """Return the transfer function number of "hdr10" or "hlg", or 0."""
    return _TRANSFERS.get(hdr, 0)


@lru_cache(maxsize=64)
def encode_pictures(width: int, height: int, count: int, hdr: str = "") -> H264Stream:
    """Encode a number of frames of an even size in pixels."""
    across, down = -(-width // _MACROBLOCK_SIZE), -(-height // _MACROBLOCK_SIZE)
    blocks = across * down
    frames = [_coded_frame(blocks)] + [_skipped_frame(blocks, number) for number in range(1, count)]
    return H264Stream(_build_sps(width, height, hdr), _build_pps(), tuple(frames))


def decoder_configuration(shown: H264Stream) -> bytes:
    """Return the AVCDecoderConfigurationRecord (ISO/IEC 14496-15, 5.3.3.1)."""
    sps, pps = (len(unit).to_bytes(2) + unit for unit in (shown.sps, shown.pps))
    return b"\x01" + shown.sps[1:4] + b"\xff\xe1" + sps + b"\x01" + pps


def _build_sps(width: int, height: int, hdr: str) -> bytes:
    across, down = -(-width // _MACROBLOCK_SIZE), -(-height // _MACROBLOCK_SIZE)
    level = next((level for most, level in _LEVELS if across * down <= most), _LEVELS[-1][1])
    bits = BitWriter().put(_PROFILE, 8).put(_CONSTRAINTS, 8).put(level, 8)
    bits.put_golomb(0, 0, 2, 1).put(
        0, 1
    )  # frame numbers of four bits, shown in the order of decoding
    bits.put_golomb(across - 1, down - 1).put(0b11, 2)  # whole frames
    right, below = (across * _MACROBLOCK_SIZE - width) // 2, (down * _MACROBLOCK_SIZE - height) // 2
    if right or below:
        bits.put(1, 1).put_golomb(0, right, 0, below)
    else:
        bits.put(0, 1)
    _put_colour_info(bits, hdr)
    return _nal_unit(0x67, bits.with_stop_bit())


def _put_colour_info(bits: BitWriter, hdr: str) -> None:
    """Add the VUI (H.264, annex E.1.1) for HDR colours."""
    if not transfer_number(hdr):
        bits.put(0, 1)
        return
    bits.put(1, 1).put(0, 2)  # no aspect ratio or overscan
    bits.put(1, 1).put(5, 3).put(0, 1).put(1, 1)
    bits.put(BT2020, 8).put(transfer_number(hdr), 8).put(BT2020, 8)
    bits.put(0, 6)  # no chroma, timing, HRD, structure or restrictions


def _build_pps() -> bytes:
    bits = BitWriter().put_golomb(0, 0).put(0, 2).put_golomb(0, 0, 0).put(0, 3).put_golomb(0, 0, 0)
    return _nal_unit(0x68, bits.put(0b100, 3).with_stop_bit())


def _coded_frame(blocks: int) -> bytes:
    bits = BitWriter().put_golomb(0, 7, 0).put(0, 4).put_golomb(0)  # an IDR slice
    bits.put(0, 2).put_golomb(0, 1)  # no change of the quantiser, no deblocking
    return _nal_unit(0x65, bits.put_bits(_MACROBLOCK * blocks).with_stop_bit())


def _skipped_frame(blocks: int, number: int) -> bytes:
    bits = BitWriter().put_golomb(0, 5, 0).put(number % _FRAME_NUMBERS, 4)
    bits.put(0, 3).put_golomb(0, 1, blocks)
    return _nal_unit(0x41, bits.with_stop_bit())


def _nal_unit(header: int, content: bytes) -> bytes:
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
