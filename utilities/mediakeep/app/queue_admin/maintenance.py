"""Manager actions that keep the queue safe: validate, repair, checkpoints, replay."""

from __future__ import annotations

from pathlib import Path

from mediakeep import atomic_files, path_text
from mediakeep.app.console import CommandResult
from mediakeep.app.queue_admin.context import ManagerContext
from mediakeep.errors import StateDamaged, UsageError
from mediakeep.item import Status
from mediakeep.queue import (
    checkpoints,
    external_change,
    readonly,
    repair,
    replay,
    session_log_archive,
    sessions,
    snapshot,
    validate,
)
from mediakeep.queue.backups import restore_marker
from mediakeep.queue.replay import ReplayPlan
from mediakeep.queue.validate import QueueFault
from mediakeep.size_text import format_count


def validate_queue(context: ManagerContext) -> CommandResult:
    """Check the whole queue; exit code 3 if there are problems, each with its fix."""
    try:
        with context.open_queue() as queue:
            faults = queue.call_with_lock(
                lambda state: list(validate.check_queue_files(context.queue_folder, state))
            )
            state = queue.state
            faults += validate.check_written_files(
                context.queue_folder, state, context.subject.list_outputs
            )
            warnings = queue.take_warnings()
    except StateDamaged as damage:
        return _build_fault_result([validate.fault_from_error(damage)])
    if faults:
        return _build_fault_result(faults)
    items = format_count(len(state.items), context.kind.noun, context.kind.plural)
    done = state.counts[Status.COMPLETED]
    lines = [f"The queue is valid: {items}, {done:,} completed, {state.seq:,} changes."]
    restored = state.head.restored
    lines += dict.fromkeys(
        [*warnings, *([external_change.format_restore_notice(restored)] if restored else [])]
    )
    return CommandResult(lines, {"sound": True, "faults": [], "restored": restored})


def _build_fault_result(faults: list[QueueFault]) -> CommandResult:
    lines = [f"{fault.what}\n  {fault.cure}" for fault in faults]
    head = f"{format_count(len(faults), 'problem')} found:"
    return CommandResult([head, *lines], {"sound": False, "faults": faults}, StateDamaged.exit_code)


def repair_queue(context: ManagerContext) -> CommandResult:
    """Rebuild damaged files from intact ones; damaged files are moved to aside/."""
    restore_marker.refuse_unfinished(context.queue_folder)
    if not context.queue_folder.is_dir():
        raise readonly.no_queue_error(context.queue_folder, context.kind)
    repaired = repair.repair_queue(context.location, context.kind, context.subject.list_outputs)
    return CommandResult(repaired or ["Nothing to repair."], {"repaired": repaired})


def write_checkpoint(context: ManagerContext) -> CommandResult:
    """Write a full copy of the queue."""
    with context.open_queue() as queue:
        path = queue.write_checkpoint()
    return CommandResult([f"Written: {path_text.display_path(path)}"], {"path": str(path)})


def prune_checkpoints(context: ManagerContext, keep: int) -> CommandResult:
    """Remove checkpoints except the newest N, one per day, and the newest valid one."""
    if not checkpoints.has_queue_files(context.queue_folder):
        raise readonly.no_queue_error(context.queue_folder, context.kind)
    good = next(
        (
            path
            for path, _ in checkpoints.iter_valid_checkpoints(context.queue_folder, context.kind)
        ),
        None,
    )
    removed = checkpoints.prune_checkpoints(
        context.queue_folder, keep, good, dry_run=context.dry_run
    )
    freed = sum(entry.bytes for entry in removed)
    names = [entry.path.name for entry in removed]
    lines = [f"Removed: {name}" for name in names]
    lines.append(f"{format_count(len(removed), 'checkpoint')} removed, {freed:,} bytes freed.")
    return CommandResult(lines, {"removed": names, "bytes": freed})


def archive_logs(context: ManagerContext, days: int) -> CommandResult:
    """Compress the session logs of batches that ended at least DAYS ago."""
    if not checkpoints.has_queue_files(context.queue_folder):
        raise readonly.no_queue_error(context.queue_folder, context.kind)
    archived = session_log_archive.archive_logs(context.location, days)
    freed = sum(log.before - log.after for log in archived)
    names = [log.name for log in archived]
    lines = [f"Archived: {name}" for name in names]
    lines.append(f"{format_count(len(archived), 'session log')} archived, {freed:,} bytes freed.")
    return CommandResult(lines, {"archived": names, "bytes": freed})


def restore_checkpoint(context: ManagerContext, name: str) -> CommandResult:
    """Replace the queue by a checkpoint, as `cp` would, after checking it.

    The current queue is kept in aside/, and --replay-aside brings it back.
    """
    path = _find_checkpoint(context, name)
    loaded, here = (
        snapshot.load(path, context.kind),
        snapshot.read_head(context.queue_folder / snapshot.FILE, context.kind),
    )
    external_change.check_external_snapshot(
        context.queue_folder, context.kind, path, loaded, [here[0].library_path] if here else []
    )
    if context.dry_run:
        return CommandResult([f"Restored: {path.name}."], {"restored": None})
    with sessions.lock_queue(context.location):  # or a batch might overwrite it with a rewrite
        atomic_files.write_atomic(context.queue_folder / snapshot.FILE, path.read_bytes())
    with context.open_queue() as queue:
        restored = queue.state.head.restored
    return CommandResult([f"Restored: {path.name}."], {"restored": restored})


def _find_checkpoint(context: ManagerContext, name: str) -> Path:
    if name == "latest":
        for path, _ in checkpoints.iter_valid_checkpoints(context.queue_folder, context.kind):
            return path
        raise UsageError(f"No valid checkpoint in {context.queue_folder / checkpoints.FOLDER}.")
    for path in (context.queue_folder / checkpoints.FOLDER / name, Path(name)):
        if path.is_file():
            return path
    raise UsageError(f"No checkpoint {name}. --list-checkpoints lists them.")


def replay_aside(context: ManagerContext, name: str) -> CommandResult:
    """Show what a restore undid; with --yes bring it back."""
    if not context.yes:
        result = replay.plan_replay(context.queue_folder, context.read_state(), name)
        return _build_replay_result(result, "would come back; add --yes to do it")
    with context.open_queue() as queue:
        result = queue.replay_undone_items(name)
    return _build_replay_result(result, "brought back")


def _build_replay_result(result: ReplayPlan, verb: str) -> CommandResult:
    lines = [
        f"{path_text.to_printable(key)}: {item.status.value}" for key, item in result.back.items()
    ]
    lines += [
        f"{path_text.to_printable(key)}: not changed, it {why}" for key, why in result.left.items()
    ]
    lines.append(f"{format_count(len(result.back), 'item')} of {result.name} {verb}.")
    back = {key: item.status.value for key, item in result.back.items()}
    return CommandResult(lines, {"name": result.name, "back": back, "left": result.left})
