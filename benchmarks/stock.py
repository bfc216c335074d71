"""Made-up queues of any size, without the library that a scan would need."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

from mediakeep.item import Item, Status
from mediakeep.music.item import MUSIC, MusicItem
from mediakeep.outcome import Outcome
from mediakeep.queue import external_change
from mediakeep.queue.queue import Queue, locate_queue
from mediakeep.queue.settle import SettleRequest
from mediakeep.queue.snapshot import SnapshotHead
from mediakeep.queue.state import QueueState
from mediakeep.queue.store import QueueStore

ISSUES = {"missing-cover": 2, "missing-date": 3, "placeholder-genre": 1}
DONE = SettleRequest(
    Outcome(
        message="261 tracks, 0 auto-fixes, 2 manual reviews",
        data={"track_count": 261, "album_count": 20, "issues_found": 6, "issues": ISSUES},
        open_ids=tuple(f"{number:012x}" for number in range(6)),
    ),
    seconds=0.5,
)


def pending(number: int) -> Item:
    """Make an artist as a scan leaves it."""
    own = artist_name(number)
    return MusicItem(
        status=Status.PENDING,
        path=f"/music/{own}",
        output_name=own,
        fingerprint="0123456789abcdef0123",
        track_count=261,
        album_count=20,
    )


def completed(number: int) -> Item:
    """Make an artist with every field that a completed one can hold."""
    own = artist_name(number)
    return MusicItem(
        status=Status.COMPLETED,
        name=own,
        path=f"/music/{own}",
        priority=1,
        attempts=1,
        started_date="2025-12-17T10:00:00+00:00",
        processed_date="2025-12-17T10:00:05+00:00",
        session="20251217_session_001",
        settled=2 * number + 2,
        rules=MUSIC.rules,
        output_name=own,
        report=f"issues/music/{own}_library_issues.md",
        fingerprint="0123456789abcdef0123",
        issues_found=6,
        issues_resolved=4,
        auto_fixed=4,
        manual_reviews=2,
        issues=dict(ISSUES),
        track_count=261,
        album_count=20,
    )


def artist_name(number: int) -> str:
    """Return an artist's name."""
    return f"Artist {number:07d}"


def folder(home: Path) -> Path:
    """Say where a home's queue is."""
    return home / "status" / MUSIC.name


def queue(
    home: Path,
    count: int,
    make: Callable[[int], Item] = pending,
    more: Mapping[str, Item] = MappingProxyType({}),
) -> Queue:
    """Make a queue of so many artists, and of some `more` by key."""
    where = locate_queue(folder(home))
    where.folder.mkdir(parents=True)
    store = QueueStore(where, MUSIC, external_change.accept_replaced_snapshot)
    head = SnapshotHead(
        kind=MUSIC.name,
        generation=0,
        snapshot_id="",
        seq=2 * count,
        library_path="/music",
        created="2025-12-17T10:00:00+00:00",
    )
    with store.hold_lock():
        items = {**more, **{artist_name(n): make(n) for n in range(count)}}
        store.install_state(QueueState(MUSIC, head, items), None)
    return Queue(store)
