"""Read-only views: kinds, sessions with their logs, the summary, reports, services."""

from __future__ import annotations

import hashlib
import re
from base64 import b64encode
from http import HTTPStatus
from typing import Annotated, Any

import msgspec
from msgspec import Meta
from starlette.responses import FileResponse, Response

from mediakeep import path_text
from mediakeep.app import session_log
from mediakeep.app.jobs import kind_info
from mediakeep.app.jobs.kind_info import KindInfo
from mediakeep.app.reports import report_list
from mediakeep.app.reports.report_list import ReportFile
from mediakeep.queue.history import queries
from mediakeep.queue.history.queries import SessionSpan
from mediakeep.views import running_sessions
from mediakeep.views.running_sessions import RunningSession
from mediakeep.web import guard, roots
from mediakeep.web.operations import Call, Operation
from mediakeep.web.problems import WebError
from mediakeep.web.web_home import WebHome

_REPORT_SUFFIXES = {
    ".html": "text/html",
    ".md": "text/plain; charset=utf-8",
    ".csv": "text/csv; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
}
_SINCE = r"^(\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d(Z|\+00:00))?)?$"
_STYLE = re.compile(rb"<style>(.*?)</style>", re.DOTALL)


class SessionQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The queue whose sessions are listed, and since when: a date, or a time in UTC."""

    kind: str = "music"
    since: Annotated[str, Meta(pattern=_SINCE)] = ""
    limit: Annotated[int, Meta(ge=1, le=1000)] = 100


class SessionList(msgspec.Struct, frozen=True):
    """The running sessions of a queue, and all recorded ones, newest first."""

    running: list[RunningSession]
    sessions: list[SessionSpan]


class LogQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which lines of a log: at most so many, the last ones."""

    lines: Annotated[int, Meta(ge=1, le=10_000)] = 500


def list_kinds(web: WebHome, _call: Call) -> list[KindInfo]:
    """Return all kinds, those of other distributions included."""
    return [kind_info.describe_kind(kind) for kind in web.list_kinds().values()]


def list_sessions(web: WebHome, call: Call) -> SessionList:
    """Return the sessions of a queue."""
    queue = web.get_queue(call.query.kind)
    context = queue.context()
    with queue.open() as state:
        running = running_sessions.list_running_sessions(context.location, state.items)
    spans = context.query_history(queries.read_sessions, call.query.since)
    return SessionList(running, spans[::-1][: call.query.limit])


def show_log(web: WebHome, call: Call) -> list[dict[str, Any]]:
    """Return the last lines of a session's log."""
    queue = web.get_queue(call.params["kind"])
    return session_log.read_log(
        queue.context().queue_folder, call.params["session"], call.query.lines
    )


def show_summary(web: WebHome, _call: Call) -> msgspec.Raw:
    """Return the state of all queues, as `media_dashboard.py --json` prints it."""
    return web.read_summary()


def list_reports(web: WebHome, _call: Call) -> list[ReportFile]:
    """Return the reports of the home, newest first."""
    return report_list.list_reports(web.home)


def send_report(web: WebHome, call: Call) -> Response:
    """Send a report as it is; its page may use its own style, and nothing else."""
    text = call.params["path"]
    place = web.home / path_text.to_path(text)
    media = _REPORT_SUFFIXES.get(place.suffix)
    is_report = any(text.startswith(f"{folder}/") for folder in report_list.FOLDERS)
    if media is None or not is_report or ".." in place.parts:
        raise WebError(HTTPStatus.NOT_FOUND, "There is no such report.")
    path = roots.check_served_file(web, path_text.escape_path(place))
    if media != "text/html":
        headers = guard.INERT_HEADERS  # an SVG is a page
        return FileResponse(
            path, media_type=media, headers=headers, content_disposition_type="inline"
        )
    page = path.read_bytes()
    hashes = "".join(
        f" 'sha256-{b64encode(hashlib.sha256(style).digest()).decode()}'"
        for style in _STYLE.findall(page)
    )
    style = hashes or " 'none'"
    policy = f"default-src 'none'; img-src 'self'; style-src{style}; sandbox"
    return Response(page, media_type=media, headers={"Content-Security-Policy": policy})


OPERATIONS = (
    Operation("GET", "/kinds", "List kinds", list_kinds, result=list[KindInfo]),
    Operation(
        "GET", "/sessions", "List sessions", list_sessions, query=SessionQuery, result=SessionList
    ),
    Operation(
        "GET", "/sessions/{kind}/{session}/log", "Show the log of a session", show_log,
        query=LogQuery, result=list[dict[str, Any]],
    ),
    Operation("GET", "/summary", "Show all queues", show_summary, result=list[dict[str, Any]]),
    Operation("GET", "/reports", "List reports", list_reports, result=list[ReportFile]),
    Operation(
        "GET", "/reports/{path:text}", "Show a report", send_report, media="text/html"
    ),
)  # fmt: skip
