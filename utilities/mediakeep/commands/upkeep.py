"""The manager's actions that keep the queue safe: validate, repair, checkpoints, replay."""

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


def validate(desk: Desk) -> Answer:
    """Check the whole queue; exit code 3 with each fault and its cure where anything is wrong."""
    try:
        with desk.opened() as opened:
            found = opened.look(lambda state: list(check.record(desk.folder, state)))
            state = opened.state
            found += check.around(desk.folder, state, desk.subject.outputs)
            warnings = opened.warnings()
    except StateDamaged as damage:
        return _faults([check.fault(damage)])
    if found:
        return _faults(found)
    items = terminal.count(len(state.items), desk.kind.noun, desk.kind.plural)
    done = state.counts[Status.COMPLETED]
    lines = [f"The queue is sound: {items}, {done:,} completed, {state.seq:,} changes."]
    restored = state.head.restored
    lines += dict.fromkeys([*warnings, *([adoption.sentence(restored)] if restored else [])])
    return Answer(lines, {"sound": True, "faults": [], "restored": restored})


def _faults(found: list[Fault]) -> Answer:
    lines = [f"{fault.what}\n  {fault.cure}" for fault in found]
    head = f"The queue has {terminal.count(len(found), 'fault')}:"
    return Answer([head, *lines], {"sound": False, "faults": found}, StateDamaged.exit_code)


def mend(desk: Desk) -> Answer:
    """Rebuild what is damaged from what is whole; nothing is deleted, damage goes to aside/."""
    begun.refuse(desk.folder)
    if not desk.folder.is_dir():
        raise reading.missing(desk.folder, desk.kind)
    done = repair.run(desk.place, desk.kind, desk.subject.outputs)
    return Answer(done or ["There was nothing to repair."], {"repaired": done})


def checkpoint(desk: Desk) -> Answer:
    """Write a full copy of the queue now."""
    with desk.opened() as opened:
        path = opened.checkpoint()
    return Answer([f"Written: {files.display_path(path)}"], {"path": str(path)})


def prune(desk: Desk, keep: int) -> Answer:
    """Remove checkpoints but for the newest N, the newest of each day, and the newest good one."""
    if not checkpoints.remains(desk.folder):
        raise reading.missing(desk.folder, desk.kind)
    good = next((path for path, _ in checkpoints.good(desk.folder, desk.kind)), None)
    gone = checkpoints.prune(desk.folder, keep, good)
    freed = sum(one.bytes for one in gone)
    names = [one.path.name for one in gone]
    lines = [f"Removed: {name}" for name in names]
    lines.append(f"{terminal.count(len(gone), 'checkpoint')} removed, {freed:,} bytes freed.")
    return Answer(lines, {"removed": names, "bytes": freed})


def archive_logs(desk: Desk, days: int) -> Answer:
    """Compress the session logs of batches that ended DAYS ago or earlier."""
    if not checkpoints.remains(desk.folder):
        raise reading.missing(desk.folder, desk.kind)
    done = logs.archive(desk.place, days)
    freed = sum(one.before - one.after for one in done)
    names = [one.name for one in done]
    lines = [f"Archived: {name}" for name in names]
    lines.append(f"{terminal.count(len(done), 'session log')} archived, {freed:,} bytes freed.")
    return Answer(lines, {"archived": names, "bytes": freed})


def restore(desk: Desk, name: str) -> Answer:
    """Make a checkpoint the queue, as `cp` would, once it is known to be whole.

    The queue as it was is kept in aside/, and --replay-aside brings it back.
    """
    path = _checkpoint(desk, name)
    loaded, here = (
        snapshot.load(path, desk.kind),
        snapshot.head(desk.folder / snapshot.FILE, desk.kind),
    )
    foreign.check(desk.folder, desk.kind, path, loaded, [here[0].library_path] if here else [])
    with sessions.lock_queue(desk.place):  # or a rewrite by a batch might go over it
        files.write_atomic(desk.folder / snapshot.FILE, path.read_bytes())
    with desk.opened() as opened:
        restored = opened.state.head.restored
    return Answer([f"Restored: {path.name}."], {"restored": restored})


def _checkpoint(desk: Desk, name: str) -> Path:
    if name == "latest":
        for path, _ in checkpoints.good(desk.folder, desk.kind):
            return path
        raise UsageFailed(f"There is no good checkpoint in {desk.folder / checkpoints.FOLDER}.")
    for path in (desk.folder / checkpoints.FOLDER / name, Path(name)):
        if path.is_file():
            return path
    raise UsageFailed(f"There is no checkpoint {name}. --list-checkpoints shows what there is.")


def replay_aside(desk: Desk, name: str) -> Answer:
    """Show what a restore undid; with --yes bring it back."""
    if not desk.yes:
        found = replay.plan(desk.folder, desk.read(), name)
        return _replayed(found, "would come back; add --yes to have that done")
    with desk.opened() as opened:
        found = opened.replay(name)
    return _replayed(found, "brought back")


def _replayed(found: Replay, verb: str) -> Answer:
    lines = [f"{files.printable(key)}: {item.status.value}" for key, item in found.back.items()]
    lines += [f"{files.printable(key)}: left alone, it {why}" for key, why in found.left.items()]
    lines.append(f"{terminal.count(len(found.back), 'item')} of {found.name} {verb}.")
    back = {key: item.status.value for key, item in found.back.items()}
    return Answer(lines, {"name": found.name, "back": back, "left": found.left})
