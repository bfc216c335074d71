"""Decode the source of an album once: measure its loudness, make gain tags of it, find damage.

<name> [1f2e3d4c]_state/loudness/<hash of the source>.json   what was found in a track
"""

from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import Mapping

import msgspec

from mediakeep.errors import DecodingFailed, Unreadable
from mediakeep.media import ffmpeg
from mediakeep.media.audio import tags
from mediakeep.media.audio.decode.decoder import DecodeResult
from mediakeep.media.encoding import decode_check, loudness, pcm_source
from mediakeep.media.encoding.loudness import Loudness, TrackMeasurement
from mediakeep.outcome import Progress
from mediakeep.workspace import stage_worker
from mediakeep.workspace.job_files import StateFile, WorkingDirs


class MeasureTask(msgspec.Struct, frozen=True):
    """The input of a part: a track of the source folder, not escaped, and its hash.

    `with_peak` measures its true peak, too.
    """

    dirs: WorkingDirs
    source: str
    sha256: str
    with_peak: bool


class MeasuredTrack(TrackMeasurement):
    """The loudness of a track, and what is damaged: "" for nothing, None if it was not checked.

    `is_refused` is set if FFmpeg cannot open the track, such as one with DRM; `damage` says why.
    `note` is about what may be missing, or "".
    """

    damage: str | None = None
    is_refused: bool = False
    note: str = ""


def measure_part(task: MeasureTask, progress: Progress) -> dict[str, str]:
    """Decode a track and store what was found, unless it is known to be undamaged.

    A track that cannot be read fails when it is converted.
    """
    known = find_measurement(task.sha256).load(task.dirs.state)
    if not (known and known.damage == "" and (known.peak is not None or not task.with_peak)):
        with contextlib.suppress(DecodingFailed, Unreadable):
            measure(task, progress)
    return {}


def measure(task: MeasureTask, progress: Progress) -> MeasuredTrack:
    """Decode a track and store what was found; one that cannot be decoded is damaged.

    Raises Unreadable, or DecodingFailed if the system is the reason.
    """
    report = stage_worker.build_stoppable_report(progress)
    path, decoded, measured = task.dirs.source / task.source, DecodeResult(), TrackMeasurement()
    is_refused, note = False, ""
    try:
        with pcm_source.open_source(path, report) as source:
            frames = decode_check.iter_frames(source, decoded)
            try:
                measured = loudness.measure_frames(source, frames, with_peak=task.with_peak)
            except ffmpeg.require_pyav().error.FFmpegError:  # of the meter
                deque(frames, 0)
            note = decode_check.describe_ends(source)
        damage = decode_check.find_damage(path, decoded)
    except DecodingFailed as error:
        if isinstance(error.__cause__, (MemoryError, OSError)):
            raise
        truncated = tags.read(path).facts.truncated
        damage, is_refused = truncated or str(error.args[1]), not truncated
    result = MeasuredTrack(measured.blocks, measured.peak, damage, is_refused, note)
    find_measurement(task.sha256).save(task.dirs.state, result)
    return result


def find_measurement(digest: str) -> StateFile[MeasuredTrack]:
    """Return the file with what was found in a track, given its hash."""
    return StateFile(f"loudness/{digest}.json", MeasuredTrack, is_indented=False)


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
    gain = (f"replaygain_{scope}_gain", f"{measured.replaygain:.2f} dB")
    if measured.peak is None:
        return (gain,)
    return gain, (f"replaygain_{scope}_peak", f"{measured.peak:.6f}")
