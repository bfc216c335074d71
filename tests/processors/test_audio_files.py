"""Inputs of all kinds: each is processed, or named with its fault, and nothing half is left."""

from __future__ import annotations

import multiprocessing
import os
import tempfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from mediakeep.errors import UsageError
from mediakeep.media.audio import tags
from mediakeep.media.encoding import loudness
from mediakeep.processors import converter, registry
from mediakeep.processors.interface import ProcessResult
from tests.media import encoded
from tests.media.encoding import sounds
from tests.processors import processed_audio
from tests.processors.processed_audio import run
from tests.sampling import each_row

RATE = 48_000
WRITING: dict[str, dict[str, Any]] = {
    "converter": {"loudness": -16.0},
    "splitter-fixed": {"duration": 0.3},
    "splitter-silence": {"max_minutes": 0.01},
    "visualizer": {"kinds": ["waveform", "spectrogram", "video"], "width": 128, "height": 64},
    "statistics": {},
    "noise-reduce": {},
    "dynamics": {"makeup": 3.0, "bass": 2.0},
    "trimmer": {"max_pause": 0.2},
    "voice-enhance": {"chain": "phone"},
}


def fail(source: Path, folder: Path) -> set[str]:
    """Return the messages of all processors that write audio."""
    messages = set()
    for name, params in WRITING.items():
        result = run(name, source, folder, **params)
        assert result.error_message, name
        assert source.name in result.error_message
        assert ".processor-" not in result.error_message
        messages.add(result.error_message)
    assert processed_audio.list_files(folder) == []
    return messages


EMPTY = "it is zero bytes only: an unfinished download or a damaged disk"


def test_files_without_sound_are_named(tmp_path: Path) -> None:
    for name, data in {"empty.wav": b"", "empty.mp3": b"", "text.mp3": b"text " * 99}.items():
        (tmp_path / name).write_bytes(data)
        messages = fail(tmp_path / name, tmp_path / "out")
        assert data or messages == {f"{tmp_path / name} is not audio: {EMPTY}."}
    silent = sounds.write_wav(tmp_path / "none.wav", b"")
    assert fail(silent, tmp_path / "out") == {f"{silent} cannot be decoded: it has no sound."}


@pytest.mark.long
@each_row("name", ["16.wav", "16.flac", "cbr.mp3", "a.opus"])
def test_truncated_files_are_refused(tmp_path: Path, name: str) -> None:
    source = encoded.write(tmp_path / name, name)
    source.write_bytes(source.read_bytes()[: source.stat().st_size // 2])
    messages = fail(source, tmp_path / "out")
    assert len(messages) == 1
    assert "is truncated: " in messages.pop()


@pytest.mark.long
@each_row("name", ["16.flac", "cbr.mp3", "aac.m4a", "a.opus"])
def test_the_time_of_damage_is_named(tmp_path: Path, name: str) -> None:
    source = encoded.write(tmp_path / name, name)
    data = bytearray(source.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 2000] = bytes(at * 37 % 251 for at in range(2000))
    source.write_bytes(data)
    for message in fail(source, tmp_path / "out"):
        assert " at 0:0" in message, message


@pytest.mark.long
@each_row("name, codec, suffix", [
    ("a.mkv", "aac", ".m4a"), ("a.webm", "libopus", ".opus"),
    ("a.avi", "libmp3lame", ".mp3"), ("a.mp4", "aac", ".m4a"), ("a.mov", "aac", ".m4a"),
])  # fmt: skip
def test_the_audio_of_videos(tmp_path: Path, name: str, codec: str, suffix: str) -> None:
    source = encoded.write(tmp_path / "16.wav", "16.wav")
    video = processed_audio.remux(source, tmp_path / name, codec)
    (made,) = run("converter", video, tmp_path / "out").output_paths
    assert made.suffix == suffix
    assert tags.read(made).facts.duration == pytest.approx(2, abs=0.1)


@pytest.mark.long
def test_unusual_formats_are_converted(tmp_path: Path) -> None:
    sources = [tmp_path / "a.dsf", tmp_path / "a.ape", tmp_path / "short.wav"]
    sources[0].write_bytes(encoded.dsf())
    sources[1].write_bytes(encoded.ape())
    sounds.write_noise(sources[2], 2)
    sources.append(sounds.write_wav(tmp_path / "8.wav", bytes(range(256)) * 960, RATE, 8))
    sources.append(sounds.write_wav(tmp_path / "fast.wav", bytes(range(256)) * 9600, 384_000))
    sources.append(sounds.write_wav(tmp_path / "silence.wav", bytes(4 * RATE), RATE))
    for source in sources:
        for kind in ("flac", "mp3", "aac"):
            out = tmp_path / kind / source.name
            made = run("converter", source, out, format=kind, loudness=-16.0)
            assert made.success, made


@pytest.mark.long
def test_a_file_of_the_name_is_never_replaced(tmp_path: Path) -> None:
    source, out = encoded.write(tmp_path / "a.wav", "16.wav"), tmp_path / "out"
    for kind in ("flac", "alac", "mp3", "opus", "aac", "wav"):
        made = [run("converter", source, out, format=kind).output_paths[0] for _ in range(2)]
        assert made[0] == made[1]
        made[0].write_bytes(b"of the user")
        refused = run("converter", source, out, format=kind).error_message
        assert refused is not None
        assert refused.startswith(f"{made[0]} exists already.")
        assert made[0].read_bytes() == b"of the user"
        made[0].unlink()
    assert processed_audio.list_files(out) == []


def test_all_faults_of_parameters_are_usage_errors(tmp_path: Path) -> None:
    source = encoded.write(tmp_path / "a.wav", "16.wav")
    for duration in (-5, 0, "long"):
        with pytest.raises(UsageError, match=r"splitter-fixed: .*\$\.duration"):
            run("splitter-fixed", source, tmp_path / "out", duration=duration)


@pytest.mark.long
def test_loudness_is_reached(tmp_path: Path) -> None:
    """One file is quiet with high peaks, so a limiter is needed."""
    quiet, peaks = sounds.tone(3, -40), sounds.tone(0.005, -3)
    levels = {
        "loud": sounds.tone(3, -6),
        "quiet": quiet,
        "peaks": (sounds.tone(1, -30) + peaks) * 4,
    }
    for name, samples in levels.items():
        source = sounds.write_wav(tmp_path / f"{name}.wav", samples, RATE)
        made = run("converter", source, tmp_path / "out", loudness=-20.0)
        found = loudness.compute_loudness([sounds.measure(made.output_paths[0])])
        assert found.integrated == pytest.approx(-20, abs=0.1), name
        assert found.peak is not None
        assert found.peak <= 10 ** (-1 / 20) * 1.01
        assert made.metrics.get("limited") is (name == "peaks")


@pytest.mark.long
@each_row("params", [{"format": "mp3", "bit_rate": 64_000}, {"channels": 1}, {"sample_rate": 8000}])
def test_loudness_is_reached_in_the_new_file(tmp_path: Path, params: dict[str, Any]) -> None:
    """Each takes parts of the sound away; peaks are limited."""
    noise = sounds.noise_and_tone(RATE).tobytes()
    source = sounds.write_wav(tmp_path / "a.wav", noise + sounds.tone(0.005, -1) + noise, RATE)
    made = run("converter", source, tmp_path / "out", loudness=-16.0, **params)
    found = loudness.compute_loudness([sounds.measure(made.output_paths[0])]).integrated
    assert found == pytest.approx(-16, abs=0.1)
    assert made.metrics["loudness"] == pytest.approx(found, abs=0.01)


@pytest.mark.long
def test_albums_keep_the_differences_of_their_tracks(tmp_path: Path) -> None:
    sources = [
        sounds.write_wav(tmp_path / f"{-level}.wav", sounds.tone(3, level), RATE)
        for level in (-20, -26)
    ]
    wanted = converter.ConverterParameters(loudness=-23.0)
    measured = [converter.measure(source, wanted) for source in sources]
    combined = converter.combine_measurements(measured, wanted)
    levels = []
    for source in sources:
        made = converter.process(source, tmp_path / "out", combined=combined, loudness=-23.0)
        track = loudness.compute_loudness([sounds.measure(made.output_paths[0])])
        assert track.integrated is not None
        levels.append(track.integrated)
    assert levels[0] - levels[1] == pytest.approx(6, abs=0.1)
    album = loudness.compute_loudness([sounds.measure(tmp_path / "out" / p.name) for p in sources])
    assert album.integrated == pytest.approx(-23, abs=0.1)


def test_tags_are_set_in_a_copy(tmp_path: Path) -> None:
    for name in ("16.flac", "cbr.mp3", "aac.m4a", "a.opus", "16.wav"):
        source = encoded.write(tmp_path / name, name)
        before = source.read_bytes()
        edits = ("title=Ä=b", "artist=One", "artist=Two")
        made = run("metadata", source, tmp_path / "out", set=edits)
        assert made.metrics["tags"]["title"] == ["Ä=b"], made
        assert source.read_bytes() == before
        (copy,) = made.output_paths
        assert processed_audio.read_samples([copy]) == processed_audio.read_samples([source])
        removed = run("metadata", copy, tmp_path / "removed", remove=("title",))
        assert "title" not in removed.metrics["tags"]
    with pytest.raises(UsageError, match='"title" sets no field'):
        run("metadata", source, tmp_path / "out", set=("title",))


def _run_in_pool(source: Path, folder: Path) -> dict[str, ProcessResult]:
    return {name: run(name, source, folder / name, **params) for name, params in WRITING.items()}


@pytest.mark.long
def test_processors_write_below_the_output_folder_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each runs twice at once, in processes that are used again."""
    own, out = tmp_path / "own", tmp_path / "out"
    own.mkdir()
    monkeypatch.setenv("TMPDIR", str(own))
    monkeypatch.setattr(tempfile, "tempdir", None)
    source = encoded.write(tmp_path / "a.wav", "16.wav")
    before = sorted(os.listdir(tmp_path))
    with ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as pool:
        folders = [out / str(number) for number in range(4)]
        results = list(pool.map(_run_in_pool, [source] * 4, folders))
    assert sorted({*os.listdir(tmp_path)} - {"out"}) == before
    assert list(own.iterdir()) == []
    assert {name for result in results for name in result} == set(WRITING)
    assert set(WRITING) <= set(registry.BUILT_IN)
    contents = [
        [path.read_bytes() for name in WRITING for path in result[name].output_paths]
        for result in results
    ]
    assert all(one == contents[0] for one in contents)
