"""The stages in the history: their rows in the index, the views of a kind, and what they say."""

from __future__ import annotations

import contextlib
import re
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from mediakeep.item import Status
from mediakeep.kinds import HistoryView, Kind
from mediakeep.outcome import Outcome
from mediakeep.queue import actions, readonly
from mediakeep.queue.history import history_views, index, stage_queries, stage_rows
from mediakeep.queue.queue import Queue
from mediakeep.queue.settle import SettleRequest
from tests import documents
from tests.queue import rig
from tests.views import staged_kind
from tests.views.staged_kind import KIND, RUNS

QUEUE_FILES = documents.ROOT / "docs" / "queue-files.md"
MORNING = "2025-12-18T08:00:00+00:00"
ALL_TIME = "", "9"
STAGES = "SELECT item, stage, outcome, seconds, attempts FROM stages ORDER BY seq"


@pytest.fixture
def queue(tmp_path: Path) -> Iterator[Queue]:
    with staged_kind.make(tmp_path, "ABC", rig.Clock()) as queue:
        yield queue


def run_all_outcomes(queue: Queue) -> None:
    """Complete A, fail B, and park C."""
    a, b, c = queue.claim(3)
    staged_kind.advance(queue, a, "converting", 1.5, tracks=9)
    staged_kind.advance(queue, b, "converting", 2.5, tracks=4)
    used = {"cpu_seconds": 100.0, "peak_memory": 64_000_000}
    staged_kind.advance(queue, a, "publishing", 60.0, bytes=700, **used)
    staged_kind.fail(queue, b, "The disc is damaged.")
    staged_kind.park(queue, c, 22 * 3600, "the service is closed")
    staged_kind.complete(queue, a, bytes=750, cpu_seconds=2.0, peak_memory=32_000_000)


def select(queue: Queue, query: str, kind: Kind | None = KIND) -> list[Any]:
    """Rewrite the snapshot, which moves all events to the history, and query the index."""
    queue.write_checkpoint()
    with index.open_for_query(queue.location.folder, kind=kind) as base:
        return base.execute(query).fetchall()


EXPECTED = [
    ("A", "preparing", "done", 1.5, 1),
    ("B", "preparing", "done", 2.5, 1),
    ("A", "converting", "done", 60.0, 1),
    ("B", "converting", "failed", 2.0, 1),
    ("C", "preparing", "parked", 0.5, None),
    ("A", "publishing", "completed", 3.0, 1),
]


def test_each_run_of_a_stage_is_a_row_and_stays_in_the_history(queue: Queue) -> None:
    run_all_outcomes(queue)
    assert select(queue, STAGES) == EXPECTED
    ops = [event["op"] for event in rig.events(queue.location)]
    assert ops == ["start", "stage", "stage", "stage", "settle", "park", "settle"]
    (queue.location.folder / index.FILE).unlink()
    assert select(queue, STAGES) == EXPECTED


@pytest.mark.parametrize("ending", ["parked", "reset"])
def test_a_last_failure_counts_once_if_its_cleanup_waits_or_is_reset(
    queue: Queue, ending: str
) -> None:
    (claim,) = queue.claim(1)
    failure = Outcome(Status.ERROR, "The disc is damaged.")
    queue.begin_cleanup(claim, failure, 1.0)
    if ending == "parked":
        staged_kind.park(queue, claim, 60, "a volume is full")
        queue.unpark([claim.key])
    else:
        queue.release([claim])
        queue.commit(actions.reset_items(queue.location, lambda _: [claim.key]))
    (again,) = queue.claim_by_key(claim.key)
    staged_kind.fail(queue, again, "The disc is damaged.")
    outcomes = [row[2] for row in select(queue, STAGES)]
    assert outcomes == (["failed", "parked"] if ending == "parked" else ["failed", "failed"])


def test_stages_of_the_journal_count_before_they_are_in_the_history(queue: Queue) -> None:
    run_all_outcomes(queue)
    folder = queue.location.folder
    records = readonly.load_state_and_position(folder, KIND).records
    rows = index.query_history_index(
        folder, lambda db: db.execute(STAGES).fetchall(), records, KIND
    )
    assert rows == EXPECTED
    names = "SELECT name FROM sqlite_master WHERE type = 'view' ORDER BY name"
    with index.open_for_query(folder) as base:
        assert base.execute(names).fetchall() == [("albums",), ("processing_history",)]


def test_the_facts_of_a_run_are_kept_without_what_has_a_column(queue: Queue) -> None:
    run_all_outcomes(queue)
    rows = select(queue, "SELECT facts FROM stages ORDER BY seq")
    assert [msgspec.json.decode(facts) for (facts,) in rows] == [
        {"tracks": 9, "next": "converting"},
        {"tracks": 4, "next": "converting"},
        {"bytes": 700, "next": "publishing"},
        {"error": "The disc is damaged."},
        {"until": MORNING, "why": "the service is closed"},
        {"bytes": 750},
    ]


def test_the_numbers_of_stages_are_added_up_once(queue: Queue) -> None:
    run_all_outcomes(queue)
    query = "SELECT what, sum(amount) FROM tally WHERE measure = 'sum' AND span = 1 GROUP BY what"
    assert dict(select(queue, query)) == {
        "bytes": 1450,
        "cpu_seconds": 102.0,
        "seconds": 18,
        "stage_seconds": 69.5,
        "tracks": 13,
    }


def test_the_views_of_the_kind_can_be_selected_from(queue: Queue) -> None:
    run_all_outcomes(queue)
    assert select(queue, "SELECT * FROM processing_history") == [
        ("A", "preparing", "preparing", "done", 1.5, None, 9),
        ("B", "preparing", "preparing", "done", 2.5, None, 4),
        ("A", "converting", "converting", "done", 60.0, 100.0, None),
        ("B", "converting", "failed_convert", "failed", 2.0, None, None),
        ("C", "preparing", "preparing", "parked", 0.5, None, None),
        ("A", "publishing", "published", "completed", 3.0, 2.0, None),
    ]
    assert select(queue, "SELECT * FROM albums ORDER BY album") == [
        ("A", "published", 9, 750, 64.5, 102.0, 64_000_000),
        ("B", "failed_convert", 4, None, 4.5, None, None),
        ("C", "preparing", None, None, 0.5, None, None),
    ]


def test_another_program_reads_a_view_from_the_file(queue: Queue) -> None:
    run_all_outcomes(queue)
    select(queue, STAGES)
    path = queue.location.folder / index.FILE
    with contextlib.closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as base:
        rows = base.execute("SELECT album FROM albums WHERE status = 'published'").fetchall()
    assert rows == [("A",)]


def test_a_changed_declaration_recreates_the_views_and_nothing_else(queue: Queue) -> None:
    run_all_outcomes(queue)
    select(queue, STAGES)
    shorter = HistoryView("albums", "items", {"name": "item"})
    changed = msgspec.structs.replace(KIND, history_views=(shorter,))
    before = (queue.location.folder / index.FILE).stat().st_ino
    assert select(queue, "SELECT * FROM albums ORDER BY name", changed) == [("A",), ("B",), ("C",)]
    assert (queue.location.folder / index.FILE).stat().st_ino == before
    names = "SELECT name FROM sqlite_master WHERE type = 'view'"
    assert select(queue, names, changed) == [("albums",)]
    assert select(queue, names, None) == [("albums",)]
    assert select(queue, f"{names} ORDER BY name") == [("albums",), ("processing_history",)]


def test_a_view_cannot_have_a_name_that_sql_would_misread() -> None:
    for columns in ({"a": 'x"; DROP TABLE event'}, {'a"': "item"}, {}):
        view = HistoryView("albums", "items", columns)
        with pytest.raises(ValueError, match="View 'albums'"):
            history_views.build_statements(msgspec.structs.replace(KIND, history_views=(view,)))


def test_what_a_restore_undid_is_no_row(queue: Queue) -> None:
    (a,) = queue.claim(1)
    staged_kind.advance(queue, a, "converting", 1.5)
    checkpoint = queue.write_checkpoint()
    staged_kind.advance(queue, a, "publishing", 60.0)
    staged_kind.complete(queue, a)
    assert len(select(queue, STAGES)) == 3
    shutil.copyfile(checkpoint, rig.file(queue.location))
    queue.commit(actions.reset_items(queue.location, actions.select_by_name(["B"]), force=True))
    assert select(queue, STAGES) == EXPECTED[:1]


def test_a_renamed_item_takes_its_stages_along(queue: Queue) -> None:
    run_all_outcomes(queue)
    select(queue, STAGES)
    fields = msgspec.to_builtins(queue.state.items["A"])
    change = rig.store.QueueChange("scan", {"A": None, "D": fields}, {"renamed": {"A": "D"}})
    queue.commit(lambda _: change)
    assert select(queue, "SELECT DISTINCT item FROM stages ORDER BY item") == [
        ("B",),
        ("C",),
        ("D",),
    ]


def test_a_retired_item_no_longer_counts_and_keeps_its_stages(queue: Queue) -> None:
    run_all_outcomes(queue)
    queue.commit(lambda _: rig.store.QueueChange("retire", {"A": None}, {"known": 2}))
    assert select(queue, "SELECT sum(amount) FROM step") == [(0,)]
    assert select(queue, "SELECT count(*) FROM stages WHERE item = 'A'") == [(3,)]


def test_a_skipped_item_that_is_retired_and_restored_counts_once(queue: Queue) -> None:
    (a,) = queue.claim(1)
    queue.settle(a, SettleRequest(Outcome(Status.SKIPPED, data={"skip_reason": "rolled back"})))
    query = "SELECT measure, sum(amount) FROM tally WHERE span = 1 AND what = '' GROUP BY measure"
    before = dict(select(queue, query))
    assert before == {"vanished": 1}
    queue.retire(["A"])
    assert dict(select(queue, query)) == {"vanished": 1, "forgotten": 1}
    queue.restore_retired("A")
    assert dict(select(queue, query)) == {"vanished": 1, "forgotten": 0}
    queue.commit(actions.reset_items(queue.location, actions.select_by_name(["A"]), force=True))
    assert dict(select(queue, query)) == {"vanished": 1, "forgotten": 0, "reappeared": 1}


@pytest.mark.parametrize("indexed_between", [False, True])
def test_a_failure_before_a_cleanup_counts_once(queue: Queue, *, indexed_between: bool) -> None:
    (a,) = queue.claim(1)
    assert queue.begin_cleanup(a, Outcome(Status.ERROR, "The disc is damaged."), 4.0)
    once = [("A", "preparing", "failed", 4.0, 1)]
    if indexed_between:
        assert select(queue, STAGES) == once
    staged_kind.fail(queue, a, "The disc is damaged.")
    assert select(queue, STAGES) == once
    (a,) = queue.claim_by_key("A")
    staged_kind.fail(queue, a, "The disc is damaged.")
    assert select(queue, STAGES) == [*once, ("A", "preparing", "failed", 2.0, 1)]


def test_queries_return_the_times_and_failures(queue: Queue) -> None:
    run_all_outcomes(queue)
    queue.write_checkpoint()
    with index.open_for_query(queue.location.folder, kind=KIND) as base:
        runs = stage_queries.read_stage_runs(base, "A")
        totals = stage_queries.read_stage_totals(base, *ALL_TIME)
        assert stage_queries.read_stage_totals(base, "9", "99") == []
    assert [(run.stage, run.seconds) for run in runs] == [
        ("preparing", 1.5),
        ("converting", 60.0),
        ("publishing", 3.0),
    ]
    assert runs[0].facts == {"tracks": 9, "next": "converting"}
    assert [(run.cpu_seconds, run.peak_memory) for run in runs] == [
        (None, None),
        (100.0, 64_000_000),
        (2.0, 32_000_000),
    ]
    assert [msgspec.structs.astuple(line) for line in totals] == [
        ("preparing", 2, 0, 1, 0, 2.0, None, None),
        ("converting", 1, 1, 0, 0, 60.0, 100.0, 64_000_000),
        ("publishing", 1, 0, 0, 0, 3.0, 2.0, 32_000_000),
    ]


def test_odd_facts_make_no_row_and_no_error(queue: Queue) -> None:
    (a,) = queue.claim(1)
    odd = {"stage": 7, "seconds": "long", "outcome": ["x"]}
    queue.commit(lambda _: rig.store.QueueChange("stage", {a.key: {"note": "odd"}}, odd))
    odd |= {"stage": "preparing"}
    queue.commit(lambda _: rig.store.QueueChange("stage", {a.key: {"note": "odd"}}, odd))
    assert select(queue, STAGES) == [("A", "preparing", "done", None, None)]


def test_a_view_shows_the_declared_columns() -> None:
    (runs, albums) = history_views.build_statements(KIND).values()
    assert runs.startswith('CREATE VIEW "processing_history" AS SELECT last.item AS "album"')
    assert all(f'AS "{column}"' in runs for column in RUNS.columns)
    assert "GROUP BY item" in albums


def test_the_documented_selects_from_views_run_as_written(queue: Queue) -> None:
    run_all_outcomes(queue)
    (block,) = re.findall(r"```sql\n(.*?)```", QUEUE_FILES.read_text(), re.DOTALL)
    failed, published = (statement for statement in block.split(";") if statement.strip())
    assert select(queue, failed) == [("B", "converting", 2.0)]
    assert select(queue, published) == [("A", 9)]


def test_the_table_of_stages_is_documented() -> None:
    assert documents.column(QUEUE_FILES, "### Stages") == {*stage_rows.COLUMNS, "facts"}
