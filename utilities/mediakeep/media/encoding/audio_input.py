"""Decode an audio file, or the audio of a video, and fail with the position if it is damaged."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from msgspec import structs

from mediakeep.errors import AudioDamaged, DecodingFailed, NotAudio, Truncated
from mediakeep.media.audio import tags
from mediakeep.media.audio.decode import damage
from mediakeep.media.audio.decode.decoder import DecodeResult
from mediakeep.media.audio.model import AudioProperties
from mediakeep.media.encoding import decode_check, filter_chain, pcm_source, wav_ranges
from mediakeep.media.encoding.pcm_source import PcmFormat, PcmSource
from mediakeep.media.encoding.wav_ranges import WavRange
from mediakeep.media.transfer.model import AllTags

_MAX_POSITIONS = 5  # in a message


@dataclass
class AudioInput:
    """An open file: its properties, its frames, which can be read once, and what they show.

    The frames need not be read if the samples are copied.
    """

    path: Path
    facts: AudioProperties
    source: PcmSource
    frames: Iterator[Any]
    decoded: DecodeResult
    is_copied: bool = False

    def read_tags(self) -> AllTags | None:
        """Return the tags that new files get; None for a video."""
        from mediakeep.media.transfer import read_tags  # here, as --help must be quick

        return read_tags.read_all_tags(self.path) if self.facts.size else None

    @property
    def format(self) -> PcmFormat:
        return self.source.format

    def split(
        self, ranges: Iterable[tuple[int, int | None]], *, copies: bool
    ) -> Iterator[Iterator[Any]] | Iterator[WavRange]:
        """Yield the frames of each range of samples, until there are no more.

        With `copies`, the samples of a WAV file are copied if no decoding is needed to check it.
        """
        samples = wav_ranges.find_samples(self.path, self.source.file) if copies else None
        self.is_copied = self.decoded.has_checked_length = samples is not None
        return samples.split(ranges) if samples else filter_chain.split_frames(self.frames, ranges)

    def find_damage(self) -> str:
        """Return a phrase that says what is damaged, or "", after all frames were read."""
        if self.facts.size:
            return decode_check.find_damage(self.path, self.decoded)
        # of a video, nothing but decoding shows damage
        positions = map(damage.format_position, self.decoded.error_positions[:_MAX_POSITIONS])
        return f"at {', '.join(positions)}" if self.decoded.error_positions else ""


@contextmanager
def open_input(path: Path, *, conceals: bool = False) -> Iterator[AudioInput]:
    """Open an audio file, or the audio of a video; at the end of the block, all was decoded.

    Raises AudioDamaged if a part of it cannot be decoded or is missing, unless `conceals` replaces
    it by silence, and Unreadable, NotAudio or DecodingFailed.
    """
    decoded = DecodeResult()
    with pcm_source.open_source(path, conceals=conceals) as source:
        frames = decode_check.iter_frames(source, decoded)
        facts = read_facts(path, source)
        if not conceals and damage.is_truncated(facts):
            raise AudioDamaged(path, facts.truncated)
        if (first := next(frames, None)) is None:
            raise DecodingFailed(path, "it has no sound")
        opened = AudioInput(path, facts, source, chain([first], frames), decoded)
        yield opened
        deque(() if opened.is_copied else frames, 0)
    if not conceals and (found := opened.find_damage()):
        raise AudioDamaged(path, found)


def read_format(path: Path) -> PcmFormat:
    """Return the format of a file as it is decoded."""
    with pcm_source.open_source(path) as source:
        return source.format


def read_length(path: Path) -> tuple[int, int]:
    """Return the sample rate and the number of samples of a file, which may be damaged.

    Raise DecodingFailed if it has none.
    """
    with pcm_source.open_source(path) as source:
        if not source.has_exact_length:
            deque(source.frames(lambda *_: None), 0)
        if not (samples := source.samples or source.declared_samples):
            raise DecodingFailed(path, "it has no sound")
        return source.format.sample_rate, samples


def filter_file(
    path: Path, filters: Sequence[tuple[str, str]], *, makes_pictures: bool = False
) -> Iterator[Any]:
    """Yield the frames or pictures that filters output for a file, which may be damaged."""
    with pcm_source.open_source(path) as source:
        frames = source.frames(lambda *_: None)
        yield from filter_chain.run_filters(
            source.format, filters, frames, makes_pictures=makes_pictures
        )


def read_facts(path: Path, source: PcmSource) -> AudioProperties:
    """Return the properties of an open file; its `codec` is FFmpeg's, the `size` of a video 0."""
    try:
        return structs.replace(tags.read(path).facts, codec=source.codec)
    except Truncated:
        raise
    except NotAudio:
        return AudioProperties(
            format=source.codec,
            codec=source.codec,
            lossless=bool(source.format.bits),
            sample_rate=source.format.sample_rate,
            channels=source.format.channels,
            bits=source.format.bits,
        )
