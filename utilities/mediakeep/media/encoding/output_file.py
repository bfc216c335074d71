"""Files and containers that FFmpeg writes."""

from __future__ import annotations

import os
from collections.abc import Mapping
from io import FileIO
from typing import Any

from mediakeep import atomic_files
from mediakeep.media import ffmpeg

_MP4_CONTAINERS = frozenset({"ipod", "mp4", "mov"})


class OutputFile(FileIO):
    """A file that writes all bytes it is given, and remembers why it could not.

    FFmpeg replaces the error of the system with one of its own.
    """

    error: OSError | None = None

    def write(self, data: Any) -> int:
        try:
            atomic_files.write_all(self.fileno(), data)
        except OSError as error:
            self.error = error
            raise
        return len(data)


def open_container(file: FileIO, name: str, sample_rate: int, options: Mapping[str, str]) -> Any:
    """Open a container of FFmpeg to write it to an open file."""
    options = {"flush_packets": "0", **options}  # else MP3 is written frame by frame
    if name in _MP4_CONTAINERS:
        # The edit list is precise only if its time scale is; FFmpeg's default is a millisecond.
        options.setdefault("movie_timescale", str(sample_rate))

    def reopen(*_: object) -> FileIO:
        """Open the output again, as FFmpeg does to move the index of an MP4 to its start."""
        return FileIO(os.fspath(file.name))

    return ffmpeg.require_pyav().open(file, "w", format=name, options=options, io_open=reopen)
