"""The dashboard's data as JSON, one object per kind."""

from __future__ import annotations

from typing import Any

import msgspec

from mediakeep.views.period_stats import PeriodStats
from mediakeep.views.poller import HomeSnapshot, QueueSnapshot

MAX_SESSIONS = 20


def to_json(glance: HomeSnapshot) -> list[dict[str, Any]]:
    """Return the data of each kind whose queue can be read."""
    disk = msgspec.to_builtins(glance.disk)
    return [{**_kind_to_json(look), "disk": disk} for look in glance.queues if look.summary]


def _kind_to_json(look: QueueSnapshot) -> dict[str, Any]:
    account = look.summary
    assert account is not None
    spans = [_stats_to_json(span) for span in account.weeks]
    fields = {
        **msgspec.structs.asdict(account.status),
        "estimate": account.estimate,
        "since": account.since,
        "today": _stats_to_json(account.days[-1]) if account.days else None,
        "this_week": spans[-1] if spans else None,
        "weeks": spans,
        "troubles": account.failed_items,
        "sessions": account.sessions[-MAX_SESSIONS:],
        "live": look.running_sessions,
        "recent": look.events,
    }
    return msgspec.to_builtins(fields)  # type: ignore[no-any-return]


def _stats_to_json(span: PeriodStats) -> dict[str, Any]:
    period, level = span.period, span.level
    return {
        "name": period.name,
        "first": f"{period.first}",
        "last": f"{period.last}",
        **msgspec.structs.asdict(span.flow),
        "found": span.flow.found,
        "resolved": span.flow.resolved,
        "total": level.total,
        "completed_at_end": level.completed,
        "open": level.open,
    }
