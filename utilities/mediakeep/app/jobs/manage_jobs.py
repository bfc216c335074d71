"""Show, cancel and clear jobs of all kinds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta

import msgspec

from mediakeep import clock, config, job_settings, path_text
from mediakeep.app.console import CommandResult
from mediakeep.app.jobs import job_list, job_text, prepare_items
from mediakeep.app.jobs.job_list import Job, JobState
from mediakeep.app.queue_admin import show
from mediakeep.app.queue_admin.context import ManagerContext
from mediakeep.errors import UsageError
from mediakeep.queue import actions, readonly, resets, retire
from mediakeep.queue.history import index, queries
from mediakeep.queue.state import QueueState
from mediakeep.size_text import format_count
from mediakeep.views import stage_text

Contexts = Sequence[ManagerContext]
_CLEARED = (JobState.COMPLETED, JobState.FAILED, JobState.CANCELLED)
_ENDED = (JobState.COMPLETED, JobState.CANCELLED, JobState.SKIPPED)


def list_jobs(contexts: Contexts, states: Sequence[str]) -> CommandResult:
    """List the jobs, or those with one of the states."""
    jobs = [job for job in job_list.read_jobs(contexts) if not states or job.state in states]
    return CommandResult(job_text.list_jobs(jobs) if jobs else ["No jobs."], jobs)


def show_job(contexts: Contexts, name: str) -> CommandResult:
    """Show a job and the runs of its stages."""
    job = job_list.find_job(job_list.read_jobs(contexts), name)
    runs = show.read_stage_runs(_find_context(contexts, job), job.key)
    lines = [*job_text.describe_job(job), *stage_text.describe_runs(runs)]
    return CommandResult(lines, {**msgspec.to_builtins(job), "stages": runs})


def _find_context(contexts: Contexts, job: Job) -> ManagerContext:
    return next(context for context in contexts if context.kind.name == job.kind)


def cancel_jobs(contexts: Contexts, names: Iterable[str]) -> CommandResult:
    """Cancel jobs; a batch that works on one of them stops the tasks of this job.

    Raise UsageError, and cancel none, if one of them has ended.
    """
    jobs = job_list.read_jobs(contexts)
    chosen = {job.id: job for job in (job_list.find_job(jobs, name) for name in names)}
    for job in chosen.values():
        if job.state in _ENDED:
            raise UsageError(f"{_quote(job)} cannot be cancelled: it is {job.state}.")
    lines, cancelled = [], []
    for context in contexts:
        mine = [job for job in chosen.values() if job.kind == context.kind.name]
        done = _cancel(context, mine) if mine else []
        lines += [_format_cancelled(job, was_done=job in done) for job in mine]
        lines += _list_next_steps(context) if done else []
        cancelled += [job.id for job in done]
    return CommandResult(lines, {"cancelled": cancelled})


def _cancel(context: ManagerContext, jobs: Sequence[Job]) -> list[Job]:
    """Cancel jobs of a queue; return those that had not ended meanwhile."""
    with context.open_queue() as queue:
        queue.begin_session(command="cancel")
        try:
            return [job for job in jobs if queue.commit(actions.cancel_item(job.key))]
        finally:
            queue.end_session(command="cancel")


def _format_cancelled(job: Job, *, was_done: bool) -> str:
    if not was_done:
        return f"{_quote(job)} has ended meanwhile."
    if job.state is JobState.PROCESSING:
        return f"{_quote(job)} is cancelled. Session {job.session} stops the tasks of this job now."
    return f"{_quote(job)} is cancelled."


def _list_next_steps(context: ManagerContext) -> list[str]:
    """Return lines on how to bring a cancelled job back, and how to remove its working files."""
    manager = config.format_command(context.kind.manager_script, context.home)
    batch = config.format_command(context.kind.batch_script, context.home)
    return [
        f"To make it pending again: {manager} --reset-{context.kind.noun} NAME",
        f"To remove working files: {batch} --cleanup",
    ]


def clear_jobs(contexts: Contexts, seconds: float) -> CommandResult:
    """Retire the jobs that ended at least so many seconds ago, after a confirmation."""
    old = {context.kind.name: _find_old(context, seconds) for context in contexts}
    found = {context.kind.name: _exclude_working(context, old) for context in contexts}
    jobs = [job for chosen in found.values() for job in chosen]
    kept = [
        _describe_uncleared(context, number)
        for context in contexts
        if (number := len(old[context.kind.name]) - len(found[context.kind.name]))
    ]
    if not jobs:
        return CommandResult(["Nothing to clear.", *kept], {"cleared": []})
    counts = ", ".join(
        f"{sum(job.state is state for job in jobs):,} {state}"
        for state in _CLEARED
        if any(job.state is state for job in jobs)
    )
    contexts[0].confirm(f"Clear {format_count(len(jobs), 'job')} ({counts})? Their outputs stay.")
    cleared = [job for context in contexts for job in _retire(context, found[context.kind.name])]
    lines = [f"Cleared {_quote(job)} ({job.kind}, {job.state})." for job in cleared]
    return CommandResult([*lines, *kept], {"cleared": [job.id for job in cleared]})


def _describe_uncleared(context: ManagerContext, number: int) -> str:
    """Return a line on jobs that are not cleared, as they have working files."""
    count = format_count(number, context.kind.noun, context.kind.plural)
    command = config.format_command(context.kind.batch_script, context.home)
    return f"{count} not cleared: working files exist. Remove these with: {command} --cleanup"


def _exclude_working(context: ManagerContext, old: Mapping[str, Sequence[Job]]) -> list[Job]:
    """Return the jobs of a queue that have no working files, whose cleanup needs the queue."""
    jobs, items = old[context.kind.name], context.read_state().items
    job_actions = prepare_items.get_actions(context)
    settings = job_settings.build_plain(context.kind, context.home)
    return [
        job
        for job in jobs
        if (item := items.get(job.key))
        and not resets.has_working_copy(context.kind, item)
        and not job_actions.find_working_files(context.home, item, settings)
    ]


def _find_old(context: ManagerContext, seconds: float) -> list[Job]:
    """Return the jobs of a queue that ended at least so many seconds ago."""
    view = readonly.load_state_and_position(context.queue_folder, context.kind)
    ends = index.query_history_index(
        context.queue_folder, queries.read_settle_times, view.records, context.kind
    )
    latest = clock.format_iso(context.location.now() - timedelta(seconds=seconds))
    jobs = [job for job in job_list.read_jobs([context]) if _is_cleared(view.state, job)]
    return [job for job in jobs if "" < ends.get(job.key, job.completed) <= latest]


def _is_cleared(state: QueueState, job: Job) -> bool:
    item = state.items.get(job.key)
    return item is not None and job_list.get_job_state(item) in _CLEARED


def _retire(context: ManagerContext, jobs: Sequence[Job]) -> list[Job]:
    """Retire jobs of a queue that are still as they were; return them."""
    if not jobs:
        return []
    with context.open_queue() as queue:
        record = queue.commit(
            retire.retire_items(
                queue.location, lambda state: [job.key for job in jobs if _is_cleared(state, job)]
            )
        )
    return [job for job in jobs if record and job.key in record.items]


def _quote(job: Job) -> str:
    return path_text.quote_escaped(job.name)
