"""Measured values of signals whose values are known."""

from __future__ import annotations

import json
from array import array
from pathlib import Path

import pytest

from tests.media.encoding import sounds
from tests.processors.processed_audio import run

RATE = 48_000


def measure(tmp_path: Path, samples: bytes, rate: int = RATE) -> dict[str, float]:
    source = sounds.write_wav(tmp_path / "a.wav", samples, rate)
    made = run("statistics", source, tmp_path / f"out{len(list(tmp_path.iterdir()))}")
    assert made.success, made.error_message
    (path,) = made.output_paths
    assert json.loads(path.read_text()) == made.metrics
    return dict(made.metrics)


def test_the_values_of_a_tone(tmp_path: Path) -> None:
    """A stereo sine of 997 Hz at -18 dB of full scale has -18 LUFS (EBU Tech 3341, case 1)."""
    found = measure(tmp_path, sounds.tone(5, -18, frequency=1000) + bytes(4 * RATE * 5))
    assert found["rms"] == pytest.approx(-18 - 3.01 - 3.01, abs=0.05)
    assert found["peak"] == pytest.approx(-18, abs=0.02)
    assert found["true_peak"] == pytest.approx(-18, abs=0.1)
    assert found["loudness"] == pytest.approx(-18, abs=0.2)
    assert found["silence_share"] == pytest.approx(0.5, abs=0.001)
    assert found["speech_share"] == 0
    assert found["cut_off"] == pytest.approx(1000, abs=300)
    assert (found["clipped_samples"], found["channels"], found["seconds"]) == (0, 2, 10)


def test_clipping_and_a_dc_offset(tmp_path: Path) -> None:
    loud = array("h", (max(-32767, min(32767, 2 * one)) for one in array("h", sounds.tone(1, -1))))
    assert measure(tmp_path, loud.tobytes())["clipped_samples"] > 1000
    shifted = array("h", (one + 3277 for one in array("h", sounds.tone(1, -12))))
    assert measure(tmp_path, shifted.tobytes())["dc_offset"] == pytest.approx(0.1, abs=0.001)


def test_what_silence_and_a_short_sound_do_not_have_is_null(tmp_path: Path) -> None:
    silent = measure(tmp_path, bytes(4 * RATE))
    assert silent["rms"] is silent["peak"] is silent["true_peak"] is silent["loudness"] is None
    assert (silent["silence_share"], silent["cut_off"]) == (1, 0)
    short = measure(tmp_path, sounds.tone(0.1, -6))
    assert short["loudness"] is None
    assert short["peak"] == pytest.approx(-6, abs=0.05)
