"""Each kind of bad input with each processor: a sentence with its name, or whole files."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import av
import pytest

from mediakeep.media.encoding import pcm_source
from mediakeep.processors import interface, registry, transcriber
from mediakeep.processors.interface import ProcessResult
from tests.media import encoded
from tests.media.encoding import sounds
from tests.processors import processed_audio
from tests.processors.test_audio_files import WRITING
from tests.sampling import each_row

RATE = 48_000
PARAMS = {
    **WRITING,
    "visualizer": {},
    "splitter-timestamps": {},
    "metadata": {"set": ("title=New",)},
    "transcriber": {},
    "aligner": {},
}
ALL = frozenset(PARAMS)
TEXTS = (".png", ".json", ".txt", ".srt", ".vtt")
NO_CHAPTERS, NO_SPEECH = {"splitter-timestamps"}, {"transcriber", "aligner"}
AUDIO = NO_CHAPTERS | NO_SPEECH  # that tones, noise and silence do not have


@cache
def load_engine() -> Any:
    return transcriber.open_engine(transcriber.TranscriberParameters()).__enter__()


def run_all(source: Path, folder: Path, names: frozenset[str] = ALL) -> dict[str, ProcessResult]:
    """Run processors in folders of their own; what they made is whole, and nothing else is left."""
    source.with_suffix(".txt").write_text("Hello there.")
    results = {}
    for name in sorted(names):
        processor, out = registry.get_processor(name), folder / name
        params = interface.convert_parameters(processor.description, PARAMS[name])
        resource = {"resource": load_engine()} if processor.open else {}
        made = interface.run_processor(processor, source, out, params, **resource)
        results[name] = made
        left = sorted(path for path in out.rglob("*") if path.is_file())
        assert left == sorted(made.output_paths), name
        if not made.success:
            message = made.error_message or ""
            assert source.stem in message, (name, message)
            assert ".processor-" not in message, (name, message)
            assert left == [], name
        for path in made.output_paths:
            if path.suffix not in TEXTS and name != "metadata":  # which does not decode
                assert pcm_source.count_samples(path), name
            assert path.stat().st_size, name
    return results


def write_empty(folder: Path) -> Path:
    (folder / "a.wav").write_bytes(b"")
    return folder / "a.wav"


def write_text(folder: Path) -> Path:
    (folder / "a.mp3").write_bytes(b"text " * 99)
    return folder / "a.mp3"


def write_picture_only(folder: Path) -> Path:
    with av.open(str(folder / "a.mp4"), "w") as output:
        pictures: Any = output.add_stream("libx264", rate=5, width=32, height=32, pix_fmt="yuv420p")
        for _ in range(10):
            output.mux(pictures.encode(av.VideoFrame(32, 32, "yuv420p")))
        output.mux(pictures.encode(None))
    return folder / "a.mp4"


def write_video(folder: Path) -> Path:
    return processed_audio.remux(
        encoded.write(folder / "16.wav", "16.wav"), folder / "a.mp4", "aac"
    )


def write_pcm(samples: bytes, rate: int = RATE, channels: int = 2) -> Callable[[Path], Path]:
    return lambda folder: sounds.write_wav(folder / "a.wav", samples, rate, channels)


def write_dsd(folder: Path) -> Path:
    (folder / "a.dsf").write_bytes(encoded.dsf())
    return folder / "a.dsf"


def write_damaged(folder: Path) -> Path:
    source = encoded.write(folder / "a.flac", "16.flac")
    data = bytearray(source.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 2000] = bytes(at * 37 % 251 for at in range(2000))
    source.write_bytes(data)
    return source


TRIMS_ALL = AUDIO | {"trimmer"}
NOISE = sounds.noise_and_tone(RATE).tobytes()
WIDE = write_pcm(NOISE * 4, channels=8)


@pytest.mark.loop
@each_row(
    "write, failing",
    [
        (write_empty, ALL),
        (write_text, ALL),
        (write_picture_only, ALL),
        (write_video, AUDIO | {"metadata"}),
        (write_pcm(b""), ALL),
        (write_pcm(NOISE[:8]), AUDIO | {"voice-enhance"}),  # no sample of 8 kHz
        (write_pcm(NOISE[: 4 * 480]), AUDIO),
        (write_pcm(NOISE * 2), AUDIO),
        (write_pcm(bytes(8 * RATE)), TRIMS_ALL),
        (WIDE, AUDIO),
        (write_dsd, AUDIO),
        (write_pcm(NOISE * 4, rate=384_000), AUDIO),
        (write_damaged, ALL - {"metadata"}),
    ],
)
def test_every_processor(
    tmp_path: Path, write: Callable[[Path], Path], failing: frozenset[str]
) -> None:
    source = write(tmp_path)
    results = run_all(source, tmp_path / "out")
    errors = {name: made.error_message for name, made in results.items() if not made.success}
    assert set(errors) - NO_SPEECH == set(failing) - NO_SPEECH, errors
    assert set(errors) >= NO_SPEECH or write is WIDE  # noise that sounds like speech


def test_the_converter_goes_on_in_damaged_audio_if_asked(tmp_path: Path) -> None:
    source = write_damaged(tmp_path)
    whole = pcm_source.count_samples(encoded.write(tmp_path / "b.flac", "16.flac"))
    for params in ({}, {"loudness": -20.0}):
        made = processed_audio.run(
            "converter", source, tmp_path / str(params), continue_on_error=True, **params
        )
        assert "at 0:0" in made.metrics["damage"]
        assert pcm_source.count_samples(made.output_paths[0]) == whole
    intact = processed_audio.run("converter", tmp_path / "b.flac", tmp_path, continue_on_error=True)
    assert intact.metrics["damage"] == ""


@pytest.mark.slow
def test_an_hour_without_a_pause(tmp_path: Path) -> None:
    second = sounds.noise_and_tone(8000).tobytes()[: 2 * 8000]
    source = sounds.write_wav(tmp_path / "a.wav", second * 3600, 8000, 1)
    made = processed_audio.run("splitter-silence", source, tmp_path / "one")
    assert len(made.output_paths) == 1
    made = processed_audio.run("splitter-silence", source, tmp_path / "six", max_minutes=10)
    lengths = [pcm_source.count_samples(path) for path in made.output_paths]
    assert sum(lengths) == 3600 * 8000
    assert max(lengths) <= 600 * 8000
    assert made.metrics["cuts_without_silence"] == len(lengths) - 1
    run_all(source, tmp_path / "out", frozenset({"converter", "statistics", "trimmer", *NO_SPEECH}))


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "disk"
    folder.mkdir()
    words = ["mount", "-t", "tmpfs", "-o", "size=160k", "tmpfs", str(folder)]
    subprocess.run(words, check=True)
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.needs("mount")
def test_a_full_disk(tmp_path: Path, small_disk: Path) -> None:
    """Small results fit; else the disk is named, and has as much space as before."""
    source = sounds.write_noise(tmp_path / "long.wav", 20 * 44_100)
    expected = {"metadata", "converter", "splitter-fixed", "splitter-silence", "noise-reduce"}
    for name in sorted(expected | {"dynamics", "trimmer", "voice-enhance", "visualizer"}):
        params = {**PARAMS[name]} | ({"kinds": ["video"]} if name == "visualizer" else {})
        made = processed_audio.run(name, source, small_disk, **params)
        message = made.error_message or ""
        assert "full" in message or "No space left" in message, (name, message)
        assert processed_audio.list_files(small_disk) == []
