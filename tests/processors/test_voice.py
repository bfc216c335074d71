"""Noise, dynamics, pauses and whole chains, measured on tones and noise."""

from __future__ import annotations

import random
from array import array
from pathlib import Path

import pytest

from mediakeep.errors import UsageError
from mediakeep.media.encoding import loudness
from mediakeep.processors import voice
from tests.media.encoding import sounds
from tests.processors import processed_audio
from tests.processors.processed_audio import run
from tests.sampling import each_row

RATE = 48_000


def silence(seconds: float) -> bytes:
    return bytes(4 * round(seconds * RATE))


def write(path: Path, *parts: bytes, rate: int = RATE) -> Path:
    return sounds.write_wav(path, b"".join(parts), rate)


def measure_level(path: Path, start: float, seconds: float) -> float:
    """Return the root mean square of a part of the left channel, where 32768 is full scale."""
    part = sounds.read_left(path)[round(start * RATE) : round((start + seconds) * RATE)]
    return float((sum(value * value for value in part) / len(part)) ** 0.5)


@pytest.mark.long
def test_noise_becomes_quieter_and_tones_stay(tmp_path: Path) -> None:
    chance = random.Random(5)
    noise = array("h", (chance.randint(-300, 300) for _ in range(2 * 3 * RATE)))
    tone = array("h", sounds.tone(3, -12))
    mixed = array("h", (a + b for a, b in zip(noise, tone, strict=True)))
    source = write(tmp_path / "a.wav", noise.tobytes(), mixed.tobytes())
    made = run("noise-reduce", source, tmp_path / "out", reduction=20.0, floor=-40.0)
    (path,) = made.output_paths
    assert measure_level(path, 1, 1) < measure_level(source, 1, 1) / 3
    assert measure_level(path, 4, 1) == pytest.approx(measure_level(source, 4, 1), rel=0.1)
    assert len(sounds.read_left(path)) == 6 * RATE


def test_the_compressor_reduces_the_difference_of_levels(tmp_path: Path) -> None:
    source = write(tmp_path / "a.wav", sounds.tone(2, -40), sounds.tone(2, -4))
    (path,) = run("dynamics", source, tmp_path / "out", ratio=10.0).output_paths
    ratio = [measure_level(one, 3, 1) / measure_level(one, 1, 1) for one in (source, path)]
    assert ratio[0] == pytest.approx(63, rel=0.05)  # 36 dB
    assert ratio[1] < 63 / 3


@each_row("name, frequency", [("bass", 120.0), ("middle", 1000.0), ("treble", 6000.0)])
def test_a_band_of_the_equalizer_has_its_gain(tmp_path: Path, name: str, frequency: float) -> None:
    source = write(tmp_path / "a.wav", sounds.tone(2, -20, frequency=frequency))
    made = run("dynamics", source, tmp_path / "out", ratio=1.0, **{name: -6.0})
    level = measure_level(made.output_paths[0], 1, 0.5) / measure_level(source, 1, 0.5)
    assert level == pytest.approx(0.5, rel=0.02)


def test_a_frequency_that_the_input_cannot_have_is_left_out(tmp_path: Path) -> None:
    samples = sounds.tone(2, -20, rate=8000, frequency=500)
    source = sounds.write_wav(tmp_path / "a.wav", samples, 8000)
    made = run("dynamics", source, tmp_path / "out", ratio=1.0, treble=12.0)
    assert sounds.read_left(made.output_paths[0]) == pytest.approx(sounds.read_left(source), abs=1)


def test_trimming_is_exact_to_the_sample(tmp_path: Path) -> None:
    source = sounds.write_noise(tmp_path / "a.wav", sounds.RATE * 3)
    made = run("trimmer", source, tmp_path / "out", start=0.5, end=2.25, silence=False)
    first, last = round(0.5 * sounds.RATE), round(2.25 * sounds.RATE)
    assert sounds.read_left(made.output_paths[0]) == sounds.read_left(source)[first:last]


def test_silence_is_removed_at_the_ends_and_pauses_are_shortened(tmp_path: Path) -> None:
    tone = sounds.tone(1, -10)
    source = write(tmp_path / "a.wav", silence(1.5), tone, silence(2), tone, silence(3))
    made = run("trimmer", source, tmp_path / "ends", keep=0.25)
    assert made.metrics["start"] == pytest.approx(1.25, abs=0.001)
    assert made.metrics["seconds"] == pytest.approx(4.5, abs=0.002)
    short = run("trimmer", source, tmp_path / "pauses", keep=0.25, max_pause=0.5)
    assert short.metrics["seconds"] == pytest.approx(3.0, abs=0.03)


def test_silence_only_and_ranges_outside_of_the_file_are_refused(tmp_path: Path) -> None:
    source = write(tmp_path / "a.wav", silence(2))
    assert run("trimmer", source, tmp_path / "out").error_message == "a.wav has only silence."
    assert run("trimmer", source, tmp_path / "kept", silence=False).metrics["seconds"] == 2
    refused = run("trimmer", source, tmp_path / "out", start=5.0).error_message
    assert refused == "a.wav has 2.000 s: no range from 5 to 2 s."
    with pytest.raises(UsageError, match="trimmer: "):
        run("trimmer", source, tmp_path / "out", start=-1.0)
    assert processed_audio.list_files(tmp_path / "out") == []


@pytest.mark.long
@each_row("chain", list(voice.CHAINS))
def test_a_chain_has_its_loudness(tmp_path: Path, chain: str) -> None:
    source = write(tmp_path / "a.wav", sounds.tone(4, -33), sounds.tone(4, -27))
    made = run("voice-enhance", source, tmp_path / "out", chain=chain)
    found = loudness.compute_loudness([sounds.measure(made.output_paths[0])])
    assert found.integrated == pytest.approx(voice.CHAINS[chain][1], abs=0.1)
    assert found.peak is not None
    assert found.peak <= 10 ** (-1 / 20) * 1.01
    assert made.metrics["seconds"] == pytest.approx(8)
