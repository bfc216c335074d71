"""Parse WMA (ASF): objects identified by GUIDs; the data object holds packets of equal size.

After Microsoft's "Advanced Systems Format Specification 01.20.05", sections 2, 3.2, 3.14 and 5.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from mediakeep.media.audio import surrounding_tags
from mediakeep.media.audio.asf import asf_tags, objects
from mediakeep.media.audio.asf.objects import AsfObject, encode_guid
from mediakeep.media.audio.parsed_file import ParsedFile, StreamInfo, TagBlock
from mediakeep.media.audio.stream_check import StreamCheck, missing_bytes_text
from mediakeep.media.bounded_file import BoundedFile, ByteRange

_FILE_PROPERTIES_GUID = encode_guid("8cabdca1-a947-11cf-8ee4-00c00c205365")  # file properties
_STREAM_PROPERTIES_GUID = encode_guid("b7dc0791-a9b7-11cf-8ee6-00c00c205365")  # stream properties
_CODEC_LIST_GUID = encode_guid("86d15240-311d-11d0-a3a4-00a0c90348f6")
_HEADER_EXTENSION_GUID = encode_guid("5fbf03b5-a92e-11cf-8ee3-00c00c205365")
_PADDING_GUID = encode_guid("1806d474-cadf-4509-a4ba-9aabcb96aae8")
_DATA_GUID = encode_guid("75b22636-668e-11cf-a6d9-00aa0062ce6c")
_AUDIO_MEDIA_GUID = encode_guid("f8699e40-5b4d-11cf-a8fd-00805f5c442b")
_DRM_SCHEMES = {
    encode_guid("2211b3fb-bd23-11d2-b4b7-00a0c955fc6e"): "Windows Media DRM",
    encode_guid("298ae614-2622-4c17-b935-dae07ee9289c"): "Windows Media DRM",
    encode_guid("43058533-6981-49e6-9b74-ad12cb86d58c"): "PlayReady",
}
_EXTENSION_HEADER_SIZE = 22  # bytes of the header extension before its child objects
_DATA_HEADER_SIZE = 26  # bytes of the data object before the first packet
_BROADCAST_FLAG = 1  # flag: the sizes are not valid
_LOSSLESS_FORMAT = 0x163
_AUDIO_CODEC = 2  # codec type


def parse(source: BoundedFile) -> ParsedFile:
    """Parse the header object of a WMA file; malformed values are skipped."""
    source.allow_tag_bytes(min(_find_header_end(source), source.size))
    block = TagBlock(name="ASF", tag_format="asf")
    header_objects: dict[bytes, AsfObject] = {}
    for item in source.call_once_and_cache(_read_header_objects):
        if item.guid != _STREAM_PROPERTIES_GUID or (
            source.read(item.start, 16) == _AUDIO_MEDIA_GUID
        ):
            header_objects.setdefault(item.guid, item)
    for item in find_tag_objects(source):
        asf_tags.add_object_tags(block, source, item)
    return ParsedFile(info=_parse_stream_info(source, header_objects), blocks=[block])


def find_tag_objects(source: BoundedFile) -> list[AsfObject]:
    """Return the objects with tags in the order in which their values count."""
    found = [item for item in _iter_nested_objects(source) if item.guid in asf_tags.TAG_OBJECTS]
    return sorted(found, key=lambda item: asf_tags.TAG_OBJECTS.index(item.guid))


def iter_other_objects(source: BoundedFile) -> Iterator[AsfObject]:
    """Yield the header objects that have neither tags nor sizes that depend on them."""
    changing = (*asf_tags.TAG_OBJECTS, _FILE_PROPERTIES_GUID, _PADDING_GUID)
    return (item for item in _iter_nested_objects(source) if item.guid not in changing)


def find_header(source: BoundedFile) -> ByteRange:
    """Return the byte range of the header object."""
    return ByteRange(surrounding_tags.find_audio_start(source), _find_header_end(source))


def find_size_field(source: BoundedFile) -> ByteRange | None:
    """Return where the header declares the size of the file, or None if it does not."""
    for item in _read_header_objects(source):
        if item.guid == _FILE_PROPERTIES_GUID and item.end - item.start >= 80:
            flags = int.from_bytes(source.read(item.start + 64, 4), "little")
            return None if flags & _BROADCAST_FLAG else ByteRange(item.start + 16, item.start + 24)
    return None


def check_stream(source: BoundedFile) -> StreamCheck:
    """Compare the total size of the packets that a WMA file declares with its file size."""
    end = _find_header_end(source)
    if end > source.size:
        return StreamCheck(0, "it ends within its headers")
    header = source.call_once_and_cache(_read_header_objects)
    protected = next((_DRM_SCHEMES[item.guid] for item in header if item.guid in _DRM_SCHEMES), "")
    declared = next(
        (
            _total_packet_bytes(source, item)
            for item in header
            if item.guid == _FILE_PROPERTIES_GUID
        ),
        0,
    )
    packed = next(iter_essence(source))
    present = source.size - packed.start
    missing = missing_bytes_text(max(0, present), declared) if declared > present else ""
    return StreamCheck(packed.size, missing, protected)


def iter_essence(source: BoundedFile) -> Iterator[ByteRange]:
    """Yield the audio of a WMA file: the packets of its data object.

    If the data object declares no size, the rest of the file is yielded.
    """
    start = _find_header_end(source)
    data = next(objects.walk_objects(source, start, source.size), None)
    first = start + 24 + _DATA_HEADER_SIZE
    has_size = data is not None and data.guid == _DATA_GUID and data.end > first
    yield ByteRange(first, data.end if data is not None and has_size else source.size)


def _find_header_end(source: BoundedFile) -> int:
    start = surrounding_tags.find_audio_start(source)
    return start + int.from_bytes(source.read(start + 16, 8), "little")


def _read_header_objects(source: BoundedFile) -> list[AsfObject]:
    start = surrounding_tags.find_audio_start(source) + objects.HEADER_SIZE
    return list(objects.walk_objects(source, start, min(_find_header_end(source), source.size)))


def _iter_nested_objects(source: BoundedFile) -> Iterator[AsfObject]:
    """Yield the objects in the header, and those in its extension instead of the extension."""
    for item in source.call_once_and_cache(_read_header_objects):
        if item.guid == _HEADER_EXTENSION_GUID:
            start = item.start + _EXTENSION_HEADER_SIZE
            yield from objects.walk_objects(source, start, item.end)
        else:
            yield item


def _total_packet_bytes(source: BoundedFile, properties: AsfObject) -> int:
    """Return the bytes of all packets, or 0 if the packets differ in size or it is unknown."""
    body = source.read(properties.start, 80)
    count, flags = int.from_bytes(body[32:40], "little"), int.from_bytes(body[64:68], "little")
    min_size, max_size = (
        int.from_bytes(body[68:72], "little"),
        int.from_bytes(body[72:76], "little"),
    )
    return 0 if flags & _BROADCAST_FLAG or min_size != max_size else count * min_size


def _parse_stream_info(source: BoundedFile, header_objects: dict[bytes, AsfObject]) -> StreamInfo:
    length, rate, channels, bitrate, bits, audio_format = 0.0, 0, 0, 0, 0, 0
    if _FILE_PROPERTIES_GUID in header_objects:
        duration, _, preroll = struct.unpack(
            "<40xQQQ", source.read(header_objects[_FILE_PROPERTIES_GUID].start, 64)
        )
        length = max(0.0, duration / 10_000_000 - preroll / 1000)
    if _STREAM_PROPERTIES_GUID in header_objects:
        audio_format, channels, rate, bytes_per_second, _, bits = struct.unpack(
            "<54xHHIIHH", source.read(header_objects[_STREAM_PROPERTIES_GUID].start, 70)
        )
        bitrate = bytes_per_second * 8
    return StreamInfo(
        length=length,
        bitrate=bitrate,
        sample_rate=rate,
        channels=channels,
        bits_per_sample=bits,
        codec=_audio_codec_name(source, header_objects[_CODEC_LIST_GUID].start)
        if _CODEC_LIST_GUID in header_objects
        else "",
        lossless=audio_format == _LOSSLESS_FORMAT,
    )


def _audio_codec_name(source: BoundedFile, offset: int) -> str:
    """Return the name of the first audio codec that a codec list object declares."""
    count = int.from_bytes(source.read(offset + 16, 4), "little")
    offset += 20
    for _ in range(min(count, 16)):
        kind, length = struct.unpack("<HH", source.read(offset, 4))
        name = asf_tags.decode_utf16(source.read(offset + 4, 2 * length))
        if kind == _AUDIO_CODEC:
            return name.strip()
        offset += 4 + 2 * length
        offset += 2 + 2 * int.from_bytes(source.read(offset, 2), "little")
        offset += 2 + int.from_bytes(source.read(offset, 2), "little")
    return ""
