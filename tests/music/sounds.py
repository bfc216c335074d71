"""Sounds made frame by frame, no two alike, with tags of every age: real files, tiny ones.

MP3 frames of silence differ in the bytes that a decoder skips, FLAC frames in the one level that
they hold; the path decides. The same path gives the same bytes.
"""

# Most of mutagen is not annotated.
# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping
from pathlib import Path
from random import Random

from mutagen.easyid3 import EasyID3
from mutagen.flac import FLAC, Picture
from mutagen.id3 import APIC, ID3

from mediakeep_samples.music import track_files

_MP3_HEAD = bytes.fromhex("fffb9064")  # MPEG-1 Layer III, 128 kbit/s, 44100 Hz, joint stereo
_MP3_FRAME, _SIDE_INFO, _MP3_FRAMES = 417, 32, 40
_FLAC_BLOCK, _FLAC_RATE = 32768, 44100
_GENRE_OTHER = 12  # in ID3v1


def mp3(path: Path, tags: Mapping[str, str], *, old: bool = False, cover: bool = False) -> None:
    """Write an MP3 of one second with tags as ID3v2.3, or as ID3v1 alone."""
    path.parent.mkdir(parents=True, exist_ok=True)
    head = _MP3_HEAD + bytes(_SIDE_INFO)
    skipped = Random(path.parent.name + path.name)
    rest = [skipped.randbytes(_MP3_FRAME - len(head)) for _ in range(_MP3_FRAMES)]
    sound = b"".join(head + filling.replace(b"\xff", b"\0") for filling in rest)
    path.write_bytes(sound + (_id3v1(tags) if old else b""))
    if tags and not old:
        written = EasyID3()
        written.update({name: [text] for name, text in tags.items()})
        written.save(path, v2_version=3, v1=0)
    if cover:
        _embed(path)


def _embed(path: Path) -> None:
    written = ID3(path)
    written.add(
        APIC(encoding=0, mime="image/jpeg", type=3, data=track_files.read_seed_file("cover.jpg"))
    )
    written.save(path, v2_version=3, v1=0)


def _id3v1(tags: Mapping[str, str]) -> bytes:
    """128 bytes as id3.org/ID3v1 says: three texts of 30, a year of 4, a comment with a number."""
    fields = [tags.get(name, "").encode("latin-1") for name in ("title", "artist", "album", "date")]
    number = int(tags.get("tracknumber", "0").partition("/")[0])
    return struct.pack("<3s30s30s30s4s28sxBB", b"TAG", *fields, b"", number, _GENRE_OTHER)


def flac(path: Path, tags: Mapping[str, str], *, seconds: int, cover: bool = True) -> None:
    """Write a FLAC of so many seconds of one level, which takes 15 bytes for each 0.7 s."""
    path.parent.mkdir(parents=True, exist_ok=True)
    blocks = -(-seconds * _FLAC_RATE // _FLAC_BLOCK)
    level = zlib.crc32((path.parent.name + path.name).encode()) & 0x7FFF
    frames = [_flac_frame(number, level) for number in range(blocks)]
    path.write_bytes(_flac_head(blocks * _FLAC_BLOCK) + b"".join(frames))
    written = FLAC(path)
    written.update({name: [text] for name, text in tags.items()})
    if cover:
        picture = Picture()
        picture.type, picture.mime, picture.data = (
            3,
            "image/jpeg",
            track_files.read_seed_file("cover.jpg"),
        )
        written.add_picture(picture)
    written.save()


def _flac_head(samples: int) -> bytes:
    """STREAMINFO by RFC 9639, section 8.2: 16 bits, stereo, no frame sizes, no MD5."""
    facts = _FLAC_RATE << 44 | (2 - 1) << 41 | (16 - 1) << 36 | samples
    info = struct.pack(">HH6xQ16x", _FLAC_BLOCK, _FLAC_BLOCK, facts)
    return b"fLaC" + bytes([0x80]) + len(info).to_bytes(3, "big") + info


def _flac_frame(number: int, level: int) -> bytes:
    """A frame by RFC 9639, section 9, whose two channels are constant subframes."""
    head = bytes.fromhex("fff8f918") + chr(number).encode()
    head += bytes([_crc(head, 0x07, 8)])
    body = head + (b"\0" + level.to_bytes(2, "big")) * 2
    return body + _crc(body, 0x8005, 16).to_bytes(2, "big")


def _crc(data: bytes, polynomial: int, bits: int) -> int:
    value, top = 0, 1 << bits - 1
    for byte in data:
        value ^= byte << bits - 8
        for _ in range(8):
            value = (value << 1 ^ polynomial if value & top else value << 1) & (1 << bits) - 1
    return value


def png(width: int, height: int) -> bytes:
    """Draw a grey picture."""
    rows = zlib.compress((b"\0" + b"\x80" * width) * height)
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in ((b"IHDR", head), (b"IDAT", rows), (b"IEND", b""))
    )
