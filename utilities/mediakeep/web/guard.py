"""What each request passes: who sends it, from which page, how much, and what is noted of it.

1. A login link or a token opens a session, whose cookie is HttpOnly and SameSite=Strict. Programs
   send `Authorization: Bearer TOKEN` with each request.
2. A request that changes something and has a cookie must come from a page of this server:
   Sec-Fetch-Site says so, or else Origin. A browser adds no bearer token by itself.
3. Bodies are limited while they are read.
4. Each request that changes something is in the audit log.
"""

from __future__ import annotations

import contextlib
import secrets
import time
from collections import defaultdict, deque
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Send
from starlette.types import Scope as AsgiScope

from mediakeep.errors import MediakeepError
from mediakeep.web import page_renderer, problems
from mediakeep.web.access import AccessGrant, AccessStore
from mediakeep.web.audit_log import AuditLog
from mediakeep.web.problems import WebError

COOKIE = "mediakeep"
MAX_BODY = 1 << 20  # bytes
_LOGINS, _LOGIN_SECONDS = 5, 60.0  # attempts of an address within these seconds
_PUBLIC = ("/login", "/healthz", "/static/")
_OTHER_SITES = ("cross-site", "same-site")
_SAFE = ("GET", "HEAD", "OPTIONS")
_CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self';"
    " connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "content-security-policy": _CSP,
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}
_RAW_HEADERS = [(name.encode(), value.encode()) for name, value in HEADERS.items()]
INERT_HEADERS = {"Content-Security-Policy": "default-src 'none'; sandbox"}  # of the user's files


class LoginLimit:
    """Limits the login attempts of each address."""

    def __init__(self) -> None:
        self._attempts: defaultdict[str, deque[float]] = defaultdict(lambda: deque(maxlen=_LOGINS))

    def is_exceeded(self, address: str) -> bool:
        """Count an attempt, and return whether it is one too many."""
        if len(self._attempts) > 10_000:
            self._attempts.clear()
        attempts, now = self._attempts[address], time.monotonic()
        if len(attempts) == _LOGINS and now - attempts[0] < _LOGIN_SECONDS:
            return True
        attempts.append(now)
        return False


class Guard:
    """The middleware that every request passes."""

    def __init__(self, app: ASGIApp, *, access: AccessStore, audit: AuditLog) -> None:
        self._app, self._access, self._audit = app, access, audit

    async def __call__(self, scope: AsgiScope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope)

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = {name for name, _ in message["headers"]}
                added = [pair for pair in _RAW_HEADERS if pair[0] not in own]
                message["headers"] = [*message["headers"], *added]
                with contextlib.suppress(OSError):  # the action is done, and in the log
                    self._note(request, status=message["status"])
            await send(message)

        try:
            self._check(request)
        except Exception as error:  # noqa: BLE001 - a bug is raised again
            answer = problems.describe_error(error)
            if answer.status is HTTPStatus.UNAUTHORIZED and problems.wants_page(request):
                response = _ask_to_log_in(request)
            else:
                response = problems.build_response(request, answer)
            await response(scope, receive, send_guarded)
            return
        await self._app(scope, _limit_body(receive), send_guarded)

    def _check(self, request: Request) -> None:
        """Find out who sends a request; raise WebError if it is refused."""
        is_public, grant = request.scope["path"].startswith(_PUBLIC), None
        with contextlib.suppress(*(OSError, MediakeepError) if is_public else ()):
            grant = find_grant(self._access, request)
        request.scope["grant"] = grant
        if request.method not in _SAFE and _find_token(request) is None:
            _check_origin(request)
        if grant is None and not is_public:
            text = "Log in, or send a token. Create one: media_web.py tokens create NAME"
            raise WebError(HTTPStatus.UNAUTHORIZED, text, {"WWW-Authenticate": "Bearer"})
        if grant and request.method not in _SAFE:  # of others, _log_in notes what counts
            request.scope["audit_id"] = secrets.token_hex(8)
            self._note(request, path=request.scope["path"], method=request.method)
        length = request.headers.get("content-length", "0")
        if not length.isdecimal() or int(length) > MAX_BODY:
            raise _too_large()

    def _note(self, request: Request, **facts: object) -> None:
        """Write a line to the audit log if a request changes something."""
        if number := request.scope.get("audit_id"):
            grant: AccessGrant | None = request.scope.get("grant")
            who = grant.name if grant else ""
            address = request.client.host if request.client else ""
            what = request.scope.get("audit", {})
            self._audit.write(id=number, who=who, address=address, **facts, **what)


def _ask_to_log_in(request: Request) -> Response:
    """Return the answer to a browser without a cookie.

    A browser sends no cookie if a link of another site was followed, but does if the page that this
    returns is loaded again by itself.
    """
    if request.method == "GET" and request.headers.get("sec-fetch-site") in _OTHER_SITES:
        page = page_renderer.render("continue.html.j2", request)
        return Response(page, HTTPStatus.UNAUTHORIZED, {"Refresh": "0"}, "text/html")
    return RedirectResponse("/login", HTTPStatus.SEE_OTHER)


def find_grant(access: AccessStore, request: Request) -> AccessGrant | None:
    """Return what the token or the cookie of a request allows now."""
    if (token := _find_token(request)) is not None:
        return access.find_token(token)
    cookie = request.cookies.get(COOKIE, "")
    return access.find_session(cookie) if cookie else None


def _find_token(request: Request) -> str | None:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


def _check_origin(request: Request) -> None:
    """Raise WebError unless a page of this server sends the request."""
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    host = request.headers.get("host")
    is_own = origin in (f"http://{host}", f"https://{host}")
    if (site is not None and site not in ("same-origin", "none")) or not (site or is_own):
        raise WebError(HTTPStatus.FORBIDDEN, "The request comes from another site. Use the pages.")
    if origin is not None and not is_own:
        raise WebError(HTTPStatus.FORBIDDEN, "The request comes from another site. Use the pages.")


def _too_large() -> WebError:
    return WebError(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"The request has more than {MAX_BODY:,} bytes."
    )


def _limit_body(receive: Receive) -> Receive:
    size = 0

    async def receive_limited() -> Message:
        nonlocal size
        message = await receive()
        size += len(message.get("body", b""))
        if size > MAX_BODY:
            raise _too_large()
        return message

    return receive_limited
