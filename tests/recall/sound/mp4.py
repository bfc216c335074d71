"""MP4: AAC packets of a real sound in a new order, or ALAC frames that hold plain samples."""

import struct
from dataclasses import dataclass, field

from tests.recall.sound import seeds
from tests.recall.sound.bits import Bits, noise


@dataclass(frozen=True)
class Sound:
    """What the sample tables need to know."""

    described: bytes
    packets: list[bytes]
    rate: int
    step: int
    brand: bytes = b"M4A "


@dataclass(frozen=True)
class Layout:
    """Where the parts of the file stand."""

    index_first: bool = True
    free: int = 0
    tags: bytes = field(default=b"", repr=False)


def atom(name: bytes, *bodies: bytes) -> bytes:
    """An atom with its size."""
    body = b"".join(bodies)
    return struct.pack(">I", len(body) + 8) + name + body


def aac(seed: object, count: int = 24) -> Sound:
    """AAC LC, 22,050 Hz, mono, 46 ms a packet."""
    source = seeds.m4a()
    return Sound(source.headers[0], source.choose(seed, count), 22050, 1024)


def quiet(seed: object, seconds: float) -> Sound:
    """AAC so strongly compressed that hardly anything is left of each packet."""
    small = seeds.quiet()
    count = round(seconds * 22050 / 1024)
    return Sound(_rated(small.headers[0], 24000), small.choose(seed, count), 22050, 1024)


def _rated(described: bytes, rate: int) -> bytes:
    """The sample description with another bitrate in its decoder configuration."""
    at = described.index(b"\x40\x15") + 5
    return described[:at] + struct.pack(">II", rate, rate) + described[at + 8 :]


def alac(seed: object, count: int = 6) -> Sound:
    """ALAC, 8,000 Hz, mono, 16 bits: each frame of 256 samples says that it is not compressed."""
    config = struct.pack(">IBBBBBBHIII", 256, 0, 16, 40, 10, 14, 1, 255, 0, 0, 8000)
    entry = bytes(6) + struct.pack(">H8xHH4xI", 1, 1, 16, 8000 << 16)
    described = atom(
        b"stsd", bytes(4), b"\0\0\0\1", atom(b"alac", entry, atom(b"alac", bytes(4), config))
    )
    packets = []
    for number in range(count):
        bits = Bits().put(0, 3).put(0, 4).put(0, 12).put(0, 1).put(0, 2).put(1, 1)
        samples = noise((seed, number), 512)
        bits.put(int.from_bytes(samples, "big") & int.from_bytes(b"\x03\xff" * 256, "big"), 4096)
        packets.append(bits.put(7, 3).take())
    return Sound(described, packets, 8000, 256)


def _movie(sound: Sound, offset: int, tags: bytes) -> bytes:
    """The index: one track, all packets in one chunk."""
    count = len(sound.packets)
    length = count * sound.step
    sizes = struct.pack(f">{count}I", *(len(packet) for packet in sound.packets))
    table = atom(
        b"stbl",
        sound.described,
        atom(b"stts", struct.pack(">IIII", 0, 1, count, sound.step)),
        atom(b"stsc", struct.pack(">IIIII", 0, 1, 1, count, 1)),
        atom(b"stsz", struct.pack(">III", 0, 0, count), sizes),
        atom(b"stco", struct.pack(">III", 0, 1, offset)),
    )
    place = atom(b"dinf", atom(b"dref", struct.pack(">II", 0, 1), atom(b"url ", b"\0\0\0\1")))
    media = atom(
        b"mdia",
        atom(b"mdhd", struct.pack(">IIIIIHH", 0, 0, 0, sound.rate, length, 0x55C4, 0)),
        atom(b"hdlr", bytes(8), b"soun", bytes(12), b"Sound\0"),
        atom(b"minf", atom(b"smhd", bytes(8)), place, table),
    )
    matrix = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
    head = atom(
        b"tkhd",
        struct.pack(">IIIIIIxxxxxxxxHHHH", 7, 0, 0, 1, 0, length, 0, 0, 256, 0),
        matrix,
        bytes(8),
    )
    whole = struct.pack(">IIIIIIH10x", 0, 0, 0, sound.rate, length, 0x10000, 0x100)
    movie = atom(b"mvhd", whole, matrix, bytes(24), b"\0\0\0\2")
    return atom(b"moov", movie, atom(b"trak", head, media), tags)


def mp4(sound: Sound, layout: Layout) -> bytes:
    """A whole file."""
    begin = atom(b"ftyp", sound.brand, bytes(4), sound.brand, b"mp42isom")
    free = atom(b"free", bytes(layout.free)) if layout.free else b""
    data = atom(b"mdat", *sound.packets)
    if not layout.index_first:
        return begin + free + data + _movie(sound, len(begin) + len(free) + 8, layout.tags)
    size = len(_movie(sound, 0, layout.tags))
    return begin + _movie(sound, len(begin) + size + len(free) + 8, layout.tags) + free + data


def lock(sound: Sound, name: bytes) -> Sound:
    """The same sound under the name of an encrypted one, with a note of what it was."""
    inner = sound.described[16:]
    original = inner[4:8]
    scheme = atom(b"schm", bytes(4), b"itun", bytes(4))
    note = atom(b"sinf", atom(b"frma", original), scheme) if name != b"aavd" else b""
    entry = atom(name, inner[8:], note)
    return Sound(atom(b"stsd", bytes(4), b"\0\0\0\1", entry), sound.packets, sound.rate, sound.step)
