"""Call MediaInfo so that it can harm nothing but its own process.

It is given a byte stream instead of a file name, so it opens no adjacent files. The bytes and the
time are limited to what a valid file needs. Do not pass playlists, which it would follow.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import cache
from importlib import metadata
from typing import Any, BinaryIO

import msgspec

MAX_BYTES = 256 << 20  # bytes
MAX_SECONDS = 60.0  # seconds
_BUFFER_SIZE = 1 << 16

MediaInfoTrack = dict[str, Any]


class _MediaInfoMedia(msgspec.Struct):
    track: list[MediaInfoTrack] = []


class _MediaInfoOutput(msgspec.Struct):
    media: _MediaInfoMedia | None = None


class _LimitedFile:
    """A file-like object for MediaInfo that ends when a limit of bytes or time is exceeded."""

    mode = "rb"

    def __init__(self, handle: BinaryIO, clock: Callable[[], float]) -> None:
        self._handle, self._clock = handle, clock
        self._remaining_bytes, self._deadline = MAX_BYTES, clock() + MAX_SECONDS

    def read(self, length: int) -> bytes:
        """Return the next bytes, or b"" if a limit is exceeded."""
        if self._remaining_bytes <= 0 or self._clock() > self._deadline:
            return b""
        data = self._handle.read(length)
        self._remaining_bytes -= len(data)
        return data

    def seek(self, offset: int, whence: int = 0) -> int:
        """Set the read position in bytes."""
        return self._handle.seek(offset, whence)

    def tell(self) -> int:
        """Return the read position in bytes."""
        return self._handle.tell()


@cache
def pymediainfo_version() -> str:
    """Return the version of pymediainfo without importing it, or "" if it is not installed."""
    try:
        return metadata.version("pymediainfo")
    except metadata.PackageNotFoundError:
        return ""


@cache
def is_available() -> bool:
    """Return True if pymediainfo and its native library are installed."""
    try:
        from pymediainfo import MediaInfo

        return bool(MediaInfo.can_parse())
    except ImportError:
        return False


def read_tracks(
    handle: BinaryIO, clock: Callable[[], float] = time.monotonic
) -> list[MediaInfoTrack] | None:
    """Return the tracks that MediaInfo finds in an open file: the general one and the streams.

    Returns None if MediaInfo does not recognize the file; raises OSError if it cannot be read.
    """
    from pymediainfo import MediaInfo

    try:
        output = MediaInfo.parse(
            _LimitedFile(handle, clock), output="JSON", full=False, buffer_size=_BUFFER_SIZE
        )
        parsed = msgspec.json.decode(str(output).encode("utf-8", "replace"), type=_MediaInfoOutput)
    except (ValueError, RuntimeError, msgspec.MsgspecError):  # invalid characters; not a video
        return None
    return parsed.media.track if parsed.media else None
