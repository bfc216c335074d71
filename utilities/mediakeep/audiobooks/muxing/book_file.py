"""Write the M4B of a book: the header, tags and cover, then the packets.

The header has an audio track, and chapters as a text track and a list of Nero, after Apple's
QuickTime File Format (`gmhd`, `text`, `chap`). The start of the audio after the priming is an edit
list, and its end the duration of the last packet, so that players play exactly the samples of the
book.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from contextlib import suppress
from itertools import accumulate, pairwise
from pathlib import Path

from msgspec import structs

from mediakeep import atomic_files
from mediakeep.audiobooks.details import book_tags
from mediakeep.audiobooks.details.book_tags import BookDetails
from mediakeep.audiobooks.encoding import encode_chunk
from mediakeep.audiobooks.encoding.book_plan import BookFormat, BookPlan
from mediakeep.errors import EncodingFailed
from mediakeep.media.chapters.chapters import Chapter
from mediakeep.media.encoding import mp4_header
from mediakeep.media.encoding.mp4_header import (
    AAC_FRAME,
    AAC_PRIMING,
    Buffers,
    MediaTrack,
    box,
    full_box,
    pack,
)
from mediakeep.media.encoding.pcm_source import Progress, report_items
from mediakeep.media.video import languages

_REPORT_SIZE = 1 << 16  # bytes
_HINT = "Check the disk and its free space, then run again."
_NERO_CHAPTERS = 255  # at most, as their number is a byte
_NERO_UNIT = 10_000_000  # a second
_AUDIO, _TEXT = 1, 2  # track IDs
_MAX_TITLE = 0xFFFF  # bytes
_UTF8_TEXT = struct.pack(">I4sI", 12, b"encd", 0x100)  # after each title
_TEXT_ENTRY = bytes.fromhex(  # of plain text, as Apple's encoders and FFmpeg write it
    "0000003b 74657874 000000000000 0001 00000001 0000 00000000 0000000000000000"
    "0000 0000 0001 0000 00000000 0000000d 66746162 0001 0001 00"
)
_TEXT_MEDIA = bytes.fromhex("00000018 676d696e 00000000 0040 8000 8000 8000 0000 0000")


def write_book(
    plan: BookPlan,
    chunks: Sequence[Path],
    target: Path,
    chapters: Sequence[Chapter],
    details: BookDetails,
    progress: Progress | None = None,
) -> None:
    """Write a book from the files of its chunks in order; `target` is a temporary file.

    It is overwritten and synced, or removed on any error. `progress` is called with the bytes
    written and in total; what it raises stops the writing. Raises WorkingFilesChanged for a chunk,
    EncodingFailed for the target.
    """
    sizes, files = bytearray(), list(zip(chunks, plan.chunks(), strict=True))
    for path, chunk in files:
        sizes += mp4_header.pack_sizes(encode_chunk.read_sizes(path, plan, chunk))
    entry, rate = build_sample_entry(plan.format), plan.format.sample_rate
    track = MediaTrack(rate, entry, AAC_FRAME, AAC_PRIMING, plan.samples, sizes)
    packets = (
        block for path, chunk in files for block in encode_chunk.iter_packets(path, plan, chunk)
    )
    write_m4b(target, track, packets, chapters, details, progress)


def build_sample_entry(book_format: BookFormat) -> bytes:
    """Return the box that describes the packets of a book for decoders."""
    configuration = encode_chunk.open_encoder(book_format).extradata
    rate, channels, bit_rate = structs.astuple(book_format)
    return mp4_header.build_aac_entry(rate, channels, configuration, bit_rate)


def write_m4b(
    target: Path,
    track: MediaTrack,
    packets: Iterable[bytes],
    chapters: Sequence[Chapter],
    details: BookDetails,
    progress: Progress | None = None,
) -> None:
    """Write an M4B; `packets` are the bytes of all packets in order, in blocks.

    `target` is overwritten and synced, or removed on any error. Raises EncodingFailed.
    """
    blocks = report_items(packets, len, sum(track.chunk_sizes()), _REPORT_SIZE, progress)
    try:
        with target.open("wb") as file:
            file.writelines(build_header(track, chapters, details.language))
        book_tags.write_tags(target, details)  # now, as there is no audio to be moved
        with target.open("ab") as file:
            file.write(build_data_head(track, chapters))
            file.writelines(blocks)
            file.flush()
            atomic_files.sync_data(file.fileno())
    except BaseException as error:
        with suppress(OSError):
            target.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise EncodingFailed(target, error.strerror or str(error), _HINT) from error
        raise


def build_header(track: MediaTrack, chapters: Sequence[Chapter], language: str = "") -> Buffers:
    """Return the boxes before the data, which is expected right after them.

    `language` is that of the book: a code, a tag such as "pt-BR" or an English name. Programs that
    write tags move the data, and change `stco` and `co64`.
    """
    kind = mp4_header.build_file_type(b"M4B ", b"M4B isomiso2")
    head = len(build_data_head(track, chapters))
    start, code = head, mp4_header.pack_language(languages.find_terminology_code(language))
    for _ in range(3):  # the size of the header depends on that of the offsets, and these on it
        header = [*kind, *_build_movie(track, chapters, start, code)]
        start = head + sum(map(len, header))
    return header


def build_data_head(track: MediaTrack, chapters: Sequence[Chapter]) -> bytes:
    """Return the start of the data: the head of the box, and the titles of the chapters.

    The packets of the audio follow.
    """
    titles = b"".join(_text_samples(chapters))
    return mp4_header.build_data_head(len(titles) + sum(track.chunk_sizes())) + titles


def parse_title(sample: bytes) -> str:
    """Return the title of a chapter from its sample in the text track."""
    end = 2 + int.from_bytes(sample[:2])
    return sample[2:end].decode(errors="replace")


def _build_movie(
    track: MediaTrack, chapters: Sequence[Chapter], start: int, language: bytes
) -> Buffers:
    """Return the box `moov`; `start` is the offset of the first packet in the file."""
    references = box(b"tref", *box(b"chap", pack(_TEXT))) if chapters else []
    offsets = list(accumulate(track.chunk_sizes(), initial=start))[:-1]
    movie = [
        *mp4_header.build_movie_header(track, _TEXT + 1),
        *mp4_header.build_track(track, _AUDIO, offsets, language, *references),
    ]
    if chapters:
        movie += _build_text(track, chapters, start, language)
    # Tags are written into this box: FFmpeg ignores freeform ones before a track.
    movie += box(b"udta", *(_build_nero(track, chapters) if chapters else []))
    return box(b"moov", *movie)


def _build_text(
    track: MediaTrack, chapters: Sequence[Chapter], start: int, language: bytes
) -> Buffers:
    """Return the track of the chapters: each title is a chunk, and a row in the table of times.

    Readers such as music-metadata expect a title at each offset and a duration in each row.
    """
    sizes = [len(sample) for sample in _text_samples(chapters)]
    starts = [chapter.start for chapter in chapters]
    late = [(starts[0], -1)] if starts[0] else []
    runs = [(1, end - start) for start, end in pairwise([*starts, chapters[-1].end])]
    tables = [
        *full_box(b"stsd", 0, pack(1), _TEXT_ENTRY),
        *mp4_header.build_times(runs),
        *full_box(b"stsc", 0, pack(1, 1, 1, 1)),
        *full_box(b"stsz", 0, pack(0, len(sizes), *sizes)),
        *mp4_header.build_offsets(list(accumulate(sizes, initial=start - sum(sizes)))[:-1]),
    ]
    base = box(b"gmhd", _TEXT_MEDIA, *box(b"text", mp4_header.MATRIX))
    return box(
        b"trak",
        *mp4_header.build_track_header(track, _TEXT, mp4_header.IN_MOVIE),
        *mp4_header.build_edit_list([*late, (track.samples - starts[0], 0)]),
        *mp4_header.build_media(
            (b"text", b"ChapterHandler"),
            mp4_header.timed_box(b"mdhd", 0, pack(track.sample_rate), track.samples, language),
            base,
            tables,
        ),
    )


def _build_nero(track: MediaTrack, chapters: Sequence[Chapter]) -> Buffers:
    listed = []
    for chapter in chapters[:_NERO_CHAPTERS]:
        title = chapter.title.encode()[:255].decode(errors="ignore").encode()
        time = round(chapter.start * _NERO_UNIT / track.sample_rate)
        listed.append(struct.pack(">QB", time, len(title)) + title)
    return box(b"chpl", b"\1\0\0\0", bytes(4), bytes([len(listed)]), *listed)


def _text_samples(chapters: Sequence[Chapter]) -> list[bytes]:
    titles = [chapter.title.encode()[:_MAX_TITLE] for chapter in chapters]
    return [struct.pack(">H", len(title)) + title + _UTF8_TEXT for title in titles]
