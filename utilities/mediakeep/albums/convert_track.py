"""Convert one track of an album: a part of its stage, in whichever process it runs.

1. If a finished output has the same recipe (source, settings, encoder), it is kept.
2. The source is compared with its hash, then encoded to a hidden file, or copied.
3. Tags, pictures and gains are stored in it, and it is verified.
4. It is synced and renamed, and a record of it is written.
"""

from __future__ import annotations

import contextlib
import time
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec

from mediakeep import path_text
from mediakeep.errors import EncodingFailed, WorkingFilesChanged
from mediakeep.media import ffmpeg
from mediakeep.media.encoding import encoder, verification
from mediakeep.media.encoding.encoder import EncodedFile
from mediakeep.media.encoding.profile_rules import EncodingParameters
from mediakeep.media.encoding.verification import VerificationMode
from mediakeep.media.mutagen_tags.tag_items import TagItem
from mediakeep.media.transfer import transfer_tags
from mediakeep.outcome import Progress
from mediakeep.workspace import full_volume, manifest, moves, output_records, verified_copy
from mediakeep.workspace.system_errors import translate_errors
from mediakeep.workspace.working_dirs import WorkingDirs

ALREADY_CONVERTED = "Already converted (skipped)"
_RESTORE_HINT = "Restore it, or delete the working folders to begin with the original."
_ATTEMPTS = "attempts"  # folder with a file per track


class TrackTask(msgspec.Struct, frozen=True):
    """The input of a part: a track of the working folders; paths below them are not escaped.

    `sha256` is that of the source. Without `parameters` the track is copied. `gains` are tags that
    replace those of the source. `cover` is a picture to embed if the source has none.
    """

    dirs: WorkingDirs
    source: str
    output: str
    sha256: str
    verify: VerificationMode
    parameters: EncodingParameters | None = None
    gains: tuple[tuple[str, str], ...] = ()
    cover: str = ""
    cover_sha256: str = ""

    @property
    def recipe(self) -> str:
        """The hash of all that determines the output: source, settings and encoder."""
        facts: tuple[Any, ...] = (self.sha256,)
        if self.parameters:
            how = (self.parameters, self.gains, self.cover_sha256, self.verify)
            facts = (*facts, *how, ffmpeg.describe_version())
        return sha256(msgspec.json.encode(facts)).hexdigest()


def convert_track(task: TrackTask, progress: Progress) -> dict[str, Any]:
    """Convert a track, unless that is done, and return a few facts on it for the queue.

    Raises OSError if the volume of the working folders is full.
    """
    with full_volume.raise_full_volume(task.dirs.processed):
        return _convert(task, progress)


def _convert(task: TrackTask, progress: Progress) -> dict[str, Any]:
    source, target = task.dirs.source / task.source, task.dirs.processed / task.output
    recipe = task.recipe
    name = path_text.escape_path(task.output)
    record = output_records.find_output(task.dirs, name)
    if record and record.recipe == recipe:
        return {"output": name, "skipped": True, "message": ALREADY_CONVERTED}
    attempts = _count_attempt(task.dirs, name)
    began = time.monotonic()
    if manifest.hash_file(source) != task.sha256:
        raise WorkingFilesChanged(source, "its content changed", _RESTORE_HINT)
    if task.parameters:
        facts = _encode(task, source, target, progress)
    else:
        file = verified_copy.copy_file(source, target, task.dirs.processed)
        facts = {"encoder": "copy", "verified": "hash", "bytes": file.size}
    seconds = round(time.monotonic() - began, 3)
    common = {"source": path_text.escape_path(task.source), "source_sha256": task.sha256}
    settings = msgspec.to_builtins(task.parameters) if task.parameters else "copy"
    done = {**common, "settings": settings, "seconds": seconds, "attempts": attempts, **facts}
    written = output_records.record_output(task.dirs, target, recipe, done)
    return {"output": name, "seconds": seconds, "bytes": written.size}


def _encode(task: TrackTask, source: Path, target: Path, progress: Progress) -> dict[str, Any]:
    assert task.parameters is not None

    def report(done: int, of: int) -> None:
        progress(done, max(of, done), may_stop=True)

    digest = sha256(task.output.encode(errors="surrogateescape")).hexdigest()[:12]
    temp = target.with_name(f".{digest}.part{target.suffix}")
    try:
        encoded = encoder.encode_file(source, temp, task.parameters, progress=report)
        replaced = [TagItem(name, (value,)) for name, value in task.gains]
        cover = Path(task.cover) if task.cover else None
        carried = transfer_tags.transfer_tags(source, temp, replaced=replaced, cover=cover)
        _verify(temp, target, encoded, task.verify)
        moves.sync_tree(temp)
        with translate_errors(target):
            temp.replace(target)
    except BaseException:
        with contextlib.suppress(OSError):
            temp.unlink(missing_ok=True)
        raise
    return {
        "encoder": encoded.encoder,
        "samples": encoded.samples,
        "sample_rate": encoded.sample_rate,
        "source_samples": encoded.source_samples,
        "duration": round(encoded.seconds, 3),
        "verified": task.verify,
        "tags": len(carried.carried),
        "not_carried": [{"field": one.field, "reason": one.reason} for one in carried.not_carried],
    }


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
