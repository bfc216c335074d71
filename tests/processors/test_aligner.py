"""Transcripts and aligned texts: words get times, captions are written, engines may be missing."""

from __future__ import annotations

import subprocess
import sys
import types
from pathlib import Path
from typing import Any

import pytest

from mediakeep.errors import UsageError
from mediakeep.media.encoding.captions import parse_captions
from mediakeep.processors import interface, registry, transcriber
from mediakeep.processors.interface import ProcessResult
from tests.media.encoding import sounds
from tests.processors.processed_audio import list_files, run
from tests.sampling import each_row

SENTENCES = (
    "Chapter one.\n",
    "It was a bright morning, and the old man walked slowly down to the river.\n",
    "He carried 12 apples in a basket.\n",
    "Chapter two.\n",
    "Nobody answered, so he opened the door and went in.\n",
)


@pytest.fixture
def speech(tmp_path: Path) -> tuple[Path, list[float]]:
    """Speech of espeak-ng, with a second of silence after each sentence, and their starts."""
    data, starts = b"", []
    for sentence in SENTENCES:
        words = ["espeak-ng", "-v", "en-us", "--stdout", sentence]
        spoken = subprocess.run(words, capture_output=True, check=True).stdout[44:]
        starts.append(len(data) / 2 / 22_050)
        data += spoken + bytes(2 * 22_050)
    (tmp_path / "a.txt").write_text("".join(SENTENCES))
    return sounds.write_wav(tmp_path / "a.wav", data, 22_050, channels=1), starts


@pytest.mark.needs("espeak-ng")
def test_the_sentences_of_a_text_get_their_times(
    tmp_path: Path, speech: tuple[Path, list[float]]
) -> None:
    source, starts = speech
    made = run("aligner", source, tmp_path / "out")
    assert made.error_message is None
    assert made.metrics == {"words": 36, "guessed_words": 0}
    text = (tmp_path / "out" / "a.srt").read_text()
    captions = list(parse_captions(source, text))
    assert [one.text for one in captions] == [one.strip() for one in SENTENCES]
    assert [one.start / 1000 for one in captions] == pytest.approx(starts, abs=0.15)
    assert list(parse_captions(source, (tmp_path / "out" / "a.vtt").read_text())) == captions
    chapters = (tmp_path / "out" / "a.chapters.txt").read_text().splitlines()
    assert [line.split(" ", 1)[1] for line in chapters] == ["Chapter one.", "Chapter two."]
    split = run(
        "splitter-timestamps",
        source,
        tmp_path / "pieces",
        timestamps=str(tmp_path / "out" / "a.chapters.txt"),
    )
    assert len(split.output_paths) == 2


@pytest.mark.needs("espeak-ng")
def test_pocketsphinx_transcribes_with_its_own_model(
    tmp_path: Path, speech: tuple[Path, list[float]]
) -> None:
    made = transcribe(speech[0], tmp_path / "out")
    assert made.metrics["words"] > 10
    words = [one.text for one in parse_captions(speech[0], (tmp_path / "out/a.vtt").read_text())]
    assert words


def transcribe(source: Path, folder: Path, **params: Any) -> ProcessResult:
    processor = registry.get_processor("transcriber")
    values = interface.convert_parameters(processor.description, params)
    assert processor.open is not None
    with processor.open(values) as engine:
        return interface.run_processor(processor, source, folder, values, resource=engine)


def test_a_recording_without_speech_is_refused(tmp_path: Path) -> None:
    source = sounds.write_wav(tmp_path / "a.wav", sounds.tone(2, -20, rate=44_100))
    assert "Text " in str(run("aligner", source, tmp_path / "out").error_message)
    (tmp_path / "a.txt").write_text("Words.")
    refused = run("aligner", source, tmp_path / "out").error_message
    assert refused == "a.wav not aligned: there is no speech."
    assert transcribe(source, tmp_path / "out").error_message == "a has no speech."
    assert list_files(tmp_path / "out") == []


def fake_engines() -> dict[str, types.ModuleType]:
    """Return modules with the interfaces of engines whose models are not part of their wheels.

    They are mocks, as tests cannot have a model; the calls were tried with faster-whisper 1.2.1,
    vosk 0.3.45 and pywhispercpp 1.5.1.
    """

    class Number(float):
        """A number of numpy, which msgspec does not encode."""

    class WhisperModel:
        def __init__(self, model: str, *, compute_type: str, local_files_only: bool) -> None:
            if not Path(model).is_dir():
                raise RuntimeError(f"Unable to open file 'model.bin' in model {model!r}")
            assert local_files_only

        def transcribe(self, audio: Any, *, language: Any, **options: bool) -> Any:
            assert len(audio) == 32_000
            assert options == {"word_timestamps": True, "vad_filter": True}
            if language == "xx":
                raise ValueError("'xx' is not a valid language code")
            word = types.SimpleNamespace(word=" Hello", start=Number(0.5), end=Number(1.0))
            return iter([types.SimpleNamespace(words=[word])]), None

    def load(model: str) -> str:
        if not Path(model).is_dir():
            raise Exception("Failed to create a model")
        return model

    class KaldiRecognizer:
        def __init__(self, model: Any, rate: int) -> None:
            assert Path(model).is_dir()
            assert rate == 16_000

        def SetWords(self, on: bool) -> None:  # noqa: N802
            pass

        def AcceptWaveform(self, data: bytes) -> bool:  # noqa: N802
            return False

        def FinalResult(self) -> str:  # noqa: N802
            return '{"text": "hello", "result": [{"word": "Hello", "start": 0.5, "end": 1}]}'

    class Model:
        def __init__(self, model: str, **options: object) -> None:
            assert options == dict.fromkeys(("print_progress", "print_realtime"), False) | {
                "redirect_whispercpp_logs_to": None
            }

        def transcribe(self, audio: Any, *, language: str) -> Any:
            return [types.SimpleNamespace(text=" Hello", t0=50, t1=100)]

    names: dict[str, dict[str, Any]] = {
        "faster_whisper": {"WhisperModel": WhisperModel},
        "vosk": {"Model": load, "KaldiRecognizer": KaldiRecognizer, "SetLogLevel": print},
        "pywhispercpp": {},
        "pywhispercpp.model": {"Model": Model},
        "numpy": {"int16": "h", "float32": "f", "frombuffer": _FakeArray},
    }
    modules = {name: types.ModuleType(name) for name in names}
    for name, values in names.items():
        vars(modules[name]).update(values)
    return modules


class _FakeArray:
    """What is used of an array of numpy, which only these engines need."""

    def __init__(self, data: bytes, kind: str) -> None:
        self._data = data

    def __len__(self) -> int:
        return len(self._data) // 2

    def astype(self, kind: str) -> _FakeArray:
        return self

    def __truediv__(self, scale: float) -> _FakeArray:
        return self


@pytest.fixture
def engines(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, module in fake_engines().items():
        monkeypatch.setitem(sys.modules, name, module)


@pytest.mark.usefixtures("engines")
@each_row("engine", ["faster-whisper", "vosk", "whisper.cpp"])
def test_the_words_of_an_engine_are_written(tmp_path: Path, engine: Any) -> None:
    source = sounds.write_wav(tmp_path / "a.wav", sounds.tone(2, -20, rate=44_100))
    model = tmp_path
    if engine == "whisper.cpp":
        model = tmp_path / "model.bin"
        model.write_bytes(b"lmgg")
    made = transcribe(source, tmp_path / "out", engine=engine, model=str(model))
    assert made.error_message is None
    assert (tmp_path / "out/a.srt").read_text() == "1\n00:00:00,500 --> 00:00:01,000\nHello\n"


@pytest.mark.usefixtures("engines")
def test_errors_of_an_engine_name_the_model_or_the_input(tmp_path: Path) -> None:
    source = sounds.write_wav(tmp_path / "a.wav", sounds.tone(2, -20, rate=44_100))
    for engine in ("faster-whisper", "vosk", "whisper.cpp"):
        with pytest.raises(UsageError, match=f"a.wav of {engine} not loaded: .+ with --model"):
            transcribe(source, tmp_path / "out", engine=engine, model=str(source))
    wanted = {"engine": "faster-whisper", "model": str(tmp_path), "language": "xx"}
    made = transcribe(source, tmp_path / "out", **wanted)
    assert made.error_message == "a.wav not transcribed: 'xx' is not a valid language code"
    assert list_files(tmp_path / "out") == []


@each_row("engine", ["faster-whisper", "vosk", "whisper.cpp"])
def test_a_missing_model_or_engine_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, engine: Any
) -> None:
    for name in ("faster_whisper", "vosk", "pywhispercpp", "pywhispercpp.model"):
        monkeypatch.setitem(sys.modules, name, None)
    for model in ("", str(tmp_path / "none")):
        wanted = transcriber.TranscriberParameters(engine=engine, model=model)
        with pytest.raises(UsageError, match="No model of"), transcriber.open_engine(wanted):
            pass
    wanted = transcriber.TranscriberParameters(engine=engine, model=str(tmp_path))
    with pytest.raises(UsageError, match="pip install"), transcriber.open_engine(wanted):
        pass
