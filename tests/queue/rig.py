"""A small queue to try things on, a clock that a test sets, and what a user does with files."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from msgspec import structs

from mediakeep import clock
from mediakeep.item import Item, ScannedItem, SkipReason, Status
from mediakeep.music.item import MUSIC, MusicItem
from mediakeep.outcome import Outcome
from mediakeep.queue import actions, sessions, snapshot, store
from mediakeep.queue.claims import Claim
from mediakeep.queue.compaction import QueueLocation
from mediakeep.queue.history import event_log
from mediakeep.queue.journal import Journal, JournalContent, read
from mediakeep.queue.queue import Queue, locate_queue
from mediakeep.queue.settle import SettleRequest
from mediakeep.queue.snapshot import SnapshotHead
from mediakeep.queue.state import QueueState

HOST = "this-host"
DONE = SettleRequest(Outcome(data={"issues_found": 1, "issues": {"missing-cover": 1}}))
FAILED = SettleRequest(Outcome(Status.ERROR, "The file is gone."))
GONE = SettleRequest(Outcome(Status.SKIPPED, data={"skip_reason": SkipReason.VANISHED}))
SKIPPED = SettleRequest(Outcome(Status.SKIPPED, data={"skip_reason": "duplicate"}))


class Clock:
    """A clock that stands still until a test moves it."""

    def __init__(self, text: str = "2025-12-17T10:00:00+00:00") -> None:
        self.moment = datetime.fromisoformat(text)

    def __call__(self) -> datetime:
        return self.moment

    def forward(self, **span: float) -> None:
        """Let time pass."""
        self.moment += timedelta(**span)


def names(count: int) -> list[str]:
    return [f"Artist {number:03d}" for number in range(count)]


def found(keys: Iterable[str], fingerprint: str = "f1") -> list[ScannedItem]:
    """Pretend that a scan found these artists."""
    return [ScannedItem(key=key, path=f"/music/{key}", fingerprint=fingerprint) for key in keys]


def at(folder: Path, clock: Any = None, host: str = HOST) -> QueueLocation:
    """Say where the queue below a test's folder is."""
    clock = clock or (lambda: datetime.now(UTC))
    return locate_queue(folder / "status" / "music", clock, host)


def make(where: QueueLocation, count: int = 10) -> Queue:
    """Create a queue of so many artists."""
    return Queue.create(where, MUSIC, "/music", found(names(count)))


def settle(queue: Queue, count: int = 1, ending: SettleRequest = DONE) -> list[str]:
    """Claim so many items and settle them all; return their keys."""
    claims = queue.claim(count)
    for claim in claims:
        assert queue.settle(claim, ending)
    return [claim.key for claim in claims]


def completed(queue: Queue) -> int:
    return queue.state.counts[Status.COMPLETED]


def state(items: dict[str, Item], **head: Any) -> QueueState:
    """Make a state in memory alone."""
    fields = {"generation": 1, "snapshot_id": "1", "seq": 0, "library_path": "/music"}
    return QueueState(
        MUSIC, SnapshotHead(kind="music", created="", **{**fields, **head}), dict(items)
    )


def item(status: Status = Status.PENDING, **fields: Any) -> MusicItem:
    return MusicItem(status=status, **fields)


def stale(claim: Claim, queue: Queue) -> bool:
    """Return whether a settle with this claim is refused."""
    return not queue.settle(claim, DONE)


def file(where: QueueLocation) -> Path:
    """Return the snapshot, the file that a user copies over or edits."""
    return where.folder / snapshot.FILE


def cp(source: Path, target: Path) -> None:
    """Copy as a user does: a file that is there is written in place."""
    subprocess.run(["cp", source, target], check=True)


def rename_over(source: Path, target: Path) -> None:
    """Put a copy in place as careful tools do: written next to, then renamed over."""
    beside = target.with_name("person.tmp")
    shutil.copyfile(source, beside)
    beside.replace(target)


def edit(path: Path, old: str, new: str) -> None:
    """Change a file by hand, in place; the text must be there."""
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def content(folder: Path) -> dict[str, bytes]:
    """Return all files below a folder, with what they contain."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def try_reset(where: QueueLocation) -> tuple[set[str], list[str]]:
    """Reset all items in a dry run; return the items that would be, and the warnings."""
    with Queue.open(structs.replace(where, dry_run=True), MUSIC) as queue:
        wanted = actions.select_by_status(*Status)
        record = queue.commit(actions.reset_items(queue.location, wanted, force=True))
        assert record is not None
        return {*record.items}, queue.take_warnings()


def asides(where: QueueLocation) -> list[Path]:
    """List what was set aside."""
    return sorted((where.folder / "aside").glob("*"))


def abandon(queue: Queue) -> None:
    """Let go of a queue as a dead process does: no word, no file, only its locks fall."""
    folder = queue.location.folder
    _close(queue._store._lock_handle, folder / store.LOCK_FILE)
    if queue.session:
        queue.session._closed.set()
        _close(queue.session._log, folder / sessions.LOG_FOLDER / f"{queue.session.id}.log")
    if queue._store._journal:
        queue._store._journal.close()


def crash(queue: Queue, torn: bytes) -> None:
    """Let go of a queue as a process does that dies in the middle of a write."""
    current = queue._store._journal
    assert current
    catch_up(current)
    with contextlib.suppress(OSError):
        os.pwrite(current._handle, torn.replace(b"\n", b""), current.end)
    abandon(queue)


def _close(handle: int, path: Path) -> None:
    """Close a file, unless it died while it closed it."""
    with contextlib.suppress(OSError):
        if os.path.samestat(os.fstat(handle), path.stat()):
            os.close(handle)


def events(where: QueueLocation) -> list[dict[str, Any]]:
    """Read the whole history."""
    return [
        event
        for path in event_log.list_files(where.folder)
        for _, event in event_log.iter_events(path)
    ]


def journals(where: QueueLocation) -> list[Path]:
    """List the journals, oldest first."""
    return sorted((where.folder / "processing_queue.journal").glob("*.jsonl"))


def catch_up(journal: Journal) -> JournalContent:
    """Read what others appended to a journal, and go on behind it."""
    reading = read(journal.path, journal.end)
    journal.resume_after(reading)
    return reading


def peek_keys(queue: Queue, count: int, *, lookups: bool = False) -> list[str]:
    """Return the keys of the items that the next claim would take."""
    now = clock.format_iso(queue.location.now())
    return queue._get_pending().peek_keys(count, now, lookups=lookups)
