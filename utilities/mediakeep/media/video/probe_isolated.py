"""Probe a video in a child process, because a damaged file may crash or hang MediaInfo.

This is for callers whose process must not end: with a user at the terminal, or with an open queue.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import msgspec

import mediakeep
from mediakeep import path_text
from mediakeep.errors import Unreadable
from mediakeep.media.video import probe as here
from mediakeep.media.video.model import VideoInfo

_TIMEOUT = 120.0  # seconds
_FIX_HINT = "Replace it from a backup or another copy."


class _ProbeReply(msgspec.Struct):
    """The reply of the child process that probes a video: the info, or the error's arguments."""

    facts: VideoInfo | None = None
    refused: tuple[str, ...] = ()


def probe_in_subprocess(path: Path, longest: float = _TIMEOUT) -> VideoInfo:
    """Return the video info on a file, probed in a child process.

    Raises Unreadable if the probe fails, crashes, or takes more than `longest` seconds.
    """
    source_root = Path(mediakeep.__file__).parents[1]
    command = [sys.executable, "-m", __name__, os.fspath(path)]
    environment = {**os.environ, "PYTHONPATH": os.fspath(source_root)}
    try:
        process = subprocess.run(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=longest,
            check=True,
        )
        answer = msgspec.json.decode(process.stdout, type=_ProbeReply)
    except subprocess.TimeoutExpired as error:
        why = f"MediaInfo did not finish within {longest:g} s"
        raise Unreadable(path_text.escape_path(path), why, _FIX_HINT) from error
    except (subprocess.CalledProcessError, msgspec.DecodeError) as error:
        raise Unreadable(path_text.escape_path(path), "MediaInfo crashed", _FIX_HINT) from error
    if answer.facts is None:
        raise Unreadable(*answer.refused)
    return answer.facts


def _build_reply(path: Path) -> _ProbeReply:
    try:
        return _ProbeReply(here.probe_video(path))
    except Unreadable as error:
        return _ProbeReply(refused=tuple(map(str, error.args)))


if __name__ == "__main__":
    sys.stdout.buffer.write(msgspec.json.encode(_build_reply(Path(sys.argv[1]))))
