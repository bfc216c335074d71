"""The pages: what the API returns, as HTML. They are made of kinds, and none knows one."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Mapping
from typing import Annotated, Any

from msgspec import Meta
from starlette.responses import Response

from mediakeep.app.jobs import kind_info
from mediakeep.app.jobs.job_list import JobState
from mediakeep.app.queue_admin import item_details
from mediakeep.errors import MediakeepError, NoQueue
from mediakeep.lookups.http import rate_limit
from mediakeep.lookups.http.models import HttpEnvironment
from mediakeep.views import disk_usage, job_numbers, stage_text
from mediakeep.views.report import report_files
from mediakeep.web import (
    item_api,
    job_api,
    page_renderer,
    review_api,
    view_api,
)
from mediakeep.web.access import Scope
from mediakeep.web.item_api import ItemQuery
from mediakeep.web.job_api import JobQuery
from mediakeep.web.operations import Call, Operation
from mediakeep.web.problems import WebError
from mediakeep.web.review_api import ReviewAnswer, ReviewQuery
from mediakeep.web.view_api import LogQuery, SessionQuery
from mediakeep.web.web_home import WebHome

Facts = Mapping[str, Any]
_HTML = "text/html"


class ReviewPageQuery(ReviewQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The filter of reviews, the one that is shown, by default the first, and what is asked of it.

    `title` is searched, and `value` is a choice whose changes are shown.
    """

    id: str = ""
    title: Annotated[str, Meta(max_length=200)] = ""
    value: Annotated[str, Meta(max_length=200)] = ""


def _show(template: str, read: Callable[[WebHome, Call], Facts]) -> Callable[..., Response]:
    """Return a handler that renders a page of facts."""

    def show(web: WebHome, call: Call) -> Response:
        facts = {"query": call.query, **read(web, call)}
        return Response(page_renderer.render(template, call.request, **facts), media_type=_HTML)

    return show


def _read_overview(web: WebHome, _call: Call) -> Facts:
    try:
        snapshot = web.poll()
    except NoQueue as error:
        return {"queues": [], "disk": None, "missing": str(error)}
    queues = [
        (
            queue,
            job_numbers.list_job_numbers(queue.kind, queue.summary.weeks[-1].flow)
            if queue.summary and queue.summary.weeks
            else [],
        )
        for queue in snapshot.queues
    ]
    return {"queues": queues, "disk": snapshot.disk, "missing": ""}


def _read_jobs(web: WebHome, call: Call) -> Facts:
    kinds = [
        kind for kind in web.list_kinds().values() if kind_info.can_start(kind) and not kind.queue
    ]
    return {
        "page": job_api.list_jobs(web, call),
        "kinds": list(map(kind_info.describe_kind, kinds)),
        "roots": web.options.roots,
        "states": list(JobState),
    }


def _read_job(web: WebHome, call: Call) -> Facts:
    details = job_api.show_job(web, call)
    return {"details": details, "runs": stage_text.describe_runs(details.stages)}


def _read_queue(web: WebHome, call: Call) -> Facts:
    queue = web.get_queue(call.query.kind)
    with queue.open() as state:
        counts = dict(state.counts)
        page = item_api.list_page(queue, call.query)
    stages = [stage.name for stage in queue.kind.stages.stages]
    return {"page": page, "kind": queue.kind, "counts": counts, "stages": stages}


def _read_item(web: WebHome, call: Call) -> Facts:
    queue = web.get_queue(call.params["kind"])
    details = item_details.read_details(queue.context(), call.params["key"])
    runs = stage_text.describe_runs(details.stages)
    return {"details": details, "kind": queue.kind, "runs": runs}


def _read_review(web: WebHome, call: Call) -> Facts:
    """Return a review; again if it was decided while it was read."""
    with contextlib.suppress(WebError):
        return _read_first_review(web, call)
    return _read_first_review(web, call)


def _read_first_review(web: WebHome, call: Call) -> Facts:
    """Return a review with the preview of its proposal, its neighbours, and the last answer."""
    try:
        index, groups = review_api.select_groups(web, call.query)
    except NoQueue as error:
        return {"page": None, "details": None, "missing": str(error)}
    wanted = call.query.id
    number = max(0, groups.find_number(wanted))
    answers = review_api.list_answers(web, call)
    facts: dict[str, Any] = {
        "page": index.list_page(groups, "", 0),
        "details": None,
        "preview": None,
        "problem": "",
        "chosen": "",
        "found": None,
        "before": groups[number - 1].ids[0] if number else "",
        "after": groups[number + 1].ids[0] if number + 1 < len(groups) else "",
        "last": answers[0] if answers else None,
        "missing": "",
    }
    if not groups:
        return facts
    ids = groups[number].ids
    value = call.query.value if wanted in ids and Scope.DECIDE in call.grant.scopes else ""
    answer = ReviewAnswer(ids[:1], "choose", value) if value else ReviewAnswer(ids, "accept")
    facts["chosen"] = value
    facts["details"] = review_api.describe_review(web, index, groups[number])
    if call.query.title and wanted in ids and Scope.DECIDE in call.grant.scopes:
        try:
            facts["found"] = review_api.search_title(web, groups[number], call.query.title)
        except MediakeepError as error:
            facts["problem"] = str(error)
    if value or groups[number].first.proposal:
        try:
            facts["preview"] = review_api.preview_changes(web, index, answer)
        except MediakeepError as error:
            facts["problem"] = str(error)
    return facts


def _read_sessions(web: WebHome, call: Call) -> Facts:
    try:
        found = view_api.list_sessions(web, call)
    except NoQueue:
        found = view_api.SessionList([], [])
    return {"sessions": found, "kinds": list(web.list_kinds())}


def _read_log(web: WebHome, call: Call) -> Facts:
    return {"lines": view_api.show_log(web, call), "session": call.params["session"]}


def _read_reports(web: WebHome, call: Call) -> Facts:
    by_heading: dict[str, list[Any]] = {"Days and weeks": [], "Libraries": [], "Items": []}
    for report in view_api.list_reports(web, call):
        folder, _, name = report.path.rpartition("/")
        is_library = folder == "outputs" and "_audit." not in name
        heading = "Libraries" if is_library else "Items"
        by_heading["Days and weeks" if folder == report_files.FOLDER else heading].append(report)
    return {"groups": by_heading.items()}


def _read_services(web: WebHome, _call: Call) -> Facts:
    states = rate_limit.list_states(HttpEnvironment())
    cache = disk_usage.measure_folders([web.home / "status" / "cache"])
    requests: dict[str, Any] = {}
    with contextlib.suppress(NoQueue):
        for queue in web.poll().queues:
            if queue.summary and queue.summary.weeks:
                requests[queue.kind.name] = queue.summary.weeks[-1].flow.amounts
    return {"states": states, "cache": cache, "requests": requests, "now": time.time()}


def _read_health(web: WebHome, _call: Call) -> Facts:
    return {"checks": web.check_health()}


PAGES = tuple(
    Operation("GET", path, "", _show(template, read), query=query, media=_HTML, prefix="")
    for path, template, read, query in (
        ("/", "overview.html.j2", _read_overview, None),
        ("/jobs", "jobs.html.j2", _read_jobs, JobQuery),
        ("/jobs/{id}", "job.html.j2", _read_job, None),
        ("/queue", "queue.html.j2", _read_queue, ItemQuery),
        ("/items/{kind}/{key:text}", "item.html.j2", _read_item, None),
        ("/review", "review.html.j2", _read_review, ReviewPageQuery),
        ("/sessions", "sessions.html.j2", _read_sessions, SessionQuery),
        ("/sessions/{kind}/{session}", "log.html.j2", _read_log, LogQuery),
        ("/reports", "reports.html.j2", _read_reports, None),
        ("/services", "services.html.j2", _read_services, None),
        ("/health", "health.html.j2", _read_health, None),
    )
)
