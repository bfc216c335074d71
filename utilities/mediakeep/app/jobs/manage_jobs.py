"""List, show, cancel and clear jobs of all kinds."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any

import msgspec

from mediakeep import clock, command_text, job_settings, path_text
from mediakeep.app.console import CommandResult
from mediakeep.app.jobs import job_list, prepare_items
from mediakeep.app.jobs.job_list import Job, JobState
from mediakeep.app.queue_admin import show
from mediakeep.app.queue_admin.context import ManagerContext
from mediakeep.errors import UsageError
from mediakeep.queue import actions, readonly, resets, retire
from mediakeep.queue.history import index, queries
from mediakeep.queue.state import QueueState
from mediakeep.size_text import format_count
from mediakeep.views import stage_text, terminal

Contexts = Sequence[ManagerContext]
_CLEARED = (JobState.COMPLETED, JobState.FAILED, JobState.CANCELLED)
_ENDED = (JobState.COMPLETED, JobState.CANCELLED, JobState.SKIPPED)
_MOST_DETAILS = 100  # characters in a list
_UNFINISHED = (JobState.QUEUED, JobState.PROCESSING, JobState.WAITING, JobState.FAILED)


def list_jobs(contexts: Contexts, states: Sequence[str]) -> CommandResult:
    """List the jobs, or those with one of the states."""
    jobs = [job for job in job_list.read_jobs(contexts) if not states or job.state in states]
    return CommandResult(_format_jobs(jobs) if jobs else ["No jobs."], jobs)


def show_job(contexts: Contexts, name: str) -> CommandResult:
    """Show a job and the runs of its stages."""
    job = job_list.find_job(job_list.read_jobs(contexts), name)
    runs = show.read_stage_runs(_find_context(contexts, job), job.key)
    lines = [*_describe_job(job), *stage_text.describe_runs(runs)]
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
    with context.open_queue() as queue, queue.open_session(command="cancel"):
        return [job for job in jobs if queue.commit(actions.cancel_item(job.key))]


def _format_cancelled(job: Job, *, was_done: bool) -> str:
    if not was_done:
        return f"{_quote(job)} has ended meanwhile."
    if job.state is JobState.PROCESSING:
        return f"{_quote(job)} is cancelled. Session {job.session} stops the tasks of this job now."
    return f"{_quote(job)} is cancelled."


def _list_next_steps(context: ManagerContext) -> list[str]:
    """Return lines on how to bring a cancelled job back, and how to remove its working files."""
    kind, home = context.kind, context.home
    reset = command_text.format_command(kind.manager_script, home, f"--reset-{kind.noun} NAME")
    cleanup = command_text.format_command(kind.batch_script, home, "--cleanup")
    return [
        f"To make it pending again: {reset}",
        f"To remove working files: {cleanup}",
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
    command = command_text.format_command(context.kind.batch_script, context.home, "--cleanup")
    return f"{count} not cleared: working files exist. Remove these with: {command}"


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


def _format_jobs(jobs: Sequence[Job]) -> list[str]:
    """List jobs as a table, one per line."""
    rows = [("ID", "STATE", "KIND", "CREATED", "NAME")]
    for short, job in zip(job_list.shorten_ids(jobs), jobs, strict=True):
        details = "; ".join(text for text in (_format_progress(job), _format_reason(job)) if text)
        shown = textwrap.shorten(details, _MOST_DETAILS, placeholder="...")
        name = f"{job.name}  ({shown})" if shown else job.name
        rows.append((short, job.state, job.kind, _format_time(job.created), name))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        path_text.to_printable(
            "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()
        )
        for row in rows
    ]


def _describe_job(job: Job) -> list[str]:
    """Describe a job, one fact per line."""
    facts: dict[str, Sequence[str]] = {
        "id": [job.id],
        "kind": [job.kind],
        "state": [job.state],
        "stage": [_format_progress(job)],
        "reason": [_format_reason(job)],
        "created": [_format_time(job.created)],
        "started": [_format_time(job.started)],
        "failed" if job.state is JobState.FAILED else "completed": [_format_time(job.completed)],
        "session": [job.session],
        "source": job.sources,
        "output": [job.output],
        **{name: [_format_metric(value)] for name, value in job.metrics.items()},
    }
    lines = [f"  {name}: {value}" for name, values in facts.items() for value in values if value]
    return [path_text.to_printable(line) for line in (job.name, *lines)]


def _format_progress(job: Job) -> str:
    """Format how far the stage of an unfinished job is, as in "converting: 3 of 40 parts, 7%"."""
    if job.state not in _UNFINISHED or not (job.started or job.parts_done):
        return ""
    texts = []
    if job.parts:
        parts = format_count(job.parts, "part")
        texts.append(f"{job.parts_done or 0:,} of {parts}")
    elif job.parts_done:
        texts.append(f"{format_count(job.parts_done, 'part')} done")
    texts += [f"{job.percent:.0f}%"] if job.percent is not None else []
    if job.seconds_left is not None:
        texts.append(f"about {terminal.format_duration(max(1.0, job.seconds_left))} left")
    return f"{job.stage}: {', '.join(texts)}" if texts else job.stage


def _format_metric(value: Any) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _format_reason(job: Job) -> str:
    if job.state in (JobState.QUEUED, JobState.PROCESSING, JobState.CANCELLED):
        return ""
    until = f"until {_format_time(job.waiting_until)}" if job.waiting_until else ""
    return ": ".join(text for text in (until, job.reason) if text)


def _format_time(text: str) -> str:
    return clock.format_local(text) if text else ""
