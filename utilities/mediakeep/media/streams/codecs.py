"""The first packet of an Ogg stream: Vorbis, Opus, FLAC and Speex.

After "Vorbis I" (4.2), RFC 7845 (5.1), RFC 9639 (10.1) and the Speex manual (8.2).
"""

from __future__ import annotations

import struct
from collections.abc import Callable

import msgspec
from msgspec import structs

from mediakeep.media.anatomy import Info
from mediakeep.media.layouts import flacframes
from mediakeep.media.streams import flac

SEEN = 9  # bytes of the packet: the codec and its number of header packets

_OPUS_RATE = 48_000  # Hz, independent of the input rate
_FLAC_AHEAD = 17  # bytes before STREAMINFO


class Codec(msgspec.Struct, frozen=True):
    """A codec: the magic bytes of its first packet and the offset of its comments in the second.

    `parse_info` parses the first packet, given the last granule position and the file size;
    `decoder_packets` are the indexes of the header packets that a decoder needs.
    """

    mark: bytes
    ahead: int
    info: Callable[[bytes, int, int], Info]
    packets: Callable[[bytes], int]
    kept: frozenset[int] = frozenset({0})


def find(start: bytes) -> Codec | None:
    """Return the codec of a first packet, or None if it is unknown."""
    for codec in _CODECS:
        if start.startswith(codec.mark):
            return codec
    return None


def _vorbis(packet: bytes, last: int, _size: int) -> Info:
    channels, rate, highest, nominal, lowest = struct.unpack_from("<BIiii", packet, 11)
    if not rate:
        raise ValueError("sample rate 0")
    bitrate = nominal if nominal > 0 else (max(0, highest) + max(0, lowest)) // 2
    return Info(length=last / rate, bitrate=bitrate, sample_rate=rate, channels=channels)


def _opus(packet: bytes, last: int, _size: int) -> Info:
    channels, pre_skip = struct.unpack_from("<BH", packet, 9)
    return Info(
        length=max(0, last - pre_skip) / _OPUS_RATE, sample_rate=_OPUS_RATE, channels=channels
    )


def _flac(packet: bytes, last: int, size: int) -> Info:
    """Parse FLAC; a stream written to a pipe does not declare its number of samples."""
    stream = flacframes.streaminfo(packet[_FLAC_AHEAD:])
    if stream is None:
        raise ValueError("no STREAMINFO")
    info = flac.told(stream, size)
    return info if info.length else structs.replace(info, length=last / info.sample_rate)


def _speex(packet: bytes, last: int, _size: int) -> Info:
    rate, _, _, channels, bitrate = struct.unpack_from("<IIIIi", packet, 36)
    if not rate:
        raise ValueError("sample rate 0")
    return Info(length=last / rate, bitrate=max(0, bitrate), sample_rate=rate, channels=channels)


def _two(_start: bytes) -> int:
    return 2


def _three(_start: bytes) -> int:
    return 3


def _counted(start: bytes) -> int:
    """Return the declared number of header packets; 0 means unknown and counts as one."""
    return 1 + max(1, int.from_bytes(start[7:]))


_CODECS = (
    Codec(b"\x01vorbis", 7, _vorbis, _three, frozenset({0, 2})),
    Codec(b"OpusHead", 8, _opus, _two),
    Codec(b"\x7fFLAC", 4, _flac, _counted),
    Codec(b"Speex   ", 0, _speex, _two),
)
