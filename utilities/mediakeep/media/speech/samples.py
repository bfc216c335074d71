"""Decode speech to the samples that engines and aligners take, and read ranges of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from mediakeep.media.encoding import audio_input, filter_chain
from mediakeep.media.encoding.pcm_source import PcmFormat

RATE = 16_000  # Hz
_FORMAT = PcmFormat(RATE, 1, "mono", "s16")
_BYTES = 2  # of a sample


class PcmReader:
    """Reads ranges of 16-bit mono samples in their order; the start of one may be read again.

    Only what is not before the start of the last range is held.
    """

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks, self._held, self._start = chunks, bytearray(), 0

    def read(self, start: float, end: float) -> bytes:
        """Return the samples from one time to another, in seconds."""
        first, last = (round(at * RATE) * _BYTES for at in (start, end))
        while self._start + len(self._held) < last and (chunk := next(self._chunks, None)):
            self._held += chunk
        del self._held[: first - self._start]
        self._start = max(self._start, first)
        return bytes(self._held[: last - self._start])

    def finish(self) -> None:
        """Decode the rest, as damage in it is an error, too."""
        for _ in self._chunks:
            pass


def decode_speech(path: Path) -> Iterator[bytes]:
    """Yield the audio of a file as 16-bit mono samples of 16 kHz, a second at a time."""
    with audio_input.open_input(path) as opened:
        filters = filter_chain.list_conversions(opened.format, _FORMAT)
        frames = filter_chain.run_filters(opened.format, filters, opened.frames, frame_size=RATE)
        for frame in frames:
            yield bytes(frame.planes[0])[: frame.samples * _BYTES]
