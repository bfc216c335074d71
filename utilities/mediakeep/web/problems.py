"""Errors as answers: problem+json (RFC 9457) with the sentence and the cure of the command."""

from __future__ import annotations

import errno
from collections.abc import Mapping
from http import HTTPStatus

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from mediakeep import errors, path_text
from mediakeep.errors import MediakeepError
from mediakeep.runner import tasks
from mediakeep.web import page_renderer

MEDIA_TYPE = "application/problem+json"
# The first class that fits decides.
_STATUS_BY_ERROR: tuple[tuple[type[Exception], HTTPStatus], ...] = (
    (errors.NoSuchItem, HTTPStatus.NOT_FOUND),
    (errors.InvalidCursor, HTTPStatus.BAD_REQUEST),
    (errors.NoQueue, HTTPStatus.NOT_FOUND),
    (errors.NotFound, HTTPStatus.NOT_FOUND),
    (errors.ItemInUse, HTTPStatus.CONFLICT),
    (errors.AmbiguousName, HTTPStatus.CONFLICT),
    (errors.QueueBusy, HTTPStatus.SERVICE_UNAVAILABLE),
    (errors.LookupSkipped, HTTPStatus.CONFLICT),  # such as offline
    (errors.UsageError, HTTPStatus.UNPROCESSABLE_ENTITY),
    (errors.Stopped, HTTPStatus.CONFLICT),
    (errors.DiskFull, HTTPStatus.INSUFFICIENT_STORAGE),
    (errors.StateDamaged, HTTPStatus.SERVICE_UNAVAILABLE),
    (errors.ServiceFailed, HTTPStatus.BAD_GATEWAY),
    (errors.LimitReached, HTTPStatus.TOO_MANY_REQUESTS),
    (MediakeepError, HTTPStatus.CONFLICT),
    (msgspec.ValidationError, HTTPStatus.UNPROCESSABLE_ENTITY),
    (msgspec.DecodeError, HTTPStatus.BAD_REQUEST),
    (RecursionError, HTTPStatus.BAD_REQUEST),  # of JSON that is nested too deeply
)
_FULL = (errno.ENOSPC, errno.EDQUOT)


class Problem(msgspec.Struct, frozen=True):
    """An error as RFC 9457 describes it."""

    title: str
    status: int
    detail: str
    type: str = "about:blank"


class WebError(Exception):
    """Raised by a handler to answer with a status and a sentence."""

    def __init__(
        self, status: HTTPStatus, detail: str, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(detail)
        self.status, self.detail, self.headers = status, detail, headers


def describe_error(error: Exception) -> WebError:
    """Return the answer to an exception; its sentence is that of the command."""
    if isinstance(error, WebError):
        return error
    if isinstance(error, MediakeepError) and _is_full(error):  # such as a journal not written
        return WebError(HTTPStatus.INSUFFICIENT_STORAGE, str(error))
    if isinstance(error, OSError):
        full = _is_full(error)
        status = HTTPStatus.INSUFFICIENT_STORAGE if full else HTTPStatus.SERVICE_UNAVAILABLE
        return WebError(status, tasks.format_error(error))
    for kind, status in _STATUS_BY_ERROR:
        if isinstance(error, kind):
            busy = {"Retry-After": "5"} if status is HTTPStatus.SERVICE_UNAVAILABLE else None
            return WebError(status, str(error), busy)
    raise error


def _is_full(error: BaseException | None) -> bool:
    """Return whether a full disk has caused an error."""
    while error is not None and not (isinstance(error, OSError) and error.errno in _FULL):
        error = error.__cause__ or error.__context__
    return error is not None


def build_response(request: Request, error: WebError) -> Response:
    """Return an error as problem+json, or as a page if a browser shows it."""
    problem = Problem(error.status.phrase, error.status, path_text.to_printable(error.detail))
    if wants_page(request):
        text = page_renderer.render("problem.html.j2", request, problem=problem)
        return Response(text, problem.status, error.headers, "text/html")
    data = msgspec.json.encode(problem)
    return Response(data, problem.status, error.headers, MEDIA_TYPE)


def wants_page(request: Request) -> bool:
    """Return whether a browser shows the answer, rather than a program."""
    return "text/html" in request.headers.get("accept", "")
