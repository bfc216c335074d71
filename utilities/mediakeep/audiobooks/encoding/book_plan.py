"""The plan of a book: its sources on one timeline, cut into chunks that are encoded in parallel.

The timeline counts samples of the book's rate. Chunks begin and end at AAC frames, and do not
depend on where the files do. Plans can be pickled, and stored as JSON.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from pathlib import Path

import msgspec

from mediakeep import path_text
from mediakeep.media import ffmpeg
from mediakeep.media.chapters.timeline import Timeline, find_starts
from mediakeep.media.encoding.mp4_header import AAC_FRAME
from mediakeep.media.encoding.pcm_source import CHANNEL_LAYOUTS, PacketPosition, PcmFormat

LEVEL_WINDOW = 4096  # samples
SILENT = 70  # dB below full scale
_RECIPE = 1  # raised if the same plan gives other chunks
_MIN_CHUNK, _MAX_CHUNK = 30, 300  # seconds; each has a rate control, so fewer are better
_OVERHEAD = 1 << 20  # bytes of tags, cover and index
_CHUNKS = 16  # for books of 8 to 80 minutes


class BookFormat(msgspec.Struct, frozen=True):
    """The format of a book: Hz, 1 or 2 channels, and bits per second of its AAC."""

    sample_rate: int = 44_100
    channels: int = 2
    bit_rate: int = 128_000

    @property
    def pcm(self) -> PcmFormat:
        """The PCM that the encoder takes."""
        layout = CHANNEL_LAYOUTS[self.channels]
        return PcmFormat(self.sample_rate, self.channels, layout, "fltp")


class CountedSource(msgspec.Struct, frozen=True):
    """A file of a book after it was decoded once.

    `escaped_path` is escaped as by `path_text`. `size` and `mtime_ns` identify the content.
    `samples` is the exact length at the book's rate; `positions` are packets at which decoding may
    start, at the rate of `format`. `levels` has one byte for each window of LEVEL_WINDOW samples:
    how many dB its power is below full scale.

    `damage` are the positions of errors in seconds of the file; `concealed` seconds were replaced
    by silence. `unmarked_ends` are positions, likewise in seconds, at which a stream of Ogg ends
    without the flag for it. `escaped_audio` is the path of a copy that is decoded instead of the
    file, or "".
    """

    escaped_path: str
    size: int
    mtime_ns: int
    format: PcmFormat
    samples: int
    positions: tuple[PacketPosition, ...] = ()
    levels: bytes = b""
    damage: tuple[float, ...] = ()
    concealed: float = 0.0
    escaped_audio: str = ""
    unmarked_ends: tuple[float, ...] = ()

    @property
    def path(self) -> Path:
        return path_text.to_path(self.escaped_path)

    @property
    def audio_path(self) -> Path:
        """The path of the file that is decoded."""
        return path_text.to_path(self.escaped_audio or self.escaped_path)

    @property
    def is_silent(self) -> bool:
        return min(self.levels, default=0) >= SILENT


class Chunk(msgspec.Struct, frozen=True):
    """A part of a book that one process encodes: AAC frames from `first` up to, not with, `end`."""

    number: int
    first: int
    end: int


class BookPlan(msgspec.Struct, frozen=True, dict=True):
    """The sources of a book in order, its format, and the AAC frames in each chunk but the last."""

    sources: tuple[CountedSource, ...]
    format: BookFormat
    chunk_frames: int

    @property
    def samples(self) -> int:
        """The length of the book in samples per channel."""
        return sum(source.samples for source in self.sources)

    @property
    def frames(self) -> int:
        """The number of AAC frames that contain the book, without the one of the priming."""
        return -(-self.samples // AAC_FRAME)

    @property
    def starts(self) -> list[int]:
        """The position of each source on the timeline, in samples."""
        return find_starts(source.samples for source in self.sources)

    def build_timeline(self, titles: Iterable[str]) -> Timeline:
        """Return the files with their title tags, for chapters."""
        lengths = tuple(source.samples for source in self.sources)
        paths = tuple(source.path for source in self.sources)
        return Timeline(paths, lengths, self.format.sample_rate, tuple(titles))

    def chunks(self) -> Iterator[Chunk]:
        """Yield all chunks in order."""
        for number in range(-(-self.frames // self.chunk_frames)):
            yield self.find_chunk(number)

    def find_chunk(self, number: int) -> Chunk:
        """Return a chunk by its number."""
        first = number * self.chunk_frames
        return Chunk(number, first, min(first + self.chunk_frames, self.frames))

    def estimate_size(self) -> int:
        """Return about how many bytes the book has."""
        return self.samples * self.format.bit_rate // self.format.sample_rate // 8 + _OVERHEAD

    @cached_property
    def key(self) -> str:
        """A text that changes if the chunks do: by sources, format, plan or encoder."""
        identities = [
            (source.escaped_path, source.size, source.mtime_ns, source.samples)
            for source in self.sources
        ]
        parts = (_RECIPE, identities, self.format, self.chunk_frames, ffmpeg.describe_version())
        return hashlib.sha256(msgspec.json.encode(parts)).hexdigest()


def make_plan(
    sources: Sequence[CountedSource], book_format: BookFormat, chunk_frames: int = 0
) -> BookPlan:
    """Return the plan of a book from its counted sources in order.

    `chunk_frames` is chosen from the length of the book if it is 0; it does not depend on the
    machine, so that a book can be continued with any number of workers.
    """
    if not chunk_frames:
        length = sum(source.samples for source in sources) / book_format.sample_rate
        seconds = min(max(length / _CHUNKS, _MIN_CHUNK), _MAX_CHUNK)
        chunk_frames = round(seconds * book_format.sample_rate / AAC_FRAME)
    return BookPlan(tuple(sources), book_format, chunk_frames)
