"""Find the times of a known English text in a recording of it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from msgspec import Meta

from mediakeep import path_text
from mediakeep.errors import UsageError
from mediakeep.media.speech import alignment
from mediakeep.processors import audio_output, transcripts
from mediakeep.processors.interface import (
    Category,
    Description,
    Parameters,
    Processor,
    ProcessResult,
)
from mediakeep.setting_fields import UserPath
from mediakeep.untrusted_files import read_bytes


class AlignerParameters(Parameters, frozen=True, kw_only=True):
    """The parameters of `aligner`."""

    text: Annotated[
        UserPath,
        Meta(
            description="Text that is spoken, or a folder with texts named like the inputs;"
            " none: next to the input, with the suffix .txt.",
            extra={"metavar": "PATH"},
        ),
    ] = ""
    formats: transcripts.Formats = ("srt", "vtt", "json")


def process(input_path: Path, output_dir: Path, **params: Any) -> ProcessResult:
    """Write the words of a text with their times."""
    wanted = AlignerParameters(**params)
    text = _read_text(input_path, wanted.text)
    words, guessed = alignment.align(input_path, text)
    with audio_output.open_outputs(output_dir, input_path) as outputs:
        transcripts.write_transcript(outputs, input_path.stem, words, wanted.formats)
        transcripts.write_chapters(outputs, input_path.stem, alignment.find_chapters(text, words))
        metrics = {"words": len(words), "guessed_words": guessed}
        return ProcessResult(True, outputs.place(output_dir), metrics)


def _read_text(path: Path, given: str) -> str:
    source = path_text.to_path(given) if given else path.with_suffix(".txt")
    if source.is_dir():
        source /= f"{path.stem}.txt"
    try:
        return read_bytes(source).decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        shown, cause = path_text.display_path(source), getattr(error, "strerror", "it is not UTF-8")
        raise UsageError(f"Text {shown} not read: {cause}. Name it with --text.") from error


PROCESSOR = Processor(
    Description(
        "aligner",
        "1",
        Category.ANALYSIS,
        "Find the times of a known English text: captions, word times and chapters.",
        AlignerParameters,
        extra="speech",
    ),
    process,
)
