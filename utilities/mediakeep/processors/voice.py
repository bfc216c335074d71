"""Improve recordings of speech with FFmpeg's filters: noise, dynamics, silence, whole chains.

The chains are data. FFmpeg 8.1 in PyAV 18.1 has `equalizer`, `highpass` and `lowpass`, but they
change nothing there, so `anequalizer` and `asubcut` are used, which do. A band is written once, and
repeated for each channel; one that the sample rate cannot have is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Literal

from msgspec import Meta

from mediakeep.errors import ItemFailed, UsageError
from mediakeep.media.encoding import audio_input, loudness_plan, silence
from mediakeep.media.encoding.filter_chain import Filter
from mediakeep.media.encoding.pcm_source import PcmFormat
from mediakeep.processors.audio_output import AudioParameters
from mediakeep.processors.converter import write_filtered
from mediakeep.processors.interface import Category, Description, Processor, ProcessResult

_EQUALIZER = "anequalizer"
_FREQUENCY = re.compile(r"f=(\d+)")
_BASS, _MIDDLE, _TREBLE = 120, 1000, 6000  # Hz
_PEAK = -1.0  # dBTP
_COMPRESSOR = "threshold=-22dB:ratio=3:attack=10:release=200"

# Filters in their order, and then the loudness in LUFS.
CHAINS: dict[str, tuple[tuple[Filter, ...], float]] = {
    "podcast": (
        (
            ("asubcut", "cutoff=80"),
            ("afftdn", "nr=10:tn=1"),
            ("deesser", "i=0.3"),
            ("acompressor", _COMPRESSOR),
            (_EQUALIZER, "f=3500 w=3500 g=2"),
        ),
        -16.0,
    ),
    "audiobook": (
        (
            ("asubcut", "cutoff=70"),
            ("afftdn", "nr=8:tn=1"),
            ("acompressor", "threshold=-24dB:ratio=2:attack=20:release=250"),
        ),
        -20.0,
    ),
    "phone": (
        (
            ("asubcut", "cutoff=200"),
            ("aresample", "8000"),
            ("afftdn", "nr=15:tn=1"),
            ("acompressor", "threshold=-25dB:ratio=4:attack=5:release=150"),
        ),
        -18.0,
    ),
}

_Gain = Annotated[float, Meta(ge=-20, le=20, extra={"unit": "dB"})]


class NoiseParameters(AudioParameters, frozen=True, kw_only=True):
    """The parameters of `noise-reduce`."""

    reduction: Annotated[
        float, Meta(gt=0, le=97, description="Reduction of the noise.", extra={"unit": "dB"})
    ] = 12.0
    floor: (
        Annotated[
            float,
            Meta(
                ge=-80,
                le=-20,
                description="Level of the noise; none: followed.",
                extra={"unit": "dB"},
            ),
        ]
        | None
    ) = None


class DynamicsParameters(AudioParameters, frozen=True, kw_only=True):
    """The parameters of `dynamics`."""

    threshold: Annotated[
        float,
        Meta(ge=-60, le=0, description="Level from which it compresses.", extra={"unit": "dB"}),
    ] = -20.0
    ratio: Annotated[float, Meta(ge=1, le=20, description="Ratio of the compression; 1: none.")] = (
        3.0
    )
    attack: Annotated[
        float, Meta(ge=0.01, le=2000, description="Time to compress.", extra={"unit": "ms"})
    ] = 20.0
    release: Annotated[
        float, Meta(ge=0.01, le=9000, description="Time to recover.", extra={"unit": "ms"})
    ] = 250.0
    makeup: Annotated[
        float, Meta(ge=0, le=36, description="Gain afterwards.", extra={"unit": "dB"})
    ] = 0.0
    bass: Annotated[_Gain, Meta(description="Gain around 120 Hz.")] = 0.0
    middle: Annotated[_Gain, Meta(description="Gain around 1 kHz.")] = 0.0
    treble: Annotated[_Gain, Meta(description="Gain around 6 kHz.")] = 0.0


class TrimParameters(AudioParameters, frozen=True, kw_only=True):
    """The parameters of `trimmer`."""

    start: Annotated[
        float, Meta(ge=0, description="What is before is removed.", extra={"unit": "s"})
    ] = 0.0
    end: (
        Annotated[float, Meta(gt=0, description="What is after is removed.", extra={"unit": "s"})]
        | None
    ) = None
    silence: Annotated[bool, Meta(description="Remove silence at the start and the end.")] = True
    threshold: Annotated[
        float, Meta(ge=-120, le=0, description="Level of silence.", extra={"unit": "dB"})
    ] = -50.0
    keep: Annotated[
        float,
        Meta(ge=0, le=60, description="Silence to keep at the ends.", extra={"unit": "s"}),
    ] = 0.1
    max_pause: Annotated[
        float,
        Meta(
            ge=0,
            le=3600,
            description="Shorten longer pauses to this; 0: keep them.",
            extra={"unit": "s"},
        ),
    ] = 0.0


class EnhanceParameters(AudioParameters, frozen=True, kw_only=True):
    """The parameters of `voice-enhance`."""

    chain: Annotated[
        Literal["podcast", "audiobook", "phone"], Meta(description="What the speech is for.")
    ] = "podcast"


def reduce_noise(input_path: Path, output_dir: Path, **params: Any) -> ProcessResult:
    """Reduce steady noise; its level is followed unless it is given."""
    wanted = NoiseParameters(**params)
    level = "tn=1" if wanted.floor is None else f"nf={wanted.floor}"
    filters = [("afftdn", f"nr={wanted.reduction}:{level}")]
    return write_filtered(input_path, output_dir, wanted, filters)


def change_dynamics(input_path: Path, output_dir: Path, **params: Any) -> ProcessResult:
    """Compress the dynamic range, and change bass, middle and treble."""
    wanted = DynamicsParameters(**params)
    options = f"ratio={wanted.ratio}:attack={wanted.attack}:release={wanted.release}"
    filters = [
        ("acompressor", f"threshold={wanted.threshold}dB:{options}:makeup={wanted.makeup}dB")
    ]
    bands = ((_BASS, wanted.bass), (_MIDDLE, wanted.middle), (_TREBLE, wanted.treble))
    filters += [(_EQUALIZER, f"f={band} w={band} g={gain}") for band, gain in bands if gain]
    selected = list(_select(filters, audio_input.read_format(input_path)))
    return write_filtered(input_path, output_dir, wanted, selected)


def trim(input_path: Path, output_dir: Path, **params: Any) -> ProcessResult:
    """Cut a range out, without the silence at its ends, and shorten pauses."""
    wanted = TrimParameters(**params)
    rate, samples = audio_input.read_length(input_path)
    start, end = wanted.start, samples / rate if wanted.end is None else wanted.end
    if not start < end <= samples / rate + 1:
        length = f"{samples / rate:.3f} s"
        raise UsageError(f"{input_path.name} has {length}: no range from {start:g} to {end:g} s.")
    if wanted.silence:
        ranges = silence.find_silence(
            input_path, threshold=wanted.threshold, min_seconds=max(wanted.keep, 1 / rate)
        )
        for one in ranges:
            if one.start <= start < one.end:
                start = max(start, one.end - wanted.keep)
            if one.start < end <= one.end + 1 / rate:
                end = min(end, max(one.start, wanted.start) + wanted.keep)
        if start >= end or any(one.start <= start and one.end >= end for one in ranges):
            raise ItemFailed(f"{input_path.name} has only silence.")
    options = f"stop_duration={wanted.max_pause}:stop_threshold={wanted.threshold}dB"
    filters = [("silenceremove", f"stop_periods=-1:detection=peak:window=0:{options}")]
    made = write_filtered(
        input_path,
        output_dir,
        wanted,
        filters if wanted.max_pause else [],
        sample_range=(round(start * rate), round(end * rate)),
    )
    times = {"start": round(start, 3), "end": round(end, 3)}
    return replace(made, metrics={**times, **made.metrics})


def enhance(input_path: Path, output_dir: Path, **params: Any) -> ProcessResult:
    """Apply a chain of filters, and give the result its loudness."""
    wanted = EnhanceParameters(**params)
    chain, target = CHAINS[wanted.chain]
    filters = list(_select(chain, audio_input.read_format(input_path)))
    plan = loudness_plan.plan_loudness(input_path, target, _PEAK, earlier=filters)
    return write_filtered(input_path, output_dir, wanted, filters, plan=plan)


def _select(filters: Sequence[Filter], audio: PcmFormat) -> Iterator[Filter]:
    """Yield filters for audio of a format, with each band for all channels."""
    for name, options in filters:
        if name != _EQUALIZER:
            yield name, options
        elif int(_FREQUENCY.findall(options)[0]) < audio.sample_rate / 2:
            yield name, "|".join(f"c{channel} {options}" for channel in range(audio.channels))


def _build(name: str, summary: str, kind: type[AudioParameters], process: Any) -> Processor:
    return Processor(Description(name, "1", Category.VOICE, summary, kind), process)


NOISE_REDUCE = _build("noise-reduce", "Reduce steady noise.", NoiseParameters, reduce_noise)
DYNAMICS = _build(
    "dynamics", "Compress the dynamic range, and equalize.", DynamicsParameters, change_dynamics
)
TRIMMER = _build(
    "trimmer", "Remove silence at the ends, shorten pauses, cut a range.", TrimParameters, trim
)
ENHANCE = _build(
    "voice-enhance", "Apply a whole chain for speech, with loudness.", EnhanceParameters, enhance
)
