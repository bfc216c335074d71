"""Measure the loudness of an album once, from its source, and make gain tags of it.

<name> [1f2e3d4c]_state/loudness/<hash of the source>.json   what was measured of a track
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec

from mediakeep import atomic_files
from mediakeep.errors import DecodingFailed, Unreadable
from mediakeep.media.encoding import loudness
from mediakeep.media.encoding.loudness import Loudness, TrackMeasurement
from mediakeep.outcome import Progress
from mediakeep.workspace.system_errors import translate_errors
from mediakeep.workspace.working_dirs import WorkingDirs

_FOLDER = "loudness"


class MeasureTask(msgspec.Struct, frozen=True):
    """The input of a part: a track of the source folder, not escaped, and its hash."""

    dirs: WorkingDirs
    source: str
    sha256: str


def measure_part(task: MeasureTask, progress: Progress) -> dict[str, str]:
    """Measure a track, unless that is done; return {} or the error of a damaged track.

    A damaged track fails when it is converted.
    """
    path = _find_file(task.dirs, task.sha256)
    if path.exists():
        return {}

    def report(done: int, of: int) -> None:
        progress(done, max(of, done), may_stop=True)

    try:
        measured = loudness.measure_track(task.dirs.source / task.source, report)
    except (DecodingFailed, Unreadable) as error:
        return {"error": str(error)}
    with translate_errors(path):
        atomic_files.write_atomic(path, msgspec.json.encode(measured))
    return {}


def load_measurements(dirs: WorkingDirs, hashes: Iterable[str]) -> dict[str, TrackMeasurement]:
    """Return the loudness of tracks by their hashes, without those not measured yet."""
    found = {}
    for digest in hashes:
        path = _find_file(dirs, digest)
        if path.exists():
            with translate_errors(path):
                found[digest] = msgspec.json.decode(path.read_bytes(), type=TrackMeasurement)
    return found


def build_gains(measured: Mapping[str, TrackMeasurement]) -> dict[str, tuple[tuple[str, str], ...]]:
    """Return the gain tags of each track, by the hash of its source."""
    album = loudness.compute_loudness(measured.values())
    return {
        digest: (
            *_format_gain("track", loudness.compute_loudness([one])),
            *_format_gain("album", album),
        )
        for digest, one in measured.items()
    }


def _format_gain(scope: str, measured: Loudness) -> tuple[tuple[str, str], ...]:
    if measured.integrated is None:
        return ()
    gain, peak = f"{measured.replaygain:.2f} dB", f"{measured.peak:.6f}"
    return (f"replaygain_{scope}_gain", gain), (f"replaygain_{scope}_peak", peak)


def _find_file(dirs: WorkingDirs, digest: str) -> Path:
    return dirs.state / _FOLDER / f"{digest}.json"
