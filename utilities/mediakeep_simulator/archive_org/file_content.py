"""The content of the files of items: own files, texts, or audio and noise made from a name."""

from __future__ import annotations

import hashlib
import io
import math
import wave
import zlib
from array import array
from functools import lru_cache
from pathlib import Path
from random import Random

import msgspec

from mediakeep_simulator.episode_catalogue import ArchiveFile

_SAMPLE_RATE = 8000  # Hz, mono, 16 bits
_WAV_HEADER = 44  # bytes
_NOISE = 64  # samples at the start, which make each file different


class ContentFacts(msgspec.Struct, frozen=True):
    """Size and checksums of a file."""

    size: int
    md5: str
    sha1: str
    crc32: str


def read_part(file: ArchiveFile, seed: str, start: int, end: int) -> bytes:
    """Return the bytes of a file from `start` up to `end`."""
    if file.path:
        with Path(file.path).open("rb") as own:
            own.seek(start)
            return own.read(end - start)
    return _make_content(file, seed)[start:end]


def read_size(file: ArchiveFile, seed: str) -> int:
    """Return the size of a file in bytes."""
    return Path(file.path).stat().st_size if file.path else len(_make_content(file, seed))


@lru_cache(maxsize=4096)
def compute_facts(file: ArchiveFile, seed: str) -> ContentFacts:
    """Return the size and the checksums of a file, computed once."""
    data = read_part(file, seed, 0, read_size(file, seed))
    return ContentFacts(
        len(data),
        hashlib.md5(data).hexdigest(),
        hashlib.sha1(data).hexdigest(),
        f"{zlib.crc32(data):08x}",
    )


@lru_cache(maxsize=16)
def _make_content(file: ArchiveFile, seed: str) -> bytes:
    if file.text:
        return file.text.encode()
    if not file.name.endswith(".wav"):
        return Random(seed).randbytes(file.size)
    noise = Random(seed)
    period = noise.randrange(10, 60)
    tone = array("h", (round(8000 * math.sin(math.tau * n / period)) for n in range(period)))
    start = array("h", (noise.randrange(-500, 500) for _ in range(_NOISE)))
    frames = max(0, file.size - _WAV_HEADER) // 2
    output = io.BytesIO()
    with wave.open(output, "wb") as audio:
        audio.setparams((1, 2, _SAMPLE_RATE, frames, "NONE", ""))
        audio.writeframes((start + tone * (frames // period + 1))[:frames].tobytes())
    return output.getvalue()
