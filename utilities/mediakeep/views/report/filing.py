"""Where reports lie, which are due, and how one is written with its pictures."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from mediakeep import files
from mediakeep.pages import page
from mediakeep.views import periods, terminal
from mediakeep.views.periods import DAY, Period
from mediakeep.views.report import headline, pictures, sheets
from mediakeep.views.report.briefing import Briefing

FOLDER = "status/reports"
TEMPLATES = "status/templates"  # a person's own, which come before ours
SUFFIXES = ("md", "html", "json", "csv")
STALE = timedelta(days=1)  # when the report on the period that runs is written anew

_WORDS = {DAY: "daily"}


def path(home: Path, period: Period, suffix: str) -> Path:
    """Return where a report lies: 2025-12-15_weekly_progress.md for the week of that Monday."""
    return home / FOLDER / f"{_stem(period)}.{suffix}"


def _stem(period: Period) -> str:
    return f"{period.first}_{_WORDS.get(period.days, 'weekly')}_progress"


def due(home: Path, running: Period, first: Period, now: datetime) -> list[Period]:
    """List the periods whose report is to be written now, by itself, oldest first.

    The one that runs where its report is older than `STALE`; the one before it, back to the
    `first` that the history knows, where it was not written since it ended; and older ones whose
    report was begun and never closed.
    """
    earlier = first.until(running)[:-1]
    found = [one for one in earlier[:-1] if _is_left_open(home, one)]
    found += [one for one in earlier[-1:] if not _is_closed(home, one)]
    written = _written(home, running)
    fresh = written is not None and running.start <= written <= now < written + STALE
    return found if fresh else [*found, running]


def _is_left_open(home: Path, period: Period) -> bool:
    return _written(home, period) is not None and not _is_closed(home, period)


def _is_closed(home: Path, period: Period) -> bool:
    written = _written(home, period)
    return written is not None and written >= period.end


def _written(home: Path, period: Period) -> datetime | None:
    times = [
        datetime.fromtimestamp(one.stat().st_mtime, UTC)
        for suffix in SUFFIXES
        if (one := path(home, period, suffix)).exists()
    ]
    return max(times, default=None)


def write(home: Path, told: Briefing, formats: Iterable[str], *, own: bool = True) -> list[Path]:
    """Write a report in some formats, with its pictures, and return the files, reports first.

    `own` templates of the home come before ours; BadTemplate where one of them is wrong, and then
    nothing is written.
    """
    svgs = {kind.kind: pictures.of(kind) for kind in told.kinds}
    stem = _stem(told.period)
    beside = {
        (kind, name): f"{stem}_{kind}_{name}.svg" for kind, some in svgs.items() for name in some
    }
    contents: dict[Path, bytes] = {}
    for suffix in formats:
        facts: dict[str, object] = {"pictures": svgs if suffix == "html" else beside}
        text = _rendered(home if own else None, told, suffix, facts)
        contents[path(home, told.period, suffix)] = text.encode()
    if "md" in formats:
        for (kind, name), file in beside.items():
            contents[home / FOLDER / file] = svgs[kind][name].encode()
    files.write_together(contents)
    return list(contents)


def _rendered(home: Path | None, told: Briefing, suffix: str, facts: dict[str, object]) -> str:
    if suffix == "json":
        return sheets.to_json(told)
    if suffix == "csv":
        return sheets.to_csv(told)
    words = {name: getattr(headline, name) for name in ("worse", "amount", "trend", "gained")}
    words["duration"] = terminal.duration
    words["when"] = partial(periods.when, zone=told.period.zone)
    folder = home / TEMPLATES if home else None
    return page.compose(folder, f"progress.{suffix}.j2", told=told, **facts, **words)
