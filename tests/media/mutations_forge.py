"""Parts of files in which everything may be written, also what no program would write."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable

from tests.media import mutations_sounds as sounds
from tests.media.mutations_sounds import chunk
from tests.media.mutations_tags import syncsafe

MANY = 50_000
HUGE = 100 << 20
GIGABYTE = 1 << 30


def sound() -> bytes:
    """A second of MPEG audio."""
    return sounds.whole("vbri.mp3")


def tagged(*frames: bytes, version: int = 4, flags: int = 0) -> bytes:
    """Frames in a tag, before a sound."""
    body = b"".join(frames)
    return b"ID3" + bytes([version, 0, flags]) + syncsafe(len(body)) + body + sound()


def frame(name: bytes, data: bytes, flags: int = 0, claimed: int | None = None) -> bytes:
    """A frame of ID3v2.4; its length may be a lie."""
    size = len(data) if claimed is None else claimed
    return name + syncsafe(size) + struct.pack(">H", flags) + data


def inflating(total: int) -> bytes:
    """Deflate so many zeros, a megabyte at a time (RFC 1950 and 1951)."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = packer.compress(bytes(1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
    check = (total % 65521) << 16 | 1  # Adler-32 of zeros
    return b"\x78\xda" + block * (total >> 20) + b"\x03\0" + struct.pack(">I", check)


def zipped(name: bytes, total: int, *, told: int | None = None) -> bytes:
    """A frame that inflates to so many zeros; it may tell another length."""
    size = syncsafe(min(total, (1 << 28) - 1) if told is None else told)
    return frame(name, size + inflating(total), 0x0009)


def zipped_v23() -> bytes:
    """The same in ID3v2.3, which writes numbers and flags in other ways."""
    data = struct.pack(">I", GIGABYTE) + inflating(GIGABYTE)
    return tagged(b"TIT2" + struct.pack(">IH", len(data), 0x0080) + data, version=3)


def chapters(depth: int) -> bytes:
    """Chapters in chapters; the frames of each stand behind its name and four times."""
    inner = frame(b"TIT2", b"\x03x")
    for _ in range(depth):
        inner = frame(b"CHAP", b"c\0" + bytes(16) + inner)
    return tagged(inner)


def contents(depth: int) -> bytes:
    """Tables of contents in tables of contents, each of which names itself."""
    inner = b""
    for _ in range(depth):
        inner = frame(b"CTOC", b"a\0\x03\x01a\0" + inner)
    return tagged(inner)


def many(frame: Callable[[int], bytes], count: int = MANY) -> bytes:
    """A tag of very many frames."""
    return tagged(*(frame(number) for number in range(count)))


def picture(claimed: int, data: bytes = b"\xff\xd8\xff") -> bytes:
    """A picture as FLAC has it, with a false length."""
    head = struct.pack(">II", 3, 10) + b"image/jpeg" + bytes(20)
    return head + struct.pack(">I", claimed) + data


def flac(*blocks: tuple[int, bytes]) -> bytes:
    """A FLAC file with other blocks behind STREAMINFO; the last one is marked."""
    whole = sounds.whole("flac")
    parts = [whole[:4], b"\0" + whole[5:42]]
    for number, (kind, data) in enumerate(blocks, 1):
        head = kind | (0x80 if number == len(blocks) else 0)
        parts.append(bytes([head]) + struct.pack(">I", len(data))[1:] + data)
    return b"".join(parts) + whole[-3000:]


def comments(count: int, *texts: bytes, told: int | None = None) -> bytes:
    """A vendor and texts as Vorbis has them."""
    listed = b"".join(struct.pack("<I", len(text)) + text for text in texts) * count
    return bytes(4) + struct.pack("<I", count * len(texts) if told is None else told) + listed


def page(packet: bytes, *, flags: int = 0, number: int = 0, lacing: bytes | None = None) -> bytes:
    """A page of Ogg; its lacing may be a lie, and its sum is none."""
    if lacing is None:
        full, rest = divmod(len(packet), 255)
        lacing = b"\xff" * full + bytes([rest])
    head = struct.pack("<4sBBqIIIB", b"OggS", 0, flags, 0, 7, number, 0, len(lacing))
    return head + lacing + packet


def opus(*pages: bytes) -> bytes:
    """An Opus file: its header, and other pages."""
    head = b"OpusHead\x01\x02" + struct.pack("<HIhB", 0, 48000, 0, 0)
    return page(head, flags=2) + b"".join(pages)


def tags_page(comments: bytes) -> bytes:
    """Comments over as many pages as they need."""
    packet, pages = b"OpusTags" + comments, []
    for number, at in enumerate(range(0, len(packet), 255 * 255)):
        part, last = packet[at : at + 255 * 255], at + 255 * 255 >= len(packet)
        lacing = None if last else b"\xff" * 255
        pages.append(page(part, flags=1 if number else 0, number=number + 1, lacing=lacing))
    return opus(*pages)


def atom(name: bytes, data: bytes, size: int | None = None) -> bytes:
    """An atom of MP4; its size may be a lie."""
    return struct.pack(">I4s", 8 + len(data) if size is None else size, name) + data


def nested(depth: int, *names: bytes) -> bytes:
    """Atoms in atoms, their names in turn."""
    inner = b""
    for number in range(depth):
        inner = atom(names[number % len(names)], inner)
    return sounds.whole("m4a")[:28] + inner


def mp4(*atoms: bytes) -> bytes:
    """A file that begins like MP4."""
    return sounds.whole("m4a")[:28] + b"".join(atoms)


def long_atom(name: bytes, size: int) -> bytes:
    """The head of an atom whose size has 8 bytes."""
    return struct.pack(">I4sQ", 1, name, size)


def items(*items: bytes) -> bytes:
    """A list of tags where MP4 has them, in a file that is whole otherwise."""
    meta = atom(b"meta", bytes(4) + atom(b"ilst", b"".join(items)))
    late = sounds.whole("m4a")
    at = late.index(b"udta") - 4
    moov = late.index(b"moov") - 4
    inner = late[moov + 8 : at] + atom(b"udta", meta)
    return late[:moov] + atom(b"moov", inner)


def asf(*objects: bytes, count: int = 2) -> bytes:
    """A header of ASF; its count may be a lie."""
    return asf_object(HEADER, struct.pack("<IBB", count, 1, 2) + b"".join(objects))


def asf_object(guid: str, data: bytes, size: int | None = None) -> bytes:
    """An object of ASF; its size may be a lie."""
    return bytes.fromhex(guid) + struct.pack("<Q", 24 + len(data) if size is None else size) + data


HEADER = "3026b2758e66cf11a6d900aa0062ce6c"
EXTENSION = "b503bf5f2ea9cf118ee300c00c205365"
CONTENT = "3326b2758e66cf11a6d900aa0062ce6c"
EXTENDED = "40a4d0d207e3d21197f000a0c95ea850"


def nested_asf(depth: int) -> bytes:
    """Header extensions in header extensions."""
    inner = b""
    for _ in range(depth):
        inner = asf_object(EXTENSION, bytes(18) + struct.pack("<I", len(inner)) + inner)
    return asf(inner)


def ape(count: int, size: int, items: bytes, sound: bytes | None = None) -> bytes:
    """A sound with APEv2 tags, whose count and size may be lies."""
    foot = b"APETAGEX" + struct.pack("<IIII", 2000, size, count, 0x80000000) + bytes(8)
    return (sounds.whole("old.ape")[:1500] if sound is None else sound) + items + foot


def riff(*chunks: bytes) -> bytes:
    """A WAV file of any chunks."""
    return chunk(b"RIFF", b"WAVE" + b"".join(chunks))


def nested_riff(depth: int) -> bytes:
    """Lists in lists."""
    inner = b""
    for _ in range(depth):
        inner = chunk(b"LIST", b"INFO" + inner)
    return riff(inner)


def aiff_rate(rate: str) -> bytes:
    """An AIFF file with a rate of 80 bits."""
    common = struct.pack(">hIh", 1, 750, 16) + bytes.fromhex(rate)
    return chunk(
        b"FORM", b"AIFF" + chunk(b"COMM", common, ">") + chunk(b"SSND", bytes(9), ">"), ">"
    )


def dsf(channels: int, rate: int, pointer: int) -> bytes:
    """A DSF file with other numbers in its header."""
    data = bytearray(sounds.whole("dsf"))
    data[20:28] = struct.pack("<Q", pointer)
    data[52:60] = struct.pack("<II", channels, rate)
    return bytes(data)


def xing(flags: int, *numbers: int) -> bytes:
    """A Xing header with these flags and numbers."""
    frame = bytearray(sound())
    frame[36 : 36 + 8 + 4 * len(numbers)] = struct.pack(
        f">4sI{len(numbers)}I", b"Xing", flags, *numbers
    )
    return bytes(frame)
