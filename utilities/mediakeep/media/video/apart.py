"""A video looked at in a process of its own, where a damaged one may crash or hang what reads it.

For those who work in the process that must not end: with a person at the terminal, or a queue open.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import msgspec

import mediakeep
from mediakeep import files
from mediakeep.errors import Unreadable
from mediakeep.media.video import probe as here
from mediakeep.media.video.facts import VideoFacts

_LONGEST = 120.0  # seconds
_CURE = "Replace it from a backup or another copy."


class _Answer(msgspec.Struct):
    """What the process found, or why it was refused."""

    facts: VideoFacts | None = None
    refused: tuple[str, ...] = ()


def probe(path: Path, longest: float = _LONGEST) -> VideoFacts:
    """Return what a video holds; Unreadable where it refuses, or the reader crashes or hangs."""
    code = Path(mediakeep.__file__).parents[1]
    command = [sys.executable, "-m", __name__, os.fspath(path)]
    environment = {**os.environ, "PYTHONPATH": os.fspath(code)}
    try:
        done = subprocess.run(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=longest,
            check=True,
        )
        answer = msgspec.json.decode(done.stdout, type=_Answer)
    except subprocess.TimeoutExpired as error:
        why = f"MediaInfo did not come to an end within {longest:g} s"
        raise Unreadable(files.escape(path), why, _CURE) from error
    except (subprocess.CalledProcessError, msgspec.DecodeError) as error:
        raise Unreadable(files.escape(path), "MediaInfo crashed on it", _CURE) from error
    if answer.facts is None:
        raise Unreadable(*answer.refused)
    return answer.facts


def _answer(path: Path) -> _Answer:
    try:
        return _Answer(here.probe(path))
    except Unreadable as error:
        return _Answer(refused=tuple(map(str, error.args)))


if __name__ == "__main__":
    sys.stdout.buffer.write(msgspec.json.encode(_answer(Path(sys.argv[1]))))
