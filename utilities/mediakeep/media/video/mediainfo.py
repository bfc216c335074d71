"""What MediaInfo tells of a file, asked in a way that lets it do no harm but to its own process.

It gets bytes and no name, so it looks for nothing beside a file; and it gets no more bytes, and no
more time to ask for them, than any sound film needs. It is not to be given playlists, which it
follows.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import cache
from importlib import metadata
from typing import Any, BinaryIO

import msgspec

BUDGET = 256 << 20  # bytes
PATIENCE = 60.0  # seconds
_PIECE = 1 << 16

Track = dict[str, Any]


class _Media(msgspec.Struct):
    track: list[Track] = []


class _Answer(msgspec.Struct):
    media: _Media | None = None


class _Limited:
    """A file as MediaInfo reads it; it seems to end where too much of it was read."""

    mode = "rb"

    def __init__(self, handle: BinaryIO, clock: Callable[[], float]) -> None:
        self._handle, self._clock = handle, clock
        self._left, self._end = BUDGET, clock() + PATIENCE

    def read(self, length: int) -> bytes:
        """Give the next bytes; none where the budget is spent."""
        if self._left <= 0 or self._clock() > self._end:
            return b""
        data = self._handle.read(length)
        self._left -= len(data)
        return data

    def seek(self, place: int, whence: int = 0) -> int:
        """Go to a place."""
        return self._handle.seek(place, whence)

    def tell(self) -> int:
        """Tell the place."""
        return self._handle.tell()


@cache
def version() -> str:
    """Return the version of pymediainfo, "" where it is not installed; nothing is loaded."""
    try:
        return metadata.version("pymediainfo")
    except metadata.PackageNotFoundError:
        return ""


@cache
def is_there() -> bool:
    """Tell whether MediaInfo can be asked: pymediainfo is there, and so is its library."""
    try:
        from pymediainfo import MediaInfo

        return bool(MediaInfo.can_parse())
    except ImportError:
        return False


def tracks(handle: BinaryIO, clock: Callable[[], float] = time.monotonic) -> list[Track] | None:
    """Ask what a file is as a whole, and what streams it holds.

    None where MediaInfo makes nothing of it; OSError where the disk refuses.
    """
    from pymediainfo import MediaInfo

    try:
        told = MediaInfo.parse(
            _Limited(handle, clock), output="JSON", full=False, buffer_size=_PIECE
        )
        answer = msgspec.json.decode(str(told).encode("utf-8", "replace"), type=_Answer)
    except (ValueError, RuntimeError, msgspec.MsgspecError):  # letters that are none; not a film
        return None
    return answer.media.track if answer.media else None
