"""Tiny audio files with an exact number of samples, and their samples read back."""

from __future__ import annotations

import math
import random
import wave
from array import array
from collections.abc import Callable
from functools import cache
from pathlib import Path

import av

from mediakeep.media.audio import tags
from mediakeep.media.encoding import encoder, loudness, pcm_source, profile_rules
from mediakeep.media.encoding.encoder import EncodedFile
from mediakeep.media.encoding.loudness import TrackMeasurement
from mediakeep.media.encoding.profiles import BUILT_IN, Profile

RATE = 44_100


@cache
def noise_and_tone(count: int, seed: int = 3) -> array[int]:
    """Return interleaved stereo samples that have no period, so that any shift is noticed."""
    chance = random.Random(seed)
    samples = array("h")
    for at in range(count):
        left = 6000 * math.sin(at * at / 9e6) + chance.randint(-900, 900)
        samples.extend((round(left), round(5000 * math.sin(at / 17))))
    return samples


def tone(seconds: float, level: float, *, rate: int = 48_000, frequency: float = 1000.0) -> bytes:
    """Return a stereo sine as 16-bit samples; `level` is that of its peaks, in dB of full scale."""
    peak, step = 32767 * 10 ** (level / 20), 2 * math.pi * frequency / rate
    period = round(rate / math.gcd(rate, round(frequency)))
    one = array("h", (round(peak * math.sin(at * step)) for at in range(period) for _ in "LR"))
    return (one.tobytes() * (round(seconds * rate) // period + 1))[: 4 * round(seconds * rate)]


def write_wav(path: Path, samples: bytes, rate: int = RATE, channels: int = 2) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(samples)
    return path


def write_noise(path: Path, count: int) -> Path:
    return write_wav(path, noise_and_tone(count).tobytes())


def convert(source: Path, target: Path, profile: str | Profile) -> EncodedFile:
    """Encode a file by a profile, with the parameters that the rules choose."""
    chosen = BUILT_IN[profile] if isinstance(profile, str) else profile
    parameters = profile_rules.choose_parameters(tags.read(source).facts, chosen)
    return encoder.encode_file(source, target, parameters)


def measure(path: Path) -> TrackMeasurement:
    """Return the loudness of a file."""
    with pcm_source.open_source(path) as source:
        return loudness.measure_frames(source, source.frames())


def read_left(path: Path) -> list[int]:
    """Return the left channel as 16-bit samples."""
    with pcm_source.open_source(path) as source:
        resampler = av.AudioResampler("s16", "stereo", source.format.sample_rate)
        frames = [part for frame in source.frames() for part in resampler.resample(frame)]
        frames += resampler.resample(None)
    data = b"".join(bytes(frame.planes[0])[: frame.samples * 4] for frame in frames)
    return list(array("h", data))[::2]


def find_shift(original: list[int], decoded: list[int], reach: int = 40) -> int:
    """Return by how many samples a decoded copy is late, from the least mean error."""

    def error(shift: int) -> int:
        first, last = reach, min(len(original), len(decoded)) - reach
        return sum(abs(original[at] - decoded[at + shift]) for at in range(first, last, 7))

    best: Callable[[int], int] = error
    return min(range(-reach, reach + 1), key=best)
