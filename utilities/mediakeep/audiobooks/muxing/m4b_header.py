"""Build the header of an M4B: an audio track, and chapters as a text track and a list of Nero.

After ISO/IEC 14496-12 (boxes), 14496-14 (`mp4a`, `esds`) and Apple's QuickTime File Format (`gmhd`,
`text`, `chap`). Boxes are lists of buffers, so that long tables are never copied.
"""

from __future__ import annotations

import struct
import sys
from array import array
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, pairwise

import msgspec

from mediakeep.media.chapters.chapters import Chapter
from mediakeep.media.video import languages

Buffers = list[bytes | bytearray]

_U32 = 0xFFFF_FFFF
_MAX_16_BIT_RATE = 0xFFFF  # Hz; higher ones are only in the decoder's configuration
_CO64_FROM = _U32 - (1 << 28)  # bytes of the file; tags and a cover come before the audio
_CHUNK_SECONDS = 1  # players read whole chunks
_NERO_CHAPTERS = 255  # at most, as their number is a byte
_NERO_UNIT = 10_000_000  # a second
_AUDIO, _TEXT = 1, 2  # track IDs
_ENABLED, _IN_MOVIE = 1, 2  # track flags
_MATRIX = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
_NORMAL_SPEED = b"\0\1\0\0"
_DATA_IN_FILE = struct.pack(">II4sI", 1, 12, b"url ", 1)
_UTF8_TEXT = struct.pack(">I4sI", 12, b"encd", 0x100)  # after each title
_TEXT_ENTRY = bytes.fromhex(  # of plain text, as Apple's encoders and FFmpeg write it
    "0000003b 74657874 000000000000 0001 00000001 0000 00000000 0000000000000000"
    "0000 0000 0001 0000 00000000 0000000d 66746162 0001 0001 00"
)
_TEXT_MEDIA = bytes.fromhex("00000018 676d696e 00000000 0040 8000 8000 8000 0000 0000")
_ROLL = struct.pack(">4sIIh", b"roll", 2, 1, -1)  # each packet needs the one before it


class AudioTrack(msgspec.Struct, frozen=True):
    """The audio track of an M4B.

    `sample_entry` describes the codec (an `mp4a` box). Each packet but the last has `frame`
    samples; `priming` are those before the `samples` that are played. `sizes` is the table of the
    sizes of all packets, as `pack_sizes` returns it.
    """

    sample_rate: int
    sample_entry: bytes
    frame: int
    priming: int
    samples: int
    sizes: bytearray

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


def build_header(track: AudioTrack, chapters: Sequence[Chapter], language: str = "") -> Buffers:
    """Return the boxes before the data, which is expected right after them.

    `language` is that of the book: a code, a tag such as "pt-BR" or an English name. Programs that
    write tags move the data, and change `stco` and `co64`.
    """
    kind = _box(b"ftyp", b"M4B ", _pack(0x200), b"M4B isomiso2")
    head = len(build_data_head(track, chapters))
    start, code = head, _pack_language(languages.find_terminology_code(language))
    for _ in range(3):  # the size of the header depends on that of the offsets, and these on it
        header = [*kind, *_build_movie(track, chapters, start, code)]
        start = head + sum(map(len, header))
    return header


def build_data_head(track: AudioTrack, chapters: Sequence[Chapter]) -> bytes:
    """Return the start of the data: the head of the box, and the titles of the chapters.

    The packets of the audio follow.
    """
    titles = b"".join(_text_samples(chapters))
    size = 8 + len(titles) + sum(track.chunk_sizes())
    if size > _U32:
        return struct.pack(">I4sQ", 1, b"mdat", size + 8) + titles
    return struct.pack(">I4s", size, b"mdat") + titles


def parse_title(sample: bytes) -> str:
    """Return the title of a chapter from its sample in the text track."""
    end = 2 + int.from_bytes(sample[:2])
    return sample[2:end].decode(errors="replace")


def build_aac_entry(sample_rate: int, channels: int, configuration: bytes, bit_rate: int) -> bytes:
    """Return the sample entry of AAC; `configuration` is the AudioSpecificConfig."""
    decoder = struct.pack(">BB3sII", 0x40, 0x15, b"", bit_rate, bit_rate)  # AAC, an audio stream
    specific = _descriptor(5, configuration)
    stream = struct.pack(">HB", _AUDIO, 0) + _descriptor(4, decoder + specific)
    descriptors = _descriptor(3, stream + _descriptor(6, b"\2"))
    rate = sample_rate << 16 if sample_rate <= _MAX_16_BIT_RATE else 0
    fields = struct.pack(">6xH8xHH4xI", 1, channels, 16, rate)
    return b"".join(_box(b"mp4a", fields, *_full_box(b"esds", 0, descriptors)))


def _descriptor(tag: int, content: bytes) -> bytes:
    """Return a descriptor (ISO/IEC 14496-1) with a size of 4 bytes of 7 bits."""
    size = len(content)
    groups = (size >> 21 | 0x80, size >> 14 & 0x7F | 0x80, size >> 7 & 0x7F | 0x80, size & 0x7F)
    return bytes((tag, *groups)) + content


def _build_movie(
    track: AudioTrack, chapters: Sequence[Chapter], start: int, language: bytes
) -> Buffers:
    """Return the box `moov`; `start` is the offset of the first packet in the file."""
    rest = (_NORMAL_SPEED, b"\1\0", bytes(10), _MATRIX, bytes(24), _pack(_TEXT + 1))
    fields = _timed_box(b"mvhd", 0, _pack(track.sample_rate), track.samples, *rest)
    movie = [*fields, *_build_audio(track, start, language, has_chapters=bool(chapters))]
    if chapters:
        movie += _build_text(track, chapters, start, language)
    # Tags are written into this box: FFmpeg ignores freeform ones before a track.
    movie += _box(b"udta", *(_build_nero(track, chapters) if chapters else []))
    return _box(b"moov", *movie)


def _build_audio(track: AudioTrack, start: int, language: bytes, *, has_chapters: bool) -> Buffers:
    count, frame = track.packets, track.frame
    last = track.priming + track.samples - frame * (count - 1)  # samples
    runs = [(count - 1, frame), (1, last)] if count > 1 else [(1, last)]
    grouping = _box(b"sgpd", b"\1\0\0\0", _ROLL)
    grouping += _full_box(b"sbgp", 0, b"roll", _pack(1, count, 1))
    tables = [
        *_full_box(b"stsd", 0, _pack(1), track.sample_entry),
        *_build_times(runs),
        *_build_chunks(track, start),
        *(grouping if track.sample_entry[4:8] == b"mp4a" else []),
    ]
    references = _box(b"tref", *_box(b"chap", _pack(_TEXT))) if has_chapters else []
    duration = track.priming + track.samples
    return _box(
        b"trak",
        *_build_track_header(track, _AUDIO, _ENABLED | _IN_MOVIE, b"\1\0"),
        *_build_edit_list([(track.samples, track.priming)]),
        *references,
        *_build_media(
            (b"soun", b"SoundHandler"),
            _timed_box(b"mdhd", 0, _pack(track.sample_rate), duration, language),
            _full_box(b"smhd", 0, bytes(4)),
            tables,
        ),
    )


def _build_text(
    track: AudioTrack, chapters: Sequence[Chapter], start: int, language: bytes
) -> Buffers:
    """Return the track of the chapters: each title is a chunk, and a row in the table of times.

    Readers such as music-metadata expect a title at each offset and a duration in each row.
    """
    sizes = [len(sample) for sample in _text_samples(chapters)]
    starts = [chapter.start for chapter in chapters]
    runs = [(1, end - start) for start, end in pairwise([*starts, chapters[-1].end])]
    tables = [
        *_full_box(b"stsd", 0, _pack(1), _TEXT_ENTRY),
        *_build_times(runs),
        *_full_box(b"stsc", 0, _pack(1, 1, 1, 1)),
        *_full_box(b"stsz", 0, _pack(0, len(sizes), *sizes)),
        *_build_offsets(list(accumulate(sizes, initial=start - sum(sizes)))[:-1]),
    ]
    base = _box(b"gmhd", _TEXT_MEDIA, *_box(b"text", _MATRIX))
    return _box(
        b"trak",
        *_build_track_header(track, _TEXT, _IN_MOVIE, b"\0\0"),
        *_build_edit_list([(starts[0], -1)] * bool(starts[0]) + [(track.samples - starts[0], 0)]),
        *_build_media(
            (b"text", b"ChapterHandler"),
            _timed_box(b"mdhd", 0, _pack(track.sample_rate), track.samples, language),
            base,
            tables,
        ),
    )


def _pack_language(code: str) -> bytes:
    """Return the language field of `mdhd`: letters of 5 bits from "a" = 1 on, and 16 zero bits."""
    first, second, third = (ord(letter) - 0x60 for letter in code)
    return struct.pack(">HH", first << 10 | second << 5 | third, 0)


def _build_nero(track: AudioTrack, chapters: Sequence[Chapter]) -> Buffers:
    listed = []
    for chapter in chapters[:_NERO_CHAPTERS]:
        title = chapter.title.encode()[:255].decode(errors="ignore").encode()
        time = round(chapter.start * _NERO_UNIT / track.sample_rate)
        listed.append(struct.pack(">QB", time, len(title)) + title)
    return _box(b"chpl", b"\1\0\0\0", bytes(4), bytes([len(listed)]), *listed)


def _text_samples(chapters: Sequence[Chapter]) -> list[bytes]:
    titles = [chapter.title.encode()[:_MAX_16_BIT_RATE] for chapter in chapters]
    return [struct.pack(">H", len(title)) + title + _UTF8_TEXT for title in titles]


def _build_track_header(track: AudioTrack, number: int, flags: int, volume: bytes) -> Buffers:
    rest = (bytes(8), struct.pack(">HH", 0, 2 - number), volume, bytes(2), _MATRIX, bytes(8))
    return _timed_box(b"tkhd", flags, _pack(number, 0), track.samples, *rest)


def _build_edit_list(edits: Sequence[tuple[int, int]]) -> Buffers:
    """Return the box of edits: a duration, and the start in the track or -1 for nothing."""
    version = int(any(duration > _U32 for duration, _ in edits))
    rows = (struct.pack(">Qq" if version else ">Ii", *edit) + _NORMAL_SPEED for edit in edits)
    return _box(b"edts", *_box(b"elst", bytes([version, 0, 0, 0]), _pack(len(edits)), *rows))


def _build_media(
    handler: tuple[bytes, bytes], header: Buffers, base: Buffers, tables: Buffers
) -> Buffers:
    kind, name = handler
    information = [*base, *_box(b"dinf", *_full_box(b"dref", 0, _DATA_IN_FILE))]
    return _box(
        b"mdia",
        *header,
        *_full_box(b"hdlr", 0, bytes(4), kind, bytes(12), name + b"\0"),
        *_box(b"minf", *information, *_box(b"stbl", *tables)),
    )


def _build_times(runs: Sequence[tuple[int, int]]) -> Buffers:
    return _full_box(b"stts", 0, _pack(len(runs)), *(_pack(*run) for run in runs))


def _build_chunks(track: AudioTrack, start: int) -> Buffers:
    """Return the sizes of the packets, and the offsets of their chunks."""
    whole, rest = divmod(track.packets, track.packets_in_chunk)
    runs = [(1, track.packets_in_chunk, 1)] if whole else []
    runs += [(whole + 1, rest, 1)] if rest else []
    offsets = list(accumulate(track.chunk_sizes(), initial=start))[:-1]
    return [
        *_full_box(b"stsc", 0, _pack(len(runs)), *(_pack(*run) for run in runs)),
        *_full_box(b"stsz", 0, _pack(0, track.packets), track.sizes),
        *_build_offsets(offsets),
    ]


def _build_offsets(offsets: Sequence[int]) -> Buffers:
    name, kind = (b"co64", "Q") if offsets[-1] >= _CO64_FROM else (b"stco", "I")
    return _full_box(name, 0, _pack(len(offsets)), struct.pack(f">{len(offsets)}{kind}", *offsets))


def _timed_box(name: bytes, flags: int, before: bytes, duration: int, *after: bytes) -> Buffers:
    """Return a box with unknown dates, of version 1 if the duration needs more than 32 bits."""
    version = int(duration > _U32)
    dates, length = (bytes(16), ">Q") if version else (bytes(8), ">I")
    head = bytes([version]) + flags.to_bytes(3)
    return _box(name, head, dates, before, struct.pack(length, duration), *after)


def _full_box(name: bytes, flags: int, *content: bytes | bytearray) -> Buffers:
    return _box(name, _pack(flags), *content)


def _box(name: bytes, *content: bytes | bytearray) -> Buffers:
    return [struct.pack(">I4s", 8 + sum(map(len, content)), name), *content]


def _pack(*values: int) -> bytes:
    return struct.pack(f">{len(values)}I", *values)
