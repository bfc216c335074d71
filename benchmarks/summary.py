"""The summary and the weekly report of a long history: seconds, against one look at its lines."""

from __future__ import annotations

import resource
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from sqlite3 import Connection
from typing import Any

import msgspec

from benchmarks import table
from mediakeep.app.reports import period_report
from mediakeep.app.reports.period_report import ReportContext
from mediakeep.item import Status
from mediakeep.music.issue_kinds import ISSUE_KINDS
from mediakeep.music.item import MUSIC, MusicItem
from mediakeep.queue.history import event_log, index
from mediakeep.queue.queue import Queue, locate_queue
from mediakeep.queue.snapshot import SnapshotHead
from mediakeep.queue.state import QueueState
from mediakeep.views import summary
from mediakeep.views.report import report_files
from mediakeep.views.running_totals import RunningTotals
from mediakeep.views.summary import KindSummary, SummaryContext
from tests.queue import rig

_AGAIN = 10  # how often each item was done
_EVENING = 4 * 3600  # seconds of work a day
_NAMES = [kind.name for kind in ISSUE_KINDS]


def run(home: Path, *, full: bool) -> None:
    """Measure 10,000 and 100,000 events, in full a million too."""
    rows = [_row(home / str(size), size) for size in (10_000, 100_000, *([1_000_000] * full))]
    table.show(
        "A history of that many finished items",
        (
            "events",
            "lines read s",
            "index creation s",
            "to reading",
            "summary s",
            "report s",
            "peak MB",
        ),
        rows,
        "The index is created once and grows with the history. A report is written as md and html.",
    )


def _row(home: Path, size: int) -> list[str]:
    folder = home / "status" / "music"
    now = _made(folder, size)
    state = _state(size // _AGAIN)
    read = _timed(
        lambda: sum(1 for path in event_log.list_files(folder) for _ in event_log.iter_events(path))
    )
    created = _timed(lambda: index.open_updated_index(folder).close())
    told = min(
        _timed(lambda: index.query_history_index(folder, lambda db: _summarize(db, state, now)))
        for _ in range(3)
    )
    context = ReportContext(home, now)
    written = min(_timed(lambda: _report(context)) for _ in range(3))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    return [
        *(f"{size:,}", f"{read:.2f}", f"{created:.1f}", f"{created / read:.1f}"),
        *(f"{told:.3f}", f"{written:.3f}", f"{peak:.0f}"),
    ]


def _summarize(connection: Connection, state: QueueState, now: datetime) -> KindSummary:
    return summary.summarize_with_index(
        connection, state, SummaryContext(now), RunningTotals(state)
    )


def _timed(work: Callable[[], Any]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _report(context: ReportContext) -> None:
    report = period_report.collect_report(context, context.current_period(7))
    assert report
    report_files.write_report(context.home, report, ("md", "html"))


def _made(folder: Path, size: int) -> datetime:
    """Write a history that ends now, and a queue of one item; return its last time."""
    Queue.create(locate_queue(folder), MUSIC, "/music", rig.found(["Solo"])).close()
    months: dict[str, list[bytes]] = {}
    moment = datetime.now(UTC)
    for event in _events(size):
        months.setdefault(event["time"][:7], []).append(msgspec.json.encode(event) + b"\n")
        moment = datetime.fromisoformat(event["time"])
    (folder / event_log.FOLDER).mkdir(exist_ok=True)
    for month, lines in months.items():
        (folder / event_log.FOLDER / f"{month}.jsonl").write_bytes(b"".join(lines))
    return moment


def _events(size: int) -> Iterator[dict[str, Any]]:
    """Give what evenings of work leave behind: artists one after the other, again and again."""
    chance = Random(1)
    pace = max(1, 365 * _EVENING // size)  # seconds an item: at most a year of evenings
    moment = datetime.now(UTC).replace(microsecond=0) - timedelta(days=size * pace / _EVENING + 1)
    for number in range(size):
        if number % (_EVENING // pace) == 0:
            moment += timedelta(seconds=86400 - _EVENING)
        moment += timedelta(seconds=pace)
        item = number % (size // _AGAIN)
        ids = [
            f"{_NAMES[(item + n) % len(_NAMES)]}:{item:07x}{n}" for n in range(chance.randrange(6))
        ]
        yield {
            "seq": number + 1,
            "time": moment.isoformat(),
            "op": "settle",
            "session": f"{moment:%Y%m%d}_session_001",
            "item": f"Artist {item:06d}",
            "tracks": 17,
            "auto_fixed": 1,
            "repairs": {"whitespace": 1},
            "state": "completed",
            "seconds": 0.1,
            "open_ids": ids,
        }


def _state(count: int) -> QueueState:
    item = MusicItem(status=Status.COMPLETED, rules=MUSIC.rules, issues={"missing-cover": 1})
    head = SnapshotHead(
        kind="music", generation=1, snapshot_id="1", seq=1, library_path="/music", created="2025"
    )
    return QueueState(MUSIC, head, {f"Artist {number:06d}": item for number in range(count)})
