"""What summaries, the dashboard and reports show of stages, waits and failures by stage."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec import UNSET

from mediakeep import kinds
from mediakeep.app.batch import batch_text
from mediakeep.app.console import Console
from mediakeep.app.queue_admin import show
from mediakeep.app.queue_admin.context import ManagerContext
from mediakeep.app.reports import period_report
from mediakeep.app.reports.period_report import ReportContext
from mediakeep.item import NewItem, PartsRecord, Status
from mediakeep.music.item import MUSIC
from mediakeep.outcome import Outcome
from mediakeep.queue import actions
from mediakeep.queue.queue import Queue
from mediakeep.queue.sessions import StageProgress
from mediakeep.queue.settle import SettleRequest
from mediakeep.runner.batch_config import BatchResult
from mediakeep.views import (
    dashboard_json,
    job_numbers,
    periods,
    stage_text,
    summary,
    terminal,
    wait_text,
)
from mediakeep.views.disk_usage import DiskUsage
from mediakeep.views.period_stats import PeriodTotals
from mediakeep.views.poller import HomeSnapshot, QueuePoller
from mediakeep.views.report import report_files
from mediakeep.views.summary import SummaryContext
from tests.queue import rig
from tests.sampling import each_row
from tests.views import dashboards, staged_kind
from tests.views.staged_kind import KIND

NOW = datetime(2025, 12, 17, 10, tzinfo=UTC)
UNTIL = "2025-12-18T08:00:00+00:00"
CLOSED = "the service is closed"
EAST = timezone(timedelta(hours=5, minutes=30))


@pytest.fixture
def queue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Queue]:
    """A queue with A completed, B failed, C waiting, D to be cleaned up, E new."""
    # Known by its name for this test only.
    monkeypatch.setitem(kinds.BUILT_IN, KIND.name, "tests.views.staged_kind:KIND")
    monkeypatch.setattr(kinds, "list_kinds", kinds.list_kinds.__wrapped__)  # not cached
    with staged_kind.make(tmp_path, "ABCDE", rig.Clock()) as queue:
        a, b, c, d = queue.claim(4)
        for claim in (a, b):
            staged_kind.advance(queue, claim, "converting", 1.5)
        used = {"cpu_seconds": 120.0, "peak_memory": 64_000_000}
        staged_kind.advance(queue, a, "publishing", 60.0, **used)
        staged_kind.complete(queue, a, audio_seconds=2970.0, output_bytes=4_200_000)
        staged_kind.fail(queue, b, "The disc is damaged.")
        staged_kind.park(queue, c, 22 * 3600, CLOSED)
        assert queue.begin_cleanup(d, Outcome(Status.ERROR, "No space."), 4.0)
        yield queue


@each_row(
    ("until", "now", "zone", "text"),
    [
        ("2025-12-17T12:00:00+00:00", NOW, UTC, "waiting until 12:00: why"),
        ("2025-12-17T12:00:00+00:00", NOW, EAST, "waiting until 17:30: why"),
        ("2025-12-17T19:00:00+00:00", NOW, EAST, "waiting until 18 Dec 00:30: why"),
        ("2026-01-02T08:00:00+00:00", NOW, UTC, "waiting until 02 Jan 2026 08:00: why"),
        ("2025-12-17T10:00:00+00:00", NOW, UTC, "due since 10:00: why"),
    ],
)
def test_a_wait_is_shown_in_local_time(until: str, now: datetime, zone: Any, text: str) -> None:
    assert wait_text.format_wait(until, "why", now, zone) == text
    assert wait_text.format_wait(until, "", now, zone) == text.removesuffix(": why")


def test_the_summary_counts_by_stage_and_shows_waits_and_failures(
    queue: Queue, tmp_path: Path
) -> None:
    result = show.show_summary(ManagerContext(tmp_path, KIND, _NoConsole()))
    wait = wait_text.format_wait(UNTIL, CLOSED, queue.location.now())
    assert result.lines[-4:-2] == [
        "By stage: preparing 2, failed_prepare 1, failed_convert 1, published 1",
        "Failed in converting: 1 album, 1 attempt",
    ]
    assert result.lines[-2].partition(":")[0] == "C"
    assert result.lines[-1] == "1 album to be cleaned up by the next batch"
    stages = msgspec.to_builtins(result.data)["stages"]
    assert stages == {
        "by_stage": {"preparing": 2, "failed_prepare": 1, "failed_convert": 1, "published": 1},
        "parked": 1,
        "parked_items": [
            {"item": "C", "stage": "preparing", "until": UNTIL, "why": CLOSED, "name": ""}
        ],
        "failures": [{"stage": "converting", "items": 1, "attempts": 1}],
        "cleanup_due": 1,
    }
    lines = terminal.list_items(queue.state, Status.PENDING, queue.location.now)
    assert lines == [f"pending      C  ({wait})", "pending      E"]


class _NoConsole(Console):
    """A console that a command which only reads does not use."""


def test_kinds_without_stages_have_no_field_of_them() -> None:
    status = summary.build_queue_status(
        rig.state({"A": rig.item(Status.ERROR, error_message="No.")}), dashboards.ACCOUNT.pace
    )
    assert status.stages is UNSET
    assert "stages" not in msgspec.to_builtins(status)
    (data,) = dashboard_json.to_json(dashboards.GLANCE)
    assert not data.keys() & {"stages"}
    assert not any("stage" in failure for failure in data["troubles"])
    assert not any("stage" in work for session in data["live"] for work in session["works"])
    assert not any("run" in event for event in data["recent"])


def poll(queue: Queue, home: Path) -> HomeSnapshot:
    poller = QueuePoller(queue.location, KIND)
    snapshot = poller.poll(SummaryContext(queue.location.now(), UTC))
    return HomeSnapshot(home, queue.location.now(), UTC, [snapshot], DiskUsage([], {}))


def test_the_dashboard_shows_stages_waits_and_events(queue: Queue, tmp_path: Path) -> None:
    glance = poll(queue, tmp_path)
    text = "\n".join(line.rstrip() for line in dashboards.render(glance, 100))
    for shown in (
        "Waiting: 1 album",
        f"C waiting until 18 Dec 08:00: {CLOSED}",
        "preparing 2, failed_prepare 1, failed_convert 1, published 1",
        "Failed in converting: 1 album, 1 attempt",
        "1 album to be cleaned up by the next batch",
        "B converting: 1 try, given up The disc is damaged.",
        f"C preparing waiting until 18 Dec 08:00: {CLOSED}",
        "B converting failed: The disc is damaged.",
        "A converting done in 1 min",
        "D preparing failed in 4 s",
    ):
        assert shown in " ".join(text.replace("│", " ").split()), shown
    assert "open issues" not in text
    (data,) = dashboard_json.to_json(glance)
    assert data["stages"]["by_stage"]["published"] == 1
    assert data["troubles"][0]["stage"] == "converting"
    assert data["recent"][0]["run"]["outcome"] == "failed"


def test_a_running_item_shows_its_stage_parts_rate_and_time_left(
    queue: Queue, tmp_path: Path
) -> None:
    assert queue.session
    running = StageProgress(
        stage="converting", done=30, of=120, parts=(3, 12), rate=0.5, seconds_left=180.0
    )
    queue.session.begin_item("E", running)
    glance = poll(queue, tmp_path)
    line = next(line for line in dashboards.render(glance, 100) if "converting: 3" in line)
    assert "converting: 3 of 12 parts, 30 a minute, about 3 min left" in line
    assert "25%" in line
    (data,) = dashboard_json.to_json(glance)
    (work,) = data["live"][0]["works"]
    assert work["stage"] == {
        "stage": "converting",
        "done": 30,
        "of": 120,
        "parts": (3, 12),
        "rate": 0.5,
        "seconds_left": 180.0,
    }


@each_row(
    ("progress", "text"),
    [
        (StageProgress(stage="s"), "s"),
        (StageProgress(stage="s", rate=12.34), "s: 12 a second"),
        (StageProgress(stage="s", rate=1.25), "s: 1.2 a second"),
        (StageProgress(stage="s", rate=0.001), "s: 3.6 an hour"),
        (
            StageProgress(stage="s", parts=(0, 1), seconds_left=0.0),
            "s: 0 of 1 part, about 1 s left",
        ),
    ],
)
def test_the_progress_of_a_stage_as_text(progress: StageProgress, text: str) -> None:
    assert stage_text.format_progress(progress) == text


def test_a_batch_with_nothing_but_waits_says_what_it_waits_for(queue: Queue) -> None:
    status = summary.build_queue_status(queue.state, dashboards.ACCOUNT.pace)
    lines = batch_text.format_summary(BatchResult(), status, now=queue.location.now)
    wait = wait_text.format_wait(UNTIL, CLOSED, queue.location.now())
    assert lines[:2] == ["Nothing can be processed now.", f"C: {wait}"]


def test_of_many_waits_the_first_are_shown_and_the_others_counted(queue: Queue) -> None:
    status = summary.build_queue_status(queue.state, dashboards.ACCOUNT.pace)
    assert status.stages is not UNSET
    (wait,) = status.stages.parked_items
    many = msgspec.structs.replace(status.stages, parked=1005, parked_items=[wait] * 20)
    lines = stage_text.describe_waits(many, "album", "albums", NOW)
    assert len(lines) == 6
    assert lines[-1] == "1,000 more albums waiting"


@pytest.fixture
def report(queue: Queue, tmp_path: Path) -> dict[str, str]:
    """The weekly report on the queue in all formats."""
    context = ReportContext(tmp_path, queue.location.now() + timedelta(hours=1), UTC)
    progress = period_report.collect_report(context, periods.parse_period("2025-W51", UTC))
    assert progress
    paths = report_files.write_report(tmp_path, progress, ("md", "html", "json", "csv"))
    return {path.suffix[1:]: path.read_text() for path in paths}


def test_the_weekly_report_has_a_table_of_stages(report: dict[str, str]) -> None:
    for line in (
        "| Stage | Now | Failed now | Finished | Failed attempts | Waits | Mean time | CPU time"
        " | Peak memory |",
        "| preparing | 2 |  | 2 | 1 | 1 | 2 s |  |  |",
        "| converting |  | 1 | 1 | 1 |  | 1 min | 2 min | 64.0 MB |",
        "| publishing |  |  | 1 |  |  | 3 s |  |  |",
        "1 album waiting:",
        f"- **C**: waiting until 18 Dec 08:00: {CLOSED}",
        "1 album to be cleaned up by the next batch.",
    ):
        assert line in report["md"].splitlines(), line
    assert '<td class="k">converting</td>' in report["html"]
    cells = '<td class="n" data-label="CPU time">2 min</td>'
    assert f'{cells}<td class="n" data-label="peak memory">64.0 MB</td></tr>' in report["html"]
    assert f"<strong>C</strong>: waiting until 18 Dec 08:00: {CLOSED}" in report["html"]


def test_the_weekly_report_has_numbers_on_the_jobs(report: dict[str, str]) -> None:
    # 2970 s of audio in 72.5 s of stages: twice 1.5 s, 60 s, 3 s, 2 s, 0.5 s and 4 s
    for line in (
        "| Success rate | 50 % |",
        "| Times real time | 41.0 |",
        "| Output | 4.2 MB |",
        "| CPU time | 2 min |",
        "| Peak memory of a process | 64.0 MB |",
    ):
        assert line in report["md"].splitlines(), line
    assert '<td>Success rate</td><td class="n">50 %</td>' in report["html"]
    assert "| Copies |  |" not in report["md"]  # unknown in both weeks
    (kind,) = msgspec.json.decode(report["json"])["kinds"]
    rows = {row["name"]: (row["now"], row["unit"]) for row in kind["rows"]}
    assert rows["success rate"] == (50, "%")
    assert rows["peak memory of a process"] == (64_000_000, "B")
    assert kind["flow"]["amounts"]["peak_memory"] == 64_000_000


def test_the_weekly_report_lists_the_completed_jobs(report: dict[str, str]) -> None:
    head = (
        "| Album | Time | Times real time | Output | Copies | CPU time | Peak memory of a process |"
    )
    lines = report["md"].splitlines()
    assert lines[lines.index(head) + 1 :][:2] == [
        "|---|--:|--:|--:|--:|--:|--:|",
        "| A | 1 min 4 s | 46.0 | 4.2 MB |  | 2 min | 64.0 MB |",
    ]
    assert '<tr><td>A</td><td class="n" data-label="time">1 min 4 s</td>' in report["html"]
    (kind,) = msgspec.json.decode(report["json"])["kinds"]
    assert kind["jobs"][0]["numbers"][2] == {"label": "output", "value": 4_200_000, "unit": "B"}
    assert "2025-W51,albums,jobs,A,times real time,46" in report["csv"]


def test_only_the_runs_since_the_last_completion_are_those_of_a_job(
    queue: Queue, tmp_path: Path
) -> None:
    queue.commit(actions.reset_items(queue.location, actions.select_by_name(["A"])))
    (a,) = queue.claim_by_key("A")
    staged_kind.advance(queue, a, "converting", 5.0)
    staged_kind.advance(queue, a, "publishing", 2.0)
    for number in (1, 2):
        context = ReportContext(tmp_path, queue.location.now() + timedelta(hours=1), UTC)
        progress = period_report.collect_report(context, periods.parse_period("2025-W51", UTC))
        assert progress
        (job,) = progress.kinds[0].jobs or ()
        seconds = {1: 1.5 + 60.0 + 3.0, 2: 5.0 + 2.0 + 3.0}[number]
        assert (job.name, job.numbers[0].value) == ("A", seconds)
        if number == 1:
            staged_kind.complete(queue, a)


def test_the_dashboard_has_numbers_on_the_jobs_of_this_week(queue: Queue, tmp_path: Path) -> None:
    shown = " ".join("\n".join(dashboards.render(poll(queue, tmp_path), 200)).split())
    assert "success rate 50 %, times real time 41.0, output 4.2 MB, CPU time 2 min" in shown


def test_a_rolled_back_job_is_skipped_and_has_not_vanished(queue: Queue, tmp_path: Path) -> None:
    (e,) = queue.claim_by_key("E")
    outcome = Outcome(Status.SKIPPED, data={"skip_reason": "rolled back"})
    assert queue.settle(e, SettleRequest(outcome))
    context = ReportContext(tmp_path, queue.location.now() + timedelta(hours=1), UTC)
    progress = period_report.collect_report(context, periods.parse_period("2025-W51", UTC))
    assert progress
    assert ("albums skipped", 1) in [(row.name, row.now) for row in progress.kinds[0].rows]
    assert "1 skipped" in progress.headlines[0][-1]
    assert "vanished" not in str([row.name for row in progress.kinds[0].rows])


@each_row(
    ("per_hour", "text"),
    [(0.04, "0.04"), (0.456, "0.46"), (9.0, "9"), (12.3, "12"), (1e4, "10,000")],
)
def test_a_rate_of_slow_jobs_is_not_rounded_to_zero(per_hour: float, text: str) -> None:
    assert terminal.format_rate(per_hour) == text


def test_a_kind_without_stages_has_no_numbers_on_jobs() -> None:
    assert job_numbers.list_job_numbers(MUSIC, PeriodTotals(completed=3)) == []


@each_row(
    ("value", "unit", "text"),
    [
        (5400.0, "s", "1 h 30 min"),
        (4_200_000, "B", "4.2 MB"),
        (99.6, "%", "100 %"),
        (41.04, "x", "41.0"),
        (1234.5, "x", "1,234"),
        (1234.0, "", "1,234"),
    ],
)
def test_a_number_is_shown_with_its_unit(value: float, unit: str, text: str) -> None:
    assert job_numbers.format_number(value, unit) == text


def test_the_stages_are_in_the_data_of_the_report(report: dict[str, str]) -> None:
    (kind,) = msgspec.json.decode(report["json"])["kinds"]
    assert [(row["stage"], row["items"], row["failed"]) for row in kind["stages"]["rows"]] == [
        ("preparing", 2, 1),
        ("converting", 0, 1),
        ("publishing", 0, 0),
    ]
    assert kind["stages"]["parked_items"][0]["why"] == CLOSED
    assert "2025-W51,albums,stages,converting,mean_seconds,60" in report["csv"].replace(
        "60.0", "60"
    )
    assert "2025-W51,albums,stages,converting,peak_memory,64000000" in report["csv"]
    assert f"2025-W51,albums,waiting,C,why,{CLOSED}" in report["csv"]


def test_an_item_is_shown_with_the_runs_of_its_stages(queue: Queue, tmp_path: Path) -> None:
    context = ManagerContext(tmp_path, KIND, _NoConsole())
    result = show.show_item(context, "B")
    assert [line for line in result.lines if " in " in line] == [
        "  preparing done in 2 s",
        "  converting failed in 2 s: The disc is damaged.",
    ]
    assert [run.outcome for run in result.data["B"]["stages"]] == ["done", "failed"]
    shown = show.show_item(context, "A")
    assert "  converting done in 1 min (CPU 2 min, 64.0 MB)" in shown.lines
    assert shown.data["A"]["stages"][1].peak_memory == 64_000_000
    lines = show.show_item(context, "C").lines
    assert any(line.startswith("  preparing parked") and line.endswith(CLOSED) for line in lines)


def test_the_parts_of_an_item_are_shown_as_numbers() -> None:
    parts = PartsRecord(done={"0": [1], "1": [2]}, failed={"2": 1})
    lines = terminal.describe_item("A", rig.item(parts=parts))
    assert "  parts: 2 done, 1 failed" in lines


def test_an_item_whose_key_is_no_name_is_shown_by_its_name(queue: Queue, tmp_path: Path) -> None:
    keys = queue.add([NewItem(name=name, path=f"/music/{name}") for name in ("Tapes", "Reels")])
    tapes, reels = queue.claim_by_key(*keys)
    assert queue.session
    queue.session.begin_item(reels.key, StageProgress(stage="preparing"))
    staged_kind.park(queue, tapes, 3600, CLOSED)
    shown = "\n".join(dashboards.render(poll(queue, tmp_path), 160))
    assert "Tapes" in shown
    assert "Reels" in shown
    staged_kind.fail(queue, reels, "The disc is damaged.")
    glance = poll(queue, tmp_path)
    shown = "\n".join(dashboards.render(glance, 160))
    assert "Reels" in shown
    assert reels.key not in shown
    assert tapes.key not in shown
    summary_lines = show.show_summary(ManagerContext(tmp_path, KIND, _NoConsole())).lines
    assert any(line.startswith("Tapes: ") for line in summary_lines)
    (data,) = dashboard_json.to_json(glance)
    failure = next(failure for failure in data["troubles"] if failure["item"] == reels.key)
    assert failure["name"] == "Reels"
    lines = terminal.list_items(queue.state, Status.ERROR)
    assert f"error        Reels [{reels.key}]  (The disc is damaged.)" in lines
