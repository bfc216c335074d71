"""A small, healthy file of every format, with tags and a picture wherever the format takes them.

The five common ones are real sounds; the others are built here after their specifications, named
at each. All are the same at every run.
"""

# Most of mutagen is not annotated.
# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterable
from functools import cache
from io import BytesIO
from random import Random
from typing import Any

from mutagen import mp4
from mutagen.asf import ASF
from mutagen.flac import FLAC, SeekPoint, SeekTable
from mutagen.ogg import OggPage

from mediakeep_samples.music import track_files
from tests.media import mutations_tags as tagging
from tests.music import shelf

_NOISE = Random("sound").randbytes(1500)


def _vbri() -> bytes:
    """An MPEG frame with a VBRI header, 32 bytes behind its own (Fraunhofer's), and frames."""
    header = bytes.fromhex("fffb9064")
    vbri = b"VBRI" + struct.pack(">HHHIIHHHH", 1, 0, 75, 417 * 4, 4, 2, 1, 2, 2) + bytes(4)
    return (header + bytes(32) + vbri).ljust(417, b"\0") + (header + bytes(413)) * 3


def _flac(file: BytesIO) -> None:
    """All kinds of metadata blocks (RFC 9639, 8)."""
    audio = FLAC(file)
    table = SeekTable(b"")
    table.seekpoints = [SeekPoint(0, 0, 576), SeekPoint(576, 400, 576)]
    audio.metadata_blocks.append(table)
    audio.seektable = table
    audio.save(rewound(file))


def _ogg(packets: Iterable[bytes], positions: Iterable[int]) -> bytes:
    """One page a packet, the last one marked as the end (RFC 3533)."""
    pages = []
    for number, (packet, position) in enumerate(zip(packets, positions, strict=True)):
        page = OggPage()
        page.packets, page.position = [packet], position
        page.serial, page.sequence, page.first = 7, number, number == 0
        pages.append(page)
    pages[-1].last = True
    return b"".join(page.write() for page in pages)


def _ogg_flac() -> bytes:
    """The mapping of RFC 9639, 10.1."""
    whole = track_files.read_seed_file("bell.flac")
    first = b"\x7fFLAC\x01\0\0\x01" + whole[:42]
    comments = tagging.vorbis_comments()
    block = b"\x84" + struct.pack(">I", len(comments))[1:] + comments
    return _ogg([first, block, whole[-1500:]], [0, 0, 8000])


def _speex() -> bytes:
    """The header of the Speex manual, 8.2."""
    numbers = (1, 80, 16000, 1, 4, 1, 27800, 320, 0, 1, 0, 0, 0)
    first = b"Speex   " + b"1.2".ljust(20, b"\0") + struct.pack("<13i", *numbers)
    return _ogg([first, tagging.vorbis_comments() + b"\x01", _NOISE], [0, 0, 16000])


def _asf_object(guid: str, data: bytes) -> bytes:
    first, second, third, rest = guid.split("-", 3)
    name = struct.pack("<IHH", int(first, 16), int(second, 16), int(third, 16))
    name += bytes.fromhex(rest.replace("-", ""))
    return name + struct.pack("<Q", 24 + len(data)) + data


def _asf() -> bytes:
    """Header, properties, one stream and three packets of data (Microsoft's ASF, 3 and 5)."""
    stream = "F8699E40-5B4D-11CF-A8FD-00805F5C442B"
    kind = _asf_object(stream, b"")[:16]
    properties = struct.pack(
        "<16s6Q4I", kind, 0, 0, 3, 10_000_000, 10_000_000, 0, 2, 300, 300, 64000
    )
    wave = struct.pack("<HHIIHHH", 0x161, 2, 44100, 8000, 2230, 16, 0)
    described = kind + kind + struct.pack("<QIIHI", 0, len(wave), 0, 1, 0) + wave
    objects = [
        _asf_object("8CABDCA1-A947-11CF-8EE4-00C00C205365", properties),
        _asf_object("B7DC0791-A9B7-11CF-8EE6-00C00C205365", described),
    ]
    data = _asf_object(
        "75B22636-668E-11CF-A6D9-00AA0062CE6C",
        bytes(16) + struct.pack("<QH", 3, 257) + _NOISE[:900],
    )
    inner = struct.pack("<IBB", len(objects), 1, 2) + b"".join(objects)
    file = BytesIO(_asf_object("75B22630-668E-11CF-A6D9-00AA0062CE6C", inner) + data)
    audio = ASF(file)
    audio.update({"Title": "Low Tide", "Author": "Velvet Harbour", "WM/TrackNumber": "1"})
    audio.save(rewound(file))
    return file.getvalue()


def chunk(name: bytes, data: bytes, order: str = "<") -> bytes:
    """A chunk of RIFF or IFF, padded to an even length."""
    return name + struct.pack(f"{order}I", len(data)) + data + bytes(len(data) % 2)


def _wav() -> bytes:
    """RIFF with a list of texts and an ID3 chunk (Microsoft's RIFF; "id3 " by custom)."""
    sound = chunk(b"fmt ", struct.pack("<HHIIHH", 1, 1, 8000, 16000, 2, 16))
    texts = chunk(b"LIST", b"INFO" + chunk(b"INAM", b"Low Tide\0") + chunk(b"IART", b"Velvet\0"))
    return chunk(
        b"RIFF", b"WAVE" + sound + texts + chunk(b"data", _NOISE) + chunk(b"id3 ", tagging.id3v2())
    )


def _aiff() -> bytes:
    """FORM with a rate of 80 bits (Apple's AIFF 1.3)."""
    common = struct.pack(">hIh", 1, 750, 16) + bytes.fromhex("400bfa00000000000000")
    sound = chunk(b"SSND", bytes(8) + _NOISE, ">")
    parts = b"AIFF" + chunk(b"COMM", common, ">") + sound + chunk(b"ID3 ", tagging.id3v2(3), ">")
    return chunk(b"FORM", parts, ">")


def _dsf() -> bytes:
    """Sony's DSF 1.01: sizes of 8 bytes that count their own 12, and a pointer to the tags."""
    tags, data = tagging.id3v2(), _NOISE[:1024]
    sound = struct.pack("<6IQII", 1, 0, 1, 1, 2822400, 1, 8192, 4096, 0)
    parts = (
        b"fmt " + struct.pack("<Q", 52) + sound + b"data" + struct.pack("<Q", 12 + len(data)) + data
    )
    at = 28 + len(parts)
    return b"DSD " + struct.pack("<QQQ", 28, at + len(tags), at) + parts + tags


def _monkeys(version: int) -> bytes:
    """Monkey's Audio with its descriptor, which versions before 3.98 have not."""
    if version < 3980:
        head = struct.pack("<HHHHIIIII", version, 2000, 0, 2, 44100, 0, 0, 1, 4096)
    else:
        sizes = (52, 24, 8, 0, len(_NOISE), 0, 0)
        head = struct.pack("<HH7I16s", version, 0, *sizes, bytes(16))
        head += struct.pack("<HHIIIHHI", 2000, 0, 73728, 4096, 2, 16, 2, 44100) + bytes(8)
    return b"MAC " + head + _NOISE


def _wavpack() -> bytes:
    """Three blocks of version 4."""

    def block(index: int) -> bytes:
        fields = (24 + 400, 0x410, 0, 0, 3000, index * 1000, 1000, 0x04800021, 0)
        return b"wvpk" + struct.pack("<IHBBIIIII", *fields) + _NOISE[:400]

    return b"".join(block(index) for index in range(3))


def _musepack7() -> bytes:
    return b"MP+\x07" + struct.pack("<IIIIII", 20, 0x00000000, 0, 0, 0, 0) + _NOISE


def _musepack8() -> bytes:
    """Packets: two letters and a size that counts them (Musepack's SV8)."""
    header = bytes(4) + b"\x08" + b"\x81\x40" + b"\0" + b"\x01\x1c"
    parts = ((b"SH", header), (b"RG", b"\x01" + bytes(8)), (b"EI", bytes(4)), (b"AP", _NOISE[:90]))
    return b"MPCK" + b"".join(k + bytes([3 + len(d)]) + d for k, d in parts) + b"SE\x03"


def _true_audio() -> bytes:
    """A header and a seek table, each with its CRC-32, and two frames (True Audio's TTA1)."""

    def summed(data: bytes) -> bytes:
        return data + struct.pack("<I", zlib.crc32(data))

    frames = (_NOISE[:700], _NOISE[700:1300])
    head = summed(b"TTA1" + struct.pack("<HHHII", 1, 2, 16, 44100, 60_000))
    return head + summed(struct.pack("<2I", *map(len, frames))) + b"".join(frames)


def _adts() -> bytes:
    """Raw AAC, each frame with a header of 7 bytes (ISO 13818-7, 6.2)."""
    size = 7 + 120
    header = struct.pack(
        ">HBBBBB", 0xFFF1, 0x50, 0x80 | size >> 11, size >> 3 & 0xFF, (size & 7) << 5 | 0x1F, 0xFC
    )
    return (header + _NOISE[:120]) * 12


def _mp4(seed: str) -> bytes:
    """Texts, a number, a freeform atom, two pictures and a Nero chapter list."""
    file = BytesIO(track_files.read_seed_file(seed))
    audio = mp4.MP4(file)
    audio.update({"\xa9nam": ["Low Tide"], "\xa9ART": ["Velvet", "Anna"], "trkn": [(1, 9)]})
    audio["----:com.apple.iTunes:ARTISTS"] = [mp4.MP4FreeForm(b"Velvet Harbour")]
    audio["covr"] = [
        mp4.MP4Cover(tagging.PICTURE, 13),
        mp4.MP4Cover(track_files.read_seed_file("cover.png"), 14),
    ]
    audio["cpil"] = True
    audio.save(rewound(file))
    return file.getvalue()


def rewound(file: BytesIO) -> Any:
    """Go back to a file's beginning, as mutagen demands before it saves."""
    file.seek(0)
    return file


def _flac_whole() -> bytes:
    file = BytesIO(shelf.render("flac", picture="cover.jpg"))
    _flac(file)
    return file.getvalue()


# The name of a sound ends in its extension; beside it stands its format.
SOUNDS: dict[str, tuple[str, Callable[[], bytes]]] = {
    "mp3": (
        "MP3",
        lambda: tagging.id3v2() + track_files.read_seed_file("bell.mp3") + tagging.id3v1(),
    ),
    "v23.mp3": ("MP3", lambda: tagging.id3v2(3) + track_files.read_seed_file("drops.mp3")),
    "v22.mp3": ("MP3", lambda: tagging.id3v22() + track_files.read_seed_file("bell.mp3")),
    "flags.mp3": (
        "MP3",
        lambda: tagging.id3v24_with_flags() + track_files.read_seed_file("bell.mp3"),
    ),
    "tail.mp3": (
        "MP3",
        lambda: track_files.read_seed_file("chord.mp3") + tagging.apev2_tag() + tagging.id3v1(),
    ),
    "vbri.mp3": ("MP3", _vbri),
    "m4a": ("MP4", lambda: _mp4("bell.m4a")),
    "first.m4a": ("MP4", lambda: _mp4("chord.m4a")),
    "flac": ("FLAC", _flac_whole),
    "tagged.flac": (
        "FLAC",
        lambda: tagging.id3v2() + track_files.read_seed_file("drops.flac") + tagging.id3v1(),
    ),
    "ogg": ("Ogg Vorbis", lambda: shelf.render("ogg", picture="cover.png")),
    "opus": ("Opus", lambda: shelf.render("opus", picture="cover.jpg")),
    "flac.oga": ("Ogg FLAC", _ogg_flac),
    "speex.ogg": ("Speex", _speex),
    "wma": ("WMA", _asf),
    "wav": ("WAV", _wav),
    "aiff": ("AIFF", _aiff),
    "dsf": ("DSF", _dsf),
    "ape": ("Monkey's Audio", lambda: _monkeys(3990) + tagging.apev2_tag()),
    "old.ape": ("Monkey's Audio", lambda: _monkeys(3950) + tagging.apev2_tag() + tagging.id3v1()),
    "wv": ("WavPack", lambda: _wavpack() + tagging.apev2_tag()),
    "mpc": ("Musepack", lambda: _musepack8() + tagging.apev2_tag()),
    "seven.mpc": ("Musepack", lambda: _musepack7() + tagging.apev2_tag()),
    "tta": ("True Audio", lambda: tagging.id3v2() + _true_audio() + tagging.id3v1()),
    "aac": ("AAC", lambda: tagging.id3v2() + _adts()),
}


def _webp() -> bytes:
    """RFC 9649, 2.7: flags, and a width and height that are one less."""
    large = chunk(b"VP8X", bytes(4) + (299).to_bytes(3, "little") * 2)
    return chunk(b"RIFF", b"WEBP" + large + chunk(b"VP8L", b"\x2f" + _NOISE[:99]))


def _bitmap() -> bytes:
    header = struct.pack("<IiiHHIIiiII", 40, 300, -300, 1, 24, 0, 0, 0, 0, 0, 0)
    return b"BM" + struct.pack("<IHHI", 654, 0, 0, 54) + header + _NOISE[:600]


def _tiff() -> bytes:
    """TIFF 6.0, 2: a directory of three entries behind the pixels."""
    entries = ((0x100, 3, 1, 300), (0x101, 4, 1, 300), (0x111, 4, 1, 8))
    listed = b"".join(struct.pack("<HHII", *entry) for entry in entries)
    return (
        b"II*\0" + struct.pack("<I", 408) + _NOISE[:400] + struct.pack("<H", 3) + listed + bytes(4)
    )


PICTURES: dict[str, tuple[str, Callable[[], bytes]]] = {
    "jpg": ("image/jpeg", lambda: tagging.PICTURE),
    "png": ("image/png", lambda: track_files.read_seed_file("cover.png")),
    "gif": (
        "image/gif",
        lambda: b"GIF89a" + struct.pack("<HHBBB", 300, 300, 0, 0, 0) + _NOISE[:99],
    ),
    "webp": ("image/webp", _webp),
    "bitmap.png": ("image/bmp", _bitmap),
    "tiff.jpg": ("image/tiff", _tiff),
}


@cache
def whole(name: str) -> bytes:
    """Return the file of a sound or picture."""
    return {**SOUNDS, **PICTURES}[name][1]()
