"""Silent stretches are found with their places."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mediakeep.media.encoding import filter_chain, silence
from mediakeep.media.encoding.profiles import BUILT_IN
from tests.media.encoding import sounds
from tests.sampling import each_row

RATE = 48_000


def found(path: Path, samples: bytes, **options: float) -> list[tuple[float, float]]:
    ranges = silence.find_silence(sounds.write_wav(path, samples, RATE), **options)
    return [(round(start, 2), round(end, 2)) for start, end in ranges]


def test_silence_at_the_start_in_the_middle_and_at_the_end(tmp_path: Path) -> None:
    loud, quiet = sounds.tone(1, -10), bytes(4 * RATE)
    samples = quiet + loud + quiet[: 3 * RATE] + loud + quiet
    assert found(tmp_path / "a.wav", samples) == [(0, 1), (2, 2.75), (3.75, 4.75)]
    assert found(tmp_path / "a.wav", samples, min_seconds=0.8) == [(0, 1), (3.75, 4.75)]


def test_silences_that_are_hardly_long_enough(tmp_path: Path) -> None:
    """FFmpeg reports the start and the end of one in the same frame."""
    loud = sounds.tone(1, -10)
    for milliseconds in (501, 510, 522, 590):
        samples = loud + bytes(4 * 48 * milliseconds) + loud + bytes(4 * RATE) + loud
        wav = sounds.write_wav(tmp_path / "a.wav", samples, RATE)
        sounds.convert(wav, tmp_path / "a.flac", "flac")
        length = milliseconds / 1000
        expected = [(1.0, 1 + length), (2 + length, 3 + length)]
        for path in (wav, tmp_path / "a.flac"):
            ranges = silence.find_silence(path)
            assert [pytest.approx(one, abs=0.001) for one in ranges] == expected, path


def test_many_short_silences_in_one_frame(tmp_path: Path) -> None:
    samples = (sounds.tone(0.01, -10) + bytes(4 * 480)) * 50
    ranges = found(tmp_path / "a.wav", samples, min_seconds=0.005)
    assert ranges == [(at / 100, (at + 1) / 100) for at in range(1, 100, 2)]


@pytest.mark.parametrize(("threshold", "count"), [(-30.0, 1), (-50.0, 0)])
def test_the_threshold_decides_what_is_silent(tmp_path: Path, threshold: float, count: int) -> None:
    samples = sounds.tone(1, -10) + sounds.tone(1, -40) + sounds.tone(1, -10)
    assert len(found(tmp_path / "a.wav", samples, threshold=threshold)) == count


def test_one_loud_channel_is_not_silence(tmp_path: Path) -> None:
    samples = bytearray(sounds.tone(1, -10))
    samples[2::4] = samples[3::4] = bytes(RATE)  # the right channel
    assert found(tmp_path / "a.wav", bytes(samples)) == []


def write_pauses(path: Path, seed: int, kind: str) -> Path:
    """Write sound with pauses around half a second, in one channel or both."""
    chance, samples = random.Random(seed), bytearray()
    loud, quiet = sounds.tone(1, -10, frequency=997), sounds.tone(1, -60, frequency=997)
    for _ in range(10):
        samples += loud[: 4 * chance.randrange(1, RATE)]
        samples += quiet[: 4 * RATE * chance.choice([100, 249, 251, 499, 500, 501, 600]) // 1000]
        pulse = 4 * chance.randrange(2 * len(samples) // 12, len(samples) // 4)
        samples[pulse : pulse + 2] = b"\0\x60"  # of the left channel
    samples += quiet + loud * 6
    wav = sounds.write_wav(path / "a.wav", bytes(samples), RATE)
    if kind == "wav":
        return wav
    target = path / f"a{BUILT_IN[kind].suffix}"
    sounds.convert(wav, target, kind)
    return target


@pytest.mark.long
@each_row("kind, seed", [*(("wav", n) for n in range(8)), ("flac", 1), ("mp3-v0", 2), ("opus", 3)])
def test_frames_that_are_loud_are_skipped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, seed: int
) -> None:
    """The filter finds the same as if it got them all."""
    path, counted = write_pauses(tmp_path, seed, kind), Counter[bool]()

    def find(*, skips: bool) -> list[silence.SilentRange]:
        def run(form: Any, filters: Any, frames: Iterator[Any]) -> Iterator[Any]:
            def count() -> Iterator[Any]:
                for frame in frames:
                    counted[skips] += frame.samples
                    yield frame

            return filter_chain.run_filters(form, filters, count())

        with monkeypatch.context() as patch:
            patch.setattr(silence, "run_filters", run)
            if not skips:
                patch.setattr(silence, "_SAMPLE_TYPES", {})
            return silence.find_silence(path)

    ranges = find(skips=True)
    assert ranges == find(skips=False)
    assert ranges
    assert counted[True] < counted[False] * 0.8
