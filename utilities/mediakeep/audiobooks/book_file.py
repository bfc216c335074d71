"""Write the M4B of a book: packets, chapters (QuickTime and Nero), tags and cover.

The start of the audio after the priming is an edit list, and its end the duration of the last
packet, so that players play exactly the samples of the book.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from typing import Any

import msgspec

from mediakeep import atomic_files
from mediakeep.audiobooks import chunk_file
from mediakeep.audiobooks.book_plan import AAC_FRAME, BookPlan
from mediakeep.audiobooks.book_tags import BookDetails, write_tags
from mediakeep.audiobooks.chapters import Chapter
from mediakeep.audiobooks.encode_chunk import CODEC, PRIMING
from mediakeep.errors import EncodingFailed
from mediakeep.media import ffmpeg
from mediakeep.media.encoding.output_file import OutputFile, open_container

_OPTIONS = {"movflags": "+faststart", "brand": "M4B "}
_HINT = "Check the disk and its free space, then run again."


class BookPacket(msgspec.Struct, frozen=True, gc=False):
    """A packet of AAC; its position and duration are in samples, before 0 for priming."""

    data: bytes
    position: int
    duration: int


def write_book(
    plan: BookPlan,
    chunks: Sequence[Path],
    target: Path,
    chapters: Sequence[Chapter],
    details: BookDetails,
) -> None:
    """Write a book from the files of its chunks in order; `target` is a temporary file.

    It is overwritten and synced, or removed on any error. Raises WorkingFilesChanged for a chunk,
    EncodingFailed for the target.
    """

    def add_stream(output: Any) -> Any:
        stream = output.add_stream(CODEC, rate=plan.format.sample_rate)
        stream.codec_context.layout = plan.format.pcm.layout
        stream.codec_context.bit_rate = plan.format.bit_rate
        return stream

    packets = _read_packets(plan, chunks)
    write_packets(target, plan.format.sample_rate, add_stream, packets, chapters)
    write_tags(target, details)


def _read_packets(plan: BookPlan, chunks: Sequence[Path]) -> Iterator[BookPacket]:
    key, position = plan.key(), -PRIMING
    for chunk, path in zip(plan.chunks(), chunks, strict=True):
        for data in chunk_file.read_chunk(path, key, chunk):
            yield BookPacket(data, position, min(AAC_FRAME, plan.samples - position))
            position += AAC_FRAME


def write_packets(
    target: Path,
    rate: int,
    add_stream: Callable[[Any], Any],
    packets: Iterable[BookPacket],
    chapters: Sequence[Chapter],
) -> None:
    """Write an MP4 of AAC packets and chapters; `add_stream` adds the stream to the container.

    `target` is overwritten and synced, or removed on any error. Raises EncodingFailed.
    """
    file, base = None, Fraction(1, rate)
    try:
        with OutputFile(target, "w+") as file:
            with open_container(file, "ipod", rate, _OPTIONS) as output:
                stream = add_stream(output)
                output.set_chapters(_to_chapter_dicts(chapters, base))
                output.start_encoding()
                for packet in packets:
                    output.mux_one(_to_av_packet(packet, stream, base))
            atomic_files.sync_data(file.fileno())
    except BaseException as error:
        with suppress(OSError):
            target.unlink(missing_ok=True)
        cause = file.error if file and file.error else error  # FFmpeg replaces that of the system
        if isinstance(cause, (OSError, ffmpeg.require_pyav().error.FFmpegError)):
            raise EncodingFailed(target, ffmpeg.describe_error(cause), _HINT) from cause
        raise


def _to_chapter_dicts(chapters: Sequence[Chapter], base: Fraction) -> list[dict[str, Any]]:
    return [
        {
            "id": number,
            "start": chapter.start,
            "end": chapter.end,
            "time_base": base,
            "metadata": {"title": chapter.title},
        }
        for number, chapter in enumerate(chapters)
    ]


def _to_av_packet(packet: BookPacket, stream: Any, base: Fraction) -> Any:
    result = ffmpeg.require_pyav().Packet(packet.data)
    result.stream, result.time_base = stream, base
    result.pts = result.dts = packet.position
    result.duration = packet.duration
    result.is_keyframe = True
    return result
