"""What is found out about the sound of a file, and how it is put into words."""

from __future__ import annotations

from math import ceil

import msgspec

# Of a file from which no sound is known to be missing.
UNMARKED = "its end is not marked"
LAST_BYTE = "its last byte is missing"
SLIGHT = frozenset({UNMARKED, LAST_BYTE})


class Sound(msgspec.Struct, frozen=True):
    """The audio of a file: its size, how it is known to be cut off, and what locks it.

    `payload` are the bytes of the audio without tags and pictures, the same in every file that
    holds the same audio. `truncated` is the end of a sentence ("it ends at 0:41 of 3:20"), or "";
    `protected` names the DRM scheme, or is "".
    """

    payload: int
    truncated: str = ""
    protected: str = ""


def holds(there: int, promised: int) -> str:
    """Put into words that bytes are missing."""
    return f"it holds {there:,} of {promised:,} bytes"


def ends(at: float, promised: float) -> str:
    """Put into words that time is missing; both in seconds."""
    return f"it ends at {_clock(int(at))} of {_clock(ceil(promised))}"


def _clock(seconds: int) -> str:
    return f"{seconds // 60}:{seconds % 60:02}"
