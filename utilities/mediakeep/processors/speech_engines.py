"""Decode speech for engines, and load pocketsphinx, whose wheel has a model of English."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

from mediakeep.errors import UsageError
from mediakeep.media.chapters import speech
from mediakeep.media.encoding import filter_chain
from mediakeep.processors import audio_input

RATE = 16_000  # Hz
_BYTES = 2  # of a sample
_CHUNK = RATE  # samples
_WINDOW = 0.032  # seconds, of the detection of speech
_SPEECH = 0.35  # probability
_MIN_PAUSE = 5  # windows
_LEAD = 0.3  # seconds before the first speech, which may begin with a quiet sound
_NOT_INSTALLED = (
    "pocketsphinx (speech recognition) is not installed."
    ' Install it with: pip install "mediakeep[speech]"'
)


class Pause(NamedTuple):
    """A pause between speech: its middle, the speech before it, and its length, in seconds."""

    middle: float
    spoken: float
    length: float


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
    filters = [
        ("aresample", f"osr={RATE}:ochl=mono:osf=s16"),
        ("aformat", f"sample_fmts=s16:sample_rates={RATE}:channel_layouts=mono"),
    ]
    with audio_input.open_input(path) as opened:
        frames = filter_chain.run_filters(opened.format, filters, opened.frames, frame_size=_CHUNK)
        for frame in frames:
            yield bytes(frame.planes[0])[: frame.samples * _BYTES]


def find_speech_pauses(path: Path) -> list[Pause]:
    """Return the pauses in a file, also the start and the end of its speech; [] if it has none."""
    at = spoken = 0  # windows
    pauses: list[Pause] = []
    for is_speech, windows in groupby(one >= _SPEECH for one in speech.measure_speech(path)):
        count = sum(1 for _ in windows)
        if is_speech and not pauses:
            pauses.append(Pause(max(0.0, at * _WINDOW - _LEAD), 0.0, 0.0))
        if is_speech or (pauses and count < _MIN_PAUSE):
            spoken += count
        elif pauses:
            pauses.append(Pause((at + count / 2) * _WINDOW, spoken * _WINDOW, count * _WINDOW))
        at += count
    if pauses and pauses[-1].spoken < spoken * _WINDOW:
        pauses.append(Pause(at * _WINDOW, spoken * _WINDOW, 0.0))
    return pauses


def load_decoder(**options: Any) -> Any:
    """Return a decoder of pocketsphinx; raise UsageError if it is not installed."""
    try:
        import pocketsphinx
    except ImportError as error:
        raise UsageError(_NOT_INSTALLED) from error
    return pocketsphinx.Decoder(loglevel="FATAL", samprate=RATE, **options)


def list_segments(decoder: Any, data: bytes, start: float) -> Iterator[tuple[str, float, float]]:
    """Yield the words that a decoder finds in samples, with their times; `start` is added."""
    decoder.start_utt()
    decoder.process_raw(data, full_utt=True)
    decoder.end_utt()
    frame = 1 / decoder.config["frate"]
    for one in decoder.seg() or () if decoder.hyp() else ():
        if not one.word.startswith(("<", "[", "+", "(")):  # a filler
            name = one.word.partition("(")[0]  # of the second pronunciation: "the(2)"
            yield name, start + one.start_frame * frame, start + (one.end_frame + 1) * frame
