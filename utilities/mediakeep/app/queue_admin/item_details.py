"""An item of a queue with its issues, stages, events and changes of files."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import msgspec

from mediakeep import job_ids, path_text
from mediakeep.app import item_covers
from mediakeep.app.item_covers import ItemCover
from mediakeep.app.queue_admin import item_actions, show
from mediakeep.app.queue_admin.context import ManagerContext
from mediakeep.app.undo import change_list
from mediakeep.app.undo.change_list import RecordedChange
from mediakeep.app.undo.selector import ChangeSelector
from mediakeep.errors import ItemFailed, NoSuchItem
from mediakeep.item import Item, Status
from mediakeep.kinds import Kind
from mediakeep.media.undo.store import UndoStore
from mediakeep.queue.history import queries
from mediakeep.queue.history.queries import HistoryEvent
from mediakeep.queue.history.stage_queries import StageRun

_MAX_EVENTS, _MAX_CHANGES = 200, 200  # of an item that are shown


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


class ItemDetails(msgspec.Struct, frozen=True):
    """An item: its fields in the queue, issues, stage runs, events, changes and covers."""

    row: ItemRow
    fields: dict[str, Any]
    issues: list[dict[str, Any]] | None
    error: str
    stages: list[StageRun]
    events: list[HistoryEvent]
    changes: list[RecordedChange]
    actions: list[str]
    covers: list[ItemCover]


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


def read_details(context: ManagerContext, key: str) -> ItemDetails:
    """Return an item of a queue; raise NoSuchItem if it has no such key."""
    kind, item = context.kind, context.read_item(key)
    if item is None:
        raise NoSuchItem(kind.noun, key, "")
    issues, error = None, ""
    if reviewed := context.subject.reviewed:
        try:
            issues = reviewed.read_issues(context.home, item)
        except ItemFailed as failure:
            error = str(failure)
    fields: dict[str, Any] = msgspec.to_builtins(item)
    return ItemDetails(
        row=build_row(kind, key, item),
        fields=fields,
        issues=None if issues is None else msgspec.to_builtins(issues),
        error=error,
        stages=show.read_stage_runs(context, key) if kind.stages else [],
        events=context.query_history(queries.read_item_events, key, _MAX_EVENTS),
        changes=_read_changes(context, key),
        actions=[name for name, action in item_actions.ACTIONS.items() if action.fits(kind, item)],
        covers=item_covers.list_covers(list_places(context, item)),
    )


def list_places(context: ManagerContext, item: Item) -> list[Path]:
    """Return the absolute paths of an item and of its output, which may be missing."""
    jobs = context.subject.jobs
    texts = [item.path, jobs.find_output(item) if jobs else ""]
    return [path for path in map(path_text.to_path, texts) if path.is_absolute()]


def _read_changes(context: ManagerContext, key: str) -> list[RecordedChange]:
    with contextlib.closing(UndoStore(context.home / "status" / "undo")) as store:
        if not store.folder.is_dir():
            return []
        selector = ChangeSelector(item=key, queue=context.kind.name)
        return change_list.read_changes(store, selector)[-_MAX_CHANGES:]
