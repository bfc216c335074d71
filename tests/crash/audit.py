"""What must hold after every kill: the whole record is gone through, change by change."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from mediakeep.errors import MediakeepError
from mediakeep.item import Status
from mediakeep.music.item import MUSIC
from mediakeep.queue import checkpoints, journal, snapshot
from mediakeep.queue.history import event_log
from mediakeep.queue.journal import SEAL, JournalRecord
from mediakeep.queue.state import QueueState
from tests.crash.loop import View, Workspace

Ack = tuple[str, str, int]


def read_acks(workspace: Workspace) -> list[Ack]:
    """Read what was acknowledged."""
    lines = (line.split("\t") for line in workspace.acks.read_text().splitlines())
    return [(what, key, int(seq)) for what, key, seq in lines]


def list_lost(acks: list[Ack], view: View) -> list[Ack]:
    """Return the acknowledged settles that a final look does not show, or that came twice.

    The first one of two with the same number was lost, even if the second one is shown.
    """
    settles = Counter(ack for ack in acks if ack[0] == "settle")
    return [
        (what, key, seq)
        for (what, key, seq), count in settles.items()
        if count > 1 or view.settled.get(key, 0) < seq
    ]


def read_records(workspace: Workspace) -> dict[int, JournalRecord]:
    """Collect every change from all journals that ever were; two under one number must be one."""
    found: dict[int, JournalRecord] = {}
    for path in (
        *workspace.archive.iterdir(),
        *(workspace.queue / "processing_queue.journal").iterdir(),
    ):
        if path.suffix == ".jsonl" and journal.read_header(path):
            for record in journal.read(path).records:
                if record.op != SEAL:
                    assert found.setdefault(record.seq, record) == record
    return found


def list_faults(workspace: Workspace, base: QueueState, final: QueueState) -> Iterator[str]:
    """Go through the record from the first state to the last, and name what is wrong."""
    known = read_records(workspace)
    if sorted(known) != list(range(1, final.seq + 1)):
        yield f"the numbers 1 to {final.seq} have gaps"
        return
    copies = {loaded.head.seq: loaded for loaded in _copies(workspace)}
    for seq in sorted(known):
        yield from _twice(base, known[seq])
        try:
            base.replay_records([known[seq]], "audit")
        except MediakeepError as error:
            yield str(error)
            return
        if (copy := copies.get(seq)) and copy.items != base.items:
            yield f"the checkpoint at {seq} is not the queue at {seq}"
    if base.items != final.items or base.counts != final.counts:
        yield "the record does not lead to the queue"
    yield from _list_unkept(read_acks(workspace), known)
    yield from _history(workspace, known)
    yield from _leftovers(workspace.queue)


def _twice(state: QueueState, record: JournalRecord) -> Iterator[str]:
    """An item is settled only by the claim that holds it, so never twice without a reset."""
    for key in record.items if record.op == "settle" else ():
        item = state.items[key]
        if item.status is not Status.IN_PROGRESS or item.session != record.session:
            yield f"{key} was settled by {record.seq} though it was {item.status}"


def _copies(workspace: Workspace) -> list[snapshot.LoadedSnapshot]:
    return [
        snapshot.load(checkpoint.path, MUSIC)
        for checkpoint in checkpoints.list_checkpoints(workspace.queue)
    ]


def _list_unkept(acks: list[Ack], known: dict[int, JournalRecord]) -> Iterator[str]:
    for what, key, seq in acks:
        if what != "checkpoint" and (known[seq].op != what or key not in known[seq].items):
            yield f"acknowledged, but not so recorded: {what} of {key} as {seq}"


def _history(workspace: Workspace, known: dict[int, JournalRecord]) -> Iterator[str]:
    kept: list[Any] = []
    for path in event_log.list_files(workspace.queue):
        for line in path.read_bytes().splitlines(keepends=True):
            if not line.endswith(b"\n"):
                yield f"{path.name} ends in half a line"
            kept.append(msgspec.json.decode(line))
    wanted = [
        msgspec.json.decode(event_log.format_line(known[seq]))
        for seq in sorted(known)
        if known[seq].op not in event_log.TRANSIENT_OPS
    ]
    if kept != wanted:
        yield f"the history holds {len(kept)} events, the journals {len(wanted)}"


def _leftovers(folder: Path) -> Iterator[str]:
    """Name what killed writers left behind and nobody cleared away."""
    left = [*folder.glob(".*"), *folder.glob("*/.*"), *folder.glob("live/*.json")]
    for path in (*left, *folder.glob("aside/*")):
        if path.parent.name != "live" or path.suffix != ".tmp":  # these are swept by their age
            yield f"left behind: {path.relative_to(folder)}"
