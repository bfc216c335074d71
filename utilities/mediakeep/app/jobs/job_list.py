"""The jobs of a home: the items of all kinds with stages, as the user sees them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any

import msgspec

from mediakeep import job_ids, path_text, suggestions
from mediakeep.app.console import Console
from mediakeep.app.jobs import prepare_items
from mediakeep.app.queue_admin.context import ManagerContext
from mediakeep.app.subjects import registry
from mediakeep.errors import NoSuchItem, UsageError
from mediakeep.item import Item, SkipReason, Status
from mediakeep.queue import claims, sessions
from mediakeep.queue.sessions import StageProgress

_SHOWN_DIGITS = 8  # of an id in a list, unless more are needed to tell jobs apart
_LEAST_DIGITS = 4  # of the beginning of an id that stands for it


class JobState(StrEnum):
    """State of a job, as the user sees it."""

    QUEUED = "queued"
    PROCESSING = "processing"
    WAITING = "waiting"  # until a time, also for its next attempt
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    SKIPPED = "skipped"  # for another reason


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """A job. Times are ISO 8601 in UTC, "" if unknown; paths are escaped.

    `completed` is also the time of a failure. `reason` is why it waits, failed or was skipped.
    `metrics` are figures that its kind has measured.
    """

    id: str
    kind: str
    key: str
    name: str
    state: JobState
    stage: str
    parts_done: int | None = None  # of its stage; None if it has no parts
    parts: int | None = None  # None if unknown
    percent: float | None = None  # of its stage; 100 if completed
    seconds_left: float | None = None  # of its stage
    created: str = ""
    started: str = ""
    completed: str = ""
    sources: tuple[str, ...] = ()
    output: str = ""
    waiting_until: str = ""
    reason: str = ""
    session: str = ""  # that processes it, or did so last
    metrics: Mapping[str, Any] = {}


def open_contexts(
    home: Path,
    console: Console,
    damaged: registry.DamagedQueues,
    names: Sequence[str] = (),
    *,
    yes: bool = False,
    dry_run: bool = False,
) -> list[ManagerContext]:
    """Return the contexts of the kinds with stages that have a queue, or of those named.

    The name of a kind also stands for its named queues. A queue that cannot be read is added to
    `damaged` instead.

    Raise UsageError if there is no such kind, StateDamaged if the queue of a name cannot be read.
    """
    staged = {
        name: kind for name, kind in registry.list_queues(home, damaged).items() if kind.stages
    }
    for name in names:
        if name not in staged and name not in damaged:
            near = suggestions.suggest_closest_name(name, staged)
            raise UsageError(f'No jobs are called "{name}". Kinds: {", ".join(staged)}.{near}')
    contexts = {
        name: ManagerContext(home, kind, console, yes, dry_run=dry_run)
        for name, kind in staged.items()
        if not names or {name, kind.main_name} & {*names}
    }
    states = registry.read_states(home, [staged[name] for name in contexts], damaged)
    registry.check_damaged(names, damaged)
    return [contexts[name] for name in states]


def read_jobs(contexts: Iterable[ManagerContext]) -> list[Job]:
    """Return the jobs of all contexts, in the order of their queues."""
    return [job for context in contexts for job in _read_queue(context)]


def _read_queue(context: ManagerContext) -> list[Job]:
    state = context.read_state()
    claims.simulate_recovery(state, context.location)
    return build_jobs(context, state.items)


def build_jobs(context: ManagerContext, items: Mapping[str, Item]) -> list[Job]:
    """Return the jobs of items; the caller has simulated the recovery of their queue."""
    claimed = {item.session for item in items.values() if item.status is Status.IN_PROGRESS}
    live = [sessions.read_live_status(context.queue_folder, session) for session in claimed]
    running = {key: stage for one in live if one for key, stage in one.stages.items()}
    return [_build_job(context, key, item, running.get(key)) for key, item in items.items()]


def _build_job(context: ManagerContext, key: str, item: Item, running: StageProgress | None) -> Job:
    kind, actions = context.kind, prepare_items.get_actions(context)
    state = get_job_state(item)
    job = Job(
        id=job_ids.get_job_id(kind.name, key),
        kind=kind.name,
        key=key,
        name=kind.name_item(key, item),
        state=state,
        stage=item.processing_stage if state is JobState.COMPLETED else kind.get_stage(item),
        parts_done=len(item.parts.done) if item.parts else None,
        percent=100.0 if state is JobState.COMPLETED else None,
        created=item.added_date,
        started=item.started_date,
        completed=_get_end(state, item),
        sources=tuple(actions.list_sources(item)),
        output=actions.find_output(item),
        waiting_until=item.not_before if state is JobState.WAITING else "",
        reason=item.parked or item.error_message or item.skip_reason,
        session=item.session,
        metrics=getattr(item, "metrics", {}),
    )
    return _add_progress(job, running) if running and state is JobState.PROCESSING else job


def _add_progress(job: Job, running: StageProgress) -> Job:
    """Return a job with the progress of its running stage."""
    done, total = running.parts or (job.parts_done, None)
    percent = round(100 * running.done / running.of, 1) if running.of else None
    return msgspec.structs.replace(
        job,
        stage=running.stage,
        parts_done=done,
        parts=total,
        percent=percent,
        seconds_left=running.seconds_left,
    )


def get_job_state(item: Item) -> JobState:
    """Return the state of an item as the user sees it."""
    if item.status is Status.SKIPPED:
        is_cancelled = item.skip_reason == SkipReason.CANCELLED
        return JobState.CANCELLED if is_cancelled else JobState.SKIPPED
    if item.not_before and item.status in (Status.PENDING, Status.ERROR):
        return JobState.WAITING
    return {
        Status.PENDING: JobState.QUEUED,
        Status.IN_PROGRESS: JobState.PROCESSING,
        Status.COMPLETED: JobState.COMPLETED,
        Status.ERROR: JobState.FAILED,
    }[item.status]


def _get_end(state: JobState, item: Item) -> str:
    if state is JobState.FAILED:
        return item.error_date
    return item.processed_date if state is JobState.COMPLETED else ""


def shorten_ids(jobs: Sequence[Job]) -> list[str]:
    """Return the ids of jobs, shortened to the least length at which all of them differ."""
    digits = _SHOWN_DIGITS
    while len({job.id[:digits] for job in jobs}) < len(jobs) and digits < job_ids.ID_LENGTH:
        digits += 1
    return [job.id[:digits] for job in jobs]


def find_job(jobs: Sequence[Job], text: str) -> Job:
    """Return the job that the user means: by its id, its name, or the beginning of its id.

    Raise UsageError if there is none, or if there are several.
    """
    digits = text.replace("-", "").lower()
    names = {path_text.normalize_name(name) for name in (text, path_text.escape_path(text))}
    for matches in (
        [job for job in jobs if digits == job.id.replace("-", "")],
        [job for job in jobs if text in (job.key, job.name)],
        [job for job in jobs if names & {*map(path_text.normalize_name, (job.key, job.name))}],
        [
            job
            for job in jobs
            if len(digits) >= _LEAST_DIGITS and job.id.replace("-", "").startswith(digits)
        ],
    ):
        if len(matches) > 1:
            pairs = zip(shorten_ids(matches), matches, strict=True)
            found = ", ".join(f"{short} ({job.name}, {job.kind})" for short, job in pairs)
            raise UsageError(f'Ambiguous job "{text}": {found}. Use the id.')
        if matches:
            return matches[0]
    known = {path_text.normalize_name(job.name): repr(job.name) for job in jobs}
    raise NoSuchItem("job", text, suggestions.suggest_names(text, known))
