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
        filters = [("silencedetect", f"noise={threshold}dB:duration={min_seconds}")]
        for frame in run_filters(source.format, filters, source.frames()):
            metadata = frame.metadata
            if _END in metadata and start is not None:
                ranges.append(SilentRange(start, float(metadata[_END])))
                start = None
            if _START in metadata:
                start = max(0.0, float(metadata[_START]))
        if start is not None:
            ranges.append(SilentRange(start, source.samples / source.format.sample_rate))
    return ranges
