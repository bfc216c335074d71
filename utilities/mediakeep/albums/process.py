"""The worker of albums: its stages, and how an album whose earlier claim ended continues.

`_source` and `_processed` exist   the remaining tracks
only `_source` exists              all tracks are converted again
the profile is another one         all tracks are converted again, unless they are published
`_source` is gone                  from the start, if the original exists
nothing exists                     the album is skipped
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from typing import Any

import msgspec

from mediakeep.albums import album_job, prepare, publish_album
from mediakeep.albums.album_job import PROCESSED_FILES, PROFILE, AlbumJob
from mediakeep.albums.enrichment import AlbumLookupFactory
from mediakeep.albums.item import CLEARED, AlbumItem
from mediakeep.albums.settings import AlbumSettings
from mediakeep.item import Status
from mediakeep.outcome import Outcome, Parts, Progress, Work, Worker
from mediakeep.workspace import job_files, output_records, stage_worker

_CONVERTING, _FINALIZING = "converting", "finalizing"
_STAGES: Mapping[str, Callable[[AlbumJob, Work], Outcome | Parts]] = {
    "preparing": prepare.prepare,
    _CONVERTING: prepare.convert,
    "archiving": publish_album.archive,
    _FINALIZING: publish_album.finalize,
    "completed": publish_album.complete,
}


@contextlib.contextmanager
def open_worker(
    values: Mapping[str, Any], open_lookup: AlbumLookupFactory | None = None
) -> Iterator[Worker]:
    """Yield the worker of albums; `values` are the settings as plain data."""
    settings = msgspec.convert(values, AlbumSettings)
    with (open_lookup or contextlib.nullcontext)() as look_up:

        def build_job(work: Work, progress: Progress) -> AlbumJob:
            assert isinstance(work.item, AlbumItem)
            return AlbumJob(work.item, work.stamp.key, settings, look_up, progress)

        with stage_worker.open_worker(build_job, _STAGES, publish_album.clean_up, resume) as worker:
            yield worker


class ResumeCase(StrEnum):
    """What of an unfinished album exists, and so how it continues."""

    REMAINING = "_processed exists, so the remaining tracks are converted"
    CONVERT_AGAIN = "only _source exists, so all tracks are converted again"
    SOURCE_GONE = "_source is gone, so the original is copied again"
    FROM_START = "the working folders are gone, so it begins with the original"
    CHANGED = "the original has changed, so it is copied again"
    OTHER_PROFILE = "its profile has changed, so its tracks are converted again"
    SET_ASIDE = "its working folders were set aside, so it begins with the original"
    CONTINUE = "its working folders are complete"
    NOTHING = "its working folders and its original are gone"


_SAME_STAGE = (ResumeCase.REMAINING, ResumeCase.CONTINUE)
_CONTINUED = (*_SAME_STAGE, ResumeCase.CONVERT_AGAIN, ResumeCase.OTHER_PROFILE)


class FoundFiles(msgspec.Struct, frozen=True):
    """Which folders of an unfinished album exist.

    `is_converted` is set if all its outputs were finished, and `is_changed` if a scan found that
    the original has changed after it was copied. `is_other_profile` is set if its tracks were
    converted with another profile.
    """

    source: bool
    processed: bool
    original: bool
    is_converted: bool = False
    is_changed: bool = False
    is_other_profile: bool = False


def decide_case(found: FoundFiles, stage: str, *, use_working: bool) -> ResumeCase:
    """Return from which files an album resumes a stage; `use_working` is a setting."""
    is_last = stage == _FINALIZING and found.is_converted
    rows = (  # the first that applies decides
        (is_last and not found.processed, ResumeCase.CONTINUE),  # its outputs are at their target
        (found.original and not use_working, ResumeCase.SET_ASIDE),
        (found.original and found.source and found.is_changed, ResumeCase.CHANGED),
        (found.source and found.is_other_profile, ResumeCase.OTHER_PROFILE),
        (is_last, ResumeCase.CONTINUE),
        (found.source and found.processed and stage == _CONVERTING, ResumeCase.REMAINING),
        (found.source and found.processed, ResumeCase.CONTINUE),
        (found.source, ResumeCase.CONVERT_AGAIN),
        (not found.original, ResumeCase.NOTHING),
        (found.processed, ResumeCase.SOURCE_GONE),
    )
    return next((case for applies, case in rows if applies), ResumeCase.FROM_START)


def resume(job: AlbumJob, work: Work) -> Outcome | None:
    """Return the outcome that resumes an album, or None if it was not interrupted.

    The outcome begins the same stage or an earlier one again under the new claim.
    """
    if work.stage == "preparing":
        return None if job.original.is_dir() else album_job.skip_missing(job.item)
    is_own = work.results is not None or job.item.working_claim == work.stamp.claim
    if is_own or work.stage == "completed":
        return None
    dirs = job.files.find()
    found = FoundFiles(
        bool(dirs and dirs.source.is_dir()),
        bool(dirs and dirs.processed.is_dir()),
        job.has_original,
        bool(dirs and PROCESSED_FILES.load(dirs.state)),
        job.item.working_fingerprint != job.item.fingerprint,
        bool(dirs and PROFILE.load(dirs.state) not in (None, job.profile)),
    )
    use_working = job.settings.processing.resume_from_working
    case = decide_case(found, work.stage, use_working=use_working)
    message = f"Resume: {case.value}"
    facts = {"resume": case.name.lower()}
    if case is ResumeCase.NOTHING:
        data = {"skip_reason": case.value, **CLEARED}
        return Outcome(Status.SKIPPED, message, data, facts=facts)
    if case is ResumeCase.REMAINING and dirs:
        done = len(output_records.get_converted_tracks(dirs, check_hashes=False))
        message += f" ({done} of {job.item.track_count} are done)"
    if case in _CONTINUED:
        stage = work.stage if case in _SAME_STAGE else _CONVERTING
        claimed = {"working_claim": work.stamp.claim}
        return Outcome(message=message, data=claimed, next_stage=stage, facts=facts)
    if case is ResumeCase.SET_ASIDE and dirs:
        job_files.set_aside_working_dirs(dirs, job.settings.working_dir)
    return Outcome(message=message, data=dict(CLEARED), next_stage="preparing", facts=facts)
