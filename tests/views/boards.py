"""A glance that is made up, with something in every panel, and the boards that are kept of it.

`python -m tests.views.boards` writes them anew, to be looked at before they are committed.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

from mediakeep.kinds import MUSIC
from mediakeep.music import cures
from mediakeep.queue.past import Event, Pace, Sitting
from mediakeep.views.board import board
from mediakeep.views.board.board import Window
from mediakeep.views.board.rows import Style
from mediakeep.views.crews import Crew, Work
from mediakeep.views.disk import Disk, Room, Size
from mediakeep.views.flows import Flow, Level, Span
from mediakeep.views.periods import Period
from mediakeep.views.summary import Account, Estimate, Standing, Trouble
from mediakeep.views.watch import Glance, Look

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


STANDING = Standing(
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


def week(number: int, completed: int, **more: object) -> Span:
    period = Period(date.fromisocalendar(2025, number, 1), zone=UTC)
    flow = Flow(completed=completed, **more)  # type: ignore[arg-type]
    return Span(period, flow, Level(7559, 12930, ISSUES))


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
    Trouble("Ångström", "The folder cannot be read: permission denied.", at("13:58:00"), 2, ""),
    Trouble("山口百恵", "It took longer than 30 min.", at("13:50:00"), 1, at("14:08:22")),
    Trouble(
        "Evil\x1b[2J\u202eName", "Disk \x07 error 5 of 1234567", at("13:00:00"), 1, at("14:00:00")
    ),
]
SITTINGS = [
    Sitting(
        "2025-12-15T20:00:00+00:00",
        "2025-12-15T21:10:00+00:00",
        480,
        "",
        "20251215_session_001",
        4200.0,
    ),
    Sitting(
        "2025-12-16T20:00:00+00:00",
        "2025-12-16T20:40:00+00:00",
        274,
        "",
        "20251216_session_001",
        0.0,
    ),
    Sitting(at("09:00:00"), at("09:00:09"), 1, "fix-metadata", "20251217_session_001", 9.0),
    Sitting(at("13:00:00"), at("14:03:20"), 430, "", "20251217_session_002", 0.0),
]
ACCOUNT = Account(
    standing=STANDING,
    today=NOW.date(),
    weeks=WEEKS,
    days=[],
    estimate=Estimate(912.0, 28, "2026-01-27"),
    troubles=TROUBLES,
    sittings=SITTINGS,
    steps=[],
    since="2025-11-03T10:00:00+00:00",
    pace=Pace(4124, 36_000.0, 10),
)
CREWS = [
    Crew(
        "20251216_session_001", "", 4711, at("10:00:00"), at("10:30:00"), False,
        [Work("Boards of Canada", at("10:29:00"), 3, 40)],
    ),
    Crew(
        "20251217_session_002", "", 1234, at("13:00:00"), at("14:03:21"), True,
        [
            Work("Johann Sebastian Bach & the Names of Old", at("14:01:07"), 812, 2401),
            Work("山口百恵", at("14:03:02"), 12, 40),
            Work("Sigur Rós", at("14:03:20"), 0, 0, "MusicBrainz"),
            Work("❤️ Emoji e\u0301", at("14:03:22"), 1, 9),
        ],
    ),
    Crew("20251217_session_003", "other-host", 77, at("13:30:00"), at("14:03:20"), True, []),
]  # fmt: skip


def event(seq: int, op: str, item: str = "", **more: object) -> Event:
    fields = {"session": "20251217_session_002", "state": "", "fixed": 0, "opened": 0, "closed": 0}
    fields |= {"error": ""} | more
    return Event(seq, at(f"14:0{seq // 10}:{seq % 10:02d}"), op, item=item, **fields)  # type: ignore[arg-type]


EVENTS = [
    event(29, "settle", "Velvet Harbour", state="completed", fixed=7, opened=2),
    event(28, "settle", "山口百恵", state="error", error="It took longer than 30 min."),
    event(27, "settle", "Gone", state="skipped"),
    event(26, "prioritize", "Sigur Rós"),
    event(25, "settle", "Salt_Pepper Choir", state="completed", closed=1),
    event(12, "start"),
    event(11, "scan"),
]
DISK = Disk(
    [
        Room("home", "/home/me/keep", 120_400_000_000, 500_000_000_000),
        Room("music library", "/music", 900_000_000, 8_000_000_000_000),
    ],
    {
        "checkpoints": Size(41_000_000),
        "logs": Size(3_210_000),
        "undo": Size(2_100_000_000, whole=False),
    },
)
ACCEPT = cures.accept_all(Path("/home/me/keep"), "missing-cover")
GLANCE = Glance(
    Path("/home/me/keep"), NOW, UTC, [Look(MUSIC, ACCOUNT, CREWS, EVENTS)], DISK, ACCEPT
)


PLAIN = Style()


def drawn(columns: int, lines: int, style: Style = PLAIN) -> list[str]:
    return board.board(GLANCE, Window(columns, lines, style, FOOT))


def kept(columns: int, lines: int) -> Path:
    return GOLDEN / f"board_{columns}x{lines}.txt"


if __name__ == "__main__":
    for columns, lines in SIZES:
        text = "\n".join(line.rstrip() for line in drawn(columns, lines))
        kept(columns, lines).write_text(f"{text}\n")
