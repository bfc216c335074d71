"""Items: list them, show one with its history and changes, and the actions on them.

Each action is the function of `queue_manager`, `jobs.py` or `undo_changes.py`, with its records.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from mediakeep import job_ids, suggestions
from mediakeep.app.console import CollectingConsole, CommandResult
from mediakeep.app.jobs import manage_jobs
from mediakeep.app.queue_admin import reset, show
from mediakeep.app.queue_admin.context import ManagerContext
from mediakeep.app.undo import change_list
from mediakeep.app.undo.change_list import RecordedChange
from mediakeep.app.undo.run_undo import UndoOptions, UndoRun
from mediakeep.app.undo.selector import ChangeSelector
from mediakeep.errors import ItemFailed, NoSuchItem
from mediakeep.item import Item, Status
from mediakeep.kinds import Kind
from mediakeep.media.safewrite.atomic_replace import ReplaceRules
from mediakeep.media.undo.store import UndoStore
from mediakeep.queue.history import index, queries
from mediakeep.queue.history.queries import HistoryEvent
from mediakeep.queue.history.stage_queries import StageRun
from mediakeep.web import cursors
from mediakeep.web.access import Scope
from mediakeep.web.live_queue import ItemFilter, LiveQueue, find_row
from mediakeep.web.operations import Call, Operation
from mediakeep.web.problems import WebError
from mediakeep.web.web_home import WebHome

MAX_KEYS = 1_000  # items of one action
_MAX_EVENTS, _MAX_CHANGES = 200, 200  # of an item that are shown


class ItemQuery(ItemFilter, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The filter of a list of items, and its page."""

    kind: str = "music"
    cursor: str = ""
    limit: Annotated[int, Meta(ge=1, le=cursors.MAX_LIMIT)] = 50


class ItemRow(msgspec.Struct, frozen=True, omit_defaults=True):
    """An item in a list; `id` is made of kind and key."""

    kind: str
    key: str
    id: str
    name: str
    status: Status
    stage: str = ""
    priority: int = 0
    issues: int = 0
    reviews: int = 0
    message: str = ""
    processed: str = ""


class ItemPage(msgspec.Struct, frozen=True):
    """A page of items; `next` is the cursor of the next one, "" after the last."""

    total: int
    items: list[ItemRow]
    next: str = ""


class ItemDetails(msgspec.Struct, frozen=True):
    """An item: its fields in the queue, issues, stage runs, events and changes of files."""

    row: ItemRow
    fields: dict[str, Any]
    issues: list[dict[str, Any]] | None
    error: str
    stages: list[StageRun]
    events: list[HistoryEvent]
    changes: list[RecordedChange]
    actions: list[str]


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
    query: ItemQuery = call.query
    queue = web.get_queue(query.kind)
    choice = ItemFilter(**{name: getattr(query, name) for name in ItemFilter.__struct_fields__})
    of = f"{query.kind} {query.sort}"
    with queue.open() as state:
        rows = queue.list_rows(state, choice)
        start = 0
        if query.cursor:
            last = cursors.decode_cursor(query.cursor, of)
            with _bad_cursor():
                start = find_row(rows, last, descending=query.sort != "name")
        page = rows[start : start + query.limit]
        items = [build_row(queue.kind, key, state.items[key]) for _, key in page]
    has_more = start + len(page) < len(rows)
    return ItemPage(len(rows), items, cursors.encode_cursor(of, page[-1]) if has_more else "")


@contextlib.contextmanager
def _bad_cursor() -> Any:
    try:
        yield
    except TypeError as error:
        raise WebError(HTTPStatus.BAD_REQUEST, "The cursor is not valid. Begin again.") from error


def build_row(kind: Kind, key: str, item: Item) -> ItemRow:
    return ItemRow(
        kind=kind.name,
        key=key,
        id=job_ids.get_job_id(kind.name, key),
        name=kind.name_item(key, item),
        status=item.status,
        stage=kind.get_stage(item),
        priority=item.priority,
        issues=item.issues_found,
        reviews=item.manual_reviews,
        message=item.error_message or item.parked or item.skip_reason,
        processed=item.processed_date or item.error_date,
    )


def show_item(web: WebHome, call: Call) -> ItemDetails:
    """Return an item with its history."""
    queue = web.get_queue(call.params["kind"])
    return read_details(web, queue, call.params["key"])


def read_details(web: WebHome, queue: LiveQueue, key: str) -> ItemDetails:
    """Return an item of a queue; raise NoSuchItem if it has no such key."""
    with queue.open() as state:
        if key not in state.items:
            raise NoSuchItem(queue.kind.noun, key, "")
        item = state.items[key]
    context, kind = queue.context(), queue.kind
    issues, error = None, ""
    if reviewed := context.subject.reviewed:
        try:
            issues = reviewed.read_issues(web.home, item)
        except ItemFailed as failure:
            error = str(failure)
    events = index.query_history_index(
        context.queue_folder,
        lambda base: queries.read_item_events(base, key, _MAX_EVENTS),
        context.read_tail(),
        kind,
    )
    fields: dict[str, Any] = msgspec.to_builtins(item)
    return ItemDetails(
        row=build_row(kind, key, item),
        fields=fields,
        issues=None if issues is None else msgspec.to_builtins(issues),
        error=error,
        stages=show.read_stage_runs(context, key) if kind.stages else [],
        events=events,
        changes=_read_changes(web, kind, key),
        actions=[name for name, action in ACTIONS.items() if action.fits(kind, item)],
    )


def _read_changes(web: WebHome, kind: Kind, key: str) -> list[RecordedChange]:
    with contextlib.closing(UndoStore(web.home / "status" / "undo")) as store:
        if not store.folder.is_dir():
            return []
        return change_list.read_changes(store, ChangeSelector(item=key, queue=kind.name))[
            -_MAX_CHANGES:
        ]


def _undo_changes(context: ManagerContext, key: str) -> CommandResult:
    """Undo all changes of an item's files, as undo_changes.py does."""
    with contextlib.closing(UndoStore(context.home / "status" / "undo")) as store:
        steps = ChangeSelector(item=key, queue=context.kind.name).plan_steps(store)
        console = CollectingConsole(agrees=True)
        options = UndoOptions(context.home, ReplaceRules("refuse", False), False, False, True)
        code = UndoRun(options, console).run(steps, store)
    return CommandResult([*console.lines, *console.messages], console.data, code)


@dataclass(frozen=True)
class ActionRow:
    """A row of the table of actions: its function, and the items that it fits."""

    function: Callable[[ManagerContext, str], CommandResult]
    fits: Callable[[Kind, Item], bool] = lambda *_: True
    command: str = ""  # words of the command that does the same, for tests and documentation


ACTIONS: Mapping[str, ActionRow] = {
    "reset": ActionRow(
        lambda context, key: reset.reset_items(context, (key,)),
        lambda _, item: item.status is not Status.PENDING,
        "manager --reset-NOUN KEY",
    ),
    "prioritize": ActionRow(
        reset.prioritize,
        lambda _, item: item.status is Status.PENDING,
        "manager --prioritize KEY",
    ),
    "complete": ActionRow(
        reset.mark_completed,
        lambda _, item: item.status in (Status.PENDING, Status.ERROR, Status.SKIPPED),
        "manager --mark-completed KEY",
    ),
    "unpark": ActionRow(
        reset.unpark, lambda kind, item: bool(kind.stages and item.parked), "manager --unpark KEY"
    ),
    "cancel": ActionRow(
        lambda context, key: manage_jobs.cancel_jobs([context], [key]),
        lambda kind, item: (
            bool(kind.stages) and item.status not in (Status.COMPLETED, Status.SKIPPED)
        ),
        "jobs cancel KEY",
    ),
    "forget": ActionRow(
        reset.forget_item,
        lambda _, item: item.status is Status.SKIPPED and bool(item.returns_to),
        "manager --forget KEY",
    ),
    "retire": ActionRow(
        reset.retire_items,
        lambda kind, item: bool(kind.stages) and item.status is Status.COMPLETED,
        "manager --retire KEY",
    ),
    "undo": ActionRow(_undo_changes, lambda kind, _: not kind.stages, "undo_changes --NOUN KEY"),
}


def act_on_items(web: WebHome, call: Call) -> ActionResult:
    """Carry out an action on items, one after the other; the first error ends it."""
    body: ItemAction = call.body
    queue = web.get_queue(call.params["kind"])
    if body.action not in ACTIONS:
        near = suggestions.suggest_closest_name(body.action, ACTIONS)
        names = ", ".join(ACTIONS)
        text = f'There is no action "{body.action}".{near} Actions: {names}.'
        raise WebError(HTTPStatus.UNPROCESSABLE_ENTITY, text)
    context = queue.context()
    context.to_stage = body.stage
    results = []
    for key in dict.fromkeys(body.keys):
        with queue.open() as state:
            if key not in state.items:
                raise NoSuchItem(queue.kind.noun, key, "")
        results.append(ACTIONS[body.action].function(context, key))
    lines = [line for result in results for line in result.lines]
    return ActionResult(lines, [result.data for result in results])


OPERATIONS = (
    Operation(
        "GET", "/items", "List items of a queue", list_items, query=ItemQuery, result=ItemPage
    ),
    Operation(
        "GET", "/items/{kind}/{key:path}", "Show an item with its history", show_item,
        result=ItemDetails,
    ),
    Operation(
        "POST", "/items/{kind}/actions", "Act on items", act_on_items, Scope.DECIDE,
        body=ItemAction, result=ActionResult,
    ),
)  # fmt: skip
