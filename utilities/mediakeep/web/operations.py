"""The operations of the API: one table makes the routes and their OpenAPI description."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, partial
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.convertors import PathConvertor, register_url_convertor
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from mediakeep import setting_fields
from mediakeep.web import problems
from mediakeep.web.access import AccessGrant, Scope
from mediakeep.web.answers import AnswerStore, StoredAnswer
from mediakeep.web.problems import WebError
from mediakeep.web.web_home import WebHome

PREFIX = "/api/v1"
_FORM = "application/x-www-form-urlencoded"
_NEXT = "next"  # the field of a form with the page that is shown after it
_MAX_KEY = 200  # characters
BODY_SECONDS = 60.0  # in which a body of at most 1 MiB must come


class _TextConvertor(PathConvertor):
    """A rest of a path that may have slashes and, unlike `path`, line breaks."""

    regex = "(?s:.*)"


register_url_convertor("text", _TextConvertor())


@dataclass(frozen=True)
class Call:
    """A request that was checked: its parameters of path and query, and its body."""

    params: Mapping[str, str]
    query: Any
    body: Any
    grant: AccessGrant
    request: Request


@dataclass(frozen=True)
class Operation:
    """An operation: `handler` returns its `result`, or a response.

    `query`, `body` and `result` are types; `media` is that of a result that is no JSON.
    """

    method: str
    path: str
    summary: str
    handler: Callable[[WebHome, Call], Any]
    scope: Scope = Scope.READ
    query: Any = None
    body: Any = None
    result: Any = None
    status: int = HTTPStatus.OK
    media: str = ""
    prefix: str = PREFIX

    def build_route(self, web: WebHome, answers: AnswerStore) -> Route:
        endpoint = partial(_answer_request, self, web, answers)
        return Route(self.prefix + self.path, endpoint, methods=[self.method])


async def _answer_request(
    operation: Operation, web: WebHome, answers: AnswerStore, request: Request
) -> Response:
    try:
        check_scope(request, operation.scope)
        data = await read_body(request) if operation.body else b""
        return await run_in_threadpool(_carry_out, operation, web, answers, request, data)
    except Exception as error:  # noqa: BLE001 - a bug is raised again
        return problems.build_response(request, problems.describe_error(error))


async def read_body(request: Request) -> bytes:
    """Return the body of a request; raise WebError if it is sent too slowly."""
    try:
        async with asyncio.timeout(BODY_SECONDS):
            return await request.body()
    except TimeoutError as error:
        text = f"The request was not sent within {BODY_SECONDS:.0f} seconds."
        raise WebError(HTTPStatus.REQUEST_TIMEOUT, text, {"Connection": "close"}) from error


def check_scope(request: Request, *scopes: Scope) -> AccessGrant:
    """Return who sends a request; raise WebError unless it has one of the scopes."""
    grant: AccessGrant | None = request.scope["grant"]
    if grant is None or not grant.scopes & {*scopes}:
        text = f"This needs a token with the scope {' or '.join(scopes)}."
        raise WebError(HTTPStatus.FORBIDDEN, text)
    return grant


def _carry_out(
    operation: Operation, web: WebHome, answers: AnswerStore, request: Request, data: bytes
) -> Response:
    """Check a request, call the handler, and encode its result."""
    is_form = request.headers.get("content-type", "").startswith(_FORM)
    form = _parse_form(data) if is_form else QueryParams()
    call = Call(
        params=request.path_params,
        query=operation.query and convert_pairs(request.query_params, operation.query),
        body=operation.body
        and (
            convert_pairs(form, operation.body)
            if is_form
            else msgspec.json.decode(data or b"{}", type=operation.body)
        ),
        grant=request.scope["grant"],
        request=request,
    )
    if operation.body:
        request.scope["audit"] = {"body": msgspec.to_builtins(call.body)}

    if operation.media:
        response: Response = operation.handler(web, call)
        return response

    def run() -> StoredAnswer:
        result = operation.handler(web, call)
        return StoredAnswer("", operation.status, msgspec.json.encode(result))

    key = request.headers.get("idempotency-key", "")
    if len(key) > _MAX_KEY:
        text = f"An Idempotency-Key has at most {_MAX_KEY} characters."
        raise WebError(HTTPStatus.BAD_REQUEST, text)
    if key and operation.method == "POST":
        place = f"{request.method} {request.scope['path']}\n".encode()
        answer = answers.answer(f"{call.grant.name}\n{key}", place + data, run)
    else:
        answer = run()
    target = form.get(_NEXT, "")
    if target.startswith("/") and not target.startswith(("//", "/\\")):
        return RedirectResponse(target, HTTPStatus.SEE_OTHER)
    return Response(answer.body, answer.status, media_type="application/json")


def _parse_form(data: bytes) -> QueryParams:
    pairs = parse_qsl(data.decode(errors="replace"), keep_blank_values=True)
    # Browsers send each line break of a value as CR LF.
    return QueryParams([(name, text.replace("\r\n", "\n")) for name, text in pairs])


@cache
def _find_list_names(kind: Any) -> frozenset[str]:
    """Return the names of a Struct's fields that are lists."""
    fields = setting_fields.list_own_fields(kind)
    return frozenset(field.path[-1] for field in fields if field.is_list)


def convert_pairs(pairs: QueryParams, kind: Any) -> Any:
    """Return the Struct of texts by name; those of a list may be repeated.

    A name such as "options.bitrate" is that of a table's entry; an empty one is left out.
    """
    values: dict[str, Any] = {}
    lists = _find_list_names(kind)
    for name, text in pairs.multi_items():
        table, _, entry = name.partition(".")
        if name == _NEXT:
            continue
        if entry:
            entries = values.setdefault(table, {})
            if not isinstance(entries, dict):
                raise WebError(HTTPStatus.BAD_REQUEST, f"{table} is given twice, as two types.")
            if text:
                entries[entry] = text
        elif name in lists:
            values[name] = [*values.get(name, ()), *([text] if text else ())]
        elif text:
            values[name] = text
    return msgspec.convert(values, kind, strict=False)
