"""Split audio into pieces, exact to the sample: of equal length, at silence, or at timestamps.

The pieces joined again are the input, but for silence-splitting and timestamps that leave parts
out. Lossless formats lose nothing; lossy ones are encoded again, as their packets overlap.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, NamedTuple

from msgspec import Meta

from mediakeep import path_text
from mediakeep.errors import UsageError
from mediakeep.media.chapters import chapter_files
from mediakeep.media.chapters.chapters import ChapterMark
from mediakeep.media.chapters.timeline import Timeline
from mediakeep.media.encoding import audio_input, output_formats, silence_cuts
from mediakeep.media.encoding.wav_ranges import WavRange
from mediakeep.processors import audio_output
from mediakeep.processors.audio_output import AudioParameters
from mediakeep.processors.interface import Category, Description, Processor, ProcessResult
from mediakeep.setting_fields import UserPath

_MIN_DIGITS = 3  # in the names of pieces
_LEAST_GAP = 0.1  # seconds between two timestamps that are left out; less is rounding


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
    rate = audio_input.read_format(input_path).sample_rate
    found = silence_cuts.find_cuts(
        input_path,
        wanted.threshold,
        wanted.min_silence,
        wanted.min_piece,
        wanted.max_minutes * 60,
    )
    borders = [0, *(round(cut * rate) for cut in found.cuts), None]
    pieces = [Piece(start or 0, end) for start, end in pairwise(borders)]
    metrics = {
        "threshold": round(found.threshold, 1),
        "silences": found.silences,
        "cuts_without_silence": found.without_silence,
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
            parameters = output_formats.choose_parameters(
                opened.facts, wanted.format, wanted.bit_rate
            )
            tags = opened.read_tags()
            split = opened.split(
                ((piece.start, piece.end) for piece in kept),
                copies=output_formats.keeps_samples(opened.facts, parameters),
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
