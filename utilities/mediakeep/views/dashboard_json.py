"""The dashboard's data as JSON, one object per kind."""

from __future__ import annotations

from typing import Any

import msgspec

from mediakeep.views.period_stats import PeriodStats
from mediakeep.views.poller import HomeSnapshot, QueueSnapshot

MAX_SESSIONS = 20


def to_json(home_snapshot: HomeSnapshot) -> list[dict[str, Any]]:
    """Return the dashboard's data as JSON objects, one for each kind whose queue can be read."""
    disk = msgspec.to_builtins(home_snapshot.disk)
    return [
        {**_kind_to_json(snapshot), "disk": disk}
        for snapshot in home_snapshot.queues
        if snapshot.summary
    ]


def _kind_to_json(snapshot: QueueSnapshot) -> dict[str, Any]:
    summary = snapshot.summary
    assert summary is not None
    spans = [_stats_to_json(span) for span in summary.weeks]
    fields = {
        **msgspec.to_builtins(summary.status),
        "estimate": summary.estimate,
        "since": summary.since,
        "today": _stats_to_json(summary.days[-1]) if summary.days else None,
        "this_week": spans[-1] if spans else None,
        "weeks": spans,
        "troubles": summary.failed_items,
        "sessions": summary.sessions[-MAX_SESSIONS:],
        "live": snapshot.running_sessions,
        "recent": snapshot.events,
    }
    return msgspec.to_builtins(fields)  # type: ignore[no-any-return]


def _stats_to_json(stats: PeriodStats) -> dict[str, Any]:
    period, level = stats.period, stats.level
    return {
        "name": period.name,
        "first": f"{period.first}",
        "last": f"{period.last}",
        **msgspec.structs.asdict(stats.flow),
        "found": stats.flow.found,
        "resolved": stats.flow.resolved,
        "total": level.total,
        "completed_at_end": level.completed,
        "open": level.open,
    }
