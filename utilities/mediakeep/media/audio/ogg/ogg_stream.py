"""Parse Ogg files: pages that contain packets, after RFC 3533.

The number of header packets follows from Vorbis I section 4.2, RFC 7845 (Opus), RFC 9639 section
10.1 (FLAC) and the Speex manual. The second packet holds the tags; the audio begins on a new page.

The first packet of a stream is parsed after "Vorbis I" (4.2), RFC 7845 (5.1), RFC 9639 (10.1) and
the Speex manual (8.2).
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Generator
from itertools import islice
from typing import NamedTuple

import msgspec
from msgspec import structs

from mediakeep.media.audio import surrounding_tags
from mediakeep.media.audio.flac import flac_frames, flac_stream, vorbis_comments
from mediakeep.media.audio.ogg import pages
from mediakeep.media.audio.ogg.pages import OggPage
from mediakeep.media.audio.parsed_file import EssenceParts, ParsedFile, StreamInfo, parse_or_none
from mediakeep.media.audio.stream_check import StreamCheck
from mediakeep.media.bounded_file import BoundedFile, ByteRange

_MAX_STREAMS = 16  # multiplexed streams, whose first pages come first
_NO_END_PAGE = "its stream does not end"
_NO_LAST_PACKET_END = "its last packet is truncated"
_UNFINISHED_PACKET = b"\xff"  # last segment of a page whose last packet continues on another one
_MAX_COMMENT_PACKET = 64 * 1024 * 1024  # bytes read of the comment packet
IDENTIFICATION_SIZE = 9  # bytes of the packet: the codec and its number of header packets

_OPUS_SAMPLE_RATE = 48_000  # Hz, independent of the input rate
_FLAC_STREAMINFO_OFFSET = 17  # bytes before STREAMINFO


class _AudioStream(NamedTuple):
    """The headers of an Ogg audio stream: its codec, its header pages and their packets.

    `header_packets` is the number of packets on the header pages. `audio_start` is the end of the
    header pages, or of the file if they are incomplete.
    """

    codec: OggCodec
    header_pages: list[OggPage]
    header_packets: int
    comment_packet: bytes
    audio_start: int


def parse(source: BoundedFile) -> ParsedFile:
    """Parse the headers, the tags and the length of the first audio stream in an Ogg file."""
    stream = source.call_once_and_cache(_find_audio_stream)
    if stream is None:
        raise ValueError("no stream of a known codec")
    codec, first = stream.codec, stream.header_pages[0]
    head = source.read(first.body_start, first.end - first.body_start)
    last = _find_end_position(source, first.serial)
    info = codec.parse_info(head, last, source.size - surrounding_tags.find_audio_start(source))
    block = parse_or_none(
        lambda: vorbis_comments.parse_comments(stream.comment_packet, codec.comments_offset)
    )
    surrounding = surrounding_tags.read_tag_blocks(source)
    return ParsedFile(info=info, blocks=[block, *surrounding] if block else surrounding)


def check_stream(source: BoundedFile) -> StreamCheck:
    """Check that the last page of an Ogg file is complete and ends its stream."""
    end, missing = _check_last_page(source)
    stream = source.call_once_and_cache(_find_audio_stream)
    size = max(0, end - (stream.audio_start if stream else source.size))
    if size and missing == _NO_END_PAGE:
        return StreamCheck(size, "its end is not marked", audio_complete=True)
    return StreamCheck(size, missing)


def iter_essence(source: BoundedFile) -> EssenceParts:
    """Yield the audio of an Ogg file: its header packets except the tags, then each audio page.

    Of a page, these parts are yielded: flags, granule position, segment table and body. Number and
    checksum are not, because they change with the tags before the page. Bytes that are not a page
    are included unchanged.
    """
    end, _ = _check_last_page(source)
    offset = yield from _iter_header_packets(source)
    while offset < end and (page := pages.read_page(source, offset)):
        yield bytes((page.flags,)) + page.granule_position + page.lacing
        yield ByteRange(page.body_start, min(page.end, end))
        offset = page.end
    yield ByteRange(offset, end)


def _find_audio_stream(source: BoundedFile) -> _AudioStream | None:
    """Find the first audio stream of an Ogg file, or return None.

    The first pages of all streams precede the audio.
    """
    walk = pages.walk_pages(source, surrounding_tags.find_audio_start(source))
    for page in islice(walk, _MAX_STREAMS):
        start = source.read(page.body_start, IDENTIFICATION_SIZE)
        if codec := identify_codec(start):
            return _read_header_pages(source, codec, page, codec.count_header_packets(start))
    return None


def _read_header_pages(
    source: BoundedFile, codec: OggCodec, first: OggPage, packets: int
) -> _AudioStream:
    """Read the header pages of an Ogg stream, and join the parts of its second packet."""
    header_pages, parts, size, is_complete = [first], list[bytes](), 0, False
    packets_left, walk = packets - _count_ended_packets(first), pages.walk_pages(source, first.end)
    while packets_left > 0 and (page := next(walk, None)):
        if page.serial != first.serial:
            continue
        if not is_complete and size < _MAX_COMMENT_PACKET and page.end <= source.size:
            data, is_complete = pages.read_first_packet_part(source, page)
            parts.append(data)
            size += len(data)
        header_pages.append(page)
        packets_left -= _count_ended_packets(page)
    end = source.size if packets_left > 0 else min(header_pages[-1].end, source.size)
    return _AudioStream(codec, header_pages, packets, b"".join(parts), end)


def _count_ended_packets(page: OggPage) -> int:
    """Return the number of packets that end on an Ogg page."""
    return len(page.lacing) - page.lacing.count(255)


def _find_end_position(source: BoundedFile, serial: bytes) -> int:
    """Return the last granule position of an Ogg stream.

    Return 0 if no page of the stream is near the end of the file.
    """
    position = pages.parse_granule_position(source.call_once_and_cache(_find_last_page)[1], serial)
    if position > 0:
        return position
    positions = (
        pages.parse_granule_position(head, serial) for _, head in pages.find_pages_backwards(source)
    )
    return next((position for position in positions if position > 0), 0)


def _find_last_page(source: BoundedFile) -> tuple[int, bytes]:
    """Return the offset and the header of what seems to be the last page of an Ogg file."""
    return next(pages.find_pages_backwards(source), (source.size, b""))


def _iter_header_packets(source: BoundedFile) -> Generator[bytes | ByteRange, None, int]:
    """Yield the header packets that an Ogg decoder needs; return the offset after their last page.

    Audio on that page violates the specification, but is included.
    """
    stream, packet = source.call_once_and_cache(_find_audio_stream), 0
    if stream is None:
        return source.size
    for page in stream.header_pages:
        offset = page.body_start
        for index, size in enumerate(page.lacing, 1):
            if packet in stream.codec.decoder_packets:
                yield ByteRange(offset, offset + size)
            offset += size
            packet += size < 255
            if packet == stream.header_packets:
                if remaining := page.lacing[index:]:
                    yield page.granule_position + remaining
                    yield ByteRange(offset, page.end)
                return page.end
    return source.size


def _check_last_page(source: BoundedFile) -> tuple[int, str]:
    """Return the end of the last Ogg page, and why it does not end its stream, or "".

    The end is a byte offset.
    """
    for offset, head in pages.find_pages_backwards(source):
        page = pages.parse_page(head, offset)
        if page is None or page.end > source.size:
            return source.size, "its last page is truncated"
        if page.has_valid_flags:
            if page.flags & pages.END_OF_STREAM:
                return page.end, ""
            is_unfinished = page.lacing.endswith(_UNFINISHED_PACKET)
            return page.end, _NO_LAST_PACKET_END if is_unfinished else _NO_END_PAGE
    return source.size, ""


class OggCodec(msgspec.Struct, frozen=True):
    """How to recognize and parse one audio codec in an Ogg stream.

    `magic` begins the first packet. `comments_offset` is where the comments start in the second
    packet, in bytes. `parse_info` parses the first packet, given the last granule position and the
    file size in bytes; `decoder_packets` are the indexes of the header packets that a decoder
    needs.
    """

    magic: bytes
    comments_offset: int
    parse_info: Callable[[bytes, int, int], StreamInfo]
    count_header_packets: Callable[[bytes], int]
    decoder_packets: frozenset[int] = frozenset({0})


def identify_codec(start: bytes) -> OggCodec | None:
    """Return the codec of an Ogg stream by the start of its first packet, or None if unknown."""
    for codec in _CODECS:
        if start.startswith(codec.magic):
            return codec
    return None


def _parse_vorbis(packet: bytes, last: int, _size: int) -> StreamInfo:
    channels, rate, highest, nominal, lowest = struct.unpack_from("<BIiii", packet, 11)
    if not rate:
        raise ValueError("sample rate 0")
    bitrate = nominal if nominal > 0 else (max(0, highest) + max(0, lowest)) // 2
    return StreamInfo(length=last / rate, bitrate=bitrate, sample_rate=rate, channels=channels)


def _parse_opus(packet: bytes, last: int, _size: int) -> StreamInfo:
    channels, pre_skip = struct.unpack_from("<BH", packet, 9)
    return StreamInfo(
        length=max(0, last - pre_skip) / _OPUS_SAMPLE_RATE,
        sample_rate=_OPUS_SAMPLE_RATE,
        channels=channels,
    )


def _parse_flac(packet: bytes, last: int, size: int) -> StreamInfo:
    """Parse the first packet of an Ogg FLAC stream.

    A stream written to a pipe does not declare its number of samples.
    """
    stream = flac_frames.parse_streaminfo(packet[_FLAC_STREAMINFO_OFFSET:])
    if stream is None:
        raise ValueError("no STREAMINFO")
    info = flac_stream.build_stream_info(stream, size)
    return info if info.length else structs.replace(info, length=last / info.sample_rate)


def _parse_speex(packet: bytes, last: int, _size: int) -> StreamInfo:
    rate, _, _, channels, bitrate = struct.unpack_from("<IIIIi", packet, 36)
    if not rate:
        raise ValueError("sample rate 0")
    return StreamInfo(
        length=last / rate, bitrate=max(0, bitrate), sample_rate=rate, channels=channels
    )


def _two_packets(_start: bytes) -> int:
    return 2


def _three_packets(_start: bytes) -> int:
    return 3


def _count_flac_packets(start: bytes) -> int:
    """Return how many header packets an Ogg FLAC stream declares.

    0 means unknown and counts as one.
    """
    return 1 + max(1, int.from_bytes(start[7:]))


_CODECS = (
    OggCodec(b"\x01vorbis", 7, _parse_vorbis, _three_packets, frozenset({0, 2})),
    OggCodec(b"OpusHead", 8, _parse_opus, _two_packets),
    OggCodec(b"\x7fFLAC", 4, _parse_flac, _count_flac_packets),
    OggCodec(b"Speex   ", 0, _parse_speex, _two_packets),
)
