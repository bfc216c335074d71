"""Reports on all episodes: summary.json, and what became of them in a day or a week.

reports/summary.json
reports/daily_report_2026-11-24.html     or .json, .csv, by the setting `report_format`
reports/weekly_report_2026-W48.html
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path

import msgspec

from mediakeep import atomic_files, clock
from mediakeep.episodes.exports import document
from mediakeep.episodes.item import EpisodeItem, get_state, list_episodes
from mediakeep.episodes.settings import ReportingSettings
from mediakeep.episodes.states import ProcessingStage
from mediakeep.pages import table_report
from mediakeep.queue.state import QueueState, percentage

FOLDER = "reports"
COLUMNS = ("changed", "episode_id", "title", "stage", "message")
_S = ProcessingStage
# Episodes under way count for the last state that they have completed.
_COUNTED_AS = {
    _S.DOWNLOADING: _S.DISCOVERED,
    _S.CONVERTING: _S.DOWNLOADED,
    _S.UPLOADING: _S.CONVERTED,
}
_PACE_DAYS = 14


class EpisodeSummary(msgspec.Struct, frozen=True):
    """The content of summary.json; `estimated_completion` is None if it is unknown."""

    timestamp: str
    total_episodes: int
    progress: dict[str, int]
    completion_percentage: float
    estimated_completion: str | None


def generate_summary(state: QueueState, now: datetime, a_day: float = 0.0) -> EpisodeSummary:
    """Return the summary of a queue; `a_day` is the daily limit of uploads, 0 for none.

    No estimate is before the last date that is set.
    """
    counts = Counter(
        _COUNTED_AS.get(stage := get_state(item), stage) for item in list_episodes(state)
    )
    total, published = len(state.items), counts[_S.PUBLISHED]
    ended = published + counts[_S.SKIPPED]
    pace = _compute_episodes_per_day(list_episodes(state), now)
    pace = min(pace, a_day) if a_day else pace
    end = now + timedelta(days=(total - ended) / pace) if pace and total > ended else None
    dates = [item.scheduled_date for item in list_episodes(state) if item.scheduled_date]
    if end and dates:
        end = max(end, datetime.fromisoformat(max(dates)))
    return EpisodeSummary(
        clock.format_iso(now),
        total,
        {str(stage): counts[stage] for stage in ProcessingStage if stage not in _COUNTED_AS},
        percentage(published, total - counts[_S.SKIPPED]),
        clock.format_iso(end) if end else None,
    )


def _compute_episodes_per_day(items: list[EpisodeItem], now: datetime) -> float:
    """Return the episodes a day that were published in the last days."""
    since = clock.format_iso(now - timedelta(days=_PACE_DAYS))
    times = [item.processed_date for item in items if item.processed_date >= since]
    if not times:
        return 0.0
    days = (now - datetime.fromisoformat(min(times))) / timedelta(days=1)
    return len(times) / min(max(days, 1.0), _PACE_DAYS)


def build_report(
    state: QueueState, summary: EpisodeSummary, first: datetime, period: str
) -> table_report.TableReport:
    """Return the report on the episodes that have changed since a moment."""
    since = clock.format_iso(first)
    rows = sorted(
        (time, item.output_name, item.title, get_state(item), document.get_status_message(item))
        for item in list_episodes(state)
        if (time := document.get_last_change_time(item)) >= since
    )
    sentence = f"{summary.total_episodes} episodes, {summary.completion_percentage} % published."
    if summary.estimated_completion:
        sentence += f" At this pace, the last one is on {summary.estimated_completion[:10]}."
    episodes = [dict(zip(COLUMNS, row, strict=True)) for row in rows]
    data = {"period": period, "summary": summary, "episodes": episodes}
    return table_report.TableReport(
        f"Episodes {period}", sentence, summary.progress, COLUMNS, rows, data
    )


def write_reports(
    folder: Path, settings: ReportingSettings, state: QueueState, now: datetime, a_day: float
) -> None:
    """Write the summary, and the reports on today and this week."""
    summary = generate_summary(state, now, a_day)
    path = folder / FOLDER
    contents = {path / "summary.json": msgspec.json.format(msgspec.json.encode(summary)) + b"\n"}
    today = now.astimezone().replace(hour=0, minute=0, second=0, microsecond=0)
    monday, (year, week, _) = today - timedelta(today.weekday()), today.isocalendar()
    wanted = (
        (settings.generate_daily, "daily", today, f"{today.date()}"),
        (settings.generate_weekly, "weekly", monday, f"{year}-W{week:02d}"),
    )
    for is_wanted, name, first, period in wanted:
        if is_wanted:
            report = build_report(state, summary, first, period)
            form = settings.report_format
            contents[path / f"{name}_report_{period}.{form}"] = table_report.encode(report, form)
    atomic_files.write_atomic_group(contents)
