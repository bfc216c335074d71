"""Parse the first packet of an Ogg stream: Vorbis, Opus, FLAC and Speex.

After "Vorbis I" (4.2), RFC 7845 (5.1), RFC 9639 (10.1) and the Speex manual (8.2).
"""

from __future__ import annotations

import struct
from collections.abc import Callable

import msgspec
from msgspec import structs

from mediakeep.media.audio.flac import flac_frames, flac_stream
from mediakeep.media.audio.parsed_file import StreamInfo

IDENTIFICATION_SIZE = 9  # bytes of the packet: the codec and its number of header packets

_OPUS_SAMPLE_RATE = 48_000  # Hz, independent of the input rate
_FLAC_STREAMINFO_OFFSET = 17  # bytes before STREAMINFO


class OggCodec(msgspec.Struct, frozen=True):
    """How to recognize and parse one audio codec in an Ogg stream.

    `magic` begins the first packet. `comments_offset` is where the comments start in the second
    packet, in bytes. `parse_info` parses the first packet, given the last granule position and the
    file size in bytes; `decoder_packets` are the indexes of the header packets that a decoder
    needs.
    """

    magic: bytes
    comments_offset: int
    parse_info: Callable[[bytes, int, int], StreamInfo]
    count_header_packets: Callable[[bytes], int]
    decoder_packets: frozenset[int] = frozenset({0})


def identify_codec(start: bytes) -> OggCodec | None:
    """Return the codec of an Ogg stream by the start of its first packet, or None if unknown."""
    for codec in _CODECS:
        if start.startswith(codec.magic):
            return codec
    return None


def _parse_vorbis(packet: bytes, last: int, _size: int) -> StreamInfo:
    channels, rate, highest, nominal, lowest = struct.unpack_from("<BIiii", packet, 11)
    if not rate:
        raise ValueError("sample rate 0")
    bitrate = nominal if nominal > 0 else (max(0, highest) + max(0, lowest)) // 2
    return StreamInfo(length=last / rate, bitrate=bitrate, sample_rate=rate, channels=channels)


def _parse_opus(packet: bytes, last: int, _size: int) -> StreamInfo:
    channels, pre_skip = struct.unpack_from("<BH", packet, 9)
    return StreamInfo(
        length=max(0, last - pre_skip) / _OPUS_SAMPLE_RATE,
        sample_rate=_OPUS_SAMPLE_RATE,
        channels=channels,
    )


def _parse_flac(packet: bytes, last: int, size: int) -> StreamInfo:
    """Parse the first packet of an Ogg FLAC stream.

    A stream written to a pipe does not declare its number of samples.
    """
    stream = flac_frames.parse_streaminfo(packet[_FLAC_STREAMINFO_OFFSET:])
    if stream is None:
        raise ValueError("no STREAMINFO")
    info = flac_stream.build_stream_info(stream, size)
    return info if info.length else structs.replace(info, length=last / info.sample_rate)


def _parse_speex(packet: bytes, last: int, _size: int) -> StreamInfo:
    rate, _, _, channels, bitrate = struct.unpack_from("<IIIIi", packet, 36)
    if not rate:
        raise ValueError("sample rate 0")
    return StreamInfo(
        length=last / rate, bitrate=max(0, bitrate), sample_rate=rate, channels=channels
    )


def _two_packets(_start: bytes) -> int:
    return 2


def _three_packets(_start: bytes) -> int:
    return 3


def _count_flac_packets(start: bytes) -> int:
    """Return how many header packets an Ogg FLAC stream declares.

    0 means unknown and counts as one.
    """
    return 1 + max(1, int.from_bytes(start[7:]))


_CODECS = (
    OggCodec(b"\x01vorbis", 7, _parse_vorbis, _three_packets, frozenset({0, 2})),
    OggCodec(b"OpusHead", 8, _parse_opus, _two_packets),
    OggCodec(b"\x7fFLAC", 4, _parse_flac, _count_flac_packets),
    OggCodec(b"Speex   ", 0, _parse_speex, _two_packets),
)
