"""Write the M4B of a book: the header, tags and cover, then the packets.

The start of the audio after the priming is an edit list, and its end the duration of the last
packet, so that players play exactly the samples of the book.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from msgspec import structs

from mediakeep import atomic_files
from mediakeep.audiobooks.details import book_tags
from mediakeep.audiobooks.details.book_tags import BookDetails
from mediakeep.audiobooks.encoding import encode_chunk
from mediakeep.audiobooks.encoding.book_plan import BookFormat, BookPlan, Chunk
from mediakeep.audiobooks.muxing import m4b_header
from mediakeep.errors import EncodingFailed
from mediakeep.media.chapters.chapters import Chapter
from mediakeep.media.encoding import mp4_header
from mediakeep.media.encoding.mp4_header import AAC_FRAME, AAC_PRIMING, MediaTrack
from mediakeep.media.encoding.pcm_source import Progress

_REPORT_SIZE = 1 << 16  # bytes
_HINT = "Check the disk and its free space, then run again."


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
    sizes = bytearray()
    for path, chunk, key in _pair_chunks(plan, chunks):
        sizes += mp4_header.pack_sizes(encode_chunk.read_sizes(path, key, chunk))
    entry, rate = build_sample_entry(plan.format), plan.format.sample_rate
    track = MediaTrack(rate, entry, AAC_FRAME, AAC_PRIMING, plan.samples, sizes)
    packets = (
        block
        for path, chunk, key in _pair_chunks(plan, chunks)
        for block in encode_chunk.iter_packets(path, key, chunk)
    )
    write_m4b(target, track, packets, chapters, details, progress)


def build_sample_entry(book_format: BookFormat) -> bytes:
    """Return the box that describes the packets of a book for decoders."""
    configuration = encode_chunk.open_encoder(book_format).extradata
    rate, channels, bit_rate = structs.astuple(book_format)
    return mp4_header.build_aac_entry(rate, channels, configuration, bit_rate)


def _pair_chunks(plan: BookPlan, paths: Sequence[Path]) -> Iterator[tuple[Path, Chunk, str]]:
    key = plan.key()
    for path, chunk in zip(paths, plan.chunks(), strict=True):
        yield path, chunk, key


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
    try:
        with target.open("wb") as file:
            file.writelines(m4b_header.build_header(track, chapters, details.language))
        book_tags.write_tags(target, details)  # now, as there is no audio to be moved
        with target.open("ab") as file:
            file.write(m4b_header.build_data_head(track, chapters))
            file.writelines(_report(packets, sum(track.chunk_sizes()), progress))
            file.flush()
            atomic_files.sync_data(file.fileno())
    except BaseException as error:
        with suppress(OSError):
            target.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise EncodingFailed(target, error.strerror or str(error), _HINT) from error
        raise


def _report(packets: Iterable[bytes], total: int, progress: Progress | None) -> Iterator[bytes]:
    """Yield packets, and report the bytes after each part of the file."""
    done = reported = 0
    for block in packets:
        yield block
        done += len(block)
        if progress and done - reported >= _REPORT_SIZE:
            reported = done
            progress(done, total)
