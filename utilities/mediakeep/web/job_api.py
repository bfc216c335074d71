"""Jobs of all kinds: start, list, show, cancel, roll back, download, clear."""

from __future__ import annotations

import threading
from http import HTTPStatus
from typing import Annotated, Any

import msgspec
from msgspec import Meta
from starlette.responses import FileResponse, Response

from mediakeep import job_settings, path_text, quantity_parsing
from mediakeep.app import paging
from mediakeep.app.jobs import (
    command_words,
    job_list,
    kind_info,
    live_jobs,
    manage_jobs,
    prepare_items,
    remove_files,
    start_process,
)
from mediakeep.app.jobs.job_list import Job, JobState
from mediakeep.app.jobs.live_jobs import JobPage
from mediakeep.app.live_queue import LiveQueue
from mediakeep.app.queue_admin import show
from mediakeep.errors import NoSuchItem
from mediakeep.item import Item
from mediakeep.job_ids import get_job_id
from mediakeep.kinds import Kind
from mediakeep.queue.history.stage_queries import StageRun
from mediakeep.web import roots
from mediakeep.web.access import Scope
from mediakeep.web.item_api import ActionResult
from mediakeep.web.operations import Call, Operation
from mediakeep.web.problems import WebError
from mediakeep.web.web_home import WebHome

_MAX_FOLDERS = 100
_MAX_AGE = 3.2e9  # seconds: a hundred years
_STARTING = [threading.Lock() for _ in range(64)]  # a request has one of them
_AUDIO_TYPES = {".m4b": "audio/mp4", ".m4a": "audio/mp4", ".opus": "audio/ogg"}


class JobQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which jobs are listed, newest first."""

    kind: str = ""
    state: tuple[JobState, ...] = ()
    cursor: str = ""
    limit: Annotated[int, Meta(ge=1, le=paging.MAX_LIMIT)] = 50


class JobDetails(msgspec.Struct, frozen=True):
    """A job, the runs of its stages, and whether it can be rolled back and downloaded."""

    job: Job
    stages: list[StageRun]
    can_roll_back: bool
    can_download: bool


class NewJobs(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Jobs to start: a kind, its sources (escaped paths, or texts), and options of its command."""

    kind: str
    folders: Annotated[tuple[str, ...], Meta(min_length=1, max_length=_MAX_FOLDERS)]
    options: dict[str, Any] = {}


class StartedJobs(msgspec.Struct, frozen=True):
    """The jobs of a request; those that the queue had already are among them."""

    jobs: list[Job]


class ClearedAge(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How long ago jobs ended that are cleared, such as 30d."""

    older_than: str = "30d"


class Empty(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A request without values."""


def list_jobs(web: WebHome, call: Call) -> JobPage:
    """Return a page of jobs, newest first."""
    query: JobQuery = call.query
    if query.kind:
        web.get_queue(query.kind)  # raises NoSuchItem
    queues = web.list_job_queues()
    return live_jobs.list_page(queues, query.kind, query.state, query.cursor, query.limit)


def find_job(web: WebHome, id_: str) -> tuple[LiveQueue, str, Item]:
    """Return the queue, the key and the item of a job; raise NoSuchItem if there is none."""
    return live_jobs.find_job(web.list_job_queues(), id_)


def show_job(web: WebHome, call: Call) -> JobDetails:
    """Return a job and the runs of its stages."""
    queue, key, item = find_job(web, call.params["id"])
    context, job = queue.context(), live_jobs.read_job(queue, key)
    if job is None:
        raise NoSuchItem("job", key, "")
    actions = prepare_items.get_actions(context)
    output = actions.find_output(item)
    return JobDetails(
        job,
        show.read_stage_runs(context, key),
        can_roll_back=actions.roll_back is not None and job.state is JobState.COMPLETED,
        can_download=bool(output) and path_text.to_path(output).is_file(),
    )


def start_jobs(web: WebHome, call: Call) -> StartedJobs:
    """Start the command of a kind with new jobs; equal requests at once start it once."""
    body: NewJobs = call.body
    kind = web.get_queue(body.kind).kind
    if not kind_info.can_start(kind):
        text = f"{kind.name} are not started as jobs. Kinds of jobs: /api/v1/kinds"
        raise WebError(HTTPStatus.UNPROCESSABLE_ENTITY, text)
    words = ["--only-added", *(f"--add={_check_source(web, kind, text)}" for text in body.folders)]
    words += command_words.format_options(
        kind, body.options, lambda path: roots.check_job_path(web, path)
    )
    if any("\0" in word for word in words):
        raise WebError(HTTPStatus.UNPROCESSABLE_ENTITY, "A value has a null character.")
    with _STARTING[hash((kind.name, *words)) % len(_STARTING)]:
        keys = start_process.start_jobs(web.home, kind, words)
    queue = web.get_queue(kind.name)
    jobs = [live_jobs.read_job(queue, key) for key in keys]
    return StartedJobs([job for job in jobs if job])


def _check_source(web: WebHome, kind: Kind, text: str) -> str:
    """Return what a kind's command adds: a path below the roots, or a text such as a URL."""
    if kind.item_examples and "://" in text:
        return text
    return str(roots.check_job_path(web, text))


def cancel_job(web: WebHome, call: Call) -> ActionResult:
    """Cancel a job; a batch that works on it stops its tasks."""
    queue, key, item = find_job(web, call.params["id"])
    if job_list.get_job_state(item) is JobState.CANCELLED:
        return ActionResult(["The job is cancelled already."])
    result = manage_jobs.cancel_jobs([queue.context()], [get_job_id(queue.kind.name, key)])
    return ActionResult(result.lines, result.data)


def roll_back_job(web: WebHome, call: Call) -> ActionResult:
    """Remove the outputs of a job, and restore its source."""
    queue, key, _ = find_job(web, call.params["id"])
    settings = job_settings.build_plain(queue.kind, web.home)
    result = remove_files.roll_back(queue.context(), key, settings)
    return ActionResult(result.lines, result.data)


def clear_jobs(web: WebHome, call: Call) -> ActionResult:
    """Retire the jobs that ended some time ago; their outputs stay."""
    try:
        seconds = quantity_parsing.parse_duration(call.body.older_than)
    except ValueError as error:
        raise WebError(HTTPStatus.UNPROCESSABLE_ENTITY, f"{error}.") from error
    contexts = [queue.context() for queue in web.list_job_queues()]
    if not contexts:
        return ActionResult(["Nothing to clear."])
    result = manage_jobs.clear_jobs(contexts, min(seconds, _MAX_AGE))
    return ActionResult(result.lines, result.data)


def send_output(web: WebHome, call: Call) -> Response:
    """Send the output of a job; parts of it by Range."""
    queue, _, item = find_job(web, call.params["id"])
    output = prepare_items.get_actions(queue.context()).find_output(item)
    if not output:
        raise WebError(HTTPStatus.NOT_FOUND, "The job has no output yet.")
    path = roots.check_served_file(web, output)
    media = _AUDIO_TYPES.get(path.suffix.lower())
    return FileResponse(path, filename=path_text.display_path(path.name), media_type=media)


OPERATIONS = (
    Operation("GET", "/jobs", "List jobs of all kinds", list_jobs, query=JobQuery, result=JobPage),
    Operation(
        "POST", "/jobs", "Start jobs", start_jobs, Scope.JOBS, body=NewJobs, result=StartedJobs,
        status=HTTPStatus.CREATED,
    ),
    Operation(
        "POST", "/jobs/clear", "Clear ended jobs", clear_jobs, Scope.JOBS, body=ClearedAge,
        result=ActionResult,
    ),
    Operation("GET", "/jobs/{id}", "Show a job and its stages", show_job, result=JobDetails),
    Operation(
        "POST", "/jobs/{id}/cancel", "Cancel a job", cancel_job, Scope.JOBS, body=Empty,
        result=ActionResult,
    ),
    Operation(
        "POST", "/jobs/{id}/rollback", "Roll back a job", roll_back_job, Scope.JOBS, body=Empty,
        result=ActionResult,
    ),
    Operation(
        "GET", "/jobs/{id}/output", "Download the output of a job", send_output,
        media="application/octet-stream",
    ),
)  # fmt: skip
