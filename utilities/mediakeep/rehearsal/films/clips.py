"""Write tiny playable videos of any duration: grey pictures, silence and a subtitle.

A video of two hours has a dozen frames, each of which lasts ten minutes.
"""

from __future__ import annotations

from pathlib import Path

from mediakeep.rehearsal.films import matroska, mp4
from mediakeep.rehearsal.films.clip import Clip


def make(path: Path, clip: Clip) -> None:
    """Write a video: Matroska for .mkv, else MP4. Raise OSError on failure."""
    path.write_bytes(content(clip, path.suffix))


def content(clip: Clip, suffix: str) -> bytes:
    """Return the bytes of a video for a suffix such as ".mkv"."""
    return matroska.written(clip) if suffix.lower() == ".mkv" else mp4.written(clip, suffix)
