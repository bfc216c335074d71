"""Read-only views: kinds, sessions with their logs, the summary, reports, services."""

from __future__ import annotations

import gzip
import hashlib
import os
import re
from base64 import b64encode
from http import HTTPStatus
from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta
from starlette.responses import FileResponse, Response

from mediakeep import path_text
from mediakeep.app.jobs import command_words
from mediakeep.app.queue_admin.item_actions import ACTIONS
from mediakeep.kinds import Kind
from mediakeep.queue import sessions
from mediakeep.queue.history import index, queries
from mediakeep.queue.history.queries import SessionSpan
from mediakeep.views import running_sessions
from mediakeep.views.report import report_files
from mediakeep.views.running_sessions import RunningSession
from mediakeep.web import guard, job_api, roots
from mediakeep.web.operations import Call, Operation
from mediakeep.web.problems import WebError
from mediakeep.web.web_home import WebHome

_REPORT_FOLDERS = (report_files.FOLDER, "outputs", "issues")
_REPORT_SUFFIXES = {
    ".html": "text/html",
    ".md": "text/plain; charset=utf-8",
    ".csv": "text/csv; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
}
_LISTED_SUFFIXES = (".html", ".md", ".csv", ".json")
_MAX_REPORTS = 2_000
_MAX_LOG = 4 << 20  # bytes of a log, its last ones
_STYLE = re.compile(rb"<style>(.*?)</style>", re.DOTALL)


class OptionInfo(msgspec.Struct, frozen=True):
    """An option of a kind's command."""

    name: str
    help: str
    values: str
    default: Any
    choices: tuple[str, ...] = ()


class KindInfo(msgspec.Struct, frozen=True):
    """A kind: its nouns, stages, options and actions; `examples` if its sources are texts.

    `has_jobs` is True if its items can be started as jobs.
    """

    name: str
    noun: str
    plural: str
    stages: list[str]
    options: list[OptionInfo]
    actions: list[str]
    examples: tuple[str, ...]
    has_jobs: bool


class SessionQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The queue whose sessions are listed, newest first."""

    kind: str = "music"
    since: str = ""
    limit: Annotated[int, Meta(ge=1, le=1000)] = 100


class SessionList(msgspec.Struct, frozen=True):
    """The running sessions of a queue, and all recorded ones, newest first."""

    running: list[RunningSession]
    sessions: list[SessionSpan]


class LogQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which lines of a log: at most so many, the last ones."""

    lines: Annotated[int, Meta(ge=1, le=10_000)] = 500


class ReportFile(msgspec.Struct, frozen=True):
    """A report: its path below the home, and its size in bytes."""

    path: str
    bytes: int
    modified: float  # seconds since 1970


def list_kinds(web: WebHome, _call: Call) -> list[KindInfo]:
    """Return all kinds, those of other distributions included."""
    return [describe_kind(kind) for kind in web.list_kinds().values()]


def describe_kind(kind: Kind) -> KindInfo:
    options = [
        OptionInfo(
            field.name,
            field.help,
            field.describe_values(),
            None if field.default is UNSET else msgspec.to_builtins(field.default),
            tuple(map(str, field.choices)),
        )
        for field in command_words.list_options(kind)
    ]
    stages = [stage.name for stage in kind.stages.stages]
    return KindInfo(
        name=kind.name,
        noun=kind.noun,
        plural=kind.plural,
        stages=stages,
        options=options,
        actions=list(ACTIONS),
        examples=kind.item_examples,
        has_jobs=job_api.can_start(kind),
    )


def list_sessions(web: WebHome, call: Call) -> SessionList:
    """Return the sessions of a queue."""
    queue = web.get_queue(call.query.kind)
    context = queue.context()
    with queue.open() as state:
        running = running_sessions.list_running_sessions(context.location, state.items)
    spans = index.query_history_index(
        context.queue_folder,
        lambda base: queries.read_sessions(base, call.query.since),
        context.read_tail(),
        queue.kind,
    )
    return SessionList(running, spans[::-1][: call.query.limit])


def show_log(web: WebHome, call: Call) -> list[dict[str, Any]]:
    """Return the last lines of a session's log."""
    queue = web.get_queue(call.params["kind"])
    return read_log(queue.context().queue_folder, call.params["session"], call.query.lines)


def read_log(folder: Path, session: str, most: int) -> list[dict[str, Any]]:
    """Return the last lines of a session's log; raise WebError if there is none."""
    path = folder / sessions.LOG_FOLDER / f"{session}.log"
    if not sessions.match_session_name(path):
        raise WebError(HTTPStatus.NOT_FOUND, "There is no such session.")
    packed = path.with_name(f"{path.name}.gz")
    try:
        with gzip.open(packed) if packed.exists() else path.open("rb") as stream:
            size = stream.seek(0, os.SEEK_END)
            stream.seek(max(0, size - _MAX_LOG))
            data = stream.read()
    except FileNotFoundError as error:
        raise WebError(HTTPStatus.NOT_FOUND, "The session has no log.") from error
    return [_decode_line(line) for line in data.splitlines()[-most:]]


def _decode_line(line: bytes) -> dict[str, Any]:
    try:
        return msgspec.json.decode(line, type=dict[str, Any])
    except msgspec.MsgspecError:
        return {"message": path_text.to_printable(line.decode(errors="replace"))}


def show_summary(web: WebHome, _call: Call) -> msgspec.Raw:
    """Return the state of all queues, as `media_dashboard.py --json` prints it."""
    return web.read_summary()


def list_reports(web: WebHome, _call: Call) -> list[ReportFile]:
    """Return the reports of the home, newest first."""
    found, own = [], web.home / report_files.WRITTEN_FILE
    for folder in _REPORT_FOLDERS:
        for path in (web.home / folder).rglob("*"):
            if path.suffix in _LISTED_SUFFIXES and path != own and path.is_file():
                status = path.stat()
                name = path_text.escape_path(path.relative_to(web.home))
                found.append(ReportFile(name, status.st_size, status.st_mtime))
    return sorted(found, key=lambda report: -report.modified)[:_MAX_REPORTS]


def send_report(web: WebHome, call: Call) -> Response:
    """Send a report as it is; its page may use its own style, and nothing else."""
    text = call.params["path"]
    place = web.home / path_text.to_path(text)
    media = _REPORT_SUFFIXES.get(place.suffix)
    is_report = any(text.startswith(f"{folder}/") for folder in _REPORT_FOLDERS)
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
        "GET", "/reports/{path:path}", "Show a report", send_report, media="text/html"
    ),
)  # fmt: skip
