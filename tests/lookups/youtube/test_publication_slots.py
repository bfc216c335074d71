"""Times of publications, which no two videos share, in the order of their dates."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from multiprocessing import get_context
from pathlib import Path
from zoneinfo import ZoneInfo

from mediakeep.lookups.youtube.publication_slots import PublicationSlots

BERLIN = time(18, tzinfo=ZoneInfo("Europe/Berlin"))
WEEK, DAY = timedelta(weeks=1), timedelta(days=1)
NOW = datetime(2026, 3, 20, 16, 50, tzinfo=UTC)  # 10 minutes before a publication


def take(slots: PublicationSlots, name: str, interval: timedelta = WEEK) -> str:
    return slots.take(name, name, interval, BERLIN, NOW).isoformat()


def test_slots_are_days_apart_by_the_clock_on_the_wall(tmp_path: Path) -> None:
    slots = PublicationSlots(tmp_path / "schedule.db")
    assert take(slots, "a", DAY) == "2026-03-21T18:00:00+01:00"
    assert take(slots, "a", DAY) == "2026-03-21T18:00:00+01:00"
    assert take(slots, "b", WEEK) == "2026-03-28T18:00:00+01:00"
    assert take(slots, "c", WEEK) == "2026-04-04T18:00:00+02:00"  # clocks have changed
    assert take(slots, "d", DAY) == "2026-03-22T18:00:00+01:00"  # the first free one


def test_two_schedules_never_share_a_day(tmp_path: Path) -> None:
    slots, noon = PublicationSlots(tmp_path / "schedule.db"), time(12, tzinfo=UTC)
    first = [slots.take(f"a{n}", f"a{n}", 2 * DAY, BERLIN, NOW) for n in range(3)]
    second = [slots.take(f"b{n}", f"b{n}", DAY, noon, NOW) for n in range(4)]
    days = [slot.astimezone(UTC).day for slot in first + second]
    assert days == [21, 23, 25, 22, 24, 26, 27]


def test_slots_of_the_past_are_not_taken(tmp_path: Path) -> None:
    slots = PublicationSlots(tmp_path / "schedule.db")
    slots.add_known({"old": NOW - 3 * DAY, "a": NOW - DAY})
    assert take(slots, "a") == "2026-03-26T18:00:00+01:00"


def test_what_is_announced_comes_first(tmp_path: Path) -> None:
    slots = PublicationSlots(tmp_path / "schedule.db")
    for name in ("a", "b", "c", "d"):
        slots.announce(name, name, NOW)
    slots.announce("0", "0", NOW - 2 * DAY)  # is late
    slots.withdraw("c")  # has failed
    assert take(slots, "d", DAY) == "2026-03-23T18:00:00+01:00"
    assert take(slots, "b", DAY) == "2026-03-22T18:00:00+01:00"
    assert take(slots, "a", DAY) == "2026-03-21T18:00:00+01:00"


def test_two_processes_take_different_slots(tmp_path: Path) -> None:
    path = tmp_path / "schedule.db"
    with get_context("fork").Pool(4) as pool:
        names = [f"{number}" for number in range(20)]
        found = pool.starmap(take, [(PublicationSlots(path), name) for name in names])
    assert len(set(found)) == 20
