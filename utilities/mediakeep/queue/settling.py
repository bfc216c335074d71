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


_OF_A_CLAIM = ("claim", "first_claim", "suspect", "for_lookup")
_OF_A_FAILURE = ("error_message", "error_date", "not_before", "parts")
_OF_THE_PAST = ("outdated", "note", "skip_reason", "returns_to", "processing_stage")
_PASSING = frozenset({"unasked"})  # facts that are told at the end of a batch, and then are over


def settled(kind: Kind, item: Item, ending: Ending, seq: int, now: str) -> dict[str, Any]:
    """Return what a settle changes in an item.

    A try for the look-up alone counts only where it fails: as the first of those to come. What it
    tells of the item is the whole, with what was repaired before.
    """
    outcome = ending.outcome
    changes = {
        **cleared(item, _OF_A_CLAIM),
        **replaced(item, outcome.data),
        "status": outcome.state,
        "settled": seq,
        "attempts": item.attempts if _is_whole(item, outcome) else tried(kind, item),
    }
    if outcome.state is Status.ERROR:
        # Its next try goes on with the same work, so what was repaired counts from its first claim.
        changes["first_claim"] = item.first_claim
        failed = {"error_message": outcome.message, "error_date": now}
        return {**changes, **failed, "not_before": ending.not_before or None}
    changes |= cleared(item, _OF_A_FAILURE)
    if outcome.state is Status.COMPLETED:
        changes |= {**cleared(item, _OF_THE_PAST), "processed_date": now, "rules": kind.rules}
    elif item.for_lookup:
        changes["returns_to"] = Status.COMPLETED.value
    return changes


def _is_whole(item: Item, outcome: Outcome) -> bool:
    """Tell whether a completed item that was taken for its look-up is as whole as before."""
    return item.for_lookup and outcome.state is not Status.ERROR


def cleared(item: Item, names: tuple[str, ...]) -> dict[str, Any]:
    """Return a merge patch that empties those of the fields that hold anything."""
    return {name: None for name in names if getattr(item, name)}


def tried(kind: Kind, item: Item) -> int | dict[str, int]:
    """Count one more attempt: of the item, or of the stage that it is in."""
    stage = item.processing_stage or kind.first_stage
    times = attempts(item, stage) + 1
    return {stage: times} if kind.stages else times


def attempts(item: Item, stage: str) -> int:
    """Return how often an item, or that stage of it, was tried before its present try."""
    if item.for_lookup:
        return 0
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
    lasting = {name: fact for name, fact in outcome.facts.items() if name not in _PASSING}
    kept = {**lasting, "state": outcome.state.value, "seconds": round(ending.seconds, 3)}
    if outcome.state is Status.COMPLETED:
        kept["open_ids"] = list(outcome.open_ids)
    if outcome.state is Status.ERROR:
        kept["error"] = outcome.message
    return msgspec.to_builtins(kept)  # type: ignore[no-any-return]
