"""Transcribe speech with an engine that is installed, and its model in a local path.

pocketsphinx has a model of English in its wheel. The others need `model`; nothing is downloaded
unless `download` is set. Each worker process loads a model once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from mediakeep import path_text
from mediakeep.errors import ItemFailed, UsageError
from mediakeep.processors import audio_output, speech_engines, transcripts
from mediakeep.processors.interface import (
    Category,
    Description,
    Parameters,
    Processor,
    ProcessResult,
)
from mediakeep.processors.transcripts import Word
from mediakeep.setting_fields import UserPath

_MAX_SEGMENT = 30.0  # seconds that pocketsphinx decodes at once
_FULL_SCALE = 32768.0
_GGML = b"lmgg"  # the first bytes of a model of whisper.cpp

_Engine = Callable[[Path], Iterator[Word]]


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
    engine: _Engine = params.pop("resource")
    wanted = TranscriberParameters(**params)
    try:
        words = list(engine(input_path))
    except (RuntimeError, ValueError) as error:  # of the engine, such as for a language
        raise ItemFailed(f"{input_path.name} not transcribed: {error}") from error
    with audio_output.open_outputs(output_dir, input_path) as outputs:
        transcripts.write_transcript(outputs, input_path.stem, words, wanted.formats)
        return ProcessResult(True, outputs.place(output_dir), {"words": len(words)})


@contextmanager
def open_engine(parameters: TranscriberParameters) -> Iterator[_Engine]:
    """Load an engine and its model; raise UsageError if one is missing."""
    name, model = parameters.engine, parameters.model
    path = path_text.to_path(model) if model else None
    may_download = parameters.download and name == "faster-whisper"
    shown = path_text.display_path(path) if path else "none is given"
    if name != "pocketsphinx" and not (model and (may_download or (path and path.exists()))):
        raise UsageError(f"No model of {name} ({shown}). Give the path of one with --model.")
    try:
        engine = _ENGINES[name](parameters)
    except ImportError as error:
        extra = name.replace(".", "")
        cure = f'Install it with: pip install "mediakeep[{extra}]"'
        raise UsageError(f"{name} is not installed. {cure}") from error
    except UsageError:
        raise
    except Exception as error:  # vosk raises no other class
        cure = f"Give the path of a model of {name} with --model."
        raise UsageError(f"Model {shown} of {name} not loaded: {error}. {cure}") from error
    yield engine


def _load_pocketsphinx(_: TranscriberParameters) -> _Engine:
    decoder = speech_engines.load_decoder()

    def transcribe(path: Path) -> Iterator[Word]:
        reader = speech_engines.PcmReader(speech_engines.decode_speech(path))
        borders = list[float]()
        for pause in speech_engines.find_speech_pauses(path):
            while borders and pause.middle - borders[-1] > _MAX_SEGMENT:
                borders.append(borders[-1] + _MAX_SEGMENT)
            borders.append(pause.middle)
        for start, end in pairwise(borders):
            data = reader.read(start, end)
            for one in speech_engines.list_segments(decoder, data, start):
                yield Word(*one)
        reader.finish()

    return transcribe


def _load_faster_whisper(parameters: TranscriberParameters) -> _Engine:
    from faster_whisper import WhisperModel

    local = not parameters.download
    model = WhisperModel(parameters.model, compute_type="int8", local_files_only=local)

    def transcribe(path: Path) -> Iterator[Word]:
        samples, language = _decode_floats(path), parameters.language or None
        segments, _ = model.transcribe(
            samples, language=language, word_timestamps=True, vad_filter=True
        )  # without the filter, it finds words in silence
        for segment in segments:
            for one in segment.words or ():
                yield Word(one.word.strip(), float(one.start), float(one.end))  # of numpy

    return transcribe


def _load_vosk(parameters: TranscriberParameters) -> _Engine:
    import vosk

    vosk.SetLogLevel(-1)  # errors only
    model = vosk.Model(str(path_text.to_path(parameters.model)))

    def transcribe(path: Path) -> Iterator[Word]:
        recognizer = vosk.KaldiRecognizer(model, speech_engines.RATE)
        recognizer.SetWords(True)
        for data in speech_engines.decode_speech(path):
            if recognizer.AcceptWaveform(data):
                yield from _parse_vosk(recognizer.Result())
        yield from _parse_vosk(recognizer.FinalResult())

    return transcribe


def _parse_vosk(text: str) -> Iterator[Word]:
    found: Mapping[str, Any] = msgspec.json.decode(text)
    for one in found.get("result", ()):
        yield Word(one["word"], one["start"], one["end"])


def _load_whisper_cpp(parameters: TranscriberParameters) -> _Engine:
    from pywhispercpp.model import Model

    path = path_text.to_path(parameters.model)
    with path.open("rb") as file:
        if file.read(len(_GGML)) != _GGML:
            raise ValueError("it is no file of ggml")  # whisper.cpp would crash
    model = Model(
        str(path), redirect_whispercpp_logs_to=None, print_progress=False, print_realtime=False
    )

    def transcribe(path: Path) -> Iterator[Word]:
        language = parameters.language or "auto"
        for one in model.transcribe(_decode_floats(path), language=language):
            yield Word(one.text.strip(), one.t0 / 100, one.t1 / 100)  # a phrase

    return transcribe


def _decode_floats(path: Path) -> Any:
    """Return the samples of a file as a numpy array, which engines bring along."""
    import numpy

    data = b"".join(speech_engines.decode_speech(path))
    return numpy.frombuffer(data, numpy.int16).astype(numpy.float32) / _FULL_SCALE


_ENGINES = {
    "pocketsphinx": _load_pocketsphinx,
    "faster-whisper": _load_faster_whisper,
    "vosk": _load_vosk,
    "whisper.cpp": _load_whisper_cpp,
}

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
