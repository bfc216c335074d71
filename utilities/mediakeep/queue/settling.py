"""What the end of a piece of work changes in its item, and what the history keeps of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from mediakeep.item import Item, Status
from mediakeep.kinds import Kind
from mediakeep.outcome import Outcome


class Ending(msgspec.Struct, frozen=True):
    """An outcome, how long it took, and when a failed item may be tried again ("" for never)."""

    outcome: Outcome
    seconds: float = 0.0
    not_before: str = ""


_OF_A_CLAIM = ("claim", "first_claim", "suspect")
_OF_A_FAILURE = ("error_message", "error_date", "not_before", "parts")
_OF_THE_PAST = ("outdated", "note", "skip_reason", "returns_to", "processing_stage")


def settled(kind: Kind, item: Item, ending: Ending, seq: int, now: str) -> dict[str, Any]:
    """Return what a settle changes in an item."""
    outcome = ending.outcome
    changes = {
        **cleared(item, _OF_A_CLAIM),
        **replaced(item, outcome.data),
        "status": outcome.state,
        "settled": seq,
        "attempts": tried(kind, item),
    }
    if outcome.state is Status.ERROR:
        # Its next try goes on with the same work, so what was repaired counts from its first claim.
        changes["first_claim"] = item.first_claim
        failed = {"error_message": outcome.message, "error_date": now}
        return {**changes, **failed, "not_before": ending.not_before or None}
    changes |= cleared(item, _OF_A_FAILURE)
    if outcome.state is Status.COMPLETED:
        changes |= {**cleared(item, _OF_THE_PAST), "processed_date": now, "rules": kind.rules}
    return changes


def cleared(item: Item, names: tuple[str, ...]) -> dict[str, Any]:
    """Return a merge patch that empties those of the fields that hold anything."""
    return {name: None for name in names if getattr(item, name)}


def tried(kind: Kind, item: Item) -> int | dict[str, int]:
    """Count one more attempt: of the item, or of the stage that it is in."""
    if not kind.stages:
        return (item.attempts if isinstance(item.attempts, int) else 0) + 1
    stage = item.processing_stage or kind.first_stage
    return {stage: attempts(item, stage) + 1}


def attempts(item: Item, stage: str) -> int:
    """Return how often an item, or that stage of it, was tried."""
    return item.attempts if isinstance(item.attempts, int) else item.attempts.get(stage, 0)


def replaced(item: Item, data: Mapping[str, Any]) -> dict[str, Any]:
    """Turn new values of fields into a merge patch: what an object no longer holds becomes null."""
    patch: dict[str, Any] = {}
    for name, value in data.items():
        if isinstance(value, dict):
            old = getattr(item, name, None)
            gone = dict.fromkeys(old) if isinstance(old, dict) else {}
            patch[name] = {**gone, **value}
        else:
            patch[name] = value
    return patch


def facts(ending: Ending) -> dict[str, Any]:
    """Return what the history keeps of a settle."""
    outcome = ending.outcome
    kept = {**outcome.facts, "state": outcome.state.value, "seconds": round(ending.seconds, 3)}
    if outcome.state is Status.COMPLETED:
        kept["open_ids"] = list(outcome.open_ids)
    if outcome.state is Status.ERROR:
        kept["error"] = outcome.message
    return msgspec.to_builtins(kept)  # type: ignore[no-any-return]
