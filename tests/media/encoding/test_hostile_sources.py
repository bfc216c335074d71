"""Hostile bytes raise errors that name the file, and nothing else."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.parametrize("turns", [60, pytest.param(1500, marks=pytest.mark.slow)])
def test_hostile_bytes_raise_errors_of_ours_only(tmp_path: Path, turns: int) -> None:
    """Run in a child process, because the decoders are native code."""
    words = [sys.executable, "-c", HOSTILE, str(tmp_path), str(turns)]
    path = {"PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        words, env={**os.environ, **path}, capture_output=True, text=True, timeout=600
    )
    assert (done.returncode, done.stderr) == (0, "")
    decoded, failed = map(int, done.stdout.split())
    assert decoded > turns / 30  # damaged files, and some that are not damaged enough
    assert failed > turns / 10


HOSTILE = """
import random, sys
from pathlib import Path
from mediakeep.errors import ItemFailed
from mediakeep.media.encoding import pcm_source, verification
from mediakeep_samples.music import track_files
chance, decoded, failed = random.Random(11), 0, 0
for turn in range(int(sys.argv[2])):
    suffix = chance.choice(("mp3", "flac", "m4a", "ogg", "opus"))
    content = bytearray(track_files.read_seed_file("chord." + suffix))
    for _ in range(chance.choice((1, 4, 30))):
        at = chance.randrange(len(content))
        content[at : at + chance.choice((1, 4, 200))] = chance.randbytes(chance.choice((0, 1, 4)))
    path = Path(sys.argv[1], "a." + suffix)
    path.write_bytes(content * chance.choice((1, 1, 2)))
    verification.verify_file(path, 8000, 8000)
    try:
        pcm_source.count_samples(path)
        decoded += 1
    except ItemFailed as error:
        assert path.name in str(error)
        failed += 1
print(decoded, failed)
"""
