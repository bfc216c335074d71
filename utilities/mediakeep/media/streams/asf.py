"""WMA (ASF): objects identified by GUIDs; the data object holds packets of one size.

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

_FILE = guid("8cabdca1-a947-11cf-8ee4-00c00c205365")  # file properties
_STREAM = guid("b7dc0791-a9b7-11cf-8ee6-00c00c205365")  # stream properties
_CODECS = guid("86d15240-311d-11d0-a3a4-00a0c90348f6")
_EXTENSION = guid("5fbf03b5-a92e-11cf-8ee3-00c00c205365")
_DATA = guid("75b22636-668e-11cf-a6d9-00aa0062ce6c")
_AUDIO = guid("f8699e40-5b4d-11cf-a8fd-00805f5c442b")
_LOCKS = {
    guid("2211b3fb-bd23-11d2-b4b7-00a0c955fc6e"): "Windows Media DRM",
    guid("298ae614-2622-4c17-b935-dae07ee9289c"): "Windows Media DRM",
    guid("43058533-6981-49e6-9b74-ad12cb86d58c"): "PlayReady",
}
_INNER = 22  # bytes of the header extension before its child objects
_DATA_HEADER = 26  # bytes of the data object before the first packet
_BROADCAST = 1  # flag: the sizes are not valid
_LOSSLESS = 0x163
_SOUND = 2  # codec type


def read(source: Source) -> Anatomy:
    """Parse the header object; malformed values are skipped."""
    source.allow(min(_header_end(source), source.size))
    block = Block(name="ASF", dialect="asf")
    header_objects: dict[bytes, Object] = {}
    for item in source.once(_header):
        if item.guid == _EXTENSION:
            for inner in objects.walk(source, item.start + _INNER, item.end):
                attributes.add(block, source, inner)
        elif item.guid != _STREAM or source.read(item.start, 16) == _AUDIO:
            header_objects.setdefault(item.guid, item)
            attributes.add(block, source, item)
    return Anatomy(info=_info(source, header_objects), blocks=[block])


def examine(source: Source) -> Sound:
    """Compare the size of the declared packets with that of the file."""
    end = _header_end(source)
    if end > source.size:
        return Sound(0, "it ends within its headers")
    header = source.once(_header)
    protected = next((_LOCKS[item.guid] for item in header if item.guid in _LOCKS), "")
    declared = next((_packets(source, item) for item in header if item.guid == _FILE), 0)
    packed = next(essence(source))
    present = source.size - packed.start
    missing = holds(max(0, present), declared) if declared > present else ""
    return Sound(packed.size, missing, protected)


def essence(source: Source) -> Iterator[Span]:
    """Yield the packets of the data object, or the rest of the file if it has no size."""
    start = _header_end(source)
    data = next(objects.walk(source, start, source.size), None)
    first = start + 24 + _DATA_HEADER
    has_size = data is not None and data.guid == _DATA and data.end > first
    yield Span(first, data.end if data is not None and has_size else source.size)


def _header_end(source: Source) -> int:
    start = margins.front(source)
    return start + int.from_bytes(source.read(start + 16, 8), "little")


def _header(source: Source) -> list[Object]:
    start = margins.front(source) + objects.HEADER
    return list(objects.walk(source, start, min(_header_end(source), source.size)))


def _packets(source: Source, properties: Object) -> int:
    """Return the bytes of all packets; 0 if they are not of one known size."""
    body = source.read(properties.start, 80)
    count, flags = int.from_bytes(body[32:40], "little"), int.from_bytes(body[64:68], "little")
    least, most = int.from_bytes(body[68:72], "little"), int.from_bytes(body[72:76], "little")
    return 0 if flags & _BROADCAST or least != most else count * least


def _info(source: Source, header_objects: dict[bytes, Object]) -> Info:
    length, rate, channels, bitrate, bits, audio_format = 0.0, 0, 0, 0, 0, 0
    if _FILE in header_objects:
        duration, _, preroll = struct.unpack(
            "<40xQQQ", source.read(header_objects[_FILE].start, 64)
        )
        length = max(0.0, duration / 10_000_000 - preroll / 1000)
    if _STREAM in header_objects:
        audio_format, channels, rate, bytes_per_second, _, bits = struct.unpack(
            "<54xHHIIHH", source.read(header_objects[_STREAM].start, 70)
        )
        bitrate = bytes_per_second * 8
    return Info(
        length=length,
        bitrate=bitrate,
        sample_rate=rate,
        channels=channels,
        bits_per_sample=bits,
        codec=_codec(source, header_objects[_CODECS].start) if _CODECS in header_objects else "",
        lossless=audio_format == _LOSSLESS,
    )


def _codec(source: Source, offset: int) -> str:
    """Return the name of the first audio codec."""
    count = int.from_bytes(source.read(offset + 16, 4), "little")
    offset += 20
    for _ in range(min(count, 16)):
        kind, length = struct.unpack("<HH", source.read(offset, 4))
        name = attributes.text(source.read(offset + 4, 2 * length))
        if kind == _SOUND:
            return name.strip()
        offset += 4 + 2 * length
        offset += 2 + 2 * int.from_bytes(source.read(offset, 2), "little")
        offset += 2 + int.from_bytes(source.read(offset, 2), "little")
    return ""
