"""The content of the files of items: own files, texts, or noise made from a name."""

from __future__ import annotations

import hashlib
import io
import wave
import zlib
from functools import lru_cache
from pathlib import Path
from random import Random

from mediakeep_simulator.episode_catalogue import ArchiveFile

_SAMPLE_RATE = 8000  # Hz, mono, 16 bits
_WAV_HEADER = 44  # bytes


def read_part(file: ArchiveFile, seed: str, start: int, end: int) -> bytes:
    """Return the bytes of a file from `start` up to `end`."""
    if not file.path:
        return _make_content(file, seed)[start:end]
    with Path(file.path).open("rb") as own:
        own.seek(start)
        return own.read(end - start)


@lru_cache(maxsize=4096)
def compute_facts(file: ArchiveFile, seed: str) -> dict[str, str]:
    """Return the size and the checksums of a file as in its metadata; computed once."""
    data = Path(file.path).read_bytes() if file.path else _make_content(file, seed)
    return {
        "size": str(len(data)),
        "md5": hashlib.md5(data).hexdigest(),
        "sha1": hashlib.sha1(data).hexdigest(),
        "crc32": f"{zlib.crc32(data):08x}",
    }


@lru_cache(maxsize=16)
def _make_content(file: ArchiveFile, seed: str) -> bytes:
    if file.text:
        return file.text.encode()
    if not file.name.endswith(".wav"):
        return Random(seed).randbytes(file.size)
    output = io.BytesIO()
    with wave.open(output, "wb") as audio:
        audio.setparams((1, 2, _SAMPLE_RATE, 0, "NONE", ""))
        audio.writeframes(Random(seed).randbytes(max(0, file.size - _WAV_HEADER) // 2 * 2))
    return output.getvalue()
