"""The dashboard's data as JSON, one object per kind."""

from __future__ import annotations

from typing import Any

import msgspec

from mediakeep.views.flows import Span
from mediakeep.views.watch import Glance, Look

SESSIONS = 20


def data(glance: Glance) -> list[dict[str, Any]]:
    """Return the data of each kind whose queue can be read."""
    disk = msgspec.to_builtins(glance.disk)
    return [{**_kind(look), "disk": disk} for look in glance.looks if look.account]


def _kind(look: Look) -> dict[str, Any]:
    account = look.account
    assert account is not None
    spans = [_span(span) for span in account.weeks]
    fields = {
        **msgspec.structs.asdict(account.standing),
        "estimate": account.estimate,
        "since": account.since,
        "today": _span(account.days[-1]) if account.days else None,
        "this_week": spans[-1] if spans else None,
        "weeks": spans,
        "troubles": account.troubles,
        "sessions": account.sittings[-SESSIONS:],
        "live": look.crews,
        "recent": look.events,
    }
    return msgspec.to_builtins(fields)  # type: ignore[no-any-return]


def _span(span: Span) -> dict[str, Any]:
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
