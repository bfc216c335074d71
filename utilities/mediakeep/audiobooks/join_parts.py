"""Join parts that one encoder made (M4A, M4B) without encoding them again.

All packets are kept. Between two parts are the padding of one and the priming of the other, which
players cannot skip there: up to 50 ms of silence. Chapters count them, so that they stay exact.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from mediakeep.audiobooks import book_file
from mediakeep.audiobooks.book_file import BookPacket
from mediakeep.audiobooks.book_tags import BookDetails, write_tags
from mediakeep.audiobooks.chapters import Chapter, ChapterMark, make_chapters
from mediakeep.errors import DecodingFailed, UsageError
from mediakeep.media import ffmpeg
from mediakeep.media.ffmpeg import OpenedAudio

_HINT = "Encode the book instead."


class Part(msgspec.Struct, frozen=True):
    """A part of a book: its codec, its encoder's parameters, and its lengths in samples.

    It has `packets` of `frame` samples; `priming` is before the audio, `padding` after it. The
    chapters count from the start of the audio.
    """

    path: Path
    codec: str
    sample_rate: int
    extradata: bytes
    packets: int
    frame: int
    priming: int
    padding: int
    chapters: tuple[ChapterMark, ...] = ()

    @property
    def length(self) -> int:
        """The length of all packets in samples."""
        return self.packets * self.frame


class JoinPlan(msgspec.Struct, frozen=True):
    """Parts in order, and the chapters of the book that they make."""

    parts: tuple[Part, ...]
    chapters: tuple[Chapter, ...]

    @property
    def samples(self) -> int:
        """The length of the audio of the book in samples per channel."""
        length = sum(part.length for part in self.parts)
        return length - self.parts[0].priming - self.parts[-1].padding


def read_part(path: Path) -> Part:
    """Read the packets of a part and its chapters; raise what opening an audio file raises."""
    with ffmpeg.open_audio(path) as opened, ffmpeg.translate_errors(path):
        context = opened.stream.codec_context
        rate, base = context.sample_rate, opened.stream.time_base
        positions, durations = [], []
        for packet in _read_packets(opened):
            positions.append(round(packet.pts * base * rate))
            durations.append(round(packet.duration * base * rate))
        frame = max(durations, default=0)
        if not frame:
            raise DecodingFailed(path, "it contains no packets")
        marks = tuple(
            ChapterMark(
                round(one["start"] * one["time_base"] * rate), one["metadata"].get("title", "")
            )
            for one in opened.container.chapters()
        )
        return Part(
            path=path,
            codec=context.name,
            sample_rate=rate,
            extradata=context.extradata or b"",
            packets=len(positions),
            frame=frame,
            priming=-min(0, positions[0]),
            padding=frame - durations[-1],
            chapters=marks,
        )


def plan_join(parts: Sequence[Part]) -> JoinPlan:
    """Return the plan to join parts in order; a part without chapters becomes one chapter.

    Raises UsageError if they differ in codec, sample rate or encoder parameters.
    """
    first = parts[0]
    for part in parts:
        for name in ("codec", "sample_rate", "extradata"):
            if getattr(part, name) != getattr(first, name):
                what = {"extradata": "encoder configuration"}.get(name, name.replace("_", " "))
                raise UsageError(
                    f"{part.path.name} not joined: its {what} differs from that of"
                    f" {first.path.name}. {_HINT}"
                )
    marks, position = [], -first.priming
    for part in parts:
        start = position + part.priming
        own = part.chapters or (ChapterMark(0, part.path.stem),)
        marks += [ChapterMark(start + mark.start, mark.title) for mark in own]
        position += part.length
    samples = position - parts[-1].padding
    chapters = make_chapters(marks, samples, "The chapters of the parts")
    return JoinPlan(tuple(parts), tuple(chapters))


def join_parts(plan: JoinPlan, target: Path, details: BookDetails) -> None:
    """Write all packets of the parts to one M4B; `target` is a temporary file.

    It is overwritten and synced, or removed on any error. Raises EncodingFailed for the target,
    Unreadable or DecodingFailed for a part.
    """
    first = plan.parts[0]
    with ffmpeg.open_audio(first.path) as template:

        def add_stream(output: Any) -> Any:
            return output.add_stream_from_template(template.stream)

        packets = _join_packets(plan)
        book_file.write_packets(target, first.sample_rate, add_stream, packets, plan.chapters)
    write_tags(target, details)


def _join_packets(plan: JoinPlan) -> Iterator[BookPacket]:
    position, end = -plan.parts[0].priming, plan.samples
    for part in plan.parts:
        with ffmpeg.open_audio(part.path) as opened, ffmpeg.translate_errors(part.path):
            for packet in _read_packets(opened):
                duration = min(part.frame, end - position)
                yield BookPacket(bytes(packet), position, duration)
                position += part.frame


def _read_packets(opened: OpenedAudio) -> Iterator[Any]:
    for packet in opened.container.demux(opened.stream):
        if packet.size:  # the last one is empty, to flush a decoder
            yield packet
