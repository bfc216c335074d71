"""Find the silent stretches of an audio file with FFmpeg's silencedetect filter."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from mediakeep.media import ffmpeg
from mediakeep.media.encoding import pcm_source
from mediakeep.media.encoding.filter_chain import run_filters
from mediakeep.media.encoding.pcm_source import Progress

_START, _END = "lavfi.silence_start", "lavfi.silence_end"


class SilentRange(NamedTuple):
    """A silent stretch, in seconds from the start of the file."""

    start: float
    end: float


def find_silence(
    path: Path,
    *,
    threshold: float = -50.0,
    min_seconds: float = 0.5,
    progress: Progress | None = None,
) -> list[SilentRange]:
    """Return the stretches in which all channels stay below a threshold, in dB of full scale.

    `progress` is called after each second of audio; what it raises stops the decoding. Raises
    Unreadable, NotAudio or DecodingFailed.
    """
    ranges, start = [], None
    with (
        pcm_source.open_source(path, progress, conceals=True) as source,
        ffmpeg.translate_errors(path),
    ):
        # The filter reports the last start and the last end in a frame, so that one must not be
        # longer than a silence.
        rate = source.format.sample_rate
        filters = [
            ("asetnsamples", f"n={max(1, min(int(min_seconds * rate), rate))}:p=0"),
            ("silencedetect", f"noise={threshold}dB:duration={min_seconds}"),
        ]
        for frame in run_filters(source.format, filters, source.frames()):
            metadata = frame.metadata
            times = [(float(metadata[key]), key) for key in (_START, _END) if key in metadata]
            for time, key in sorted(times):
                if key == _START:
                    start = max(0.0, time)
                elif start is not None:
                    ranges.append(SilentRange(start, time))
                    start = None
        if start is not None:
            ranges.append(SilentRange(start, source.samples / rate))
    return ranges
