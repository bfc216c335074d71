"""Write tiny playable videos of any duration: grey pictures, silence and a subtitle.

A video of two hours has a dozen frames, each of which lasts ten minutes.
"""

from __future__ import annotations

from pathlib import Path

from mediakeep_samples.movies import matroska, mp4
from mediakeep_samples.movies.video_spec import VideoSpec


def write_video(path: Path, clip: VideoSpec) -> None:
    """Write a video: Matroska for .mkv, else MP4. Raise OSError on failure."""
    path.write_bytes(render_video(clip, path.suffix))


def render_video(clip: VideoSpec, suffix: str) -> bytes:
    """Return the bytes of a video for a suffix such as ".mkv"."""
    return (
        matroska.render_matroska(clip) if suffix.lower() == ".mkv" else mp4.render_mp4(clip, suffix)
    )
