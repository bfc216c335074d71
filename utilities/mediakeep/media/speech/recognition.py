"""Recognize words with an engine that is installed, and its model in a local path.

pocketsphinx has a model of English in its wheel. The others need a model; nothing is downloaded
unless the settings say so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec

from mediakeep import path_text
from mediakeep.errors import UsageError
from mediakeep.media.speech import detection, samples
from mediakeep.media.speech.samples import PcmReader
from mediakeep.media.speech.words import Word

_MAX_SEGMENT = 30.0  # seconds that pocketsphinx decodes at once
_FULL_SCALE = 32768.0
_GGML = b"lmgg"  # the first bytes of a model of whisper.cpp
_NOT_INSTALLED = (
    "pocketsphinx (speech recognition) is not installed."
    ' Install it with: pip install "mediakeep[speech]"'
)

Engine = Callable[[Path], Iterator[Word]]  # raises RuntimeError or ValueError of its own


def load_engine(name: str, model: str, language: str = "", *, download: bool = False) -> Engine:
    """Load an engine and its model; raise UsageError if one is missing.

    `model` is the escaped path of the model, or "". `language` is for whisper, "" to detect it.
    With `download`, faster-whisper may download the model of a name.
    """
    path = path_text.to_path(model) if model else Path()
    may_download = download and name == "faster-whisper"
    shown = path_text.display_path(path) if model else "none is given"
    if name != "pocketsphinx" and not (model and (may_download or path.exists())):
        raise UsageError(f"No model of {name} ({shown}). Give the path of one with --model.")
    try:
        match name:
            case "pocketsphinx":
                return _load_pocketsphinx()
            case "faster-whisper":
                return _load_faster_whisper(model, language, download=download)
            case "vosk":
                return _load_vosk(path)
            case _:
                return _load_whisper_cpp(path, language)
    except ImportError as error:
        cure = f'Install it with: pip install "mediakeep[{name.replace(".", "")}]"'
        raise UsageError(f"{name} is not installed. {cure}") from error
    except UsageError:
        raise
    except Exception as error:  # vosk raises no other class
        cure = f"Give the path of a model of {name} with --model."
        raise UsageError(f"Model {shown} of {name} not loaded: {error}. {cure}") from error


def _load_pocketsphinx() -> Engine:
    decoder = load_decoder()

    def transcribe(path: Path) -> Iterator[Word]:
        reader = PcmReader(samples.decode_speech(path))
        borders = list[float]()
        for pause in detection.find_speech_pauses(path):
            while borders and pause.middle - borders[-1] > _MAX_SEGMENT:
                borders.append(borders[-1] + _MAX_SEGMENT)
            borders.append(pause.middle)
        for start, end in pairwise(borders):
            data = reader.read(start, end)
            for one in list_segments(decoder, data, start):
                yield Word(*one)
        reader.finish()

    return transcribe


def _load_faster_whisper(name: str, language: str, *, download: bool) -> Engine:
    from faster_whisper import WhisperModel

    model = WhisperModel(name, compute_type="int8", local_files_only=not download)

    def transcribe(path: Path) -> Iterator[Word]:
        segments, _ = model.transcribe(
            _decode_floats(path), language=language or None, word_timestamps=True, vad_filter=True
        )  # without the filter, it finds words in silence
        for segment in segments:
            for one in segment.words or ():
                yield Word(one.word.strip(), float(one.start), float(one.end))  # of numpy

    return transcribe


def _load_vosk(path: Path) -> Engine:
    import vosk

    vosk.SetLogLevel(-1)  # errors only
    model = vosk.Model(str(path))

    def transcribe(path: Path) -> Iterator[Word]:
        recognizer = vosk.KaldiRecognizer(model, samples.RATE)
        recognizer.SetWords(True)
        for data in samples.decode_speech(path):
            if recognizer.AcceptWaveform(data):
                yield from _parse_vosk(recognizer.Result())
        yield from _parse_vosk(recognizer.FinalResult())

    return transcribe


def _parse_vosk(text: str) -> Iterator[Word]:
    found: Mapping[str, Any] = msgspec.json.decode(text)
    for one in found.get("result", ()):
        yield Word(one["word"], one["start"], one["end"])


def _load_whisper_cpp(path: Path, language: str) -> Engine:
    from pywhispercpp.model import Model

    with path.open("rb") as file:
        if file.read(len(_GGML)) != _GGML:
            raise ValueError("it is no file of ggml")  # whisper.cpp would crash
    model = Model(
        str(path), redirect_whispercpp_logs_to=None, print_progress=False, print_realtime=False
    )

    def transcribe(path: Path) -> Iterator[Word]:
        for one in model.transcribe(_decode_floats(path), language=language or "auto"):
            yield Word(one.text.strip(), one.t0 / 100, one.t1 / 100)  # a phrase

    return transcribe


def _decode_floats(path: Path) -> Any:
    """Return the samples of a file as a numpy array, which engines bring along."""
    import numpy

    data = b"".join(samples.decode_speech(path))
    return numpy.frombuffer(data, numpy.int16).astype(numpy.float32) / _FULL_SCALE


def load_decoder(**options: Any) -> Any:
    """Return a decoder of pocketsphinx; raise UsageError if it is not installed."""
    try:
        import pocketsphinx
    except ImportError as error:
        raise UsageError(_NOT_INSTALLED) from error
    return pocketsphinx.Decoder(loglevel="FATAL", samprate=samples.RATE, **options)


def list_segments(decoder: Any, data: bytes, start: float) -> Iterator[tuple[str, float, float]]:
    """Yield the words that a decoder finds in samples, with their times; `start` is added."""
    decoder.start_utt()
    decoder.process_raw(data, full_utt=True)
    decoder.end_utt()
    frame = 1 / decoder.config["frate"]
    for one in decoder.seg() or () if decoder.hyp() else ():
        if not one.word.startswith(("<", "[", "+", "(")):  # a filler
            name = one.word.partition("(")[0]  # of the second pronunciation: "the(2)"
            yield name, start + one.start_frame * frame, start + (one.end_frame + 1) * frame
