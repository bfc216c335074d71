"""Full volumes: find out whether the volume of the queue is full, or another one."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import msgspec

from mediakeep import path_text, size_text
from mediakeep.errors import OUT_OF_SPACE, VolumeFull
from mediakeep.item import Status
from mediakeep.outcome import Outcome

FULL_ERRNOS = (errno.ENOSPC, errno.EDQUOT)
PARK_SECONDS = 60.0  # until an item looks again whether there is space
_LEAST_FREE = 1 << 20  # bytes; with less, the volume of the queue counts as full


class FullVolume(msgspec.Struct, frozen=True):
    """The result of a task that found a volume full.

    `path` is a path on it, "" if the system did not name it. `needed` is the number of bytes that
    were missing, 0 if unknown. `message` is the error as a sentence.
    """

    path: str
    needed: int
    message: str

    @classmethod
    def from_error(cls, error: VolumeFull | OSError, message: str) -> FullVolume:
        """Return the result for an error that a worker raised."""
        if isinstance(error, VolumeFull):
            return cls(error.path, error.needed, message)
        path = error.filename2 or error.filename  # the second is the target of a rename or link
        return cls(os.fsdecode(path) if isinstance(path, str | bytes) else "", 0, message)


def is_queue_volume(volume: FullVolume, folder: Path) -> bool:
    """Return whether a full volume is the one with the queue's files in `folder`.

    If the system did not name a path, that is so if the volume of the queue has no space left.
    """
    if volume.path:
        try:
            place = _nearest_existing(Path(volume.path))
            return place.stat().st_dev == folder.stat().st_dev
        except OSError:  # it cannot be reached, unlike that of the queue
            return False
    space = os.statvfs(folder)
    return space.f_bavail * space.f_frsize < _LEAST_FREE


def build_park_outcome(volume: FullVolume) -> Outcome:
    """Return the outcome that parks an item until a full volume may have space again."""
    path = Path(volume.path) if volume.path else None
    if path is None:
        message = "a volume is full"
    elif volume.needed:
        place = _format_path(_find_mount_point(path))
        message = f"needs {size_text.format_size(volume.needed)} on {place}"
    else:
        message = f"the volume of {_format_path(path)} is full"
    return Outcome(
        Status.PENDING,
        f"{OUT_OF_SPACE}: {message}",
        retry_after=PARK_SECONDS,
        out_of_space=True,
    )


def _nearest_existing(path: Path) -> Path:
    """Return a path, or its nearest parent folder that exists."""
    return next((place for place in (path, *path.parents) if place.exists()), Path("/"))


def _find_mount_point(path: Path) -> Path:
    """Return the mount point of the volume of a path, or the path if it cannot be reached."""
    try:
        place = _nearest_existing(path).resolve()
        return next(folder for folder in (place, *place.parents) if folder.is_mount())
    except OSError:
        return path


def _format_path(path: Path) -> str:
    return path_text.to_printable(str(path))
