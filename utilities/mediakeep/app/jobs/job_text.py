"""Format jobs as lines of text."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Any

from mediakeep import clock, path_text
from mediakeep.app.jobs import job_list
from mediakeep.app.jobs.job_list import Job, JobState
from mediakeep.size_text import format_count
from mediakeep.views import terminal

_MOST_DETAILS = 100  # characters in a list
_UNFINISHED = (JobState.QUEUED, JobState.PROCESSING, JobState.WAITING, JobState.FAILED)


def list_jobs(jobs: Sequence[Job]) -> list[str]:
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


def describe_job(job: Job) -> list[str]:
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
