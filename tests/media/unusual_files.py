"""Files whose tags are put together in rare ways that the standards allow, with things unknown."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO

from mutagen.asf import (
    ASF,
    ASFBoolAttribute,
    ASFByteArrayAttribute,
    ASFDWordAttribute,
    ASFGUIDAttribute,
    ASFUnicodeAttribute,
)

from mediakeep_samples.music import track_files
from tests.media import mutations_sounds as small
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


def _riff(suffix: str, *parts: bytes) -> bytes:
    """Return the WAV or AIFF of the small sounds without tags, and further chunks at its end."""
    whole, order = small.whole(suffix), "<" if suffix == "wav" else ">"
    kept, at = [], 12
    while at < len(whole):
        size = struct.unpack_from(f"{order}I", whole, at + 4)[0]
        end = at + 8 + size + size % 2
        if whole[at : at + 4] in (b"fmt ", b"data", b"COMM", b"SSND"):
            kept.append(whole[at:end])
        at = end
    body = whole[8:12] + b"".join([*kept, *parts])
    return whole[:4] + struct.pack(f"{order}I", len(body)) + body


def _early_tag_wav() -> bytes:
    """Tags in front of an odd number of bytes of sound, and no byte to fill them up."""
    sound = struct.pack("<HHIIHH", 1, 1, 8000, 8000, 1, 8)
    parts = small.chunk(b"fmt ", sound) + small.chunk(b"id3 ", tagging.id3v2(3))
    body = b"WAVE" + parts + small.chunk(b"bext", bytes(99)) + small.chunk(b"data", bytes(777))[:-1]
    return b"RIFF" + struct.pack("<I", len(body)) + body


def _info_wav() -> bytes:
    texts = {b"INAM": b"Low Tide\0", b"IART": b"Velvet\0", b"ISFT": b"own\0", b"ITRK": b"1\0"}
    listed = b"".join(small.chunk(name, text) for name, text in texts.items())
    return _riff("wav", small.chunk(b"LIST", b"INFO" + listed))


def _untagged_dsf() -> bytes:
    whole = small.whole("dsf")
    tag = whole.index(b"ID3")
    return whole[:12] + struct.pack("<QQ", tag, 0) + whole[28:tag]


def _without_apev2(name: str) -> bytes:
    return small.whole(name).partition(b"APETAGEX")[0]


def _apev1() -> bytes:
    """Version 1 has no header (Hydrogenaudio's "APE Tags", APEv1)."""
    items = b"".join(
        struct.pack("<II", len(value), 0) + name + b"\0" + value
        for name, value in ((b"Title", b"Low Tide"), (b"artist", b"Velvet"), (b"Own", b"kept"))
    )
    footer = struct.pack("<8sIIII8x", b"APETAGEX", 1000, 32 + len(items), 3, 0)
    return _without_apev2("ape") + items + footer


def _full_wma() -> bytes:
    """Values of all kinds, in all objects, and pictures."""
    file = BytesIO(small.whole("wma"))
    audio = ASF(file)
    audio["WM/Year"] = [ASFUnicodeAttribute("1974"), ASFUnicodeAttribute("1975")]
    audio["Author"] = [ASFUnicodeAttribute("Velvet"), ASFUnicodeAttribute("Anna")]
    audio["WM/TrackNumber"] = [ASFDWordAttribute(7)]
    audio["WM/IsCompilation"], audio["IsVBR"] = [ASFBoolAttribute(True)], [ASFBoolAttribute(False)]
    audio["Own"] = [ASFByteArrayAttribute(b"\0\1"), ASFGUIDAttribute(bytes(16))]
    pictures = [b"\4" + tagging.PICTURE, b"\3" + tagging.PICTURE + bytes(70_000)]
    audio["WM/Picture"] = [
        ASFByteArrayAttribute(
            data[:1]
            + struct.pack("<I", len(data) - 1)
            + "image/jpeg\0\0".encode("utf-16-le")
            + data[1:]
        )
        for data in pictures
    ]
    audio.save(small.rewound(file), padding=lambda _: 0)
    return file.getvalue()


OWN = {
    "bare.wav": lambda: _riff("wav"),
    "info.wav": _info_wav,
    "early.wav": _early_tag_wav,
    "two.wav": lambda: _riff(
        "wav", small.chunk(b"ID3 ", tagging.id3v2()), small.chunk(b"id3 ", tagging.id3v2(3))
    ),
    "bare.aiff": lambda: _riff("aiff"),
    "bare.dsf": _untagged_dsf,
    "bare.tta": lambda: small.whole("tta")[small.whole("tta").index(b"TTA1") : -128],
    "behind.tta": lambda: (
        small.whole("tta")[small.whole("tta").index(b"TTA1") : -128] + tagging.apev2_tag()
    ),
    "bare.wv": lambda: _without_apev2("wv"),
    "one.ape": _apev1,
    "stacked.mpc": lambda: tagging.id3v2() + small.whole("mpc") + tagging.id3v1(),
    "id3v1.mpc": lambda: _without_apev2("mpc") + tagging.id3v1(),
    "full.wma": _full_wma,
    "odd22.mp3": _id3v22,
    "odd23.mp3": _id3v23,
    "odd24.mp3": _id3v24,
    "odd.flac": _flac,
}
