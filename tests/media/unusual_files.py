"""Files whose tags are put together in rare ways that the standards allow, with things unknown."""

from __future__ import annotations

import struct
import zlib

from mediakeep_samples.music import track_files
from tests.media import mutations_tags as tagging


def _id3(version: int, flags: int, body: bytes, footer: bytes = b"") -> bytes:
    head = bytes((version, 0, flags)) + tagging.syncsafe(len(body))
    return (
        b"ID3"
        + head
        + body
        + (b"3DI" + head if footer else b"")
        + track_files.read_seed_file("bell.mp3")
    )


def _id3v22() -> bytes:
    """Unsynchronised as a whole, with a frame that nobody knows (id3.org, id3v2-00, 3 and 5)."""

    def frame(name: bytes, data: bytes) -> bytes:
        return name + struct.pack(">I", len(data))[1:] + data

    body = frame(b"TT2", b"\1\xff\xfeL\0o\0w\0") + frame(b"XYZ", bytes(range(256)))
    body += frame(b"PIC", b"\0JPG\x03\0" + tagging.PICTURE) + frame(b"TYE", b"\x001974")
    body += frame(b"TXX", b"\0MOOD\0calm") + frame(b"COM", b"\0engmine\0kept") + bytes(60)
    return _id3(2, 0x80, body.replace(b"\xff", b"\xff\0"))


def _id3v23() -> bytes:
    """An extended header with a sum (id3.org, 2.3.0, 3.2), and frames with flags."""

    def frame(name: bytes, data: bytes, flags: int = 0) -> bytes:
        return name + struct.pack(">IH", len(data), flags) + data

    text = b"\0" + b"Low Tide " * 30
    packed = struct.pack(">I", len(text)) + zlib.compress(text)
    body = frame(b"TIT2", packed, 0x0080) + frame(b"TPE1", b"\0A/B", 0xC000)
    body += frame(b"TALB", b"\x05\0Moorings", 0x0020) + frame(b"XYZ1", b"\0what", 0x4000)
    body += frame(b"MCDI", bytes(range(200))) + frame(b"UFID", b"http://musicbrainz.org\0" + b"1")
    extended = struct.pack(">IHII", 10, 0x8000, 70, zlib.crc32(body))
    return _id3(3, 0x40, extended + body + bytes(70))


def _id3v24() -> bytes:
    """A footer (id3.org, 2.4.0, 3.4), an extended header, and a text of several values."""

    def frame(name: bytes, data: bytes, flags: int = 0) -> bytes:
        return name + tagging.syncsafe(len(data)) + struct.pack(">H", flags) + data

    body = (
        b"\0\0\0\x06\x01\0" + frame(b"TIT2", b"\x03Low") + frame(b"TXXX", b"\x03MOOD\0calm\0wild")
    )
    body += frame(b"XYZ2", b"\3what", 0x6000) + frame(b"TPE1", b"\x03A\0B\0C")
    body += frame(b"RVA2", b"track\0\1\2\0\0") + frame(b"TDRC", b"\x001974-05\0" + b"1975")
    body += frame(b"APIC", b"\3image/jpeg\0\3Vorn\xc3\xa9\0" + tagging.PICTURE)
    return _id3(4, 0x50, body, footer=b"3DI")


def _flac() -> bytes:
    """Blocks of all kinds in no usual order, one of them reserved (RFC 9639, 8.1)."""
    whole = track_files.read_seed_file("chord.flac")
    at, kept = 4, []
    while True:
        last, size = whole[at] & 0x80, int.from_bytes(whole[at + 1 : at + 4])
        if whole[at] & 0x7F in (0, 3):
            kept.append((whole[at] & 0x7F, whole[at + 4 : at + 4 + size]))
        at += 4 + size
        if last:
            break
    kept += [(1, bytes(30)), (2, b"mkTEsome data"), (4, tagging.vorbis_comments())]
    kept += [(20, bytes(range(99))), (1, bytes(900)), (2, b"mkTEmore data")]
    blocks = b"".join(
        bytes([kind | 0x80 * (number == len(kept))]) + len(data).to_bytes(3) + data
        for number, (kind, data) in enumerate(kept, 1)
    )
    return b"fLaC" + blocks + whole[at:]


OWN = {
    "odd22.mp3": _id3v22,
    "odd23.mp3": _id3v23,
    "odd24.mp3": _id3v24,
    "odd.flac": _flac,
}
