"""Where reports lie, which are due, and how one is written with its pictures."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import msgspec

from mediakeep import files
from mediakeep.pages import page
from mediakeep.views import periods, terminal
from mediakeep.views.periods import DAY, Period
from mediakeep.views.report import headline, pictures, sheets
from mediakeep.views.report.briefing import Briefing

FOLDER = "status/reports"
NOTES = f"{FOLDER}/written.json"  # when each report was written
TEMPLATES = "status/templates"  # a person's own, which come before ours
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
    written = _written(home)
    earlier = [(one, written.get(_stem(one))) for one in first.until(running)[:-1]]
    found = [one for one, when in earlier[:-1] if when and when < one.end]
    found += [one for one, when in earlier[-1:] if when is None or when < one.end]
    last = written.get(_stem(running))
    fresh = last is not None and running.start <= last <= now < last + STALE
    return found if fresh else [*found, running]


def _written(home: Path) -> dict[str, datetime]:
    """Return when each report that is there was written; what is not noted, its file tells."""
    found: dict[str, datetime] = {}
    for one in (home / FOLDER).glob("*_progress.*"):
        when = datetime.fromtimestamp(one.stat().st_mtime, UTC)
        stem = one.name.partition(".")[0]
        found[stem] = max(when, found.get(stem, when))
    noted = _noted(home)
    return {stem: noted.get(stem, when) for stem, when in found.items()}


def _noted(home: Path) -> dict[str, datetime]:
    try:
        return msgspec.json.decode((home / NOTES).read_bytes(), type=dict[str, datetime])
    except (OSError, msgspec.MsgspecError):
        return {}


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
    _note(home, told)
    return list(contents)


def _note(home: Path, told: Briefing) -> None:
    """Note when a report was written: the time of its file may be that of a copy."""
    noted = {**_noted(home), _stem(told.period): datetime.fromisoformat(told.written)}
    text = msgspec.json.format(msgspec.json.encode(dict(sorted(noted.items()))), indent=2)
    files.write_atomic(home / NOTES, text + b"\n")


def _rendered(home: Path | None, told: Briefing, suffix: str, facts: dict[str, object]) -> str:
    if suffix == "json":
        return sheets.to_json(told)
    if suffix == "csv":
        return sheets.to_csv(told)
    functions: dict[str, object] = {
        "worse": headline.worse,
        "amount": headline.amount,
        "trend": headline.trend,
        "gained": headline.gained,
        "duration": terminal.duration,
        "when": partial(periods.when, zone=told.period.zone),
    }
    folder = home / TEMPLATES if home else None
    return page.compose(folder, f"progress.{suffix}.j2", told=told, **facts, **functions)
