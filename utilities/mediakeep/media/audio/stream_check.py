"""The result of checking an audio stream, and the clauses that describe missing data."""

from __future__ import annotations

from math import ceil

import msgspec


class StreamCheck(msgspec.Struct, frozen=True):
    """The result of checking an audio stream: its size, evidence of truncation, and DRM.

    `payload` is the size of the audio essence in bytes, without tags and pictures; it is equal for
    all files with the same audio. `truncated` is a clause such as "it ends at 0:41 of 3:20", or "";
    with `audio_complete` only the end is invalid, and no audio is missing. `protected` is the name
    of the DRM scheme, or "".
    """

    payload: int
    truncated: str = ""
    protected: str = ""
    audio_complete: bool = False


def missing_bytes_text(present: int, promised: int) -> str:
    """Return a clause that says how many of the promised bytes are present."""
    return f"it holds {present:,} of {promised:,} bytes"


def missing_time_text(at: float, promised: float) -> str:
    """Return a clause that says where the audio ends and how long it should be, in seconds."""
    return f"it ends at {_format_clock(int(at))} of {_format_clock(ceil(promised))}"


def _format_clock(seconds: int) -> str:
    return f"{seconds // 60}:{seconds % 60:02}"
