"""Convert one track of an album: a part of its stage, in whichever process it runs.

1. A damaged source is refused.
2. If a finished output has the same recipe (source, settings, encoder), it is kept.
3. The source is compared with its hash, then encoded to a hidden file, or copied. If only its tags
   have changed since the album was published, the published file is copied.
4. Tags, pictures and gains are stored in it, and it is verified; the audio of a copy stays.
5. It is synced and renamed, and a record of it is written.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec

from mediakeep import path_text
from mediakeep.albums import measure_loudness
from mediakeep.albums.measure_loudness import MeasureTask
from mediakeep.albums.report import TrackRow
from mediakeep.errors import (
    AudioDamaged,
    EncodingFailed,
    NotCopied,
    NotWritten,
    Unreadable,
    VerificationFailed,
    WorkingFilesChanged,
)
from mediakeep.media import ffmpeg
from mediakeep.media.audio import essence
from mediakeep.media.encoding import encoder, verification
from mediakeep.media.encoding.encoder import EncodedFile
from mediakeep.media.encoding.profile_rules import EncodingParameters
from mediakeep.media.encoding.verification import VerificationMode
from mediakeep.media.mutagen_tags.tag_items import TagItem
from mediakeep.media.transfer import transfer_tags
from mediakeep.media.transfer.model import TagChanges, TransferReport
from mediakeep.outcome import Progress
from mediakeep.workspace import manifest, moves, output_records, stage_worker, verified_copy
from mediakeep.workspace.job_files import WorkingDirs
from mediakeep.workspace.system_errors import translate_errors

ALREADY_CONVERTED = "Already converted (skipped)"
_RESTORE_HINT = "Restore it, or delete the working folders to begin with the original."
_ADDED_TAGS = "gains and other new tags"
_ATTEMPTS = "attempts"  # folder with a file per track
_KEPT_FACTS = ("encoder", "samples", "sample_rate", "source_samples", "duration", "verified")


class TrackTask(msgspec.Struct, frozen=True):
    """The input of a part: a track of the working folders; paths below them are not escaped.

    `sha256` is that of the source. Without `parameters` the track is copied. `gains` are tags that
    replace those of the source, `filled` fields for which it has no value. `cover` is a picture to
    embed if the source has none. `sound` is that of a `TrackRow`; a track that was `published` with
    the same one, as the file `published_path`, is not encoded again. One that is `is_unmeasured`
    fails even if it can be measured now, as the gains of the album lack it; the next attempt knows
    them.
    """

    dirs: WorkingDirs
    source: str
    output: str
    sha256: str
    verify: VerificationMode
    parameters: EncodingParameters | None = None
    gains: tuple[tuple[str, str], ...] = ()
    filled: Mapping[str, tuple[str, ...]] = {}
    cover: str = ""
    cover_sha256: str = ""
    sound: str = ""
    published: TrackRow | None = None
    published_path: str = ""
    is_unmeasured: bool = False

    @property
    def recipe(self) -> str:
        """The hash of all that determines the output: source, settings and encoder."""
        facts: tuple[Any, ...] = (self.sha256, self.gains, self.filled, self.cover_sha256)
        if self.parameters:
            facts = (*facts, self.parameters, self.verify, ffmpeg.describe_version())
        return sha256(msgspec.json.encode(facts)).hexdigest()

    @property
    def changes(self) -> TagChanges:
        """What the output gets besides the tags of the source."""
        replaced = tuple(TagItem(name, (value,)) for name, value in self.gains)
        filled = tuple(TagItem(name, values) for name, values in self.filled.items())
        return TagChanges(replaced, filled, Path(self.cover) if self.cover else None)


def convert_track(task: TrackTask, progress: Progress) -> dict[str, Any]:
    """Convert a track, unless that is done, and return a few facts on it for the queue.

    Raises OSError if the volume of the working folders is full. An error about the content of the
    source is final, since the source was verified.
    """
    source, target = task.dirs.source / task.source, task.dirs.processed / task.output
    with stage_worker.translate_part_errors(task.dirs.processed):
        note = _refuse_damage(task, source, progress)
        recipe, name = task.recipe, path_text.escape_path(task.output)
        record = output_records.find_output(task.dirs, name)
        if record and record.recipe == recipe:
            return {"output": name, "skipped": True, "message": ALREADY_CONVERTED}
        attempts, began = _count_attempt(task.dirs, name), time.monotonic()
        _check_unchanged(task, source)
        encode = _keep_audio if _is_published(task) else _encode
        facts = (encode if task.parameters else _copy)(task, source, target, progress)
        seconds = round(time.monotonic() - began, 3)
        done = {
            "source": path_text.escape_path(task.source),
            "source_sha256": task.sha256,
            "sound": task.sound,
            "settings": msgspec.to_builtins(task.parameters) if task.parameters else "copy",
            "seconds": seconds,
            "attempts": attempts,
            "note": note,
            **facts,
        }
        written = output_records.record_output(task.dirs, target, recipe, done)
    return {"output": name, "seconds": seconds, "bytes": written.size}


def _is_published(task: TrackTask) -> bool:
    """Return whether the published file of a track with this sound is still there, unchanged."""
    try:
        return task.published is not None and manifest.has_content(
            Path(task.published_path), task.published.sha256
        )
    except NotCopied:  # it cannot be read
        return False


def _refuse_damage(task: TrackTask, source: Path, progress: Progress) -> str:
    """Raise AudioDamaged if a track is damaged; return a note about what may be missing, or "".

    With "full", it is decoded now if that was not done before, and refused if it has no decoder.
    """
    measured = measure_loudness.find_measurement(task.sha256).load(task.dirs.state)
    is_full = task.verify == "full"
    if (is_full or task.is_unmeasured) and (measured is None or measured.damage is None):
        _check_unchanged(task, source)
        again = MeasureTask(task.dirs, task.source, task.sha256, with_peak=True)
        measured = measure_loudness.measure(again, progress)
    if measured and measured.damage and (is_full or not measured.is_refused):
        raise AudioDamaged(source, measured.damage)
    if task.is_unmeasured:
        why = "its loudness was measured too late for the gains of the album"
        raise EncodingFailed(task.dirs.processed / task.output, why, "Run again to convert it.")
    return measured.note if measured else ""


def _check_unchanged(task: TrackTask, source: Path) -> None:
    if manifest.hash_file(source) != task.sha256:
        raise WorkingFilesChanged(source, "its content changed", _RESTORE_HINT)


def _encode(task: TrackTask, source: Path, target: Path, progress: Progress) -> dict[str, Any]:
    assert task.parameters is not None
    report = stage_worker.build_stoppable_report(progress)
    on_error = _ignore_error if task.verify == "full" else None
    with _open_temp_file(task, target) as temp:
        encoded = encoder.encode_file(
            source, temp, task.parameters, progress=report, on_error=on_error
        )
        carried = transfer_tags.transfer_tags(source, temp, changes=task.changes)
        _verify(temp, target, encoded, task.verify)
    return {
        "encoder": encoded.encoder,
        "samples": encoded.samples,
        "sample_rate": encoded.sample_rate,
        "source_samples": encoded.source_samples,
        "duration": round(encoded.seconds, 3),
        "verified": task.verify,
        **_describe_tags(task, carried),
    }


def _keep_audio(task: TrackTask, source: Path, target: Path, _: Progress) -> dict[str, Any]:
    """Store the tags of the source in a copy of the published file."""
    assert task.published
    with _open_temp_file(task, target) as temp:
        verified_copy.copy_file(Path(task.published_path), temp, task.dirs.processed)
        audio = essence.compute_audio_hash(temp)
        with transfer_tags.make_writable(temp):
            carried = transfer_tags.transfer_tags(source, temp, changes=task.changes)
        if essence.compute_audio_hash(temp) != audio:
            raise VerificationFailed(path_text.escape_path(target), "audio data differs")
    facts = {name: getattr(task.published, name) for name in _KEPT_FACTS}
    return {**facts, "kept": True, **_describe_tags(task, carried)}


def _ignore_error(_position: float, _message: str) -> None:
    """Ignore what a check has found to be garbage around the audio of an undamaged file."""


def _copy(task: TrackTask, source: Path, target: Path, _: Progress) -> dict[str, Any]:
    """Copy a track and add the tags of the album; without them if its format cannot store them."""
    facts: dict[str, Any] = {"encoder": "copy", "verified": "hash"}
    if task.gains or task.filled or task.cover:
        try:
            with _open_temp_file(task, target) as temp:
                verified_copy.copy_file(source, temp, task.dirs.processed)
                report = transfer_tags.add_tags(source, temp, task.changes)
        except (NotWritten, Unreadable) as error:
            lost = {"field": _ADDED_TAGS, "reason": str(error.args[1])}
            facts["not_carried"] = [lost]
        else:
            facts["verified"] = "essence"
            return facts | _describe_tags(task, report)
    verified_copy.copy_file(source, target, task.dirs.processed)
    return facts


def _describe_tags(task: TrackTask, carried: TransferReport) -> dict[str, Any]:
    """Return which fields a lookup has filled, and which the new file lacks."""
    names = {field.field for field in carried.carried}
    not_carried = [{"field": one.field, "reason": one.reason} for one in carried.not_carried]
    filled = [name for name in task.filled if name in names]
    return {"filled": filled, "not_carried": not_carried}


@contextlib.contextmanager
def _open_temp_file(task: TrackTask, target: Path) -> Iterator[Path]:
    """Yield the path of a hidden file, which is synced and becomes the target at the end."""
    digest = sha256(task.output.encode(errors="surrogateescape")).hexdigest()[:12]
    temp = target.with_name(f".{digest}.part{target.suffix}")
    try:
        yield temp
        moves.sync_tree(temp)
        with translate_errors(target):
            temp.replace(target)
    except BaseException as error:
        with contextlib.suppress(OSError):
            temp.unlink(missing_ok=True)
        if isinstance(error, EncodingFailed):
            error.args = (Path(target.name), *error.args[1:])
        raise


def _verify(temp: Path, target: Path, encoded: EncodedFile, mode: VerificationMode) -> None:
    result = verification.verify_file(temp, encoded.samples, encoded.sample_rate, mode)
    if not result.is_valid:
        why = f"its verification failed ({result.errors[0]})"
        raise EncodingFailed(target, why, "Check the disk and the profile, then run again.")


def _count_attempt(dirs: WorkingDirs, name: str) -> int:
    """Count an attempt at a track in its file, and return their number."""
    path = dirs.state / _ATTEMPTS / sha256(name.encode()).hexdigest()[:16]
    with translate_errors(path):
        path.parent.mkdir(exist_ok=True)
        with path.open("ab") as file:
            file.write(b".")
            return file.tell()
