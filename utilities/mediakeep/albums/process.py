"""The worker of albums: the stage of a call, and what its errors mean."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from mediakeep.albums import prepare, publish_album, resume
from mediakeep.albums.album_job import AlbumJob
from mediakeep.albums.enrichment import AlbumLookup, AlbumLookupFactory
from mediakeep.albums.item import AlbumItem
from mediakeep.albums.settings import AlbumSettings
from mediakeep.errors import NotEnoughSpace
from mediakeep.item import SkipReason, Status
from mediakeep.outcome import NO_PROGRESS, Outcome, Parts, Progress, Work, Worker
from mediakeep.workspace import full_volume

_SPACE_WAIT = 600.0  # seconds until an album looks again whether there is space

_STAGES: Mapping[str, Callable[[AlbumJob, Work], Outcome | Parts]] = {
    "preparing": prepare.prepare,
    "converting": prepare.convert,
    "archiving": publish_album.archive,
    "finalizing": publish_album.finalize,
    "completed": publish_album.complete,
}
_RESUMED = frozenset({"converting", "archiving", "finalizing"})


@contextlib.contextmanager
def open_worker(
    values: Mapping[str, Any], open_lookup: AlbumLookupFactory | None = None
) -> Iterator[Worker]:
    """Yield the worker of albums; `values` are the settings as plain data."""
    settings = msgspec.convert(values, AlbumSettings)
    with contextlib.ExitStack() as stack:
        look_up = stack.enter_context(open_lookup()) if open_lookup else None

        def work(work: Work, progress: Progress) -> Outcome | Parts:
            return process_stage(settings, work, look_up, progress)

        yield work


def process_stage(
    settings: AlbumSettings,
    work: Work,
    look_up: AlbumLookup | None = None,
    progress: Progress = NO_PROGRESS,
) -> Outcome | Parts:
    """Run a stage of an album, or its cleanup.

    Without enough disk space the album waits, and no attempt is counted.
    """
    assert isinstance(work.item, AlbumItem)
    job = AlbumJob(work.item, work.stamp.key, settings, look_up, progress)
    try:
        with full_volume.raise_full_volume(_find_target(job, work.stage)):
            return _run(job, work)
    except NotEnoughSpace as error:
        return Outcome(Status.PENDING, str(error), retry_after=_SPACE_WAIT, out_of_space=True)


def _run(job: AlbumJob, work: Work) -> Outcome | Parts:
    if work.failed_stage:
        return publish_album.clean_up(job, work)
    if work.stage in _RESUMED and work.results is None:
        if outcome := resume.resume(job, work):
            return outcome
    elif work.stage == "preparing" and not job.original.is_dir():
        return skip_missing(job.item)
    return _STAGES[work.stage](job, work)


def _find_target(job: AlbumJob, stage: str) -> Path:
    """Return the folder that a stage writes."""
    if stage == "archiving" and job.archive:
        return job.archive.parent
    return job.output.parent if stage == "finalizing" else job.settings.working_dir


def skip_missing(item: AlbumItem) -> Outcome:
    """Return the outcome of an album without its original, which has vanished or was deleted."""
    reason, message = SkipReason.VANISHED.value, "its folder is missing"
    if item.original_deleted:
        reason = message = "its original was deleted; restore it with --rollback"
    return Outcome(Status.SKIPPED, message, {"skip_reason": reason, **resume.CLEARED})
