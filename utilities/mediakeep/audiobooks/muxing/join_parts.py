"""Join parts that one encoder made (M4A, M4B) without encoding them again.

All packets are kept. Between two parts are the padding of one and the priming of the other, which
players cannot skip there: up to 50 ms of silence. Chapters count them, so that they stay exact.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any

import msgspec

from mediakeep import path_text
from mediakeep.audiobooks.details.book_tags import BookDetails
from mediakeep.audiobooks.muxing import book_file
from mediakeep.audiobooks.sources.check_sources import CheckedFile
from mediakeep.errors import DecodingFailed, ItemFailed, UsageError
from mediakeep.media import ffmpeg
from mediakeep.media.audio import formats
from mediakeep.media.audio.mp4 import mp4_stream
from mediakeep.media.chapters.chapters import Chapter, ChapterMark, make_chapters
from mediakeep.media.chapters.timeline import Timeline
from mediakeep.media.encoding import mp4_header, pcm_source
from mediakeep.media.encoding.mp4_header import MediaTrack
from mediakeep.media.encoding.pcm_source import Progress
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

    @property
    def starts(self) -> list[int]:
        """The starts of the audio of the parts in the book, in samples."""
        before = accumulate((part.length for part in self.parts), initial=-self.parts[0].priming)
        return [start + part.priming for start, part in zip(before, self.parts, strict=False)]

    @property
    def timeline(self) -> Timeline:
        """The parts, each up to the start of the next one, for chapters without their tags."""
        lengths = tuple(end - start for start, end in pairwise([*self.starts, self.samples]))
        paths = tuple(part.path for part in self.parts)
        return Timeline(paths, lengths, self.parts[0].sample_rate, ("",) * len(paths))


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


def plan_join(parts: Sequence[Part], titles: Sequence[str] = ()) -> JoinPlan:
    """Return the plan to join parts in order; a part without chapters becomes one chapter.

    `titles` name these, by default after the files. Raises UsageError if the parts differ in codec,
    sample rate or encoder parameters, or are not MP4.
    """
    first = parts[0]
    for part in parts:
        if not part.extradata:
            raise UsageError(f"{part.path.name} not joined: it is neither M4A nor M4B. {_HINT}")
        for name in ("codec", "sample_rate", "extradata"):
            if getattr(part, name) != getattr(first, name):
                what = {"extradata": "encoder configuration"}.get(name, name.replace("_", " "))
                raise UsageError(
                    f"{part.path.name} not joined: its {what} differs from that of"
                    f" {first.path.name}. {_HINT}"
                )
    plan = JoinPlan(tuple(parts), ())
    names = titles or [part.path.stem for part in parts]
    marks = [
        ChapterMark(start + mark.start, mark.title)
        for part, start, name in zip(parts, plan.starts, names, strict=True)
        for mark in part.chapters or (ChapterMark(0, name),)
    ]
    chapters = make_chapters(marks, plan.samples, "The chapters of the parts")
    return JoinPlan(plan.parts, tuple(chapters))


def find_join_problem(files: Sequence[CheckedFile]) -> str:
    """Return why files cannot be joined without encoding, or "" if they can.

    All packets are read.
    """
    first = files[0]
    for file in files:
        name = path_text.display_path(file.source.path.name)
        if (file.format, file.codec) != (formats.MP4.name, "aac"):
            return f"{name} is not AAC in an M4A or M4B file"
        if (file.sample_rate, file.channels) != (first.sample_rate, first.channels):
            return f"{name} has another sample rate or number of channels"
    try:
        plan_join([read_part(file.source.path) for file in files])
    except (ItemFailed, UsageError) as error:
        return str(error).removesuffix(f". {_HINT}").removesuffix(".")
    return ""


def join_parts(
    plan: JoinPlan, target: Path, details: BookDetails, progress: Progress | None = None
) -> None:
    """Write all packets of the parts to one M4B; `target` is a temporary file.

    It is overwritten and synced, or removed on any error. `progress` is called with the bytes
    written and in total; what it raises stops the writing. Raises EncodingFailed for the target,
    Unreadable or DecodingFailed for a part.
    """
    first, sizes = plan.parts[0], bytearray()
    for part in plan.parts:
        with _open_packets(part.path) as packets:
            sizes += mp4_header.pack_sizes(packet.size for packet in packets)
    with ffmpeg.open_audio(first.path) as opened:
        atoms = mp4_stream.find_track(opened.source, b"soun") or {}
        entry = mp4_stream.read_sample_entry(opened.source, atoms)
    track = MediaTrack(first.sample_rate, entry, first.frame, first.priming, plan.samples, sizes)
    book_file.write_m4b(target, track, _join_packets(plan), plan.chapters, details, progress)


def verify_join(path: Path, plan: JoinPlan, progress: Progress | None = None) -> list[str]:
    """Compare all packets and the chapters of a joined book with its parts; decode it once.

    Returns the differences, as clauses. `progress` is called after each second of audio.
    """
    found = read_part(path)
    expected = sum(part.packets for part in plan.parts)
    with _open_packets(path) as packets:
        found_hash = _hash_packets(map(bytes, packets))
    expected_hash = _hash_packets(_join_packets(plan))
    marks = tuple(ChapterMark(chapter.start, chapter.title) for chapter in plan.chapters)
    samples = pcm_source.count_samples(path, progress)
    rows = (
        (found.packets, expected, f"it has {found.packets:,} packets, not {expected:,}"),
        (found_hash, expected_hash, "its packets are not those of its parts"),
        (found.chapters, marks, "its chapters are not those of its parts"),
        (samples, plan.samples, f"it has {samples:,} samples, not {plan.samples:,}"),
    )
    return [difference for value, wanted, difference in rows if value != wanted]


def _hash_packets(packets: Iterable[bytes]) -> str:
    digest = sha256()
    for packet in packets:
        digest.update(packet)
    return digest.hexdigest()


def _join_packets(plan: JoinPlan) -> Iterator[bytes]:
    for part in plan.parts:
        with _open_packets(part.path) as packets:
            for packet in packets:
                yield bytes(packet)


@contextmanager
def _open_packets(path: Path) -> Iterator[Iterator[Any]]:
    with ffmpeg.open_audio(path) as opened, ffmpeg.translate_errors(path):
        yield _read_packets(opened)


def _read_packets(opened: OpenedAudio) -> Iterator[Any]:
    for packet in opened.container.demux(opened.stream):
        if packet.size:  # the last one is empty, to flush a decoder
            yield packet
