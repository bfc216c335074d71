"""Where the parts of a healthy file begin, and where the lengths and counts stand that lead there.

Only healthy files are mapped, so the walks trust what they read. They know nothing of mediakeep's
readers or of mutagen.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Literal

from tests.media import mutations_sounds as sounds

Order = Literal["big", "little", "syncsafe"]


@dataclass(frozen=True)
class Length:
    """A field that holds a length or a count: its place, its bytes, and how they are written."""

    at: int
    width: int
    order: Order


@dataclass(frozen=True)
class Map:
    """The offsets at which parts of a file begin, and its lengths."""

    edges: tuple[int, ...]
    lengths: tuple[Length, ...]


_Mark = int | Length
_ATOMS = {b"moov", b"trak", b"mdia", b"minf", b"stbl", b"udta", b"ilst"}
_COUNTED = {b"stts", b"stsc", b"stsz", b"stco", b"stsd"}  # tables with a count behind the flags
_COMMENTS = ((b"\x03vorbis", 7), (b"OpusTags", 8), (b"own\x03\0\0\0", -4))


@cache
def of(name: str) -> Map:
    """Map a sound by its name."""
    data = sounds.whole(name)
    marks = [*_walk(data, 0, len(data)), *_ape(data), *_id3v1(data), *_comments(data)]
    edges = {mark for mark in marks if isinstance(mark, int)}
    lengths = {mark for mark in marks if isinstance(mark, Length)}
    return Map(
        tuple(sorted({0, len(data), *edges, *(length.at for length in lengths)})),
        tuple(sorted(lengths, key=lambda length: length.at)),
    )


def _walk(data: bytes, at: int, end: int) -> Iterator[_Mark]:
    yield at
    start = data[at : at + 4]
    if start[:3] == b"ID3":
        size = _number(data, Length(at + 6, 4, "syncsafe"))
        yield from _id3(data, at)
        if at + 10 + size < end:
            yield from _walk(data, at + 10 + size, end)
    elif start == b"fLaC":
        yield from _flac(data, at + 4)
    elif start == b"OggS":
        yield from _ogg(data)
    elif start in (b"RIFF", b"FORM"):
        yield from _chunks(data, at, end, "little" if start == b"RIFF" else "big")
    elif start == b"TTA1":
        fields = ((4, 2), (6, 2), (8, 2), (10, 4), (14, 4), (22, 4), (26, 4))
        yield from (Length(at + place, width, "little") for place, width in fields)
    elif start == b"DSD ":
        yield from _dsf(data)
    elif start == b"\x30\x26\xb2\x75":
        yield from _asf(data, at, end)
    elif start[:2] == b"\xff\xd8":
        yield from _jpeg(data, at + 2)
    elif start == b"\x89PNG":
        yield from _png(data, at + 8)
    elif data[at + 4 : at + 8] == b"ftyp":
        yield from _atoms(data, at, end)
    else:
        yield from _FIXED.get(start[:3], ())


def _number(data: bytes, length: Length) -> int:
    field = data[length.at : length.at + length.width]
    if length.order == "syncsafe":
        return sum(byte << 7 * place for place, byte in enumerate(reversed(field)))
    return int.from_bytes(field, length.order)


def _id3(data: bytes, at: int) -> Iterator[_Mark]:
    """Its frames; the names of 2.2 have three letters, the sizes of 2.4 seven bits a byte."""
    version, flags = data[at + 3], data[at + 5]
    whole = Length(at + 6, 4, "syncsafe")
    yield whole
    end, at = at + 10 + _number(data, whole), at + 10
    if flags & 0x40:
        yield Length(at, 4, "syncsafe")
        at += 6
    name, head = (3, 6) if version == 2 else (4, 10)
    while at + head < end and data[at]:
        size = Length(at + name, name, "syncsafe" if version == 4 else "big")
        yield from (at, size, at + head)
        at += head + _number(data, size)
    yield from (at, end)


def _flac(data: bytes, at: int) -> Iterator[_Mark]:
    last = False
    while not last:
        last, kind, size = data[at] > 127, data[at] & 127, Length(at + 1, 3, "big")
        yield from (at, size, at + 4)
        if kind == 4:
            yield from _texts(data, at + 4)
        elif kind == 6:
            yield from _picture(data, at + 4)
        at += 4 + _number(data, size)
    yield at


def _picture(data: bytes, at: int) -> Iterator[_Mark]:
    """Two texts with their lengths, four numbers, and the picture with its own (RFC 9639, 8.8)."""
    mime = Length(at + 4, 4, "big")
    yield mime
    described = Length(mime.at + 4 + _number(data, mime), 4, "big")
    yield described
    at = described.at + 4 + _number(data, described)
    yield from (at, Length(at + 16, 4, "big"), at + 20)


def _texts(data: bytes, at: int) -> Iterator[_Mark]:
    """The vendor, a count, and texts, each with its length."""
    vendor = Length(at, 4, "little")
    yield vendor
    count = Length(at + 4 + _number(data, vendor), 4, "little")
    yield count
    at = count.at + 4
    for _ in range(_number(data, count)):
        yield from (size := Length(at, 4, "little"), at + 4)
        at += 4 + _number(data, size)
    yield at


def _comments(data: bytes) -> Iterator[_Mark]:
    """The comments of Ogg, as far as they stand in one page."""
    for mark, behind in _COMMENTS:
        if data.startswith(b"OggS") and (at := data.find(mark)) >= 0:
            yield from (found for found in _texts(data, at + behind) if _start(found) < len(data))


def _start(mark: _Mark) -> int:
    return mark if isinstance(mark, int) else mark.at


def _ogg(data: bytes) -> Iterator[_Mark]:
    """Pages: the number, the lengths of 255 bytes at most, and the content (RFC 3533, 6)."""
    at = data.find(b"OggS")
    while at >= 0:
        lacing = data[at + 26]
        yield from (at, at + 27, at + 27 + lacing, Length(at + 26, 1, "big"))
        yield from (Length(at + 6, 8, "little"), Length(at + 14, 4, "little"))
        yield from (Length(at + 27 + n, 1, "big") for n in {0, lacing - 1} if lacing)
        at = data.find(b"OggS", at + 1)


def _chunks(data: bytes, at: int, end: int, order: Order) -> Iterator[_Mark]:
    while at + 8 <= end:
        name, size = data[at : at + 4], Length(at + 4, 4, order)
        length = _number(data, size)
        yield from (at, size, at + 8)
        if name in (b"RIFF", b"FORM", b"LIST"):
            yield from _chunks(data, at + 12, at + 8 + length, order)
        elif name in (b"id3 ", b"ID3 "):
            yield from _id3(data, at + 8)
        at += 8 + length + length % 2


def _jpeg(data: bytes, at: int) -> Iterator[_Mark]:
    """Segments up to the scan, each with a length that counts itself (ITU-T T.81, B.1.1)."""
    while data[at + 1] != 0xDA:
        size = Length(at + 2, 2, "big")
        yield from (at, size, at + 4)
        at += 2 + _number(data, size)
    yield from (at, at + 2)


def _png(data: bytes, at: int) -> Iterator[_Mark]:
    """Chunks with a sum behind each (W3C, 5.3)."""
    while at < len(data):
        size = Length(at, 4, "big")
        yield from (at, size, at + 8)
        at += 12 + _number(data, size)


def _dsf(data: bytes) -> Iterator[_Mark]:
    at, size, pointer = 0, Length(4, 8, "little"), Length(20, 8, "little")
    yield from (Length(12, 8, "little"), pointer, Length(64, 8, "little"))
    while data[at : at + 4] in (b"DSD ", b"fmt ", b"data"):
        size = Length(at + 4, 8, "little")
        yield from (at, size, at + 12)
        at += max(12, _number(data, size))
    yield from _id3(data, _number(data, pointer))


def _asf(data: bytes, at: int, end: int) -> Iterator[_Mark]:
    """Objects named by 16 bytes; the header alone holds others, behind a count."""
    while at + 24 <= end:
        size = Length(at + 16, 8, "little")
        yield from (at, size, at + 24, Length(at + 24, 2, "little"), Length(at + 26, 2, "little"))
        if data.startswith(b"\x30\x26\xb2\x75", at):
            yield Length(at + 24, 4, "little")
            yield from _asf(data, at + 30, at + _number(data, size))
        at += _number(data, size)


def _atoms(data: bytes, at: int, end: int) -> Iterator[_Mark]:
    """Atoms within atoms; those in `ilst` bear the names of fields and hold others, too."""
    while at + 8 <= end:
        size, name = Length(at, 4, "big"), data[at + 4 : at + 8]
        behind = at + _number(data, size)
        yield from (at, size, at + 8)
        if name == b"meta":
            yield from _atoms(data, at + 12, behind)
        elif name in _ATOMS or data[at + 12 : at + 16] in (b"data", b"mean"):
            yield from _atoms(data, at + 8, behind)
        elif name in _COUNTED:
            yield Length(at + (16 if name == b"stsz" else 12), 4, "big")
            yield from (at + 16, Length(at + 16, 4, "big"))
        at = behind


def _ape(data: bytes) -> Iterator[_Mark]:
    """APEv2: a header and a footer with size and count, and items (Hydrogenaudio, APEv2)."""
    at = data.find(b"APETAGEX")
    if at < 0:
        return
    foot = data.find(b"APETAGEX", at + 8)
    for edge in (at, foot):
        yield from (edge, Length(edge + 12, 4, "little"), Length(edge + 16, 4, "little"))
    at += 32
    while at < foot:
        size = Length(at, 4, "little")
        yield from (at, size, at + 8)
        at = data.index(b"\0", at + 8) + 1 + _number(data, size)


def _id3v1(data: bytes) -> Iterator[_Mark]:
    if data[-128:-125] == b"TAG":
        yield from (len(data) - 128, len(data) - 125, len(data) - 1)


def _fields(layout: str, order: Order = "little") -> tuple[Length, ...]:
    """Lengths one behind the other, from the beginning of the file, in the words of `struct`."""
    found, at = [], 0
    for letter in layout:
        width = struct.calcsize(f"={letter}")
        if letter != "x":
            found.append(Length(at, width, order))
        at += width
    return tuple(found)


_FIXED: dict[bytes, tuple[Length, ...]] = {
    b"GIF": _fields("xxxxxxHH"),
    b"BM\x8e": _fields("xxIHHIIii"),
    b"II*": (*_fields("xxxxI"), Length(408, 2, "little"), Length(418, 4, "little")),
    b"MAC": _fields("xxxxHHIIIIIII" + 16 * "x" + "HHIIIHHI"),
    b"wvp": _fields("xxxxIHBBIIIII"),
    b"MP+": _fields("xxxxIIIIII"),
    b"MPC": _fields("xxxxxxB" + "x" * 5 + "HBH", "big"),
    **{
        start: (Length(36, 4, "big"), Length(40, 4, "big"))
        for start in (b"\xff\xf3p", b"\xff\xfb\x90")
    },
}
