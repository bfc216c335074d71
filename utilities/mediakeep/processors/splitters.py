"""Split audio into pieces, exact to the sample: of equal length, at silence, or at timestamps.

The pieces joined again are the input, but for silence-splitting and timestamps that leave parts
out. Lossless formats lose nothing; lossy ones are encoded again, as their packets overlap.
"""

from __future__ import annotations

import bisect
import functools
import itertools
import math
from array import array
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, NamedTuple

from msgspec import Meta

from mediakeep import path_text
from mediakeep.errors import UsageError
from mediakeep.media.chapters import chapter_files
from mediakeep.media.chapters.chapters import ChapterMark
from mediakeep.media.chapters.timeline import Timeline
from mediakeep.media.encoding import pcm_source, silence
from mediakeep.media.encoding.silence import SilentRange
from mediakeep.media.encoding.wav_ranges import WavRange
from mediakeep.processors import audio_input, audio_output
from mediakeep.processors.audio_output import AudioParameters
from mediakeep.processors.interface import Category, Description, Processor, ProcessResult
from mediakeep.setting_fields import UserPath

_MIN_DIGITS = 3  # in the names of pieces
_WINDOW = 0.05  # seconds, whose peak tells noise from sound
_MAX_WINDOWS = 4000  # of a file that tell its noise from its sound
_NOISE_SHARE = 0.05  # of the windows of a file are no louder than its noise
_SOUND_SHARE = 0.9
_ABOVE_NOISE = 0.25  # of the distance from noise to sound, in dB
_MIN_ABOVE_NOISE = 3.0  # dB
_LEAST_GAP = 0.1  # seconds between two timestamps that are left out; less is rounding
_THRESHOLDS = (-70.0, -20.0)  # dB; a found one is between them


class FixedParameters(AudioParameters, frozen=True, kw_only=True):
    """The parameters of `splitter-fixed`."""

    duration: Annotated[
        float,
        Meta(
            gt=0,
            le=1e6,
            description="Length of a piece; the last has the rest.",
            extra={"unit": "s"},
        ),
    ]


class SilenceParameters(AudioParameters, frozen=True, kw_only=True):
    """The parameters of `splitter-silence`."""

    threshold: (
        Annotated[
            float,
            Meta(
                ge=-120,
                le=0,
                description="Level below which audio is silent; none: from the noise of the input.",
                extra={"unit": "dB"},
            ),
        ]
        | None
    ) = None
    min_silence: Annotated[
        float,
        Meta(gt=0, le=3600, description="Shortest silence to cut in.", extra={"unit": "s"}),
    ] = 0.5
    min_piece: Annotated[float, Meta(ge=0, description="Shortest piece.", extra={"unit": "s"})] = (
        1.0
    )
    max_minutes: Annotated[
        float,
        Meta(
            ge=0,
            description="Longest piece, cut at its longest silence; 0: any length.",
            extra={"unit": "min"},
        ),
    ] = 0


class TimestampParameters(AudioParameters, frozen=True, kw_only=True):
    """The parameters of `splitter-timestamps`."""

    timestamps: Annotated[
        UserPath,
        Meta(
            description="CUE sheet, Audacity labels, CSV or list of times;"
            " none: the chapters in the input.",
            extra={"metavar": "FILE"},
        ),
    ] = ""


class Piece(NamedTuple):
    """Samples from `start` up to, not with, `end`, and a title or ""."""

    start: int
    end: int | None
    title: str = ""


def split_fixed(input_path: Path, output_dir: Path, **params: Any) -> ProcessResult:
    """Split a file into pieces of equal length."""
    wanted = FixedParameters(**params)
    rate = audio_input.read_format(input_path).sample_rate
    borders = (round(wanted.duration * rate * number) for number in itertools.count())
    pieces = (Piece(start, end) for start, end in pairwise(borders))
    if wanted.duration * rate < 1:
        raise UsageError(f"{wanted.duration:g} s are less than a sample. Give a longer one.")
    return _write(input_path, output_dir, pieces, wanted, {})


def split_silence(input_path: Path, output_dir: Path, **params: Any) -> ProcessResult:
    """Split a file in the middle of its silences."""
    wanted = SilenceParameters(**params)
    with pcm_source.open_source(input_path) as source:
        rate, declared = source.format.sample_rate, source.declared_samples
    level = wanted.threshold
    if level is None:
        step = max(1, round(declared / rate / _WINDOW / _MAX_WINDOWS))
        level = find_threshold(_iter_peaks(input_path, rate, step))
    samples = deque([0], 1)
    ranges = silence.find_silence(
        input_path,
        threshold=level,
        min_seconds=wanted.min_silence,
        progress=lambda done, _: samples.append(done),
    )
    cuts = choose_cuts(ranges, samples[0] / rate, wanted.min_piece)
    if wanted.max_minutes:
        longest = wanted.max_minutes * 60
        read_peaks = functools.cache(lambda: array("f", _iter_peaks(input_path, rate)))
        cuts = list(_join_pieces(cuts, ranges, samples[0] / rate, longest, read_peaks))
    borders = [0, *(round(cut * rate) for cut in cuts), None]
    pieces = [Piece(start or 0, end) for start, end in pairwise(borders)]
    middles = {(one.start + one.end) / 2 for one in ranges}
    metrics = {
        "threshold": round(level, 1),
        "silences": len(ranges),
        "cuts_without_silence": sum(cut not in middles for cut in cuts),
    }
    return _write(input_path, output_dir, pieces, wanted, metrics)


def split_timestamps(input_path: Path, output_dir: Path, **params: Any) -> ProcessResult:
    """Split a file at the times of a list, or at its own chapters."""
    wanted = TimestampParameters(**params)
    rate, samples = audio_input.read_length(input_path)
    if wanted.timestamps:
        path = path_text.to_path(wanted.timestamps)
        timeline = Timeline((input_path,), (samples,), rate, ("",))
        marks, _ = chapter_files.read_marks(path, timeline)
    else:
        path = input_path
        marks = chapter_files.read_embedded_marks(input_path, samples, rate)
    pieces = place_pieces(marks, samples, rate, path)
    return _write(input_path, output_dir, pieces, wanted, {})


def find_threshold(peaks: Iterable[float]) -> float:
    """Return the level in dB below which a file is silent, from the peaks of its windows.

    It is a quarter of the way from the noise, which the quietest twentieth does not exceed, to the
    sound, which a tenth exceeds.
    """
    levels = sorted(peaks)
    if not levels:
        return _THRESHOLDS[0]
    noise = max(levels[int(len(levels) * _NOISE_SHARE)], _THRESHOLDS[0])
    sound = max(levels[int(len(levels) * _SOUND_SHARE)], noise)
    found = noise + max(_MIN_ABOVE_NOISE, (sound - noise) * _ABOVE_NOISE)
    return min(max(found, _THRESHOLDS[0]), _THRESHOLDS[1])


def _iter_peaks(path: Path, rate: int, step: int = 1) -> Iterator[float]:
    """Yield the peak of each window, or of one in `step`, in dB."""
    filters = [
        ("asetnsamples", f"n={max(1, round(_WINDOW * rate))}:p=0"),
        ("aselect", f"not(mod(n,{step}))"),
        ("astats", "metadata=1:reset=1:measure_perchannel=none:measure_overall=Peak_level"),
    ]
    for frame in audio_input.filter_file(path, filters):
        yield float(frame.metadata.get("lavfi.astats.Overall.Peak_level", "-inf"))


def choose_cuts(
    ranges: Sequence[SilentRange], seconds: float, min_piece: float = 0.0
) -> list[float]:
    """Return where to cut, in seconds: in the middle of silences, the longest ones first.

    No piece is shorter than `min_piece`.
    """
    cuts = [0.0, seconds]
    inner = [one for one in ranges if one.start > 0 and one.end < seconds]
    for one in sorted(inner, key=lambda one: one.start - one.end):
        middle = (one.start + one.end) / 2
        at = bisect.bisect(cuts, middle)
        if middle - cuts[at - 1] >= min_piece <= cuts[at] - middle:
            cuts.insert(at, middle)
    return cuts[1:-1]


def _join_pieces(
    cuts: Sequence[float],
    ranges: Sequence[SilentRange],
    seconds: float,
    longest: float,
    read_peaks: Callable[[], Sequence[float]],
) -> Iterator[float]:
    """Yield the cut with the longest silence in the second half of each longest piece.

    If there is no silence, it is cut in the quietest window of its second half.
    """
    length = {(one.start + one.end) / 2: one.end - one.start for one in ranges}
    start = 0.0
    while seconds - start > longest:
        middle, end = start + longest / 2, start + longest
        within = cuts[bisect.bisect(cuts, start) : bisect.bisect(cuts, end)]
        late = [cut for cut in within if cut > middle] or within
        if late:
            start = max(late, key=lambda cut: length[cut])
        else:
            peaks = read_peaks()
            windows = range(math.ceil(middle / _WINDOW), min(int(end / _WINDOW), len(peaks)))
            quietest = min(windows, key=peaks.__getitem__, default=end / _WINDOW - 0.5)
            start = (quietest + 0.5) * _WINDOW
        yield start


def place_pieces(
    marks: Iterable[ChapterMark], samples: int, rate: int, origin: Path
) -> list[Piece]:
    """Return the pieces that begin at marks; what is before the first is a piece, too.

    Marks that say where they end leave out what is between them. Raises UsageError if there is
    none, or one is after the end.
    """
    ordered = sorted(marks)
    if not ordered:
        raise UsageError(f"{origin} has no chapters. Name a list of times with --timestamps.")
    for mark in ordered:
        if not 0 <= mark.start < samples or mark.end > samples + rate:
            raise UsageError(
                f'{origin}: "{mark.title}" at {mark.start / rate:.2f} s ends after the audio, which'
                f" has {samples / rate:.2f} s. Correct it, then run again."
            )
    have_ends = all(mark.end > mark.start for mark in ordered)  # those of points do not
    starts = [*(mark.start for mark in ordered[1:]), samples]
    pieces = [
        Piece(mark.start, mark.end if is_left_out else following, mark.title)
        for mark, following in zip(ordered, starts, strict=True)
        for is_left_out in [have_ends and following - mark.end > _LEAST_GAP * rate]
    ]
    if ordered[0].start and not have_ends:
        pieces.insert(0, Piece(0, ordered[0].start, "Opening"))
    return [piece for piece in pieces if piece.end != piece.start]


def _write(
    input_path: Path,
    output_dir: Path,
    pieces: Iterable[Piece],
    wanted: AudioParameters,
    metrics: dict[str, Any],
) -> ProcessResult:
    """Write pieces of a file, which is decoded once at most, named by number and title."""
    kept, listed = itertools.tee(pieces)
    titles: list[str] = []
    with audio_output.open_outputs(output_dir, input_path) as outputs:
        with audio_input.open_input(input_path) as opened:
            parameters = audio_output.choose_parameters(opened.facts, wanted)
            tags = opened.read_tags()
            split = opened.split(
                ((piece.start, piece.end) for piece in kept),
                copies=audio_output.keeps_samples(opened.facts, parameters),
            )
            for number, (content, piece) in enumerate(zip(split, listed, strict=False), 1):
                new_tags = [("track", str(number))]
                new_tags += [("title", piece.title)] if piece.title else []
                if isinstance(content, WavRange):
                    outputs.copy(str(number), content, tags=tags, new_tags=new_tags)
                else:
                    outputs.write(
                        str(number),
                        content,
                        opened.format,
                        parameters,
                        tags=tags,
                        new_tags=new_tags,
                    )
                titles.append(piece.title)
        width = max(_MIN_DIGITS, len(str(len(titles))))
        outputs.rename(
            f"{input_path.stem}_{number:0{width}}{title and f' {title}'}"
            for number, title in enumerate(titles, 1)
        )
        return ProcessResult(True, outputs.place(output_dir), {**metrics, "pieces": len(titles)})


FIXED = Processor(
    Description(
        "splitter-fixed",
        "1",
        Category.MANIPULATION,
        "Split audio into pieces of equal length, exact to the sample.",
        FixedParameters,
    ),
    split_fixed,
)
SILENCE = Processor(
    Description(
        "splitter-silence",
        "1",
        Category.MANIPULATION,
        "Split audio in the middle of its silences.",
        SilenceParameters,
    ),
    split_silence,
)
TIMESTAMPS = Processor(
    Description(
        "splitter-timestamps",
        "1",
        Category.MANIPULATION,
        "Split audio at the times of a CUE sheet, labels, a CSV file, or its chapters.",
        TimestampParameters,
    ),
    split_timestamps,
)
