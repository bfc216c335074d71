"""Transcribe speech with an engine that is installed, and its model in a local path.

Each worker process loads a model once.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Literal

from msgspec import Meta

from mediakeep.errors import ItemFailed
from mediakeep.media.speech import recognition
from mediakeep.media.speech.recognition import Engine
from mediakeep.processors import audio_output, transcripts
from mediakeep.processors.interface import (
    Category,
    Description,
    Parameters,
    Processor,
    ProcessResult,
)
from mediakeep.setting_fields import UserPath


class TranscriberParameters(Parameters, frozen=True, kw_only=True):
    """The parameters of `transcriber`."""

    engine: Annotated[
        Literal["pocketsphinx", "faster-whisper", "vosk", "whisper.cpp"],
        Meta(description="Speech recognition; pocketsphinx needs no model, and errs often."),
    ] = "pocketsphinx"
    model: Annotated[
        UserPath,
        Meta(
            description="Model of the engine; with --download, its name.", extra={"metavar": "PATH"}
        ),
    ] = ""
    language: Annotated[
        str, Meta(description="Language such as en, for whisper; none: as it detects.")
    ] = ""
    download: Annotated[
        bool, Meta(description="Let faster-whisper download the model if it is missing.")
    ] = False
    formats: transcripts.Formats = ("txt", "srt", "vtt", "json")


def process(input_path: Path, output_dir: Path, **params: Any) -> ProcessResult:
    """Write what is said in a file; `resource` is the engine with its model."""
    engine: Engine = params.pop("resource")
    wanted = TranscriberParameters(**params)
    try:
        words = list(engine(input_path))
    except (RuntimeError, ValueError) as error:  # of the engine, such as for a language
        raise ItemFailed(f"{input_path.name} not transcribed: {error}") from error
    with audio_output.open_outputs(output_dir, input_path) as outputs:
        transcripts.write_transcript(outputs, input_path.stem, words, wanted.formats)
        return ProcessResult(True, outputs.place(output_dir), {"words": len(words)})


@contextmanager
def open_engine(parameters: TranscriberParameters) -> Iterator[Engine]:
    """Load an engine and its model; raise UsageError if one is missing."""
    wanted = parameters
    yield recognition.load_engine(
        wanted.engine, wanted.model, wanted.language, download=wanted.download
    )


PROCESSOR = Processor(
    Description(
        "transcriber",
        "1",
        Category.ANALYSIS,
        "Write what is said as text, captions and word times.",
        TranscriberParameters,
        extra="speech",
    ),
    process,
    open=open_engine,
)
