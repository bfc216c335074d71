"""Checks of the stage fields of items, which a user may have edited."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from mediakeep.item import GONE_REASONS, Item, Status
from mediakeep.kinds import Kind
from mediakeep.path_text import to_printable


def find_stage_fault(kind: Kind, item: Item) -> str:
    """Return what is wrong with the stage, wait or attempts of an item, or ""."""
    if item.parked and not item.not_before:
        return "it is parked without a time. Set not_before to a date, or remove parked"
    if item.parked and not _is_date(item.not_before):
        value = to_printable(item.not_before)
        return f'not_before is "{value}", not a date like 2025-12-17T10:00:00+00:00'
    may_wait = item.status is Status.PENDING or item.skip_reason in GONE_REASONS
    if item.parked and not may_wait:
        return f"it is parked, but {item.status.value}. Remove parked, or set status to pending"
    if not kind.stages:
        return ""
    names = [stage.name for stage in kind.stages.stages]
    if item.processing_stage and item.processing_stage not in kind.stages.all_names():
        return _format_unknown("processing_stage", item.processing_stage, kind.stages.all_names())
    for field in ("failed_stage", "cleanup_stage", "resume_stage"):
        value = getattr(item, field)
        if value and value not in names:
            return _format_unknown(field, value, names)
    unknown = set(item.attempts) - set(names) if isinstance(item.attempts, Mapping) else set()
    if unknown:
        return _format_unknown("attempts", min(unknown), names)
    return ""


def _is_date(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False


def _format_unknown(field: str, value: str, known: Iterable[str]) -> str:
    return f'{field} has the unknown stage "{to_printable(value)}". Use one of: {", ".join(known)}'
