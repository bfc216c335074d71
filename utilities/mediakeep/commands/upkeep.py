"""Manager actions that keep the queue safe: validate, repair, checkpoints, replay."""

from __future__ import annotations

from pathlib import Path

from mediakeep import files
from mediakeep.commands.desk import Answer, Desk
from mediakeep.errors import StateDamaged, UsageFailed
from mediakeep.item import Status
from mediakeep.queue import (
    adoption,
    check,
    checkpoints,
    foreign,
    logs,
    reading,
    repair,
    replay,
    sessions,
    snapshot,
)
from mediakeep.queue.backups import begun
from mediakeep.queue.check import Fault
from mediakeep.queue.replay import Replay
from mediakeep.views import terminal


def validate(context: Desk) -> Answer:
    """Check the whole queue; exit code 3 if there are problems, each with its fix."""
    try:
        with context.opened() as queue:
            faults = queue.look(lambda state: list(check.record(context.folder, state)))
            state = queue.state
            faults += check.around(context.folder, state, context.subject.outputs)
            warnings = queue.warnings()
    except StateDamaged as damage:
        return _faults([check.fault(damage)])
    if faults:
        return _faults(faults)
    items = terminal.count(len(state.items), context.kind.noun, context.kind.plural)
    done = state.counts[Status.COMPLETED]
    lines = [f"The queue is valid: {items}, {done:,} completed, {state.seq:,} changes."]
    restored = state.head.restored
    lines += dict.fromkeys([*warnings, *([adoption.sentence(restored)] if restored else [])])
    return Answer(lines, {"sound": True, "faults": [], "restored": restored})


def _faults(faults: list[Fault]) -> Answer:
    lines = [f"{fault.what}\n  {fault.cure}" for fault in faults]
    head = f"{terminal.count(len(faults), 'problem')} found:"
    return Answer([head, *lines], {"sound": False, "faults": faults}, StateDamaged.exit_code)


def mend(context: Desk) -> Answer:
    """Rebuild damaged files from intact ones; damaged files are moved to aside/."""
    begun.refuse(context.folder)
    if not context.folder.is_dir():
        raise reading.missing(context.folder, context.kind)
    repaired = repair.run(context.place, context.kind, context.subject.outputs)
    return Answer(repaired or ["Nothing to repair."], {"repaired": repaired})


def checkpoint(context: Desk) -> Answer:
    """Write a full copy of the queue."""
    with context.opened() as queue:
        path = queue.checkpoint()
    return Answer([f"Written: {files.display_path(path)}"], {"path": str(path)})


def prune(context: Desk, keep: int) -> Answer:
    """Remove checkpoints except the newest N, one per day, and the newest valid one."""
    if not checkpoints.remains(context.folder):
        raise reading.missing(context.folder, context.kind)
    good = next((path for path, _ in checkpoints.good(context.folder, context.kind)), None)
    removed = checkpoints.prune(context.folder, keep, good)
    freed = sum(entry.bytes for entry in removed)
    names = [entry.path.name for entry in removed]
    lines = [f"Removed: {name}" for name in names]
    lines.append(f"{terminal.count(len(removed), 'checkpoint')} removed, {freed:,} bytes freed.")
    return Answer(lines, {"removed": names, "bytes": freed})


def archive_logs(context: Desk, days: int) -> Answer:
    """Compress the session logs of batches that ended at least DAYS ago."""
    if not checkpoints.remains(context.folder):
        raise reading.missing(context.folder, context.kind)
    archived = logs.archive(context.place, days)
    freed = sum(log.before - log.after for log in archived)
    names = [log.name for log in archived]
    lines = [f"Archived: {name}" for name in names]
    lines.append(f"{terminal.count(len(archived), 'session log')} archived, {freed:,} bytes freed.")
    return Answer(lines, {"archived": names, "bytes": freed})


def restore(context: Desk, name: str) -> Answer:
    """Replace the queue by a checkpoint, as `cp` would, after checking it.

    The current queue is kept in aside/, and --replay-aside brings it back.
    """
    path = _checkpoint(context, name)
    loaded, here = (
        snapshot.load(path, context.kind),
        snapshot.head(context.folder / snapshot.FILE, context.kind),
    )
    foreign.check(
        context.folder, context.kind, path, loaded, [here[0].library_path] if here else []
    )
    with sessions.lock_queue(context.place):  # or a batch might overwrite it with a rewrite
        files.write_atomic(context.folder / snapshot.FILE, path.read_bytes())
    with context.opened() as queue:
        restored = queue.state.head.restored
    return Answer([f"Restored: {path.name}."], {"restored": restored})


def _checkpoint(context: Desk, name: str) -> Path:
    if name == "latest":
        for path, _ in checkpoints.good(context.folder, context.kind):
            return path
        raise UsageFailed(f"No valid checkpoint in {context.folder / checkpoints.FOLDER}.")
    for path in (context.folder / checkpoints.FOLDER / name, Path(name)):
        if path.is_file():
            return path
    raise UsageFailed(f"No checkpoint {name}. --list-checkpoints lists them.")


def replay_aside(context: Desk, name: str) -> Answer:
    """Show what a restore undid; with --yes bring it back."""
    if not context.yes:
        result = replay.plan(context.folder, context.read(), name)
        return _replayed(result, "would come back; add --yes to do it")
    with context.opened() as queue:
        result = queue.replay(name)
    return _replayed(result, "brought back")


def _replayed(result: Replay, verb: str) -> Answer:
    lines = [f"{files.printable(key)}: {item.status.value}" for key, item in result.back.items()]
    lines += [f"{files.printable(key)}: not changed, it {why}" for key, why in result.left.items()]
    lines.append(f"{terminal.count(len(result.back), 'item')} of {result.name} {verb}.")
    back = {key: item.status.value for key, item in result.back.items()}
    return Answer(lines, {"name": result.name, "back": back, "left": result.left})
