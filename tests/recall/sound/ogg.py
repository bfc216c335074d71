"""Ogg pages and the streams in them: Vorbis, Opus, FLAC and Speex."""

import random
import struct
from dataclasses import dataclass

from tests.recall.sound import flac as native
from tests.recall.sound import seeds
from tests.recall.sound.bits import noise, ogg_crc


@dataclass(frozen=True)
class Stream:
    """Header packets, sound packets, and the number of samples that each of the latter adds."""

    headers: list[bytes]
    packets: list[bytes]
    steps: list[int]


def _lacing(packet: bytes) -> bytes:
    """The sizes of a packet's segments."""
    return b"\xff" * (len(packet) // 255) + bytes([len(packet) % 255])


def _page(packets: list[bytes], flags: int, granule: int, serial: int, number: int) -> bytes:
    """One page of whole packets, with its checksum."""
    lacing = b"".join(_lacing(packet) for packet in packets)
    if len(lacing) > 255:
        raise ValueError("a page holds at most 255 segments")
    head = struct.pack("<4sBBqIIIB", b"OggS", 0, flags, granule, serial, number, 0, len(lacing))
    page = head + lacing + b"".join(packets)
    return page[:22] + struct.pack("<I", ogg_crc(page)) + page[26:]


def pages(stream: Stream, seed: object) -> bytes:
    """The first header on a page of its own, then the others, then the sound, 12 packets a page."""
    serial = random.Random(repr(seed)).getrandbits(32)
    made = [_page(stream.headers[:1], 2, 0, serial, 0)]
    made.append(_page(stream.headers[1:], 0, 0, serial, 1))
    granule, count = 0, len(stream.packets)
    for at in range(0, count, 12):
        granule += sum(stream.steps[at : at + 12])
        flags = 4 if at + 12 >= count else 0
        made.append(_page(stream.packets[at : at + 12], flags, granule, serial, len(made)))
    return b"".join(made)


def vorbis(seed: object, comments: bytes, count: int = 30, rate: int = 48000) -> bytes:
    """Ogg Vorbis, 16,000 Hz, mono, 32 ms a packet; `rate` is what the header calls nominal."""
    source = seeds.vorbis()
    head = source.headers[0][:20] + struct.pack("<i", rate) + source.headers[0][24:]
    headers = [head, b"\x03vorbis" + comments + b"\x01", source.headers[1]]
    steps = [0] + [512] * (count - 1)
    return pages(Stream(headers, source.choose(seed, count), steps), seed)


def opus(seed: object, comments: bytes, count: int = 40) -> bytes:
    """Ogg Opus, mono, 20 ms a packet."""
    source = seeds.opus()
    headers = [source.headers[0], b"OpusTags" + comments]
    return pages(Stream(headers, source.choose(seed, count), [960] * count), seed)


def flac(seed: object, comments: bytes, seconds: float = 3.0) -> bytes:
    """FLAC in Ogg."""
    made, digest, total = native.frames(seed, seconds)
    head = native.block(0, native.streaminfo(made, digest, total))
    first = b"\x7fFLAC\x01\x00" + struct.pack(">H", 1) + b"fLaC" + head
    steps = [native.BLOCK] * (len(made) - 1)
    headers = [first, native.block(4, comments, last=True)]
    return pages(Stream(headers, made, [*steps, total - sum(steps)]), seed)


def speex(seed: object, comments: bytes, count: int = 40) -> bytes:
    """Speex, 8,000 Hz, mono: silent frames of 20 ms whose spare bytes differ."""
    numbers = (1, 80, 8000, 0, 4, 1, 8000, 160, 0, 1, 0, 0, 0)
    head = b"Speex   " + b"speex-1.2".ljust(20, b"\0") + struct.pack("<13I", *numbers)
    spare = noise(seed, count * 12)
    packets = [b"\x07\xff" + spare[at : at + 12] for at in range(0, len(spare), 12)]
    return pages(Stream([head, comments], packets, [160] * count), seed)
