"""The application: all routes behind the guard."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import msgspec
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from mediakeep.errors import MediakeepError
from mediakeep.web import (
    item_api,
    job_api,
    metrics,
    openapi,
    operations,
    page_renderer,
    pages,
    problems,
    review_api,
    view_api,
)
from mediakeep.web.access import SESSION_DAYS, Scope
from mediakeep.web.answers import AnswerStore
from mediakeep.web.event_hub import EventHub
from mediakeep.web.guard import COOKIE, Guard, LoginLimit
from mediakeep.web.operations import PREFIX, Operation
from mediakeep.web.problems import WebError
from mediakeep.web.web_home import WebHome

OPERATIONS: Sequence[Operation] = (
    *view_api.OPERATIONS,
    *item_api.OPERATIONS,
    *job_api.OPERATIONS,
    *review_api.OPERATIONS,
)
_STATIC = Path(__file__).with_name("static")
_ERRORS: tuple[type[Exception], ...] = (HTTPException, WebError, MediakeepError, OSError)


def build_application(web: WebHome, hub: EventHub, hosts: Sequence[str]) -> Starlette:
    """Return the application of a home, which answers requests to these host names."""
    answers = AnswerStore(web.home)
    limit = LoginLimit()
    document = msgspec.json.encode(openapi.build_document(OPERATIONS))

    async def log_in(request: Request) -> Response:
        return await _log_in(web, limit, request)

    async def log_out(request: Request) -> Response:
        await run_in_threadpool(web.access.close_session, request.cookies.get(COOKIE, ""))
        response = RedirectResponse("/login", HTTPStatus.SEE_OTHER)
        response.delete_cookie(COOKIE)
        return response

    async def show_api(_: Request) -> Response:
        return Response(document, media_type="application/json")

    async def show_health(_: Request) -> Response:
        return Response(b'{"status":"ok"}', media_type="application/json")

    async def show_readiness(_: Request) -> Response:
        checks = await run_in_threadpool(web.check_health)
        passed = all(check.passed for check in checks)
        status = HTTPStatus.OK if passed else HTTPStatus.SERVICE_UNAVAILABLE
        return Response(msgspec.json.encode(checks), status, media_type="application/json")

    async def show_metrics(request: Request) -> Response:
        operations.check_scope(request, Scope.METRICS, Scope.READ)
        data = await run_in_threadpool(metrics.render_metrics, web, hub)
        return Response(data, media_type=metrics.MEDIA_TYPE)

    routes = [
        Route("/login", log_in, methods=["GET", "POST"]),
        Route("/logout", log_out, methods=["POST"]),
        Route("/healthz", show_health),
        Route("/readyz", show_readiness),
        Route("/metrics", show_metrics),
        Route(f"{PREFIX}/openapi.json", show_api),
        Route(f"{PREFIX}/events", hub.answer),
        *(operation.build_route(web, answers) for operation in (*OPERATIONS, *pages.PAGES)),
        Mount("/static", StaticFiles(directory=_STATIC)),
    ]
    return Starlette(
        routes=routes,
        middleware=[
            Middleware(TrustedHostMiddleware, allowed_hosts=hosts, www_redirect=False),
            Middleware(Guard, access=web.access, audit=web.audit),
        ],
        exception_handlers=dict.fromkeys(_ERRORS, _answer_error),
    )


async def _log_in(web: WebHome, limit: LoginLimit, request: Request) -> Response:
    """Open a session for the secret of a link or a token, or show the form."""
    secret = request.query_params.get("token", "")
    if request.method == "POST":
        body = await operations.read_body(request)
        fields = dict(parse_qsl(body.decode(errors="replace")))
        secret = fields.get("token", "")
    if not secret:
        return _show_login(request, "", HTTPStatus.OK)
    if limit.is_exceeded(request.client.host if request.client else ""):
        text = "Too many attempts. Wait a minute."
        return _show_login(request, text, HTTPStatus.TOO_MANY_REQUESTS)
    cookie = await run_in_threadpool(web.access.open_session, secret.strip())
    address = request.client.host if request.client else ""
    await run_in_threadpool(web.audit.write, what="login", address=address, passed=bool(cookie))
    if cookie is None:
        text = "The link or token is not valid, or was used. Use a new one."
        return _show_login(request, text, HTTPStatus.FORBIDDEN)
    response = RedirectResponse("/", HTTPStatus.SEE_OTHER)
    is_secure = request.url.scheme == "https"
    response.set_cookie(
        COOKIE, cookie, SESSION_DAYS * 86400, secure=is_secure, httponly=True, samesite="strict"
    )
    return response


def _show_login(request: Request, text: str, status: HTTPStatus) -> Response:
    page = page_renderer.render("login.html.j2", request, message=text)
    return Response(page, status, media_type="text/html")


async def _answer_error(request: Request, error: Any) -> Response:
    if isinstance(error, HTTPException):
        status = HTTPStatus(error.status_code)
        error = WebError(status, f"{status.phrase}.", error.headers)
    return problems.build_response(request, problems.describe_error(error))
