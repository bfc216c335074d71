"""Build the header of an MP4: tracks of audio and video, whose packets follow in chunks.

After ISO/IEC 14496-12 (boxes), 14496-14 (`mp4a`, `esds`) and 14496-15 (`avc1`).
FFmpeg's muxer needs 64 bytes of memory for each packet, 60 MB for six hours; here it is the 4 of
the table. Boxes are lists of buffers, so that long tables are never copied.
"""

from __future__ import annotations

import heapq
import struct
import sys
from array import array
from collections.abc import Iterable, Iterator, Sequence

import msgspec

Buffers = list[bytes | bytearray]

AAC_FRAME = 1024  # samples of a packet
AAC_PRIMING = 1024  # samples that FFmpeg's encoder adds before the audio
MATRIX = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
NORMAL_SPEED = b"\0\1\0\0"
ENABLED, IN_MOVIE = 1, 2  # track flags
_U32 = 0xFFFF_FFFF
_MAX_16_BIT_RATE = 0xFFFF  # Hz; higher ones are only in the decoder's configuration
_CO64_FROM = _U32 - (1 << 28)  # bytes of the file; tags and a cover come before the audio
_CHUNK_SECONDS = 1  # players read whole chunks
_DATA_IN_FILE = struct.pack(">II4sI", 1, 12, b"url ", 1)
_ROLL = struct.pack(">4sIIh", b"roll", 2, 1, -1)  # each packet needs the one before it
_BT709 = struct.pack(">4sHHHB", b"nclx", 1, 1, 1, 0)  # the colors of HD video, limited range
_DPI_72 = 72 << 16


class MediaTrack(msgspec.Struct, frozen=True):
    """A track of an MP4, whose times count samples of `sample_rate`, also those of video.

    `sample_entry` describes the codec (an `mp4a` or `avc1` box). Each packet but the last has
    `frame` samples; `priming` are those before the `samples` that are played. `sizes` is the table
    of the sizes of all packets, as `pack_sizes` returns it. Of video, `width` and `height` are in
    pixels, and one packet of `keyframe_interval` is a keyframe.
    """

    sample_rate: int
    sample_entry: bytes
    frame: int
    priming: int
    samples: int
    sizes: bytearray
    width: int = 0
    height: int = 0
    keyframe_interval: int = 1

    @property
    def packets(self) -> int:
        return len(self.sizes) // 4

    @property
    def packets_in_chunk(self) -> int:
        """The number of packets in each chunk but the last."""
        return max(1, _CHUNK_SECONDS * self.sample_rate // self.frame)

    def chunk_sizes(self) -> Iterator[int]:
        """Yield the size of each chunk in bytes."""
        step = 4 * self.packets_in_chunk
        for at in range(0, len(self.sizes), step):
            yield sum(unpack_sizes(self.sizes[at : at + step]))


def pack_sizes(sizes: Iterable[int]) -> bytes:
    """Return sizes as 32-bit numbers, as the box `stsz` contains them."""
    return _swap(array("I", sizes)).tobytes()


def unpack_sizes(table: bytes | bytearray) -> array[int]:
    """Return the numbers of a table of `pack_sizes`."""
    return _swap(array("I", table))


def _swap(values: array[int]) -> array[int]:
    if sys.byteorder == "little":
        values.byteswap()
    return values


def build_header(tracks: Sequence[MediaTrack]) -> Buffers:
    """Return the boxes of an MP4 before its packets: `ftyp`, `moov`, and the head of `mdat`.

    The chunks follow in the order of `order_chunks`. All tracks have one sample rate.
    """
    chunks, start = list(order_chunks(tracks)), 0
    data_head = build_data_head(sum(size for _, size in chunks))
    for _ in range(3):  # the size of the header depends on that of the offsets, and these on it
        movie = box(b"moov", *_build_movie(tracks, chunks, start))
        header = [*build_file_type(b"isom", b"isomiso2avc1mp41"), *movie, data_head]
        start = sum(map(len, header))
    return header


def order_chunks(tracks: Sequence[MediaTrack]) -> Iterator[tuple[int, int]]:
    """Yield the chunks of all tracks by their times: the index of the track, and the size."""

    def iter_chunks(index: int, track: MediaTrack) -> Iterator[tuple[int, int, int]]:
        seconds = track.packets_in_chunk * track.frame
        for number, size in enumerate(track.chunk_sizes()):
            yield number * seconds, index, size

    merged = heapq.merge(*(iter_chunks(index, track) for index, track in enumerate(tracks)))
    return ((index, size) for _, index, size in merged)


def _build_movie(
    tracks: Sequence[MediaTrack], chunks: Sequence[tuple[int, int]], start: int
) -> Buffers:
    offsets: list[list[int]] = [[] for _ in tracks]
    for index, size in chunks:
        offsets[index].append(start)
        start += size
    language = pack_language("und")
    movie = build_movie_header(tracks[0], len(tracks) + 1)
    for number, track in enumerate(tracks, 1):
        movie += build_track(track, number, offsets[number - 1], language)
    return movie


def build_file_type(brand: bytes, compatible: bytes) -> Buffers:
    return box(b"ftyp", brand, pack(0x200), compatible)


def build_data_head(size: int) -> bytes:
    """Return the head of the box with the data, whose content has a size in bytes."""
    if 8 + size > _U32:
        return struct.pack(">I4sQ", 1, b"mdat", size + 16)
    return struct.pack(">I4s", 8 + size, b"mdat")


def build_movie_header(track: MediaTrack, next_number: int) -> Buffers:
    """Return the box `mvhd` of a movie that is as long as a track, and has its unit of time."""
    rest = (NORMAL_SPEED, b"\1\0", bytes(10), MATRIX, bytes(24), pack(next_number))
    return timed_box(b"mvhd", 0, pack(track.sample_rate), track.samples, *rest)


def build_aac_entry(sample_rate: int, channels: int, configuration: bytes, bit_rate: int) -> bytes:
    """Return the sample entry of AAC; `configuration` is the AudioSpecificConfig."""
    decoder = struct.pack(">BB3sII", 0x40, 0x15, b"", bit_rate, bit_rate)  # AAC, an audio stream
    specific = _descriptor(5, configuration)
    stream = struct.pack(">HB", 1, 0) + _descriptor(4, decoder + specific)
    descriptors = _descriptor(3, stream + _descriptor(6, b"\2"))
    rate = sample_rate << 16 if sample_rate <= _MAX_16_BIT_RATE else 0
    fields = struct.pack(">6xH8xHH4xI", 1, channels, 16, rate)
    return b"".join(box(b"mp4a", fields, *full_box(b"esds", 0, descriptors)))


def _descriptor(tag: int, content: bytes) -> bytes:
    """Return a descriptor (ISO/IEC 14496-1) with a size of 4 bytes of 7 bits."""
    size = len(content)
    groups = (size >> 21 | 0x80, size >> 14 & 0x7F | 0x80, size >> 7 & 0x7F | 0x80, size & 0x7F)
    return bytes((tag, *groups)) + content


def build_h264_entry(width: int, height: int, configuration: bytes) -> bytes:
    """Return the sample entry of H.264; `configuration` is the AVCDecoderConfigurationRecord."""
    fields = struct.pack(">6xH16xHHIIIH", 1, width, height, _DPI_72, _DPI_72, 0, 1)
    boxes = [*box(b"avcC", configuration), *box(b"colr", _BT709)]
    boxes += box(b"pasp", pack(1, 1))  # square pixels
    return b"".join(box(b"avc1", fields, bytes(32), pack_u16(24, 0xFFFF), *boxes))


def build_track(
    track: MediaTrack,
    number: int,
    offsets: Sequence[int],
    language: bytes,
    *more: bytes | bytearray,
) -> Buffers:
    """Return the box `trak`; `offsets` are those of the chunks, `more` other boxes."""
    count, frame, is_video = track.packets, track.frame, bool(track.width)
    last = track.priming + track.samples - frame * (count - 1)  # samples
    runs = [(count - 1, frame), (1, last)] if count > 1 else [(1, last)]
    grouping = box(b"sgpd", b"\1\0\0\0", _ROLL)
    grouping += full_box(b"sbgp", 0, b"roll", pack(1, count, 1))
    keyframes = range(1, count + 1, track.keyframe_interval)
    tables = [
        *full_box(b"stsd", 0, pack(1), track.sample_entry),
        *build_times(runs),
        *_build_chunks(track, offsets),
        *(grouping if track.sample_entry[4:8] == b"mp4a" else []),
        *(full_box(b"stss", 0, pack(len(keyframes), *keyframes)) if is_video else []),
    ]
    handler = (b"vide", b"VideoHandler") if is_video else (b"soun", b"SoundHandler")
    base = full_box(b"vmhd", 1, bytes(8)) if is_video else full_box(b"smhd", 0, bytes(4))
    duration = track.priming + track.samples
    media_header = timed_box(b"mdhd", 0, pack(track.sample_rate), duration, language)
    return box(
        b"trak",
        *build_track_header(track, number, ENABLED | IN_MOVIE),
        *build_edit_list([(track.samples, track.priming)]),
        *more,
        *build_media(handler, media_header, base, tables),
    )


def build_track_header(track: MediaTrack, number: int, flags: int) -> Buffers:
    """Return the box `tkhd`; only a track that is enabled and has no picture is audio."""
    is_audio = bool(flags & ENABLED) and not track.width
    size = pack(track.width << 16, track.height << 16)
    rest = (bytes(8), pack_u16(0, is_audio, is_audio << 8, 0), MATRIX, size)
    return timed_box(b"tkhd", flags, pack(number, 0), track.samples, *rest)


def pack_language(code: str) -> bytes:
    """Return the language field of `mdhd`: letters of 5 bits from "a" = 1 on, and 16 zero bits."""
    first, second, third = (ord(letter) - 0x60 for letter in code)
    return struct.pack(">HH", first << 10 | second << 5 | third, 0)


def build_edit_list(edits: Sequence[tuple[int, int]]) -> Buffers:
    """Return the box of edits: a duration, and the start in the track or -1 for nothing."""
    version = int(any(duration > _U32 for duration, _ in edits))
    rows = (struct.pack(">Qq" if version else ">Ii", *edit) + NORMAL_SPEED for edit in edits)
    return box(b"edts", *box(b"elst", bytes([version, 0, 0, 0]), pack(len(edits)), *rows))


def build_media(
    handler: tuple[bytes, bytes], header: Buffers, base: Buffers, tables: Buffers
) -> Buffers:
    kind, name = handler
    information = [*base, *box(b"dinf", *full_box(b"dref", 0, _DATA_IN_FILE))]
    return box(
        b"mdia",
        *header,
        *full_box(b"hdlr", 0, bytes(4), kind, bytes(12), name + b"\0"),
        *box(b"minf", *information, *box(b"stbl", *tables)),
    )


def build_times(runs: Sequence[tuple[int, int]]) -> Buffers:
    return full_box(b"stts", 0, pack(len(runs)), *(pack(*run) for run in runs))


def _build_chunks(track: MediaTrack, offsets: Sequence[int]) -> Buffers:
    """Return the sizes of the packets, and the offsets of their chunks."""
    whole, rest = divmod(track.packets, track.packets_in_chunk)
    runs = [(1, track.packets_in_chunk, 1)] if whole else []
    runs += [(whole + 1, rest, 1)] if rest else []
    return [
        *full_box(b"stsc", 0, pack(len(runs)), *(pack(*run) for run in runs)),
        *full_box(b"stsz", 0, pack(0, track.packets), track.sizes),
        *build_offsets(offsets),
    ]


def build_offsets(offsets: Sequence[int]) -> Buffers:
    name, kind = (b"co64", "Q") if offsets[-1] >= _CO64_FROM else (b"stco", "I")
    return full_box(name, 0, pack(len(offsets)), struct.pack(f">{len(offsets)}{kind}", *offsets))


def timed_box(name: bytes, flags: int, before: bytes, duration: int, *after: bytes) -> Buffers:
    """Return a box with unknown dates, of version 1 if the duration needs more than 32 bits."""
    version = int(duration > _U32)
    dates, length = (bytes(16), ">Q") if version else (bytes(8), ">I")
    head = bytes([version]) + flags.to_bytes(3)
    return box(name, head, dates, before, struct.pack(length, duration), *after)


def full_box(name: bytes, flags: int, *content: bytes | bytearray) -> Buffers:
    return box(name, pack(flags), *content)


def box(name: bytes, *content: bytes | bytearray) -> Buffers:
    return [struct.pack(">I4s", 8 + sum(map(len, content)), name), *content]


def pack(*values: int) -> bytes:
    return struct.pack(f">{len(values)}I", *values)


def pack_u16(*values: int) -> bytes:
    return struct.pack(f">{len(values)}H", *values)
