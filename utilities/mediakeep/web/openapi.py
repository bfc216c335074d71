"""The OpenAPI 3.1 description of the API, made from the table of operations and its Structs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

import msgspec

from mediakeep import __version__
from mediakeep.views.events import QueueEvent
from mediakeep.web.operations import PREFIX, Operation
from mediakeep.web.problems import MEDIA_TYPE, Problem

_REFERENCE = "#/components/schemas/{name}"
_PARAMETER = re.compile(r"{(\w+)(?::\w+)?}")
_UUID_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "The same key again has the same answer, for a day.",
    "schema": {"type": "string", "maxLength": 200},
}


def build_document(operations: Sequence[Operation]) -> dict[str, Any]:
    """Return the description as data."""
    types = [Problem, QueueEvent]
    for operation in operations:
        types += filter(None, (operation.body, operation.query, operation.result))
    schemas, components = msgspec.json.schema_components(types, ref_template=_REFERENCE)
    by_type = dict(zip(map(repr, types), schemas, strict=True))
    paths: dict[str, dict[str, Any]] = {}
    for operation in operations:
        place = PREFIX + _PARAMETER.sub(r"{\1}", operation.path)
        described = _describe(operation, by_type, components)
        paths.setdefault(place, {})[operation.method.lower()] = described
    paths[f"{PREFIX}/events"] = {"get": _describe_events(by_type)}
    return {
        "openapi": "3.1.0",
        "info": {"title": "mediakeep", "version": __version__},
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{"token": []}],
    }


def _describe(
    operation: Operation, by_type: dict[str, Any], components: dict[str, Any]
) -> dict[str, Any]:
    parameters: list[dict[str, Any]] = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
        for name in _PARAMETER.findall(operation.path)
    ]
    if operation.query:
        name = by_type[repr(operation.query)]["$ref"].rpartition("/")[2]
        parameters += [
            {"name": key, "in": "query", "schema": schema}
            for key, schema in components[name]["properties"].items()
        ]
    if operation.method == "POST":
        parameters.append(_UUID_KEY)
    media = operation.media or "application/json"
    schema = by_type[repr(operation.result)] if operation.result else {}
    described: dict[str, Any] = {
        "summary": operation.summary,
        "description": f"Needs the scope {operation.scope}.",
        "operationId": operation.handler.__name__,
        "parameters": parameters,
        "responses": {
            str(int(operation.status)): {
                "description": HTTPStatus(operation.status).phrase,
                "content": {media: {"schema": schema}},
            },
            "default": _describe_problem(by_type),
        },
    }
    if operation.body:
        schema = by_type[repr(operation.body)]
        content = {"application/json": {"schema": schema}}
        required = components[schema["$ref"].rpartition("/")[2]].get("required")
        described["requestBody"] = {"required": bool(required), "content": content}
    return described


def _describe_problem(by_type: dict[str, Any]) -> dict[str, Any]:
    content = {MEDIA_TYPE: {"schema": by_type[repr(Problem)]}}
    return {"description": "A problem, with what to do", "content": content}


def _describe_events(by_type: dict[str, Any]) -> dict[str, Any]:
    """Describe the stream of events, which is no operation: its answer has no end."""
    places = {"Last-Event-ID": "header", "cursor": "query", "format": "query"}
    values = {"format": {"enum": ["jsonl"]}}
    event = {"schema": by_type[repr(QueueEvent)]}
    return {
        "summary": "Follow changes and progress",
        "description": "Needs the scope read. Continues after the given cursor, and does not end.",
        "operationId": "follow_events",
        "parameters": [
            {"name": name, "in": where, "schema": {"type": "string"} | values.get(name, {})}
            for name, where in places.items()
        ],
        "responses": {
            "200": {
                "description": "Events; each data field, or line, is one as JSON",
                "content": {"text/event-stream": event, "application/x-ndjson": event},
            },
            "default": _describe_problem(by_type),
        },
    }
