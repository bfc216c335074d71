"""Copy ranges of the samples of a WAV file into WAV files of their own, without decoding them."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from mediakeep.errors import DecodingFailed
from mediakeep.media import open_file
from mediakeep.media.audio.riff import raw_chunks
from mediakeep.media.audio.unsupported_layout import UnsupportedLayout
from mediakeep.media.bounded_file import BoundedFile, ByteRange
from mediakeep.media.safewrite import file_assembly
from mediakeep.media.safewrite.file_assembly import FilePart, SourceTruncated

_CHANNELS = struct.Struct("<2xH8xHH")  # of a format chunk: channels, bytes a sample, its bits


class WavRange(NamedTuple):
    """A range of the samples of a WAV file, as the parts of a file of its own."""

    source: Path
    parts: list[FilePart]

    def write(self, target: Path) -> int:
        """Write the new file, which is not synced, and return its size.

        Raises Unreadable for the source, DecodingFailed if it has become shorter, and OSError for
        the target.
        """
        with (
            open_file.open_regular_file(self.source) as old,
            target.open("xb", buffering=0) as new,
        ):
            try:
                file_assembly.write_parts(self.parts, old.fileno(), new.fileno())
            except SourceTruncated as error:
                raise DecodingFailed(self.source, "it has become shorter") from error
        return file_assembly.total_parts_size(self.parts)


class WavSamples(NamedTuple):
    """Where the samples of a WAV file are; `width` is the bytes of a sample of all channels."""

    path: Path
    format_chunk: bytes
    data: ByteRange
    width: int
    has_count: bool  # a `fact` chunk, which formats other than integers need

    def split(self, ranges: Iterable[tuple[int, int | None]]) -> Iterator[WavRange]:
        """Yield each range of samples, from its start up to, not with, its end, until the last."""
        total = self.data.size // self.width
        for start, end in ranges:
            if start >= total:
                return
            yield WavRange(self.path, self._list_parts(start, min(end or total, total)))

    def _list_parts(self, start: int, end: int) -> list[FilePart]:
        begin = self.data.start
        audio = ByteRange(begin + start * self.width, begin + end * self.width)
        head = b"WAVE" + raw_chunks.build_chunk(b"fmt ", self.format_chunk)
        if self.has_count:
            head += raw_chunks.build_chunk(b"fact", struct.pack("<I", end - start))
        head += b"data" + struct.pack("<I", audio.size)
        padding = bytes(audio.size % 2)
        size = struct.pack("<I", len(head) + audio.size + len(padding))
        return [b"RIFF" + size + head, audio, padding]


def find_samples(path: Path, source: BoundedFile) -> WavSamples | None:
    """Return where the samples of an open WAV file are, or None if that is not certain."""
    try:
        riff = raw_chunks.split_exact_file(source)
    except UnsupportedLayout:
        return None
    form, data = (
        [chunk for chunk in riff.chunks if chunk.name == name] for name in (b"fmt ", b"data")
    )
    if len(form) != 1 or len(data) != 1:
        return None
    content = source.read(form[0].body, form[0].end - form[0].body)
    channels, width, bits = _CHANNELS.unpack_from(content.ljust(_CHANNELS.size, b"\0"))
    audio = ByteRange(data[0].body, data[0].end)
    if not width or channels * bits != width * 8 or audio.size % width:
        return None
    has_count = any(chunk.name == b"fact" for chunk in riff.chunks)
    return WavSamples(path, content, audio, width, has_count)
