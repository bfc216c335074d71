"""A glance that is made up, with something in every panel, and the boards that are kept of it.

`python -m tests.views.dashboards` writes them again, to be looked at before they are committed.
"""

from __future__ import annotations

import io
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from rich.console import Console

from mediakeep.music.item import MUSIC
from mediakeep.music.reports import fix_commands
from mediakeep.queue.history.queries import HistoryEvent, SessionSpan, Throughput
from mediakeep.views.dashboard.render import Dashboard
from mediakeep.views.disk_usage import DiskSpace, DiskUsage, FolderSize
from mediakeep.views.period_stats import PeriodEndState, PeriodStats, PeriodTotals
from mediakeep.views.periods import Period
from mediakeep.views.poller import HomeSnapshot, QueueSnapshot
from mediakeep.views.running_sessions import RunningItem, RunningSession
from mediakeep.views.summary import CompletionEstimate, FailedItem, KindSummary, QueueStatus

GOLDEN = Path(__file__).with_name("golden")
SIZES = ((80, 24), (120, 40), (200, 60), (40, 12))
NOW = datetime(2025, 12, 17, 14, 3, 22, tzinfo=UTC)
FOOT = "q or Ctrl-C ends this."
ISSUES = {
    "missing-cover": 1204,
    "missing-date": 312,
    "placeholder-genre": 87,
    "mojibake": 41,
    "duplicate-track": 23,
    "truncated-audio": 9,
    "empty-file": 2,
}


def at(time: str) -> str:
    return f"2025-12-17T{time}+00:00"


STANDING = QueueStatus(
    kind="music",
    noun="artist",
    plural="artists",
    piece="track",
    library="/music",
    total=12930,
    counts={"pending": 5362, "in_progress": 4, "completed": 7559, "error": 3, "skipped": 2},
    percentage=58.5,
    issues=ISSUES,
    notes=4410,
    reviews=1678,
    fixed=20117,
    waiting=2,
    next_retry=at("14:08:22"),
    outdated=12,
    per_hour=412.4,
    seconds_left=46843.0,
    last_updated=at("14:03:21"),
    awaiting=37,
    looked_up=7522,
    unsure=1,
    unknown=3,
    tallies={"albums_matched": 81204, "albums_tied": 9610, "fields_filled": 1220433},
)


def week(number: int, completed: int, **more: object) -> PeriodStats:
    period = Period(date.fromisocalendar(2025, number, 1), zone=UTC)
    flow = PeriodTotals(completed=completed, **more)  # type: ignore[arg-type]
    return PeriodStats(period, flow, PeriodEndState(7559, 12930, ISSUES))


WEEKS = [
    *(week(number, 700 + 130 * (number % 3)) for number in range(45, 51)),
    week(
        51,
        1184,
        again=12,
        failed=3,
        new={"missing-cover": 212, "mojibake": 4},
        closed={"missing-date": 18},
        regressed={"empty-file": 1},
        repaired={"missing-date": 300, "numbering": 1200},
        amounts={"tracks": 9000, "requests": 1204, "hits": 8810, "waited": 754.2},
        invested=10_210.0,
        sessions=4,
    ),
]
TROUBLES = [
    FailedItem("Ångström", "The folder cannot be read: permission denied.", at("13:58:00"), 2, ""),
    FailedItem("山口百恵", "It took longer than 30 min.", at("13:50:00"), 1, at("14:08:22")),
    FailedItem(
        "Evil\x1b[2J\u202eName", "Disk \x07 error 5 of 1234567", at("13:00:00"), 1, at("14:00:00")
    ),
]
SITTINGS = [
    SessionSpan(
        "2025-12-15T20:00:00+00:00",
        "2025-12-15T21:10:00+00:00",
        480,
        "",
        "20251215_session_001",
        4200.0,
    ),
    SessionSpan(
        "2025-12-16T20:00:00+00:00",
        "2025-12-16T20:40:00+00:00",
        274,
        "",
        "20251216_session_001",
        None,
    ),
    SessionSpan(at("09:00:00"), at("09:00:09"), 1, "fix-metadata", "20251217_session_001", 9.0),
    SessionSpan(at("13:00:00"), at("14:03:20"), 430, "", "20251217_session_002", None),
]
ACCOUNT = KindSummary(
    status=STANDING,
    today=NOW.date(),
    weeks=WEEKS,
    days=[],
    estimate=CompletionEstimate(912.0, 28, "2026-01-27"),
    failed_items=TROUBLES,
    sessions=SITTINGS,
    completed_by_day=[],
    since="2025-11-03T10:00:00+00:00",
    pace=Throughput(4124, 36_000.0, 10),
)
CREWS = [
    RunningSession(
        "20251216_session_001", "", 4711, at("10:00:00"), at("10:30:00"), False,
        [RunningItem("Boards of Canada", at("10:29:00"), 3, 40)],
    ),
    RunningSession(
        "20251217_session_002", "", 1234, at("13:00:00"), at("14:03:21"), True,
        [
            RunningItem("Johann Sebastian Bach & the Names of Old", at("14:01:07"), 812, 2401),
            RunningItem("山口百恵", at("14:03:02"), 12, 40),
            RunningItem("Sigur Rós", at("14:03:20"), 0, 0, "MusicBrainz"),
            RunningItem("❤️ Emoji e\u0301", at("14:03:22"), 1, 9),
        ],
    ),
    RunningSession(
        "20251217_session_003", "other-host", 77, at("13:30:00"), at("14:03:20"), True, []
    ),
]  # fmt: skip


def event(seq: int, op: str, item: str = "", **more: object) -> HistoryEvent:
    fields = {"session": "20251217_session_002", "state": "", "fixed": 0, "opened": 0, "closed": 0}
    fields |= {"error": ""} | more
    return HistoryEvent(seq, at(f"14:0{seq // 10}:{seq % 10:02d}"), op, item=item, **fields)  # type: ignore[arg-type]


EVENTS = [
    event(29, "settle", "Velvet Harbour", state="completed", fixed=7, opened=2),
    event(28, "settle", "山口百恵", state="error", error="It took longer than 30 min."),
    event(27, "settle", "Gone", state="skipped"),
    event(26, "prioritize", "Sigur Rós"),
    event(25, "settle", "Salt_Pepper Choir", state="completed", closed=1),
    event(12, "start"),
    event(11, "scan"),
]
DISK = DiskUsage(
    [
        DiskSpace("home", "/home/me/keep", 120_400_000_000, 500_000_000_000),
        DiskSpace("music library", "/music", 900_000_000, 8_000_000_000_000),
    ],
    {
        "checkpoints": FolderSize(41_000_000),
        "logs": FolderSize(3_210_000),
        "undo": FolderSize(2_100_000_000, whole=False),
    },
)
ACCEPT = fix_commands.accept_kind_command(Path("/home/me/keep"), "missing-cover")
GLANCE = HomeSnapshot(
    Path("/home/me/keep"), NOW, UTC, [QueueSnapshot(MUSIC, ACCOUNT, CREWS, EVENTS)], DISK, ACCEPT
)


def render(snapshot: HomeSnapshot, columns: int = 80, lines: int = 0, **settings: Any) -> list[str]:
    """Render a dashboard as lines of text; without a number of lines, all of it."""
    console = Console(
        file=settings.pop("file", None) or io.StringIO(),
        width=columns,
        height=lines or 24,
        **settings,
    )
    with console.capture() as capture:
        console.print(Dashboard(snapshot, FOOT if lines else ""))
    return capture.get().splitlines()


def drawn(columns: int, lines: int, **settings: Any) -> list[str]:
    return render(GLANCE, columns, lines, **settings)


def kept(columns: int, lines: int) -> Path:
    return GOLDEN / f"board_{columns}x{lines}.txt"


if __name__ == "__main__":
    for columns, lines in SIZES:
        text = "\n".join(line.rstrip() for line in drawn(columns, lines))
        kept(columns, lines).write_text(f"{text}\n")
