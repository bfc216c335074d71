"""Whatever a history holds, both counts agree; and an index that grew is one made at once."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from mediakeep.queue.history import index, queries
from mediakeep.views import period_stats, periods
from mediakeep.views.periods import DAY, WEEK
from tests import memory_folder
from tests.sampling import tried
from tests.views.naive import Ledger, Line, span
from tests.views.test_report_numbers import ZONES, facts, naive_facts, spans

ITEMS = ("A", "B", "C")
IDS = ("x:1", "x:2", "y:1", "z:1")
SESSIONS = ("s1", "s2")
SUMS = ("tally", "step")
BEGIN = datetime(2026, 10, 20, 22, 30, tzinfo=UTC)

items = st.sampled_from(ITEMS)
statuses = st.sampled_from(["completed", "error", "skipped", "pending"])
settles = st.fixed_dictionaries(
    {
        "op": st.just("settle"),
        "session": st.sampled_from(SESSIONS),
        "item": items,
        "state": st.sampled_from(["completed", "completed", "completed", "error", "skipped"]),
        "by_hand": st.booleans(),
        "open_ids": st.lists(st.sampled_from(IDS), unique=True),
        "tracks": st.integers(0, 30),
        "requests": st.integers(0, 5),
        "albums_tied": st.integers(0, 2),
        "fields_filled": st.integers(0, 9),
        "auto_fixed": st.integers(0, 3),
        "repairs": st.dictionaries(st.sampled_from(["x", "w"]), st.integers(1, 3)),
    }
)
moves = st.fixed_dictionaries(
    {
        "op": st.sampled_from(["scan", "reset"]),
        "items": st.lists(items, unique=True, min_size=1),
        "known": st.integers(3, 5),
    }
)
marks = st.fixed_dictionaries({"op": st.just("mark"), "item": items, "state": statuses})
begins = st.fixed_dictionaries(
    {
        "op": st.just("start"),
        "session": st.sampled_from(SESSIONS),
        "known": st.integers(3, 5),
        "command": st.sampled_from(["", "", "fix"]),
    }
)
ends = st.fixed_dictionaries(
    {
        "op": st.just("end"),
        "session": st.sampled_from(SESSIONS),
        "seconds": st.sampled_from([0.25, 10.5, 4000.0, 90000.75]),
    }
)
restores = st.fixed_dictionaries({"op": st.just("restore"), "back": st.floats(0, 1)})
replays = st.fixed_dictionaries(
    {"op": st.just("replay"), "items_back": st.lists(items, unique=True, min_size=1)}
)
gaps = st.sampled_from([1, 1, 60, 899, 3600, 40000, 86400, 700000])  # seconds
steps = st.lists(
    st.tuples(
        st.one_of(settles, settles, settles, moves, marks, begins, ends, restores, replays), gaps
    ),
    min_size=1,
    max_size=25,
)


def lines(steps: list[tuple[dict[str, Any], int]], states: st.DataObject) -> list[Line]:
    """Make a history of steps: numbers, times, and what only the whole can know."""
    scan: Line = {"seq": 1, "time": BEGIN.isoformat(), "op": "scan", "known": 3}
    scanned = [scan]
    time, runs = BEGIN, dict.fromkeys(SESSIONS, 0)
    for step, gap in steps:
        time += timedelta(seconds=gap)
        line: Line = {"seq": 2 * len(scanned) + 1, "time": time.isoformat(), **step}
        if line.get("session"):  # no session starts twice
            runs[line["session"]] += line["op"] == "start"
            line["session"] += f"_{runs[line['session']]}"
        if line["op"] == "end" and any(_same(item, line) for item in scanned):
            continue
        if "items" in line:
            some = statuses if line["op"] == "scan" else st.just("pending")
            line["states"] = [states.draw(some) for _ in line["items"]]
        if "back" in line:
            origin = 1 + int(line.pop("back") * (line["seq"] - 2))
            line["undone"] = [origin + 1, line["seq"] - 1] if origin < line["seq"] - 1 else None
        if line["op"] == "replay":
            undone = [
                item["undone"] for item in scanned if item["op"] == "restore" and "undone" in item
            ]
            if not undone:
                continue
            line["redone"] = undone[-1]
            line["states_back"] = [states.draw(statuses) for _ in line["items_back"]]
        if line.get("state") != "completed":
            line.pop("open_ids", None)
        scanned.append(
            {name: value for name, value in line.items() if value not in ("", False, None)}
        )
    return scanned


def _same(line: Line, end: Line) -> bool:
    return bool(line["op"] == "end" and line["session"] == end["session"])


def add(folder: Path, some: list[Line]) -> None:
    """Append lines to the files of their months."""
    (folder / "history").mkdir(exist_ok=True)
    for line in some:
        with (folder / "history" / f"{line['time'][:7]}.jsonl").open("a") as stream:
            stream.write(json.dumps(line) + "\n")


@contextmanager
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(dir=memory_folder.temporary_parent()) as name:
        yield Path(name)


def content(here: Path) -> dict[str, list[Any]]:
    """Return all that the index holds; a sum that came to nothing is as good as none."""
    with index.open_for_query(here) as base:
        names = base.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        return {
            name: sorted(
                (
                    row
                    for row in base.execute(f"SELECT * FROM {name}")
                    if row[-1] or name not in SUMS
                ),
                key=repr,
            )
            for (name,) in names
            if name != "clean_mark"  # which names the file
        }


@tried(40)
@given(told=steps, states=st.data(), zone=st.sampled_from(ZONES), cut=st.floats(0, 1))
def test_any_history_is_counted_twice(
    told: list[tuple[dict[str, Any], int]], states: st.DataObject, zone: str, cut: float
) -> None:
    history, here = lines(told, states), ZoneInfo(zone)
    with folder() as place:
        half = int(cut * len(history))
        add(place, history[:half])
        if half:
            content(place)
        add(place, history[half:])
        grown = content(place)
        (place / index.FILE).unlink()
        assert content(place) == grown
        ledger = Ledger(place)
        now = max(datetime.fromisoformat(line["time"]) for line in history)
        for days in (WEEK, DAY) if len(history) < 8 else (WEEK,):
            for stats in spans(place, now, days, here):
                expected = ledger.told(*span(stats.period.first, days, here))
                assert facts(stats) == naive_facts(expected), stats.period.name
        with index.open_for_query(place) as base:
            pace = queries.read_throughput(base)
            assert (pace.settled, pace.seconds, pace.sessions) == ledger.pace()
            begin = datetime.fromisoformat(queries.read_first_time(base))
            period = periods.period_at(begin, WEEK, here)
            (week,) = period_stats.compute_stats(base, [period])
            gains = queries.read_most_repaired_items(
                base, f"{period.start.isoformat()}", f"{period.end.isoformat()}", 9
            )
        first = ledger.told(*span(week.period.first, WEEK, here))
        assert [(gain.item, gain.fixed, gain.closed) for gain in gains] == first.gains
