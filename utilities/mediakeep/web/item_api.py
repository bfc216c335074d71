"""Items: list them, show one with its history and changes, and the actions on them.

Each action is the function of `queue_manager`, `jobs.py` or `undo_changes.py`, with its records.
"""

from __future__ import annotations

from http import HTTPStatus
from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import Meta
from starlette.responses import Response

from mediakeep import path_text, suggestions
from mediakeep.app import item_covers, paging
from mediakeep.app.live_queue import ItemFilter, ItemPage, LiveQueue
from mediakeep.app.queue_admin import item_details
from mediakeep.app.queue_admin.item_actions import ACTIONS
from mediakeep.app.queue_admin.item_details import ItemDetails
from mediakeep.errors import MediakeepError, NoSuchItem
from mediakeep.web import guard
from mediakeep.web.access import Scope
from mediakeep.web.operations import Call, Operation
from mediakeep.web.problems import WebError
from mediakeep.web.web_home import WebHome

MAX_KEYS = 1_000  # items of one action


class ItemQuery(ItemFilter, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The filter of a list of items, and its page."""

    kind: str = "music"
    cursor: str = ""
    limit: Annotated[int, Meta(ge=1, le=paging.MAX_LIMIT)] = 50


class CoverQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The escaped path of a cover, as an item lists it."""

    path: str


class ItemAction(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An action on items; `stage` is that in which a reset begins."""

    action: str
    keys: Annotated[tuple[str, ...], Meta(min_length=1, max_length=MAX_KEYS)]
    stage: str = ""


class ActionResult(msgspec.Struct, frozen=True):
    """The lines and the data that the command would have printed."""

    lines: list[str]
    data: Any = None


def list_items(web: WebHome, call: Call) -> ItemPage:
    """Return a page of the items of a queue that fit."""
    return list_page(web.get_queue(call.query.kind), call.query)


def list_page(queue: LiveQueue, query: ItemQuery) -> ItemPage:
    """Return a page of the items of a queue that fit."""
    choice = ItemFilter(**{name: getattr(query, name) for name in ItemFilter.__struct_fields__})
    return queue.list_page(choice, query.cursor, query.limit)


def show_item(web: WebHome, call: Call) -> ItemDetails:
    """Return an item with its history."""
    return item_details.read_details(
        web.get_queue(call.params["kind"]).context(), call.params["key"]
    )


def send_cover(web: WebHome, call: Call) -> Response:
    """Send a picture that is listed with an item."""
    context = web.get_queue(call.params["kind"]).context()
    item = context.read_item(call.params["key"])
    if item is None:
        raise NoSuchItem(context.kind.noun, call.params["key"], "")
    path = call.query.path
    if not item_covers.is_cover(path, item_details.list_places(context, item)):
        shown = path_text.to_printable(path)
        raise WebError(HTTPStatus.NOT_FOUND, f"{shown} is not a cover of this item.")
    return build_picture(path_text.to_path(path))


def build_picture(path: Path) -> Response:
    """Return a picture; files with other content are refused."""
    try:
        media, data = item_covers.read_cover(path)
    except MediakeepError as error:
        raise WebError(HTTPStatus.NOT_FOUND, str(error)) from error
    return Response(data, media_type=media, headers=guard.INERT_HEADERS)


def act_on_items(web: WebHome, call: Call) -> ActionResult:
    """Carry out an action on items, one after the other; the first error ends it.

    If an item is unknown, nothing is done.
    """
    body: ItemAction = call.body
    queue = web.get_queue(call.params["kind"])
    if body.action not in ACTIONS:
        near = suggestions.suggest_closest_name(body.action, ACTIONS)
        names = ", ".join(ACTIONS)
        text = f'There is no action "{body.action}".{near} Actions: {names}.'
        raise WebError(HTTPStatus.UNPROCESSABLE_ENTITY, text)
    context = queue.context()
    context.to_stage = body.stage
    keys = list(dict.fromkeys(body.keys))
    with queue.open() as state:
        for key in keys:
            if key not in state.items:
                raise NoSuchItem(queue.kind.noun, key, "")
    results = [ACTIONS[body.action].function(context, key) for key in keys]
    lines = [line for result in results for line in result.lines]
    return ActionResult(lines, [result.data for result in results])


OPERATIONS = (
    Operation(
        "GET", "/items", "List items of a queue", list_items, query=ItemQuery, result=ItemPage
    ),
    Operation(
        "GET", "/items/{kind}/{key:text}", "Show an item with its history", show_item,
        result=ItemDetails,
    ),
    Operation(
        "GET", "/covers/{kind}/{key:text}", "Show a cover of an item", send_cover,
        query=CoverQuery, media="image/jpeg",
    ),
    Operation(
        "POST", "/items/{kind}/actions", "Act on items", act_on_items, Scope.DECIDE,
        body=ItemAction, result=ActionResult,
    ),
)  # fmt: skip
