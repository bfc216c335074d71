"""Stages archiving, finalizing and completed: publish an album, then clean up; or roll it back."""

from __future__ import annotations

import contextlib
import stat
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from mediakeep import path_text
from mediakeep.albums import report
from mediakeep.albums.album_job import PROCESSED_FILES, AlbumJob
from mediakeep.albums.item import ALBUMS, CLEARED
from mediakeep.albums.report import TrackRow
from mediakeep.errors import LinkInOriginal, NotCopied, NotDeleted, UsageError, WorkingFilesChanged
from mediakeep.item import Status
from mediakeep.outcome import Outcome, Work
from mediakeep.pages import job_record
from mediakeep.workspace import disk_space, job_files, manifest, moves, output_records, publish
from mediakeep.workspace.disk_space import SpaceRequirement
from mediakeep.workspace.job_files import SOURCE_FILES, WorkingDirs
from mediakeep.workspace.manifest import Check, Manifest
from mediakeep.workspace.published_folder import PublishedFolder

_DELETE_HINT = "Delete it yourself, or run without delete_original."
_OWN_HINT = "The original is kept. Move that folder away, then reset the album."
_KEEP_HINT = "The original is kept. Reset the album to convert it again."


def archive(job: AlbumJob, _: Work) -> Outcome:
    """Copy the source folder to the archive, once all outputs are verified."""
    dirs = job.files.require()
    outputs = PROCESSED_FILES.require(dirs.state, dirs.processed)
    copied = dirs.require_source_manifest()
    manifest.check_unchanged(dirs.processed, outputs, Check.TIME)
    if job.archive is None:
        return Outcome(next_stage="finalizing", facts={"archived": False})
    existing, found = job.settings.processing.existing, job.find_result("archive_path")
    is_kept = job.item.original_deleted  # as it has the only copy
    place, rules = found.choose_target(job.archive, copied, existing, is_kept=is_kept)
    disk_space.check_disk_space([SpaceRequirement(place, copied.size)])
    metadata = {
        "album": job.item.name or job.key,
        "original": job.item.path,
        "profile": job.profile.name,
        "item": job.item.output_name,
    }
    target = publish.copy_to_archive(dirs.source, place, copied, metadata, rules)
    path = path_text.escape_path(target)
    facts = {"archive_path": path, "bytes": copied.size}
    data = {"archive_path": path, "original_deleted": False}
    return Outcome(data=data, next_stage="finalizing", facts=facts)


def finalize(job: AlbumJob, _: Work) -> Outcome:
    """Move the outputs to their place, and delete the original if that is set."""
    dirs = job.files.require()
    outputs = PROCESSED_FILES.require(dirs.state, dirs.processed)
    existing, found = job.settings.processing.existing, job.find_result("playback_path")
    place, rules = found.choose_target(job.output, outputs, existing)
    target = publish.move_to_output(dirs.processed, place, outputs, rules)
    data: dict[str, Any] = {"playback_path": path_text.escape_path(target)}
    if job.settings.processing.delete_original and not job.item.failed_tracks:
        _delete_original(job, dirs, outputs, data["playback_path"])
        data["original_deleted"] = True
    facts = {"playback_path": data["playback_path"], "bytes": outputs.size}
    return Outcome(data=data, next_stage="completed", facts=facts | _measure_job(dirs, outputs))


def _measure_job(dirs: WorkingDirs, outputs: Manifest) -> dict[str, float]:
    """Return the sizes of an album's files and the length of its converted tracks."""
    durations = (
        record.facts.get("duration", 0.0)
        for record in output_records.read_records(dirs).values()
        if not record.facts.get("kept")
    )
    return {
        "input_bytes": dirs.require_source_manifest().size,
        "output_bytes": outputs.size,
        "audio_seconds": round(sum(durations), 3),
    }


def _delete_original(job: AlbumJob, dirs: WorkingDirs, outputs: Manifest, playback: str) -> None:
    """Delete the original if archive and output are on the disk as they were made.

    It is renamed first, so that no scan finds a part of it if this is killed.
    """
    copied = dirs.require_source_manifest()
    hidden = job.name_deleted_original(dirs)
    archive, output = path_text.to_path(job.item.archive_path), path_text.to_path(playback)
    if not (job.item.archive_path and publish.is_published(archive, copied)):
        raise WorkingFilesChanged(archive, "the archive is not complete", _KEEP_HINT)
    if not job.find_result("archive_path").is_own:  # a rollback would not restore from it
        raise WorkingFilesChanged(
            archive, "it is not an archive that mediakeep has made", _OWN_HINT
        )
    for record in output_records.read_records(dirs).values():
        if record.facts.get("verified") == "none":
            raise WorkingFilesChanged(output / record.path, "it was not verified", _KEEP_HINT)
    manifest.check_unchanged(output, outputs)
    try:
        if job.original.exists():
            _refuse_links(job.original)
            manifest.check_unchanged(job.original, copied)
            moves.rename_into_place(job.original, hidden)
        moves.remove_published(hidden, copied, Check.SIZE)  # copies can have other times
    except moves.OtherFileSystem as error:
        raise NotDeleted(job.original, "it is a mount point", _DELETE_HINT) from error
    except NotCopied as error:  # names the hidden folder
        raise NotDeleted(job.original, *error.args[1:]) from error
    with contextlib.suppress(OSError):  # not empty
        for folder in job.folders_above:
            folder.rmdir()


def _refuse_links(original: Path) -> None:
    """Raise LinkInOriginal if an original contains a link: what it refers to is not deleted."""
    for path, facts in manifest.walk(original):
        if stat.S_ISLNK(facts.st_mode):
            raise LinkInOriginal(path)


def complete(job: AlbumJob, _: Work) -> Outcome:
    """Write the report, and remove the working folders if that is set."""
    dirs, item = job.files.find(), job.item
    profile = job.used_profile.name
    note, rows = "", tuple[TrackRow, ...]()
    if dirs:
        rows = report.write(job, dirs, "completed")
        if job.settings.processing.cleanup_working_on_success:
            try:
                job_files.remove_working_dirs(dirs)
            except WorkingFilesChanged as error:
                note = f"; working folders kept: {error}"
    tracks = item.track_count - item.failed_tracks
    missing = f", {item.failed_tracks} not converted" if item.failed_tracks else ""
    data = {**CLEARED, "report": job_record.find_page(ALBUMS.name, item.output_name)}
    paths = {
        "working_source_path": item.working_source_path,
        "working_processed_path": item.working_processed_path,
        "archive_path": item.archive_path,
        "playback_path": item.playback_path,
    }
    return Outcome(
        message=f"{_describe_tracks(tracks, rows, profile)}{missing}{note}",
        data=data,
        facts={
            **paths,
            "profile": profile,
            "tracks": tracks,
            "failed_tracks": item.failed_tracks,
        },
    )


def _describe_tracks(number: int, rows: Sequence[TrackRow], profile: str) -> str:
    """Return a phrase such as "6 tracks in opus" or "7 tracks: 5 opus, 2 mp3 copied"."""
    text = f"{number} track{'s' * (number != 1)}"
    results = Counter(_describe_result(row) for row in rows if row.encoder)
    if results.keys() <= {profile}:
        return f"{text} in {profile}"
    return f"{text}: {', '.join(f'{count} {result}' for result, count in results.items())}"


def _describe_result(row: TrackRow) -> str:
    if row.encoder == "copy":
        return f"{Path(row.output).suffix[1:].lower()} copied"
    return f"{row.settings['profile']['name']}{' (only tags rewritten)' * row.kept}"


def clean_up(job: AlbumJob, work: Work) -> Outcome:
    """Keep or remove the working folders of an album whose last attempt failed."""
    dirs = job.files.find()
    if dirs:
        report.write(job, dirs, f"failed_{_FAILED[work.failed_stage]}", work.error_message)
    if not (dirs and job.settings.processing.cleanup_working_on_failure and job.has_original):
        return Outcome(Status.ERROR)
    job_files.remove_working_dirs(dirs)
    return Outcome(Status.ERROR, data=dict(CLEARED), resume_stage="preparing")


_FAILED = {
    "preparing": "prepare",
    "converting": "convert",
    "archiving": "archive",
    "finalizing": "finalize",
    "completed": "cleanup",
}


def check_roll_back(job: AlbumJob) -> None:
    """Raise UsageError if the original of an album is gone and can no longer be restored."""
    if _is_original_gone(job) and not any(_find_copies(job)):
        raise UsageError(
            f"{path_text.display_path(job.original)} cannot be restored: neither an unchanged"
            " working copy nor its archive exists. Restore it from a backup, or from the folder"
            " .mediakeep-quarantine of the archive if another album has replaced it."
        )


def _is_original_gone(job: AlbumJob) -> bool:
    if not job.has_original:
        return True
    return job.item.original_deleted and any(_find_copies(job))  # else restored by a killed run


def roll_back(job: AlbumJob) -> tuple[dict[str, Any], list[str]]:
    """Roll back an album; return the new values of its fields, and lines on what was done.

    1. If the original was deleted, it is restored from `_source` or from the archive, and verified.
    2. The output and the archive go to quarantine.
    3. The working folders are removed, and what a kill has left of a deleted original.
    """
    lines = []
    if _is_original_gone(job):
        _restore_original(job)
        lines.append(f"Restored: {path_text.display_path(job.original)}")
    lines += [folder.withdraw("rolled back") for folder in list(_list_results(job))]
    if dirs := job.files.find():
        if copied := SOURCE_FILES.load(dirs.state):
            moves.remove_published(job.name_deleted_original(dirs), copied, Check.SIZE)
        job_files.remove_working_dirs(dirs)
        lines.append(f"Removed: {path_text.display_path(dirs.source)}")
    data = {**CLEARED, "playback_path": "", "archive_path": "", "original_deleted": False}
    return {**data, "failed_tracks": 0}, lines


def _list_results(job: AlbumJob) -> Iterator[PublishedFolder]:
    """Yield output and archive, also those that a killed run published, but did not record."""
    output, archive = map(job.find_result, ("playback_path", "archive_path"))
    yield from (folder for folder in (output, archive) if folder.path)
    if dirs := job.files.find():
        for folder, listed in ((output, PROCESSED_FILES), (archive, SOURCE_FILES)):
            if (files := listed.load(dirs.state)) and (found := folder.find_unrecorded(files)):
                yield found


def _restore_original(job: AlbumJob) -> None:
    for folder, copied in _find_copies(job):
        if publish.is_published(job.original, copied):
            return
        with moves.staged_copy(folder, job.original, copied) as staged:
            if job.original.is_dir() and not any(job.original.iterdir()):
                job.original.rmdir()
            moves.rename_into_place(staged, job.original)
        return


def _find_copies(job: AlbumJob) -> Iterator[tuple[Path, Manifest]]:
    """Yield each folder that has all files of the original, and the list of these files.

    A working copy that was changed is left out; a changed archive raises an error when it is read.
    """
    dirs = job.files.find()
    copied = SOURCE_FILES.load(dirs.state) if dirs else None
    if dirs and copied and publish.is_published(dirs.source, copied):
        yield dirs.source, copied
    archive = job.find_result("archive_path")
    if archive.is_own:
        yield archive.location, publish.load_archive_manifest(archive.location)
