"""Processors of WAV files that need no decoder, and one that does what none may do.

Each call is noted in the folder that NOTES names, so that tests can count them.
"""

from __future__ import annotations

import array
import contextlib
import json
import os
import signal
import time
import wave
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from msgspec import Meta

from mediakeep.errors import ItemFailed
from mediakeep.processors.interface import (
    Category,
    Description,
    Parameters,
    Processor,
    ProcessResult,
)


def note(name: str, path: Path) -> None:
    """Note that a processor was called with a file.

    WAITS says which calls go on after which notes, by how both begin.
    """
    if folder := os.environ.get("NOTES"):
        line, calls = f"{name} {path.name}\n", Path(folder, "calls")
        handle = os.open(calls, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.write(handle, os.fsencode(line))
        os.close(handle)
        for begin, awaited in json.loads(os.environ.get("WAITS", "{}")).items():
            while line.startswith(begin) and f"\n{awaited}" not in f"\n{calls.read_text()}":
                time.sleep(0.01)


def read_samples(path: Path) -> array.array[int]:
    """Return the samples of a WAV file; raise ItemFailed if it is none."""
    try:
        with wave.open(str(path)) as source:
            return array.array("h", source.readframes(source.getnframes()))
    except (wave.Error, EOFError) as error:
        raise ItemFailed(f"{path.name} is not WAV: {error}.") from error


def write_samples(path: Path, samples: array.array[int]) -> Path:
    """Write a mono WAV file."""
    with wave.open(str(path), "wb") as target:
        target.setparams((1, 2, 8000, 0, "NONE", ""))
        target.writeframes(samples.tobytes())
    return path


class HalveParameters(Parameters, frozen=True, kw_only=True):
    """The parameters of `halve`."""

    times: Annotated[int, Meta(ge=1, le=8, description="How often.")] = 1
    suffix: Annotated[
        Literal["none", "-quiet", "-soft"], Meta(description="The end of the name.")
    ] = "none"


def halve(
    input_path: Path, output_dir: Path, *, times: int, suffix: str, resource: dict[str, int]
) -> ProcessResult:
    """Divide all samples by a power of two."""
    note("halve", input_path)
    divisor = resource["divisor"] ** times
    samples = array.array("h", (sample // divisor for sample in read_samples(input_path)))
    path = write_samples(
        output_dir / f"{input_path.stem}{suffix.removeprefix('none')}.wav", samples
    )
    return ProcessResult(True, (path,), {"samples": len(samples)})


@contextlib.contextmanager
def open_divisor(_: HalveParameters) -> Iterator[dict[str, int]]:
    note("open", Path("divisor"))
    yield {"divisor": 2}


class CutParameters(Parameters, frozen=True, kw_only=True):
    """The parameters of `cut`."""

    length: Annotated[int, Meta(ge=1, description="Samples of a piece.", extra={"unit": "samples"})]
    labels: Annotated[str, Meta(description="A file.", extra={"is_path": True})] = ""


def cut(input_path: Path, output_dir: Path, *, length: int, labels: str) -> ProcessResult:
    """Cut a file into pieces of equal length."""
    note("cut", input_path)
    samples, pieces = read_samples(input_path), []
    for number, first in enumerate(range(0, len(samples), length), 1):
        path = output_dir / f"{input_path.stem}_{number:03}.wav"
        pieces.append(write_samples(path, samples[first : first + length]))
    return ProcessResult(True, tuple(pieces), {"pieces": len(pieces)})


def count(input_path: Path, output_dir: Path) -> ProcessResult:
    """Write how many samples a file has; an analysis."""
    note("count", input_path)
    path = output_dir / f"{input_path.stem}.txt"
    path.write_text(f"{len(read_samples(input_path))}\n")
    return ProcessResult(True, (path,))


def level(input_path: Path, output_dir: Path, *, combined: int | None = None) -> ProcessResult:
    """Subtract the highest sample of all files from all samples."""
    note("level", input_path)
    samples = array.array("h", (sample - (combined or 0) for sample in read_samples(input_path)))
    return ProcessResult(True, (write_samples(output_dir / input_path.name, samples),))


def measure_peak(input_path: Path, _: Parameters) -> int:
    note("measure", input_path)
    return max(read_samples(input_path))


def combine_peaks(peaks: Sequence[int], _: Parameters) -> int:
    return max(peaks, default=0) // int("COMBINE_FAILS" not in os.environ)


class MisbehaveParameters(Parameters, frozen=True, kw_only=True):
    """The parameters of `misbehave`: what it does with the files whose names match."""

    how: Annotated[
        Literal["nothing", "elsewhere", "hang", "die", "eat", "link", "change", "raise", "full"],
        Meta(description="What it does."),
    ]
    only: Annotated[str, Meta(description="A part of the names.")] = ""


def misbehave(input_path: Path, output_dir: Path, *, how: str, only: str) -> ProcessResult:
    """Do what no processor may do, after writing half of an output; nothing if MENDED is set."""
    note("misbehave", input_path)
    path = output_dir / input_path.name
    if only not in input_path.name or how == "nothing" or "MENDED" in os.environ:
        path.write_bytes(input_path.read_bytes())
        return ProcessResult(True, (path,))
    path.write_bytes(b"half")
    if how == "elsewhere":
        path = input_path.parent / "elsewhere.wav"
        path.write_bytes(b"elsewhere")
    elif how == "hang":
        time.sleep(1_000_000)
    elif how == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    elif how == "eat":
        eaten: list[Any] = []
        while True:
            eaten.append(bytearray(1 << 24))
    elif how == "link":
        path = output_dir / "link.wav"
        path.symlink_to(input_path)
    elif how == "change":
        with input_path.open("ab") as stream:
            stream.write(b"more")
    elif how == "raise":
        raise RuntimeError("it was not foreseen")
    elif how == "full":
        raise ItemFailed("The processor cannot write: no space left.")
    return ProcessResult(True, (path,))


def _build(name: str, kind: type[Parameters], function: Any, **more: Any) -> Processor:
    category = more.pop("category", Category.MANIPULATION)
    version = os.environ.get(f"VERSION_{name.upper()}", "1")
    return Processor(Description(name, version, category, name, kind), function, **more)


HALVE = _build("halve", HalveParameters, halve, open=open_divisor)
CUT = _build("cut", CutParameters, cut)
COUNT = _build("count", Parameters, count, category=Category.ANALYSIS)
LEVEL = _build("level", Parameters, level, measure=measure_peak, combine=combine_peaks)
MISBEHAVE = _build("misbehave", MisbehaveParameters, misbehave)
