"""WMA: objects with a GUID each, of which one holds packets of one size.

After Microsoft's "Advanced Systems Format Specification 01.20.05", sections 2, 3.2, 3.14 and 5.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from mediakeep.media.anatomy import Anatomy, Block, Info
from mediakeep.media.dialects import attributes, margins
from mediakeep.media.evidence import Sound, holds
from mediakeep.media.layouts import objects
from mediakeep.media.layouts.objects import Object, guid
from mediakeep.media.source import Source, Span

_FILE = guid("8cabdca1-a947-11cf-8ee4-00c00c205365")  # properties of the whole file
_STREAM = guid("b7dc0791-a9b7-11cf-8ee6-00c00c205365")  # properties of a stream
_CODECS = guid("86d15240-311d-11d0-a3a4-00a0c90348f6")
_EXTENSION = guid("5fbf03b5-a92e-11cf-8ee3-00c00c205365")
_DATA = guid("75b22636-668e-11cf-a6d9-00aa0062ce6c")
_AUDIO = guid("f8699e40-5b4d-11cf-a8fd-00805f5c442b")
_LOCKS = {
    guid("2211b3fb-bd23-11d2-b4b7-00a0c955fc6e"): "Windows Media DRM",
    guid("298ae614-2622-4c17-b935-dae07ee9289c"): "Windows Media DRM",
    guid("43058533-6981-49e6-9b74-ad12cb86d58c"): "PlayReady",
}
_INNER = 22  # bytes of the extension before the objects in it
_DATA_HEADER = 26  # bytes of the data object before the first packet
_BROADCAST = 1  # flag: sizes were not known when the file was begun
_LOSSLESS = 0x163
_SOUND = 2  # a kind of codec


def read(source: Source) -> Anatomy:
    """Read the header object; what makes no sense in it is left out."""
    source.allow(min(_header_end(source), source.size))
    block = Block(name="ASF", dialect="asf")
    told: dict[bytes, Object] = {}
    for item in source.once(_header):
        if item.guid == _EXTENSION:
            for inner in objects.walk(source, item.start + _INNER, item.end):
                attributes.add(block, source, inner)
        elif item.guid != _STREAM or source.read(item.start, 16) == _AUDIO:
            told.setdefault(item.guid, item)
            attributes.add(block, source, item)
    return Anatomy(info=_info(source, told), blocks=[block])


def examine(source: Source) -> Sound:
    """Compare the packets that the header counts with what is there."""
    end = _header_end(source)
    if end > source.size:
        return Sound(0, "it ends within its headers")
    header = source.once(_header)
    protected = next((_LOCKS[item.guid] for item in header if item.guid in _LOCKS), "")
    promised = next((_packets(source, item) for item in header if item.guid == _FILE), 0)
    packed = next(essence(source))
    there = source.size - packed.start
    missing = holds(max(0, there), promised) if promised > there else ""
    return Sound(packed.size, missing, protected)


def essence(source: Source) -> Iterator[Span]:
    """Give the packets of sound: those of the data object, or all the rest if it has no size."""
    start = _header_end(source)
    data = next(objects.walk(source, start, source.size), None)
    first = start + 24 + _DATA_HEADER
    known = data is not None and data.guid == _DATA and data.end > first
    yield Span(first, data.end if data is not None and known else source.size)


def _header_end(source: Source) -> int:
    start = margins.front(source)
    return start + int.from_bytes(source.read(start + 16, 8), "little")


def _header(source: Source) -> list[Object]:
    start = margins.front(source) + objects.HEADER
    return list(objects.walk(source, start, min(_header_end(source), source.size)))


def _packets(source: Source, properties: Object) -> int:
    """Bytes of all packets, 0 where they are not of one known size."""
    body = source.read(properties.start, 80)
    count, flags = int.from_bytes(body[32:40], "little"), int.from_bytes(body[64:68], "little")
    least, most = int.from_bytes(body[68:72], "little"), int.from_bytes(body[72:76], "little")
    return 0 if flags & _BROADCAST or least != most else count * least


def _info(source: Source, told: dict[bytes, Object]) -> Info:
    length, rate, channels, bitrate, bits, form = 0.0, 0, 0, 0, 0, 0
    if _FILE in told:
        duration, _, preroll = struct.unpack("<40xQQQ", source.read(told[_FILE].start, 64))
        length = max(0.0, duration / 10_000_000 - preroll / 1000)
    if _STREAM in told:
        form, channels, rate, second, _, bits = struct.unpack(
            "<54xHHIIHH", source.read(told[_STREAM].start, 70)
        )
        bitrate = second * 8
    return Info(
        length=length,
        bitrate=bitrate,
        sample_rate=rate,
        channels=channels,
        bits_per_sample=bits,
        codec=_codec(source, told[_CODECS].start) if _CODECS in told else "",
        lossless=form == _LOSSLESS,
    )


def _codec(source: Source, place: int) -> str:
    """Return the name of the first codec for sound."""
    count = int.from_bytes(source.read(place + 16, 4), "little")
    place += 20
    for _ in range(min(count, 16)):
        kind, length = struct.unpack("<HH", source.read(place, 4))
        name = attributes.text(source.read(place + 4, 2 * length))
        if kind == _SOUND:
            return name.strip()
        place += 4 + 2 * length
        place += 2 + 2 * int.from_bytes(source.read(place, 2), "little")
        place += 2 + int.from_bytes(source.read(place, 2), "little")
    return ""
