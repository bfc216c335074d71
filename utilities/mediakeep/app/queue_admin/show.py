"""Manager actions that only read: summary, list, one item, checkpoints."""

from __future__ import annotations

import msgspec
from msgspec import UNSET

from mediakeep import suggestions
from mediakeep.app.console import CommandResult
from mediakeep.app.queue_admin.context import ManagerContext
from mediakeep.errors import MediakeepError, UsageError
from mediakeep.item import Status
from mediakeep.queue import actions, checkpoints, readonly
from mediakeep.queue.history import stage_queries
from mediakeep.queue.history.stage_queries import StageRun
from mediakeep.views import stage_text, summary, terminal


def show_summary(context: ManagerContext) -> CommandResult:
    """Show the progress of the queue."""
    view = readonly.load_state_and_position(context.queue_folder, context.kind)
    progress = summary.read_queue_status(context.queue_folder, view.state, view.records)
    lines = terminal.describe_queue(progress)
    if progress.stages is not UNSET:
        kind, now = context.kind, context.location.now()
        lines += stage_text.describe_stages(progress.stages, kind.noun, kind.plural, now)
    return CommandResult(lines, summary.build_status_data(progress))


def show_list(context: ManagerContext) -> CommandResult:
    """List the items, one per line; with --status only those with that status."""
    state = context.read_state()
    wanted = _parse_status(context.status) if context.status else None
    chosen = {key: item for key, item in state.items.items() if wanted in (None, item.status)}
    data = {key: item.status.value for key, item in chosen.items()}
    return CommandResult(terminal.list_items(state, wanted), data)


def _parse_status(name: str) -> Status:
    try:
        return Status(name)
    except ValueError as error:
        names = ", ".join(status.value for status in Status)
        near = suggestions.suggest_closest_name(name, Status)
        raise UsageError(f'Unknown status "{name}". Known statuses: {names}.{near}') from error


def show_item(context: ManagerContext, name: str) -> CommandResult:
    """Show the queue's data of one item, and its issues."""
    state = context.read_state()
    key = actions.find_item_key(state, name)
    item = state.items[key]
    try:
        reviewed = context.subject.reviewed
        issues = reviewed.read_issues(context.home, item) if reviewed else None
        error_text, code = "", 0
    except MediakeepError as error:
        issues, error_text, code = None, str(error), error.exit_code
    lines = terminal.describe_item(state.name_item(key), item)
    if error_text:
        lines.append(error_text)
    elif context.subject.reviewed:
        lines += terminal.describe_item_issues(item, issues, context.home)
    data = {**msgspec.to_builtins(item), "issues": issues}
    if context.kind.stages:
        runs = read_stage_runs(context, key)
        lines += stage_text.describe_runs(runs)
        data["stages"] = runs
    return CommandResult(lines, {key: data}, code)


def read_stage_runs(context: ManagerContext, key: str) -> list[StageRun]:
    """Read the runs of an item's stages from the history, which includes the newest changes."""
    return context.query_history(stage_queries.read_stage_runs, key)


def list_checkpoints(context: ManagerContext) -> CommandResult:
    """List the checkpoints, newest first."""
    listed = checkpoints.list_checkpoints(context.queue_folder)
    lines = [f"{checkpoint.path.name}  {checkpoint.bytes:,} bytes" for checkpoint in listed]
    data = [{"name": checkpoint.path.name, "bytes": checkpoint.bytes} for checkpoint in listed]
    return CommandResult(lines or ["No checkpoints yet."], data)
