"""Reports on weeks and days: written by batches when they are due, and by a person's command."""

from __future__ import annotations

import json
import re
import shutil
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

import pytest
from msgspec import structs

from mediakeep import kinds
from mediakeep.app.reports import period_report
from mediakeep.music.item import MUSIC
from mediakeep.views import periods
from tests.commands import sittings
from tests.commands.conftest import Home
from tests.runner.workshop import await_

# A time zone in which it is noon now, so that no day and no week ends during the tests.
ZONE_HOURS = 12 - datetime.now(UTC).hour
ZONE = timezone(timedelta(hours=ZONE_HOURS))
WEEK = periods.period_at(datetime.now(UTC), zone=ZONE)


@pytest.fixture(autouse=True)
def _noon(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let the commands have that time zone."""
    monkeypatch.setenv("TZ", f"NOON{-ZONE_HOURS:+d}")  # in POSIX, zones east of UTC are negative
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def reports(home: Home) -> Path:
    return home.path / "status" / "reports"


def report(home: Home, first: date = WEEK.first, suffix: str = "md", word: str = "weekly") -> Path:
    return reports(home) / f"{first}_{word}_progress.{suffix}"


def age(home: Home, **span: float) -> None:
    """Make the reports older than they are."""
    notes = reports(home) / "written.json"
    written = {
        name: (datetime.fromisoformat(when) - timedelta(**span)).isoformat()
        for name, when in json.loads(notes.read_text()).items()
    }
    notes.write_text(json.dumps(written))


def backdate(home: Home, days: int) -> None:
    """Have everything happened so many days ago."""

    def earlier(found: re.Match[str]) -> str:
        moment = datetime.fromisoformat(found[1]) - timedelta(days)
        return f'"time":"{moment.isoformat()}"'

    (home.queue / "history.db").unlink()
    for path in sorted((home.queue / "history").iterdir()):
        text = re.sub(r'"time":"([^"]+)"', earlier, path.read_text())
        path.unlink()
        path.with_name(f"{(datetime.now(UTC) - timedelta(days)):%Y-%m}.jsonl").write_text(text)


@pytest.fixture
def worked(finished: Home) -> Home:
    """A home whose last batch was just now, and whose reports are still to be written."""
    shutil.rmtree(reports(finished), ignore_errors=True)
    return finished


def test_a_batch_writes_the_report_on_the_week(home: Home) -> None:
    home.scan()
    done = home.batch("--batch-size", 3)
    assert done.returncode == 0, done.stderr
    text = report(home).read_text()
    title, _, headline, *_ = text.splitlines()
    assert title.startswith(f"# Progress, {periods.format_period(WEEK)} ({WEEK.name}), as of ")
    assert headline.startswith("**3 of 14 artists")
    page = report(home, suffix="html").read_text()
    assert "3 of 14 artists are done" in page
    assert {path.suffix for path in reports(home).iterdir()} == {".md", ".html", ".svg", ".json"}
    for name in re.findall(r"!\[[^]]*\]\(([^)]+)\)", text):
        assert (reports(home) / name).read_text().startswith("<svg")


def test_of_artists_that_wait_for_their_look_up_is_said_that_nothing_else_is_left(
    worked: Home,
) -> None:
    done = worked.call("weekly_report", "--format", "md,html")
    assert done.returncode == 0, done.stderr
    for suffix in ("md", "html"):
        told = report(worked, suffix=suffix).read_text()
        assert "No artist is left except for lookups." in told
        assert "14 artists wait for their lookup" in told
        assert "Continue:" in told


def test_the_report_on_this_week_is_true_after_every_batch(home: Home) -> None:
    home.scan()
    for number in (1, 2):
        home.batch("--batch-size", 1)
        assert f"{number} of 14 artists" in report(home).read_text()


def test_a_fresh_report_on_a_large_queue_is_left_alone_and_one_of_yesterday_is_not(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(period_report, "_SMALL_QUEUES", 1000)  # bytes
    home.scan()
    home.batch("--batch-size", 1)
    before = report(home).read_bytes()
    home.batch("--batch-size", 1)
    assert report(home).read_bytes() == before
    age(home, days=1.1)
    home.batch("--batch-size", 1)
    assert b"3 of 14 artists" in report(home).read_bytes()


def test_the_week_before_is_closed_once_and_then_left_alone(worked: Home) -> None:
    backdate(worked, 7)
    last = WEEK.shift(-1)
    assert worked.batch().returncode == 0
    closed = report(worked, last.first)
    text = closed.read_text()
    assert "14 of 14" in text or "All 14 artists were done" in text
    assert "before the week is over" not in text
    before = closed.read_bytes(), closed.stat().st_mtime_ns
    worked.ok("--reset-all", "--yes")
    worked.batch("--batch-size", 1)
    assert (closed.read_bytes(), closed.stat().st_mtime_ns) == before
    again = worked.call("weekly_report", "--week", last.name, "--format", "md")
    assert again.returncode == 0, again.stderr
    assert closed.stat().st_mtime_ns != before[1]


def test_the_week_before_is_not_closed_while_a_queue_is_damaged(worked: Home) -> None:
    backdate(worked, 7)
    damaged = worked.path / "status" / "movies" / "processing_queue.json"
    damaged.parent.mkdir()
    damaged.write_text("{")
    for is_damaged in (True, False):
        done = worked.batch()
        assert done.returncode == 0, done.stderr
        assert (str(damaged) in done.stderr) is is_damaged
        assert report(worked, WEEK.shift(-1).first).exists() is not is_damaged
        assert report(worked).exists()
        damaged.unlink(missing_ok=True)


def test_days_are_reported_where_a_person_wants_it(home: Home) -> None:
    home.scan()
    home.call("process_music_batch", "--batch-size", 1, env={"MEDIAKEEP_DAILY_REPORTS": "1"})
    today = datetime.now(ZONE).date()
    text = report(home, today, word="daily").read_text()
    assert text.startswith(f"# Progress, {periods.format_period(periods.Period(today, 1))}")
    assert "before the day is over" in text


def test_a_dry_run_writes_no_report(home: Home) -> None:
    home.scan()
    assert home.batch("--dry-run").returncode == 0
    assert not reports(home).exists()


def test_a_dry_run_of_a_report_leaves_it_to_be_written(worked: Home) -> None:
    done = worked.call("weekly_report", "--dry-run")
    assert (done.returncode, "All 14 artists are done" in done.stdout) == (0, True)
    assert not reports(worked).exists()


@pytest.mark.parametrize("name", [WEEK.name, str(WEEK.last), str(WEEK.first)])
def test_a_week_is_named_by_its_number_or_any_of_its_days(worked: Home, name: str) -> None:
    done = worked.call("weekly_report", "--week", name, "--format", "md")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"Written: {report(worked)}\nAll 14 artists are done")


def test_every_format_is_written_and_told_to_programs(worked: Home) -> None:
    done = worked.call("weekly_report", "--json", "--format", "json,csv,html,md")
    told = json.loads(done.stdout)
    written = [Path(path) for path in told["written"]]
    assert all(path.exists() for path in written)
    assert [path.suffix for path in written[:4]] == [".json", ".csv", ".html", ".md"]
    facts = json.loads(written[0].read_text())
    assert told["reports"] == [{"period": WEEK.name, "headlines": facts["headlines"]}]
    assert facts["kinds"][0]["completed"] == 14


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["--week", "2025-W54"], "Week 2025-W54 does not exist"),
        (["--week", "soon"], 'Invalid period "soon"'),
        (["--day", "2026-02-30"], 'Invalid period "2026-02-30"'),
        (["--week", WEEK.shift(1).name], "is in the future"),
        (["--week", "2020-W01"], "No data for this period"),
        (["--week", "2025-W01", "--day", "2025-01-01"], "Give only one of"),
        (["--all", "--week", "2025-W01"], "Give only one of"),
        (["--daily", "--week", "2025-W01"], "use --day"),
        (["--format", "pdf"], 'unknown format "pdf"'),
    ],
)
def test_what_cannot_be_reported_is_a_usage_error(worked: Home, words: list[str], why: str) -> None:
    done = worked.call("weekly_report", *words)
    assert done.returncode == 2
    assert why in done.stderr
    assert not reports(worked).exists()


def test_without_a_queue_there_is_nothing_to_report(home: Home) -> None:
    done = home.call("weekly_report")
    assert done.returncode == 2
    assert "--scan" in done.stderr


@pytest.mark.parametrize("first", ["other", "music"])
def test_a_kind_without_a_queue_does_not_hide_that_another_has_one(
    worked: Home, monkeypatch: pytest.MonkeyPatch, first: str
) -> None:
    other = structs.replace(MUSIC, name="other")
    both = {kind.name: kind for kind in (MUSIC, other)}
    # A stand-in: the order of the kinds must not matter, and music may be the only one.
    known = dict(sorted(both.items(), key=lambda one: one[0] != first))
    monkeypatch.setattr(kinds, "list_kinds", lambda: known)
    done = worked.call("weekly_report", "--week", "2020-W01")
    assert done.returncode == 2
    assert "No data for this period" in done.stderr
    shutil.rmtree(worked.queue)
    done = worked.call("weekly_report", "--week", "2020-W01")
    assert done.returncode == 2
    assert "--scan" in done.stderr


def test_all_weeks_in_which_something_happened_are_reported(worked: Home) -> None:
    backdate(worked, 21)
    assert worked.batch().returncode == 0  # nothing to do, but a session of this week
    shutil.rmtree(reports(worked))
    assert worked.call("weekly_report", "--all", "--format", "md").returncode == 0
    found = sorted(path.name[:10] for path in reports(worked).glob("*.md"))
    assert found == [f"{WEEK.shift(-3).first}", f"{WEEK.first}"]


def test_a_report_is_opened_by_the_program_that_belongs_to_it(worked: Home) -> None:
    path, noted = sittings.make_opener(worked.path)
    done = worked.run("weekly_report", "--open", env={"PATH": path})
    assert done.returncode == 0, done.stderr
    await_(lambda: noted.exists() and noted.read_text().endswith("_weekly_progress.html\n"))
    assert "no browser" not in done.stdout + done.stderr


def test_a_template_of_ones_own_takes_the_place_of_ours(worked: Home) -> None:
    templates = worked.path / "status" / "templates"
    templates.mkdir()
    own = templates / "progress.md.j2"
    own.write_text("Mine: {{ told.kinds[0].completed }} of {{ told.kinds[0].total }}\n")
    assert worked.call("weekly_report", "--format", "md").returncode == 0
    assert report(worked).read_text() == "Mine: 14 of 14\n"


@pytest.mark.parametrize(
    "wrong",
    ["one\n{% if %}\n", "one\n{{ told.nothing }}\n", "one\n{{ ''.__class__.__mro__ }}\n"],
    ids=["syntax", "unknown", "forbidden"],
)
def test_a_template_that_is_wrong_is_named_and_costs_a_batch_no_report(
    worked: Home, wrong: str
) -> None:
    templates = worked.path / "status" / "templates"
    templates.mkdir()
    own = templates / "progress.md.j2"
    own.write_text(wrong)
    done = worked.call("weekly_report", "--format", "md")
    assert done.returncode == 2
    assert f"{own}, line 2: " in done.stderr
    assert not report(worked).exists()
    batch = worked.batch()
    assert batch.returncode == 0
    assert f"Warning: Template {own}, line 2" in batch.stderr
    assert report(worked).read_text().startswith("# Progress")
