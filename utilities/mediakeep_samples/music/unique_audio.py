"""Make copies of audio files that sound the same, but have different audio data.

A number is stored in the audio data in a place that decoders ignore:

    MP3     the private bit in the header of each frame (ISO/IEC 11172-3, 2.4.2.3)
    FLAC    the frame headers, which may give an explicit block size (RFC 9639, 9.1.1 and 9.1.6);
            as there are at most 14 frames, numbers repeat after 16,384
    M4A     a data stream element at the start of the last block (ISO/IEC 14496-3, 4.4.2.7)
    Ogg     bytes after the end of the last packet, where constant bit rate encoders put zeros
    Opus    the padding of the last packet (RFC 6716, 3.2.5)

All checksums and sizes are updated, so that no tool reports an error.
"""

# Most of mutagen is not annotated.
# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from functools import cache
from io import BytesIO

from mutagen.ogg import OggPage

from mediakeep_samples.music import audio_frames

_NUMBER_SIZE = 8  # bytes of a number, in formats that store bytes

_FLAC_BLOCKS = {2: 576, 9: 512}  # samples by code in the header


def make_unique(audio: bytes, suffix: str, number: int) -> bytes:
    """Return a copy of audio without tags; number 0 is the original."""
    return _MARKERS[suffix](audio, number) if number else audio


def _mark_mp3(audio: bytes, number: int) -> bytes:
    """The first frame has no audio, so only its checksums change."""
    data = bytearray(audio)
    for place, start in enumerate(audio_frames.find_mp3_frames(audio)[1:]):
        data[start + 2] |= number >> place & 1
    return audio_frames.update_mp3_checksums(data)


def _mark_flac(audio: bytes, number: int) -> bytes:
    blocks, *frames = audio_frames.split_flac(audio)
    marked = [
        _mark_flac_frame(frame) if number >> place & 1 else frame
        for place, frame in enumerate(frames)
    ]
    return audio_frames.build_flac_file(blocks, marked)


@cache
def _mark_flac_frame(frame: bytes) -> bytes:
    """Write the block size explicitly instead of as a table index."""
    size = _FLAC_BLOCKS[frame[2] >> 4]
    header = frame[:2] + bytes((0x70 | frame[2] & 0x0F,)) + frame[3:5] + struct.pack(">H", size - 1)
    return audio_frames.build_flac_frame(header, frame[6:-2])


def _mark_m4a(audio: bytes, number: int) -> bytes:
    """The element has its type in three bits, five zero bits, its size, and the bytes."""
    element = struct.pack(">BBQ", 0b100 << 5, _NUMBER_SIZE, number)
    sizes, chunks, media = (audio.index(name) for name in (b"stsz", b"stco", b"mdat"))
    (count,) = struct.unpack_from(">I", audio, sizes + 12)
    blocks = struct.unpack_from(f">{count}I", audio, sizes + 16)
    (start,) = struct.unpack_from(">I", audio, chunks + 12)  # of the only chunk
    last = start + sum(blocks[:-1])
    data = bytearray(audio)
    struct.pack_into(">I", data, sizes + 12 + 4 * count, blocks[-1] + len(element))
    (length,) = struct.unpack_from(">I", audio, media - 4)
    struct.pack_into(">I", data, media - 4, length + len(element))
    data[last:last] = element
    return bytes(data)


def _mark_vorbis(audio: bytes, number: int) -> bytes:
    return _change_last_packet(audio, lambda packet: packet + number.to_bytes(_NUMBER_SIZE))


def _mark_opus(audio: bytes, number: int) -> bytes:
    """A packet of one frame becomes one with a frame count of 1 and padding."""

    def padded(packet: bytes) -> bytes:
        any_number, one_with_padding = packet[0] | 0b11, 0b0100_0001
        begin = bytes((any_number, one_with_padding, _NUMBER_SIZE))
        return begin + packet[1:] + number.to_bytes(_NUMBER_SIZE)

    return _change_last_packet(audio, padded)


def _change_last_packet(audio: bytes, change: Callable[[bytes], bytes]) -> bytes:
    file, pages = BytesIO(audio), []
    while file.tell() < len(audio):
        pages.append(OggPage(file))
    packets = pages[-1].packets
    pages[-1].packets = [*packets[:-1], change(packets[-1])]
    return b"".join(page.write() for page in pages)


_MARKERS: Mapping[str, Callable[[bytes, int], bytes]] = {
    ".mp3": _mark_mp3,
    ".flac": _mark_flac,
    ".m4a": _mark_m4a,
    ".ogg": _mark_vorbis,
    ".opus": _mark_opus,
}
