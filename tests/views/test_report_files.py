"""Which reports are due when; closed ones are left alone; a user's own templates."""

from __future__ import annotations

import json
import os
import resource
import tracemalloc
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from mediakeep.app.reports import period_report
from mediakeep.app.reports.period_report import ReportContext
from mediakeep.errors import BadTemplate
from mediakeep.pages import sandbox
from mediakeep.views import periods
from mediakeep.views.periods import DAY, WEEK, Period
from mediakeep.views.report import report_files
from mediakeep.views.report.progress_report import ProgressReport
from tests.sampling import each_row
from tests.views import months
from tests.views.months import Months

ZONE = ZoneInfo("Europe/Berlin")
FORMATS = ("md", "html", "json", "csv")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


def week(name: str) -> Period:
    return periods.parse_period(name, ZONE)


def written(home: Path, name: str, when: str, suffix: str = "md") -> Path:
    """Pretend that the report on a week or day was written at a local time."""
    path = report_files.report_path(home, week(name), suffix)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("as it was")
    note(home, path, at(when))
    return path


def note(home: Path, path: Path, moment: datetime) -> None:
    """Have it noted that a report was written at a moment."""
    notes = home / report_files.WRITTEN_FILE
    known = json.loads(notes.read_text()) if notes.exists() else {}
    notes.write_text(json.dumps(known | {path.name.partition(".")[0]: moment.isoformat()}))


def list_due(home: Path, now: str, first: str = "2025-W48", days: int = WEEK) -> list[str]:
    """Name what is due at a local time, where the history begins with a week or day."""
    moment = at(now)
    running = periods.period_at(moment, days, ZONE)
    return [
        period.name for period in report_files.list_due_periods(home, running, week(first), moment)
    ]


def test_of_a_new_library_the_week_that_runs_is_due(tmp_path: Path) -> None:
    assert list_due(tmp_path, "2025-12-17T10:00", first="2025-W51") == ["2025-W51"]


def test_the_week_before_is_due_until_it_was_written_after_its_end(tmp_path: Path) -> None:
    assert list_due(tmp_path, "2025-12-17T10:00") == ["2025-W50", "2025-W51"]
    written(tmp_path, "2025-W50", "2025-12-14T23:59:59")
    assert list_due(tmp_path, "2025-12-17T10:00") == ["2025-W50", "2025-W51"]
    written(tmp_path, "2025-W50", "2025-12-15T00:00:00")
    assert list_due(tmp_path, "2025-12-17T10:00") == ["2025-W51"]


@pytest.mark.parametrize(
    ("when", "again"),
    [("2025-12-16T10:00:01", False), ("2025-12-16T10:00:00", True), ("2025-12-15T08:00", True)],
)
def test_the_week_that_runs_is_due_when_its_report_is_a_day_old(
    tmp_path: Path, when: str, again: bool
) -> None:
    written(tmp_path, "2025-W50", "2025-12-15T09:00")
    written(tmp_path, "2025-W51", when)
    assert list_due(tmp_path, "2025-12-17T10:00") == (["2025-W51"] if again else [])


@each_row("suffix", FORMATS)
def test_any_format_that_was_written_counts(tmp_path: Path, suffix: str) -> None:
    written(tmp_path, "2025-W50", "2025-12-15T09:00", suffix)
    written(tmp_path, "2025-W51", "2025-12-17T09:00", suffix)
    assert list_due(tmp_path, "2025-12-17T10:00") == []


def test_older_weeks_are_due_only_where_their_report_was_begun(tmp_path: Path) -> None:
    written(tmp_path, "2025-W48", "2025-11-28T20:00")  # begun, and never closed
    written(tmp_path, "2025-W49", "2025-12-08T20:00")  # closed
    assert list_due(tmp_path, "2026-01-07T10:00") == ["2025-W48", "2026-W01", "2026-W02"]


def test_the_change_of_year_is_no_border(tmp_path: Path) -> None:
    assert list_due(tmp_path, "2027-01-02T10:00", "2026-W52") == ["2026-W52", "2026-W53"]
    assert list_due(tmp_path, "2027-01-05T10:00", "2026-W52") == ["2026-W53", "2027-W01"]
    written(tmp_path, "2026-W53", "2027-01-04T00:00")
    assert list_due(tmp_path, "2027-01-05T10:00", "2026-W52") == ["2027-W01"]


def test_days_are_due_as_weeks_are(tmp_path: Path) -> None:
    first = "2025-12-29"
    assert list_due(tmp_path, "2026-01-01T10:00", first, DAY) == ["2025-12-31", "2026-01-01"]
    written(tmp_path, "2025-12-31", "2026-01-01T00:00")
    written(tmp_path, "2025-12-29", "2025-12-29T12:00")
    written(tmp_path, "2026-01-01", "2026-01-01T01:00")
    assert list_due(tmp_path, "2026-01-01T10:00", first, DAY) == ["2025-12-29"]


@pytest.mark.parametrize(
    ("day", "hours"), [("2026-03-29", 23), ("2026-10-25", 25), ("2026-07-01", 24)]
)
def test_a_day_is_closed_when_it_ends_by_the_clock_on_the_wall(
    tmp_path: Path, day: str, hours: int
) -> None:
    period = week(day)
    path = written(tmp_path, day, f"{day}T12:00")
    now = period.end + timedelta(hours=5)
    for second, names in ((-1, [day]), (0, [])):
        note(tmp_path, path, period.start + timedelta(hours=hours, seconds=second))
        told = report_files.list_due_periods(
            tmp_path, periods.period_at(now, DAY, ZONE), period, now
        )
        assert [one.name for one in told[:-1]] == names


def test_what_is_not_noted_is_as_old_as_its_file(tmp_path: Path) -> None:
    path = written(tmp_path, "2025-W50", "2025-12-14T12:00")
    (tmp_path / report_files.WRITTEN_FILE).unlink()
    for when, names in (("2025-12-14T12:00", ["2025-W50"]), ("2025-12-15T12:00", [])):
        os.utime(path, (at(when).timestamp(),) * 2)
        assert list_due(tmp_path, "2025-12-17T10:00") == [*names, "2025-W51"]


def test_a_copy_of_a_home_still_closes_its_week(tmp_path: Path) -> None:
    path = written(tmp_path, "2025-W50", "2025-12-12T12:00")
    os.utime(path, (at("2025-12-16T12:00").timestamp(),) * 2)  # as copied, when the week was over
    assert list_due(tmp_path, "2025-12-17T10:00") == ["2025-W50", "2025-W51"]


def test_a_clock_that_went_back_behind_the_history_harms_nothing(tmp_path: Path) -> None:
    assert list_due(tmp_path, "2025-11-01T10:00", first="2025-W48") == ["2025-W44"]


def test_a_report_from_the_future_is_not_current(tmp_path: Path) -> None:
    written(tmp_path, "2025-W50", "2025-12-15T09:00")
    written(tmp_path, "2025-W51", "2025-12-20T09:00")
    assert list_due(tmp_path, "2025-12-17T10:00") == ["2025-W51"], (
        "the clock was wrong when it was written"
    )


def test_another_batch_leaves_what_is_closed_as_it_is(tmp_path: Path) -> None:
    month_history = Months(tmp_path, artists=months.ARTISTS[:20])
    month_history.batch(4)
    context = ReportContext(month_history.home, month_history.now, ZONE)
    assert list(period_report.write_due_reports(context, FORMATS, daily=True)) == []
    month_history.at("2026-11-17T10:00:00")
    month_history.batch(4)
    begun = reports(month_history.home)
    list(
        period_report.write_due_reports(
            ReportContext(month_history.home, month_history.now, ZONE), FORMATS, daily=True
        )
    )
    closed = reports(month_history.home, "2026-11-0")
    weekly = "2026-11-09_weekly_progress.md"
    assert closed[weekly] != begun[weekly], "closed with what came after it was begun"
    daily = "2026-11-09_daily_progress.md"
    assert b"before the day is over" in begun[daily][0]
    assert b"before the day is over" not in closed[daily][0]
    month_history.at("2026-11-18T21:00:00")
    month_history.batch(4)
    list(
        period_report.write_due_reports(
            ReportContext(month_history.home, month_history.now, ZONE), FORMATS, daily=True
        )
    )
    assert reports(month_history.home, "2026-11-0") == closed
    assert "2026-11-18_daily_progress.csv" in reports(month_history.home)
    assert reports(month_history.home, "2026-11-16_weekly")


def reports(home: Path, begin: str = "") -> dict[str, tuple[bytes, float]]:
    """Return the bytes and times of the files whose names begin so."""
    return {
        path.name: (path.read_bytes(), path.stat().st_mtime)
        for path in sorted((home / report_files.FOLDER).glob(f"{begin}*"))
    }


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> ProgressReport:
    home = tmp_path_factory.mktemp("home")
    made = Months(home, artists=months.ARTISTS[:9])
    made.batch(5)
    context = ReportContext(home, made.now, ZONE)
    report = period_report.collect_report(context, context.current_period(WEEK))
    assert report
    return report


def write_template(home: Path, suffix: str, text: str) -> Path:
    path = home / report_files.TEMPLATES / f"progress.{suffix}.j2"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


@pytest.mark.parametrize("suffix", ["md", "html"])
def test_a_custom_template_is_used_if_present(
    tmp_path: Path, report: ProgressReport, suffix: str
) -> None:
    write_template(tmp_path, suffix, "{{ told.period.name }}: {{ told.kinds[0].completed }} of 9\n")
    paths = report_files.write_report(tmp_path, report, FORMATS)
    completed = report.kinds[0].completed
    for path in paths[:4]:
        mine = path.suffix == f".{suffix}"
        assert (path.read_text() == f"2026-W46: {completed} of 9\n") == mine
    report_files.write_report(tmp_path, report, [suffix], own=False)
    assert "artists are done" in paths[FORMATS.index(suffix)].read_text()


def test_a_custom_template_can_extend_the_built_in_one(
    tmp_path: Path, report: ProgressReport
) -> None:
    write_template(
        tmp_path,
        "html",
        "<p>{{ told.headlines[0][0] }} & {{ '<b>' }}</p>{{ worse(told.kinds[0]) }}",
    )
    (path,) = report_files.write_report(tmp_path, report, ["html"])
    assert path.read_text().startswith(f"<p>{report.headlines[0][0]} & &lt;b&gt;</p>")


BAD = {
    "no template at all": ("one\n{% if %}", 2),
    "not closed": ("{% for one in told.kinds %}\n{{ one.kind }}", 2),
    "an unknown name": ("\n\n{{ nothing }}", 3),
    "an unknown attribute": ("\n{{ told.nothing }}", 2),
    "an unknown filter": ("\n{{ told.title | nothing }}", 2),
    "out of the sandbox by a class": ("\n{{ ''.__class__.__mro__ }}", 2),
    "out of the sandbox by a function": ("\n{{ worse.__globals__ }}", 2),
    "out of the sandbox by a filter": ("\n{{ told | attr('__class__') | list }}", 2),
    "a change of what it is given": ("\n{{ told.kinds.append(1) }}", 2),
    "a loop without an end": ("\n{% for one in range(10**12) %}{% endfor %}", 2),
    "another file": ("\n{% include '/etc/passwd' %}", 2),
    "a file above": ("\n{% include '../../../etc/passwd' %}", 2),
    "a division by zero": ("\n\n\n{{ 1 / 0 }}", 4),
    "a call with the wrong things": ("\n{{ worse(1) }}", 2),
    "a call with too few things": ("\n{{ worse() }}", 2),
    "a macro that calls itself": ("{% macro f() %}\n{{ f() }}\n{% endmacro %}{{ f() }}", 2),
    "a template that includes itself": ("\n{% include 'progress.md.j2' %}", 2),
    "a wrong format": ("\n{{ '%d' | format('x') }}", 2),
    "two loops within each other": (
        "\n{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
        2,
    ),
    "a power": ("\n{{ 10 ** 10 ** 10 }}", 2),
    "a text of a terabyte": ("\n{{ 'x' * 10**12 }}", 2),
    "a large call": ("\n{{ 'x'.center(2000000000) }}", 2),
    "a large call by name": ("\n{{ 'x'.ljust(width=2000000000) }}", 2),
    "a large filter": ("\n{{ 'x' | center(width=2000000000) }}", 2),
    "a large indent": ("\n{{ [1] | tojson(2000000000) }}", 2),
    "large bytes": ("\n{{ (1).to_bytes(2000000000) }}", 2),
    "a large format": ("\n{{ '{:2000000000}'.format('x') }}", 2),
    "a large percent": ("\n{{ '%2000000000d' | format(1) }}", 2),
    "a large growth": (
        "{% set all = namespace(x='x' * 999999) %}{% for _ in range(11) %}\n"
        "{% set all.x = all.x ~ all.x %}{% endfor %}{{ all.x | length }}",
        2,
    ),
}
_LARGE = 2**29  # bytes


@pytest.mark.parametrize("name", BAD)
def test_a_wrong_template_is_named_with_its_line_and_writes_nothing(
    tmp_path: Path, report: ProgressReport, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Nobody waits ten seconds for a test, and what ends by itself has the time to.
    monkeypatch.setattr(
        sandbox, "TIME_LIMIT", 0.3 if name == "two loops within each other" else 9.0
    )
    text, line = BAD[name]
    path = write_template(tmp_path, "md", text)
    with pytest.raises(BadTemplate) as caught:
        report_files.write_report(tmp_path, report, ["json", "md"])
    assert str(path) in str(caught.value)
    assert f"line {line}" in str(caught.value)
    assert ": . " not in str(caught.value)
    assert not list((tmp_path / report_files.FOLDER).glob("*"))
    report_files.write_report(tmp_path, report, ["md"], own=False)
    assert "artists are done" in report_files.report_path(tmp_path, report.period, "md").read_text()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("{{ 2500000 | tojson }}", "2500000"),
        ("{{ 2500000 | tojson(indent=2) }}", "2500000"),
        ("{{ 2500000 | center(9) }}", " 2500000 "),
        ("{{ {2500000: 'x'}.get(2500000) }}", "x"),
        ("{% for _ in [1] %}{{ loop.cycle(2500000) }}{% endfor %}", "2500000"),
    ],
)
def test_a_template_may_show_numbers_of_any_size(
    tmp_path: Path, report: ProgressReport, text: str, shown: str
) -> None:
    write_template(tmp_path, "md", text)
    report_files.write_report(tmp_path, report, ["md"])
    assert report_files.report_path(tmp_path, report.period, "md").read_text() == shown


@pytest.mark.parametrize("name", [name for name in BAD if name.startswith("a large")])
def test_a_template_takes_no_gigabytes_before_it_is_refused(
    tmp_path: Path, report: ProgressReport, name: str
) -> None:
    write_template(tmp_path, "md", BAD[name][0])
    before = resource.getrlimit(resource.RLIMIT_AS)
    tracemalloc.start()
    try:
        with pytest.raises(BadTemplate):
            report_files.write_report(tmp_path, report, ["md"])
        assert tracemalloc.get_traced_memory()[1] < _LARGE
    finally:
        tracemalloc.stop()
    assert resource.getrlimit(resource.RLIMIT_AS) == before


def test_a_template_that_is_no_text_is_a_wrong_one(tmp_path: Path, report: ProgressReport) -> None:
    path = write_template(tmp_path, "md", "")
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(BadTemplate, match=r"progress\.md\.j2"):
        report_files.write_report(tmp_path, report, ["md"])


@pytest.mark.parametrize(
    "name", ["an unknown name", "a macro that calls itself", "a call with the wrong things"]
)
def test_a_wrong_template_does_not_prevent_the_report(tmp_path: Path, name: str) -> None:
    made = Months(tmp_path, artists=months.ARTISTS[:5])
    made.batch(2)
    path = write_template(tmp_path, "md", BAD[name][0])
    (message,) = period_report.write_due_reports(
        ReportContext(tmp_path, made.now, ZONE), ["md"], daily=False
    )
    assert str(path) in message
    (report,) = (tmp_path / report_files.FOLDER).glob("*.md")
    assert "artists are done" in report.read_text()
